"""The door in front of everything: no request of another site's making, and the headers every answer carries."""

from __future__ import annotations

from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Door:
    """Refuses what another site made a browser send, and puts HEADERS on every answer that has not set its own.

    A program that sends no such headers is let through: it carries no cookie that a site could abuse.
    """

    def __init__(self, app: ASGIApp, *, is_secure: bool = False) -> None:
        self.app = app
        self.headers = dict(HEADERS)
        if is_secure:
            self.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if changes_something(scope) and not is_same_origin(Headers(scope=scope)):
            await self._refuse(scope, receive, send)
            return
        await self.app(scope, receive, self._with_headers(send) if scope["type"] == "http" else send)

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return send_with_headers

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        body = {
            "type": "about:blank",
            "title": "Cross site",
            "status": 403,
            "detail": "this was sent from the page of another site: open the page here and try again",
            "code": "cross-site",
            "errors": [],
        }
        answer = Response(orjson.dumps(body), 403, media_type="application/problem+json")
        await answer(scope, receive, self._with_headers(send))


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
