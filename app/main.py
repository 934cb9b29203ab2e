"""The composition root: health, the API at /api, the dashboard at /. The only module that knows every part."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from logging import getLogger
from secrets import token_urlsafe
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, cast

import orjson
from a2wsgi import WSGIMiddleware
from anyio import to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Scope

import migrations
from app.accounts.identity import COOKIE, SECURE_COOKIE
from app.accounts.limits import Limiter
from app.api.answers import problem
from app.api.app import create_api
from app.api.caching import PublicAnswers
from app.api.deps import Limits
from app.api.feeds import create_feeds
from app.api.files import create_files, exported
from app.api.metering import Metered
from app.api.sdmx.app import create_sdmx
from app.bounded import Bounded
from app.compression import GZIP
from app.db import connect, connect_replica, engine_version
from app.door import Door
from app.errors import Unavailable
from app.front import Front
from app.memory import GIVE_BACK_EVERY_S, give_back
from app.metrics import count_errors, metrics
from app.observed import Observed
from app.queries.held import limit_memory, warm
from app.replicas import Carried, Current, Published
from app.settings import Settings
from app.stopping import Leaving, Stopping
from app.telemetry import Traced, provider, trace_statements
from dashboard.app import create_dashboard
from dashboard.served.app import form_routes
from dashboard.served.asked import House
from dashboard.served.busy import busy_page
from dashboard.served.single_sign_on import Provider
from dashboard.texts import LANGUAGES
from ingest.background import Repeated
from ingest.mail import MailServer
from ingest.submissions.scanner import Scanner
from ingest.tasks.beside import beside as works_beside
from ingest.webhooks.command import policy_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

log = getLogger("citymark")
# What a form may hold beside the file.
ENVELOPE_BYTES = 1_000_000
# Every process sees what another has published within this time, in seconds.
LOOK_EVERY_S = 0.25
# Threads share one core: more of them finish later, all together. Each may hold a connection of the pool (app/db.py).
REQUEST_THREADS, CALLBACK_THREADS = 16, 3
# Fetching one indicator takes no longer.
WARMING_ENDS_S = 10.0


def create_app(settings: Settings, *, when_warm: Callable[[], None] = lambda: None) -> Starlette:
    """The whole program over the database that `settings` name.

    `when_warm` is called once what is read often is held.
    """
    if settings.language not in LANGUAGES:
        raise ValueError(f"CITYMARK_LANGUAGE={settings.language}: there is {', '.join(LANGUAGES)}")
    engine = connect(settings.database_url)
    limit_memory(engine.pool, settings.max_held_bytes)
    published = Published(engine, [connect_replica(url, engine) for url in settings.replicas])
    for each in published.engines:
        count_errors(each)
    spans = _spans(published, settings)
    beside = [Repeated("memory", GIVE_BACK_EVERY_S, give_back)]
    beside += works_beside(engine, settings) if settings.tasks == "embedded" else []
    stopping = Stopping(settings.drain_s)

    @asynccontextmanager
    async def running(_app: Starlette) -> AsyncIterator[None]:
        for repeated in beside:
            repeated.start()
        stopping.listen()
        to_thread.current_default_thread_limiter().total_tokens = REQUEST_THREADS
        async with _warming(engine, when_warm):
            yield
        for repeated in beside:
            repeated.stop()
        if spans:
            spans.shutdown()
        published.dispose()

    current, limiter = Current(published, LOOK_EVERY_S), Limiter.over(engine, settings.redis_url or None)
    api = Metered(_api(current, settings), limiter=limiter, **settings.calls)
    before = _before(settings, current, spans, stopping, api)
    app = Starlette(routes=_routes(current, settings, limiter, api), middleware=before, lifespan=running)
    app.state.engine, app.state.published = engine, published
    app.state.metrics, app.state.stopping = settings.metrics, stopping
    return app


def _api(current: Current, settings: Settings) -> ASGIApp:
    api = create_api(current.published.primary, _limits(settings), is_secure=settings.production, current=current)
    api.state.mail, api.state.public_url = _mail(settings), settings.public_url.rstrip("/")
    api.state.webhooks, api.state.scanner = policy_of(settings), _scanner(settings)
    return GZipMiddleware(api, **GZIP)


def _routes(current: Current, settings: Settings, limiter: Limiter, api: Metered) -> list[BaseRoute]:
    published, public_url = current.published, settings.public_url.rstrip("/")
    engine = published.primary
    dashboard = create_dashboard(published, language=settings.language, kept_bytes=settings.max_kept_page_bytes)
    return [
        Route("/healthz", _healthz),
        Route("/readyz", _readyz),
        Route("/metrics", metrics),
        Mount("/api", api),
        Mount("/sdmx", Metered(_public(create_sdmx(engine), current), limiter=limiter, **settings.calls)),
        Mount("/feeds", _public(create_feeds(engine, public_url), current)),
        Mount("/files", create_files(settings.files_dir, f"{public_url}/files")),
        *form_routes(
            _house(published, settings, limiter), _provider(settings), kept_bytes=settings.max_kept_page_bytes
        ),
        Mount("/", cast(ASGIApp, WSGIMiddleware(cast(Any, dashboard), workers=CALLBACK_THREADS))),
    ]


def _public(app: ASGIApp, current: Current) -> ASGIApp:
    """All of it is published: tagged, and not kept in memory, since it is large or seldom asked."""
    return GZipMiddleware(PublicAnswers(app, current=current, public=re.compile(".*")), **GZIP)


def _before(
    settings: Settings, current: Current, spans: TracerProvider | None, stopping: Stopping, api: Metered
) -> list[Middleware]:
    """What every request passes first, in this order."""
    published = current.published
    most_bytes = settings.max_upload_bytes + ENVELOPE_BYTES
    door = Middleware(Door, is_secure=settings.production, most_bytes=most_bytes)
    traced = [Middleware(Traced, tracer=spans.get_tracer("citymark"))] if spans else []
    bounds = {"in_flight": settings.max_in_flight, "heavy": settings.max_heavy}
    refusal = partial(_busy, language=settings.language, is_secure=settings.production)
    bounded = Middleware(Bounded, **bounds, refusal=refusal)
    carried = [Middleware(Carried, published=published, is_secure=settings.production)]
    front = Middleware(
        Front,
        prefix="/api/",
        kept_bytes=settings.max_kept_bytes,
        current=current,
        counted=api.lets_through,
        stopping=stopping,
    )
    leaving = Middleware(Leaving, stopping=stopping)
    last = carried if published.has_replicas else []
    return [Middleware(Observed), *traced, front, leaving, door, bounded, *last]


def _busy(scope: Scope, retry_after_s: int, *, language: str, is_secure: bool = False) -> Response:
    """There is no place: to programs as a problem, to people as a page."""
    if scope["method"] in ("GET", "HEAD") and not scope["path"].startswith(("/api/", "/sdmx/", "/feeds/")):
        return busy_page(Request(scope), retry_after_s, language, is_secure=is_secure)
    words = f"more is asked at once than can be answered: try again in {retry_after_s} seconds"
    return problem(503, "busy", words)


def _spans(published: Published, settings: Settings) -> TracerProvider | None:
    """What sends spans, where a collector is named; Invalid when its packages are not there."""
    if not settings.otlp_endpoint:
        return None
    spans = provider(settings.otlp_endpoint)
    for engine in published.engines:
        trace_statements(engine, spans.get_tracer("citymark"))
    return spans


@asynccontextmanager
async def _warming(engine: Engine, when_warm: Callable[[], None]) -> AsyncIterator[None]:
    """Meanwhile what is read often is fetched; what is just being fetched ends before its connection is closed."""
    is_over = Event()
    warming = Thread(target=_warmed, args=(engine, is_over, when_warm), daemon=True)
    warming.start()
    yield
    is_over.set()
    await run_in_threadpool(warming.join, WARMING_ENDS_S)


def _warmed(engine: Engine, is_over: Event, when_warm: Callable[[], None]) -> None:
    """What is read often is fetched before the first reader asks; a database that is not ready yet is left alone."""
    try:
        warm(engine, is_over)
        when_warm()
    except SQLAlchemyError as error:
        log.info("nothing was held at the start: %s", error)


def _house(published: Published, settings: Settings, limiter: Limiter) -> House:
    return House(
        published.primary,
        published,
        _limits(settings).uploads,
        settings.language,
        SECURE_COOKIE if settings.production else COOKIE,
        settings.production,
        settings.public_url.rstrip("/"),
        _mail(settings),
        limiter,
        (settings.oidc_name or settings.oidc_issuer) if settings.oidc_issuer else None,
        has_passwords=settings.passwords,
        exported=partial(exported, settings.files_dir),
        scanner=_scanner(settings),
    )


def _scanner(settings: Settings) -> Scanner | None:
    return Scanner(settings.clamd) if settings.clamd else None


def _provider(settings: Settings) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    # Outside production a key of this process will do: a way that was begun before a restart is begun again.
    keys = settings.secret_keys or (token_urlsafe(48),)
    return Provider(settings.oidc_issuer, settings.oidc_client_id, secret, keys, tuple(settings.oidc_acr.split()))


def _mail(settings: Settings) -> MailServer | None:
    if not settings.smtp_host:
        return None
    secret = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_sender,
        settings.smtp_user,
        secret,
        settings.smtp_security,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        max_page_rows=settings.max_page_rows,
        max_kept_bytes=settings.max_kept_bytes,
        max_upload_bytes=settings.max_upload_bytes,
        max_upload_rows=settings.max_upload_rows,
        max_upload_columns=settings.max_upload_columns,
        **settings.calls,
    )


async def _healthz(_request: Request) -> Response:
    """The process answers; without a thread, which there may be none of just now."""
    return _json({"status": "ok"})


def _readyz(request: Request) -> Response:
    """The database answers, has the schema that this program needs, and the process is not about to end.

    While replicas alone answer it says so, and 200: reads go on here as anywhere else.
    """
    if request.app.state.stopping.has_begun:
        return _json({"status": "not ready", "reason": "this process is stopping"}, 503)
    published: Published = request.app.state.published
    try:
        states = published.states()
        engine = published.primary if states[0] == "up" else published.choose().engine
        body = _schema(engine) | ({"replicas": states[1:]} if published.has_replicas else {})
    except (SQLAlchemyError, Unavailable):
        return _json({"status": "not ready", "reason": "the database does not answer"}, 503)
    if body["schema"] != body["needed"]:
        return _json({"status": "not ready", "reason": migrations.schema_fault(body["schema"]), **body}, 503)
    if engine is not published.primary:
        reason = "the primary database does not answer: replicas are read, changes are refused"
        return _json({"status": "read-only", "reason": reason, **body})
    return _json({"status": "ready", **body})


def _schema(engine: Engine) -> dict[str, Any]:
    schema, needed = migrations.current_revision(engine), migrations.newest_revision()
    return {"database": engine_version(engine), "schema": schema, "needed": needed}


def _json(body: dict[str, object], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
