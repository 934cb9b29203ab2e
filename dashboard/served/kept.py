"""Open pages kept for readers who are not signed in: the same page while vintage and edition hold."""

from __future__ import annotations

import hashlib
from threading import Lock

from cachetools import LRUCache
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from app.queries.freshness import Freshness
from app.turns import Turns

MOST_BYTES = 64_000_000
LARGEST = 2_000_000
#: The reader's own browser asks again each time, and is mostly told that nothing has changed.
RULE = "private, no-cache"


class KeptPages:
    """Answers by their tag, the least used let go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._answers: LRUCache[str, Response] = LRUCache(most_bytes, getsizeof=lambda answer: len(answer.body) + 500)
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
        return None if answer is None else _copied(answer)

    def keep(self, tag: str, answer: Response) -> Response:
        """The page with its tag, kept when it is whole and not too large."""
        if answer.status_code != 200 or len(answer.body) > LARGEST or "set-cookie" in answer.headers:
            return answer
        answer.headers["ETag"] = f"W/{tag}"
        answer.headers["Cache-Control"] = answer.headers.get("Cache-Control", RULE).replace("private, no-store", RULE)
        with self._lock:
            self._answers[tag] = _copied(answer)
        return answer


def tag_of(now: Freshness, request: Request, language: str) -> str:
    """What a page depends on, as a tag in quotes."""
    content = "\n".join((str(now.vintage), now.edition, language, str(request.url)))
    return f'"{hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:32]}"'


def _copied(answer: Response) -> Response:
    """An answer for itself: what stands around writes into its headers."""
    copy = Response(answer.body, answer.status_code, media_type=answer.media_type)
    copy.raw_headers = list(MutableHeaders(raw=list(answer.raw_headers)).raw)
    return copy
