"""What operators see of a running process: counts and times by kind of address, a line a request, a name for each.

No address, name or query of a reader goes into a metric or a line: an address is counted under its kind alone.
"""

from __future__ import annotations

import logging
import re
import time
from contextvars import ContextVar
from functools import lru_cache
from secrets import token_hex

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.remembered import remembered

log = logging.getLogger("citymark.access")
REQUESTS = Counter("citymark_requests", "Answered requests.", ["kind", "method", "status"])
SECONDS = Histogram(
    "citymark_request_seconds",
    "Time until an answer was sent whole, in seconds.",
    ["kind"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
IN_FLIGHT = Gauge("citymark_requests_in_flight", "Requests being answered.", multiprocess_mode="livesum")
KEPT = Counter("citymark_kept_answers", "Answers of the API by where they came from.", ["source"])
DATABASE_ERRORS = Counter(
    "citymark_database_errors", "Statements and connections that failed, by kind of error.", ["error"]
)
SHED = Counter("citymark_shed", "Requests that found no place and were told to come back, by why.", ["why"])
REFUSED_SIGN_INS = Counter("citymark_sign_ins_refused", "Sign-ins that were refused, by why.", ["why"])
#: The name of the request being answered, for every line that is logged meanwhile.
request_id: ContextVar[str] = ContextVar("request_id", default="")
ID = re.compile(r"[A-Za-z0-9-]{8,64}")
PARTS = frozenset(
    "observations scores changes cities indicators principles periods vintages frameworks templates submissions "
    "receipts status-board deadlines reminders tokens audit config docs openapi.json city indicator compare index "
    "peers coverage data method submit review status sign-in sign-out account admin receipt report chart embed "
    "files sdmx feeds assets healthz readyz metrics _dash-update-component".split()
)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


@remembered(4_096)
def kind_of(path: str) -> str:
    """The kind of an address: its first part, for the API the one after the version; `other` for what is not ours."""
    parts = path.split("/")[1:]
    if parts[0] == "api":
        named = parts[2] if parts[1:2] == ["v1"] and len(parts) > 2 else "".join(parts[1:2])
        return f"/api/{named}" if named in PARTS else "/api/other"
    if parts == [""]:
        return "/"
    return f"/{parts[0]}" if parts[0] in PARTS else "other"


def method_of(scope: Scope) -> str:
    """The method, or `other` for what is none of ours."""
    return scope["method"] if scope["method"] in METHODS else "other"


class Observed:
    """Stands before everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = _named(scope)
        token = request_id.set(name)
        started, status = time.perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", name.encode()))
            await send(message)

        IN_FLIGHT.inc()
        try:
            await self.app(scope, receive, counted)
        finally:
            IN_FLIGHT.dec()
            took = time.perf_counter() - started
            method = method_of(scope)
            kind = kind_of(scope["path"])
            requests, seconds = _counters(kind, method, status)
            requests.inc()
            seconds.observe(took)
            if log.isEnabledFor(logging.INFO):
                log.info("answered", extra={"said": _line(kind, method, status, took)})
            request_id.reset(token)


@lru_cache(maxsize=4_096)
def _counters(kind: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """Looked up once: finding them by their labels costs more than counting."""
    return REQUESTS.labels(kind, method, str(status)), SECONDS.labels(kind)


def _named(scope: Scope) -> str:
    given = next((str(value, "latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    return given if ID.fullmatch(given) else token_hex(8)


def _line(kind: str, method: str, status: int, took: float) -> dict[str, object]:
    return {"kind": kind, "method": method, "status": status, "ms": round(1_000 * took, 1)}
