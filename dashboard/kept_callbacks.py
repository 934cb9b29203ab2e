"""Answers of callbacks, kept while vintage and edition hold: a callback reads what is published, for all alike.

Put behind the door, which has looked at the body before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from cachetools import LRUCache
from flask import Flask, Response, g, request
from sqlalchemy.orm import Session

from app.db import reading
from app.errors import Unavailable
from app.replicas import HEADER, Published, Source, seen_in
from dashboard.guard import CALLBACK

KEPT_BYTES = 32_000_000
LARGEST = 2_000_000
T = TypeVar("T")


def read(published: Published, work: Callable[[Session], T]) -> T:
    """What `work` reads for the callback being answered; of another database where the first one fails."""
    asked = source(published)
    try:
        with reading(asked.engine) as session:
            return work(session)
    except Unavailable:
        g.source = published.choose(_seen(), asked)
        # It may know another edition than the tag names.
        g.pop("callback_tag", None)
        with reading(g.source.engine) as session:
            return work(session)


def source(published: Published) -> Source:
    """Where the request being answered reads; the same to its end, unless it fails."""
    if "source" not in g:
        g.source = published.choose(_seen())
    found: Source = g.source
    return found


def _seen() -> int:
    return seen_in(request.headers.get(HEADER, ""), request.headers.get("Cookie", ""))


def install(server: Flask, published: Published, kept_bytes: int = KEPT_BYTES) -> None:
    """Keep at most so many bytes of answers of callbacks; call it after the door is in place."""
    # Body and its encoding: what is kept has been compressed once.
    kept: LRUCache[str, tuple[bytes, str]] = LRUCache(kept_bytes, getsizeof=_size)
    lock = Lock()

    @server.before_request
    def known() -> Response | None:
        if request.path != CALLBACK:
            return None
        try:
            g.source = published.choose(_seen())
        except Unavailable as error:
            return Response(error.message, error.status, {"Retry-After": "5"}, mimetype="text/plain")
        now = g.source.now
        said = f"{now.vintage}\n{now.edition}\n{request.headers.get('Accept-Encoding', '')}\n"
        tag = hashlib.sha256(said.encode() + request.get_data(cache=True)).hexdigest()
        with lock:
            answer = kept.get(tag)
        if answer is None:
            g.callback_tag = tag
            return None
        body, encoding = answer
        return Response(body, mimetype="application/json", headers={"Content-Encoding": encoding} if encoding else {})

    @server.after_request
    def keep(response: Response) -> Response:
        tag = g.get("callback_tag")
        if tag and response.status_code == 200 and response.mimetype == "application/json":
            answer = response.get_data(), response.headers.get("Content-Encoding", "")
            if _size(answer) <= min(LARGEST, kept_bytes):
                with lock:
                    kept[tag] = answer
        return response


def _size(answer: tuple[bytes, str]) -> int:
    return len(answer[0]) + 500
