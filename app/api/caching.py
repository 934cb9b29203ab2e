"""Caching that means something: a tag made of vintage, edition and question.

Only what is published is tagged, and may be kept (app/front.py). A tag that a reader sends back is answered by 304
before anything is read. Everything private passes untouched.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from email.utils import format_datetime

from cachetools import LRUCache
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.answers import AGAIN_S, problem
from app.errors import Unavailable
from app.front import LONGEST_QUESTION, holds
from app.observed import KEPT
from app.queries.freshness import Freshness
from app.replicas import CHOSEN, HEADER, Current, Source, seen_in

PUBLIC = re.compile(
    r"/v1/(?:config|principles|indicators|cities|periods|vintages|observations|changes|frameworks|scores|templates)(?:/.*)?"
)
#: Pinned to a vintage by its number, figures never change; scores when the version of their framework is named too.
PINNED = re.compile(r"(?:^|&)as_of=\d+(?:&|$)")
VERSIONED = re.compile(r"(?:^|&)framework=[^&,]+(?:@|%40)[^&,]+(?:&|$)")
FOR_EVER = "public, max-age=31536000, immutable"
A_MOMENT = "public, max-age=30, stale-while-revalidate=60"
PRIVATE = "private, no-cache"
MOST_QUESTIONS = 10_000
_SEEN = HEADER.lower().encode()
_ASKED = (b"accept", b"if-none-match", b"authorization", b"cookie", _SEEN)
_Question = tuple[Freshness, str, bytes, bytes, bool]
_Known = tuple[str, dict[str, str], tuple[tuple[bytes, bytes], ...]]


class PublicAnswers:
    """Stands before the API: `current` says what is answered from, `public` which paths are for all.

    After anything was changed through here what is current is looked up at once, so who has published sees it.
    """

    def __init__(self, app: ASGIApp, *, current: Current, public: re.Pattern[str] = PUBLIC) -> None:
        self.app, self.current, self.public = app, current, public
        # Tag and headers by question, so that a question asked again costs a look.
        self._questions: LRUCache[_Question, _Known] = LRUCache(MOST_QUESTIONS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            self.current.forget()
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if not self.public.fullmatch(path):
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await _send(send, 204, _open_to_all({}), b"")
            return
        await self._public(scope, receive, send, path)

    async def _public(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """A database that fails in the middle is not the reader's affair: another is asked, once."""
        # Of a header that comes twice the first counts, here as below.
        asked = {name: value for name, value in reversed(scope["headers"]) if name in _ASKED}
        seen = seen_in(asked.get(_SEEN, b"").decode("latin-1"), asked.get(b"cookie", b"").decode("latin-1"))
        try:
            source = await self.current.chosen(seen)
        except Unavailable as error:
            await _refuse(send, error)
            return
        refusal = await self._answer(scope, receive, send, path, asked, source)
        if not refusal:
            return
        with suppress(Unavailable):
            other = await self.current.another(seen, source)
            refusal = await self._answer(scope, receive, send, path, asked, other)
        for message in refusal:
            await send(message)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, path: str, asked: dict[bytes, bytes], source: Source
    ) -> list[Message]:
        """Answer from this database; what would be said, and was not, where it did not answer."""
        is_private = b"authorization" in asked or b"cookie" in asked
        question = (source.now, path, scope["query_string"], asked.get(b"accept", b""), is_private)
        known = self._questions.get(question)
        if known is None:
            known = _answer_to(*question)
            if len(path) + len(question[2]) + len(question[3]) <= LONGEST_QUESTION:
                self._questions[question] = known
        tag, given, listed = known
        if b"if-none-match" in asked and _is_known(asked[b"if-none-match"].decode("latin-1"), tag):
            KEPT.labels("reader").inc()
            holds(scope, source.now)
            await send({"type": "http.response.start", "status": 304, "headers": list(listed)})
            await send({"type": "http.response.body", "body": b""})
            return []
        KEPT.labels("made").inc()
        answer = _Answer(send, given, is_head=scope["method"] == "HEAD")
        await self.app({**scope, "method": "GET", CHOSEN: source.engine}, receive, answer.send)
        if answer.holds:
            holds(scope, source.now)
        return answer.refusal


class _Answer:
    """Passes an answer on with its headers.

    That something is not there holds like what is there: until a vintage or an edition.
    """

    def __init__(self, send: Send, headers: dict[str, str], *, is_head: bool) -> None:
        self._send, self._headers, self._is_head = send, headers, is_head
        self.holds, self._is_held = False, False
        #: What was not sent, since another database may know better.
        self.refusal: list[Message] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            is_good = message["status"] == 200
            self.holds, self._is_held = message["status"] in (200, 404), message["status"] == 503
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                # An error says nothing lasting; an answer that sets its own rule keeps it.
                if is_good or name.startswith(("access-", "cross-")):
                    headers.setdefault(name, value)
        passed = _without_body(message) if self._is_head else message
        if self._is_held:
            self.refusal.append(passed)
        else:
            await self._send(passed)


def _tag(now: Freshness, path: str, query: str, accept: str) -> str:
    """Weak: the same figures, in whatever encoding they travel."""
    is_pinned = PINNED.search(query) and path.startswith(("/v1/observations", "/v1/scores"))
    # The same parameters in another order are the same question.
    parameters = "&".join(sorted(query.split("&")))
    content = "\n".join(("" if is_pinned else str(now.vintage), now.edition, path, parameters, accept))
    return f'W/"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


def _is_known(sent: str, tag: str) -> bool:
    plain = tag.removeprefix("W/")
    # `*` is not taken: what the address names may not exist at all, and that is for the program to say.
    return any(part.strip().removeprefix("W/") == plain for part in sent.split(","))


def lasts_for_ever(path: str, query: str) -> bool:
    """Whether an answer can never become another: figures of a vintage, or scores of a vintage by a named version.

    Who belongs to a group is the register's to say, and that may change.
    """
    if not PINNED.search(query) or "peer_group" in query:
        return False
    if path.startswith("/v1/scores"):
        return VERSIONED.search(query) is not None
    return path.startswith("/v1/observations")


def _answer_to(now: Freshness, path: str, query_string: bytes, accept: bytes, is_private: bool) -> _Known:
    """The tag of a question and the headers of its answer, by name and as they are sent."""
    query = query_string.decode("latin-1")
    tag = _tag(now, path, query, accept.decode("latin-1"))
    rule = FOR_EVER if lasts_for_ever(path, query) else A_MOMENT
    found = {
        "etag": tag,
        "cache-control": PRIVATE if is_private else rule,
        "vary": "Accept, Accept-Encoding",
    }
    if now.published_at is not None:
        found["last-modified"] = format_datetime(now.published_at, usegmt=True)
    given = _open_to_all(found)
    return tag, given, tuple((name.encode(), value.encode()) for name, value in given.items())


def _open_to_all(headers: dict[str, str]) -> dict[str, str]:
    """Published figures may be read by the pages of every site, without credentials."""
    return {
        **headers,
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD, OPTIONS",
        "access-control-allow-headers": HEADER,
        "access-control-expose-headers": f"ETag, Last-Modified, Link, {HEADER}",
        "cross-origin-resource-policy": "cross-origin",
    }


def _without_body(message: Message) -> Message:
    return {**message, "body": b""} if message["type"] == "http.response.body" else message


async def _refuse(send: Send, error: Unavailable) -> None:
    answer = problem(error.status, error.code, error.message)
    headers = {
        "content-type": str(answer.media_type),
        "retry-after": str(AGAIN_S),
        "access-control-allow-origin": "*",
    }
    await _send(send, error.status, headers, bytes(answer.body))


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})
