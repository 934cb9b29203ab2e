"""Open pages kept for readers who are not signed in: the same page while vintage and edition hold.

They are kept as most readers take them, compressed: a sixth of the memory, and none of the work a second time.
"""

from __future__ import annotations

import gzip
import hashlib
from threading import Lock

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response

from app.compression import GZIP
from app.queries.freshness import Freshness
from app.turns import Turns

KEPT_BYTES = 32_000_000
LARGEST = 2_000_000
#: The reader's own browser asks again each time, and is mostly told that nothing has changed.
RULE = "private, no-cache"


class KeptPages:
    """Answers by their tag, the least used let go first."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._answers: LRUCache[str, Response] = LRUCache(kept_bytes, getsizeof=_size)
        self._lock = Lock()
        #: A page that many wait for is made once.
        self.turns = Turns()

    def known(self, request: Request, tag: str) -> Response | None:
        """The page of this tag, or the word that the reader has it; None where it has to be made."""
        sent = request.headers.get("if-none-match", "").replace("W/", "")
        if tag in (each.strip() for each in sent.split(",")):
            return Response(status_code=304, headers={"ETag": f"W/{tag}", "Cache-Control": RULE})
        with self._lock:
            answer = self._answers.get(tag)
        return None if answer is None else _given(answer, request)

    def keep(self, request: Request, tag: str, answer: Response) -> Response:
        """The page with its tag, kept when it is whole and not too large."""
        if answer.status_code != 200 or len(answer.body) > LARGEST or "set-cookie" in answer.headers:
            return answer
        answer.headers["ETag"] = f"W/{tag}"
        answer.headers["Cache-Control"] = answer.headers.get("Cache-Control", RULE).replace("private, no-store", RULE)
        packed = _packed(answer)
        if _size(packed) <= self._answers.maxsize:
            with self._lock:
                self._answers[tag] = packed
        return _given(packed, request)


def tag_of(now: Freshness, request: Request, language: str) -> str:
    """What a page depends on, as a tag in quotes."""
    content = "\n".join((str(now.vintage), now.edition, language, str(request.url)))
    return f'"{hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:32]}"'


def _size(answer: Response) -> int:
    return len(answer.body) + 2_000


def _packed(answer: Response) -> Response:
    """The answer with its body compressed where that is worth it."""
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if len(answer.body) < GZIP["minimum_size"] or media_type in GZIP["exclude_content_types"]:
        return answer
    packed = _of(answer, gzip.compress(answer.body, GZIP["compresslevel"], mtime=0))
    packed.headers["Content-Encoding"] = "gzip"
    packed.headers.add_vary_header("Accept-Encoding")
    return packed


def _given(answer: Response, request: Request) -> Response:
    """A copy of what is kept, since what stands around writes into headers; unpacked for who cannot do it."""
    if "content-encoding" not in answer.headers or "gzip" in request.headers.get("accept-encoding", ""):
        return _of(answer, bytes(answer.body))
    plain = _of(answer, gzip.decompress(answer.body))
    del plain.headers["Content-Encoding"]
    return plain


def _of(answer: Response, body: bytes) -> Response:
    """The answer with another body."""
    copy = Response(body, answer.status_code)
    copy.raw_headers = list(answer.raw_headers)
    copy.headers["Content-Length"] = str(len(body))
    return copy
