"""The door in front of everything: no request of another site's making, and the headers every answer carries."""

from __future__ import annotations

import logging
import re
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("citymark.door")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
# What says nothing of being kept is its reader's alone, and asked for anew; an error is kept by nobody.
OF_ONE = (b"cache-control", b"private, no-cache")
OF_NOBODY = (b"cache-control", b"no-store")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Door:
    """Refuses what another site made a browser send, and puts HEADERS on every answer that has not set its own.

    A program that sends no such headers is let through: it carries no cookie that a site could abuse.
    """

    def __init__(self, app: ASGIApp, *, is_secure: bool = False, most_bytes: int = 12_000_000) -> None:
        self.app = app
        self.most_bytes = most_bytes
        named = dict(HEADERS)
        if is_secure:
            named["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        self.headers = [(name.lower().encode(), value.encode()) for name, value in named.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if changes_something(scope) and not is_same_origin(Headers(scope=scope)):
            await self._refuse(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        if CONTROL.search(scope["path"]):
            # No address of ours has one, and not every router below reads past it.
            await self._answer(404, "not-found", "an address holds no control characters", scope, receive, send)
            return
        length = _content_length(scope)
        if not length.isdigit() or int(length) > self.most_bytes:
            await self._answer(413, "too-large", f"at most {self.most_bytes} bytes are taken", scope, receive, send)
            return
        await self._served(scope, self._counted(receive), self._with_headers(send))

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What nobody has caught ends here, with the headers of every answer and no word of its cause."""
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if has_begun:
                # Half an answer is out: the connection is cut, so that nobody takes it for a whole one.
                raise
            if isinstance(error, OperationalError | PoolTimeout):
                words = "the database did not answer; try again in a moment"
                await self._answer(503, "unavailable", words, scope, receive, send)
                return
            reference = uuid4().hex[:12]
            log.error("unforeseen error %s", reference, exc_info=error)
            words = f"something went wrong on our side; quote {reference} when you write to us"
            await self._answer(500, "internal", words, scope, receive, send)

    def _counted(self, receive: Receive) -> Receive:
        """Bytes that come without having been announced are counted; too many end the request."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return {"type": "http.disconnect"} if taken > self.most_bytes else message

        return counted

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                # On the way of every answer: by bytes, looked through once.
                given = message.setdefault("headers", [])
                names = {name.lower() for name, _ in given}
                given.extend(header for header in self.headers if header[0] not in names)
                if b"cache-control" not in names and message["status"] != 304:
                    given.append(OF_NOBODY if message["status"] >= 400 else OF_ONE)
            await send(message)

        return send_with_headers

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        log.warning("refused: sent from the page of another site")
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        words = "this was sent from the page of another site: open the page here and try again"
        await self._answer(403, "cross-site", words, scope, receive, send)

    async def _answer(self, status: int, code: str, detail: str, scope: Scope, receive: Receive, send: Send) -> None:
        body = {
            "type": "about:blank",
            "title": code.replace("-", " ").capitalize(),
            "status": status,
            "detail": detail,
            "code": code,
            "errors": [],
        }
        answer = Response(orjson.dumps(body), status, media_type="application/problem+json")
        await answer(scope, receive, self._with_headers(send))


def _content_length(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return str(value, "latin-1")
    return "0"


def changes_something(scope: Scope) -> bool:
    """Whether the request may change something; a websocket can."""
    return scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS


def is_same_origin(headers: Headers) -> bool:
    """Whether the browser says that the request comes from our own page, or nothing says that a browser sent it."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
