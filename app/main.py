"""The composition root: health, the API at /api, the dashboard at /. The only module that knows every part."""

from __future__ import annotations

from typing import Any, cast

import orjson
from a2wsgi import WSGIMiddleware
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import migrations
from app.api.app import create_api
from app.api.deps import Limits
from app.db import connect, engine_version
from app.settings import Settings
from dashboard.app import create_dashboard

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def create_app(settings: Settings) -> Starlette:
    """The whole program over the database that `settings` name."""
    engine = connect(settings.database_url)
    api = create_api(engine, _limits(settings))
    dashboard = create_dashboard(engine, language=settings.language)
    routes = [
        Route("/healthz", _healthz),
        Route("/readyz", _readyz),
        Mount("/api", GZipMiddleware(api, minimum_size=1_000)),
        Mount("/", cast(ASGIApp, WSGIMiddleware(cast(Any, dashboard), workers=8))),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)])
    app.state.engine = engine
    return app


def _limits(settings: Settings) -> Limits:
    return Limits(
        max_page_rows=settings.max_page_rows,
        max_upload_bytes=settings.max_upload_bytes,
        max_upload_rows=settings.max_upload_rows,
        max_upload_columns=settings.max_upload_columns,
    )


class SecurityHeaders:
    """Puts HEADERS on every answer that has not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _healthz(_request: Request) -> Response:
    """The process answers."""
    return _json({"status": "ok"})


def _readyz(request: Request) -> Response:
    """The database answers and has the schema that this program needs."""
    engine: Engine = request.app.state.engine
    needed = migrations.newest_revision()
    try:
        schema = migrations.current_revision(engine)
        body = {"database": engine_version(engine), "schema": schema, "needed": needed}
    except SQLAlchemyError:
        return _json({"status": "not ready", "reason": "the database does not answer"}, 503)
    if schema != needed:
        return _json({"status": "not ready", "reason": "run `citymark migrate`", **body}, 503)
    return _json({"status": "ready", **body})


def _json(body: dict[str, object], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
