"""What was answered before and still holds is given again at once, as the bytes that were sent then.

It stands before everything that costs time: the API says of an answer how long it holds (`holds`), and whoever asks
the very same while that is current gets the very same, compressed as it was. Kept in memory, bounded in bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from cachetools import LRUCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.observed import KEPT
from app.queries.freshness import Freshness
from app.replicas import HEADER, Current, seen_in
from app.stopping import Stopping

LARGEST_KEPT = 2_000_000
# What an entry takes beside its body: the question, which is bounded, and the headers.
LONGEST_QUESTION, ENTRY_BYTES = 2_000, 5_000
#: Where a request's scope has its Note.
NOTE = "citymark.note"
_SEEN = HEADER.lower().encode()
# What an answer may depend on, as it was sent: two spellings of one wish are two questions.
_ASKED = frozenset((b"accept", b"accept-encoding", b"if-none-match", b"cookie", b"authorization", _SEEN))
_GIVEN = {304: KEPT.labels("reader")}
_GIVEN_USUALLY = KEPT.labels("memory")


@dataclass
class Note:
    """What the API says of its answer: with what is current it holds, None for one that is not to be kept."""

    now: Freshness | None = None


def holds(scope: Scope, now: Freshness) -> None:
    """Say that the answer to this request is right for everybody as long as `now` is what is current."""
    if note := scope.get(NOTE):
        note.now = now


class _Question(NamedTuple):
    path: str
    query: bytes
    asked: tuple[tuple[bytes, bytes], ...]
    is_private: bool


class _Kept(NamedTuple):
    now: Freshness
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Front:
    """Stands before the whole program; answers under `prefix` are kept, at most `kept_bytes` of them.

    `counted` counts a call as any other; who cannot be counted at once goes the long way, and so does everybody once
    the process is `stopping`, since an answer then says that it is the last.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        prefix: str,
        kept_bytes: int,
        current: Current,
        counted: Callable[[Scope], bool],
        stopping: Stopping,
    ) -> None:
        self.app, self.prefix, self.current, self.counted, self.stopping = app, prefix, current, counted, stopping
        self._kept: LRUCache[_Question, _Kept] = LRUCache(kept_bytes, getsizeof=_bytes_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        question = self._question(scope)
        if question is None:
            await self.app(scope, receive, send)
        elif kept := self._again(scope, question):
            # A list of its own: what stands around adds to it.
            headers = list(kept.headers)
            await send({"type": "http.response.start", "status": kept.status, "headers": headers})
            await send({"type": "http.response.body", "body": kept.body})
        else:
            note, copied = Note(), _Copied(send)
            await self.app({**scope, NOTE: note}, receive, copied.send)
            if note.now is not None and (kept := copied.kept(note.now)):
                self._keep(question, kept)

    def _question(self, scope: Scope) -> _Question | None:
        """What is asked, if it may be asked by others too; None for what is never kept.

        A cookie is a person's; a token only has the answer say that it is for its reader alone.
        """
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(self.prefix):
            return None
        asked = tuple(pair for pair in scope["headers"] if pair[0] in _ASKED)
        names = [name for name, _ in asked]
        if b"cookie" in names:
            return None
        if is_private := b"authorization" in names:
            asked = tuple(pair for pair in asked if pair[0] != b"authorization")
        return _Question(scope["path"], scope["query_string"], asked, is_private)

    def _again(self, scope: Scope, question: _Question) -> _Kept | None:
        """The kept answer, when it still holds for this reader and the call is counted."""
        kept = self._kept.get(question)
        if kept is None or self.stopping.has_begun:
            return None
        source = self.current.known(_seen(question))
        if source is None or source.now != kept.now or not self.counted(scope):
            return None
        _GIVEN.get(kept.status, _GIVEN_USUALLY).inc()
        return kept

    def _keep(self, question: _Question, kept: _Kept) -> None:
        self._kept.pop(question, None)
        if _bytes_of(kept) <= self._kept.maxsize and _length(question) <= LONGEST_QUESTION:
            self._kept[question] = kept


class _Copied:
    """Passes an answer on and remembers it, unless it is large or meant for one reader."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._pieces: list[bytes] = []
        self._size = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = {**message, "headers": list(message["headers"])}
        elif self._start is not None:
            self._add(message.get("body", b""))
        await self._send(message)

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > LARGEST_KEPT:
            self._start = None
            self._pieces.clear()
        elif piece:
            self._pieces.append(piece)

    def kept(self, now: Freshness) -> _Kept | None:
        """The answer whole, right as long as `now` is current."""
        if self._start is None or any(name == b"set-cookie" for name, _ in self._start["headers"]):
            return None
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        return _Kept(now, self._start["status"], self._start["headers"], body)


def _bytes_of(kept: _Kept) -> int:
    return ENTRY_BYTES + len(kept.body)


def _length(question: _Question) -> int:
    return len(question.path) + len(question.query) + sum(len(value) for _, value in question.asked)


def _seen(question: _Question) -> int:
    told = [value for name, value in question.asked if name == _SEEN]
    return seen_in(told[0].decode("latin-1"), "") if told else 0
