"""How often a program may call: per token, else per address, counted for all workers together.

Each worker takes calls from the shared count by the bundle: counting costs one write in many calls, and no
more than a bundle a worker is counted too early.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from threading import Lock

import orjson
from limits import RateLimitItemPerMinute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.accounts.limits import Limiter
from app.errors import TooMany, Unavailable

BUNDLES = 50
MOST_CALLERS = 10_000
# Where calls cannot be counted it is tried again after so many seconds.
UNCOUNTED_S = 2.0


@dataclass
class _Bundle:
    left: int
    ends_at: float


class Metered:
    """Stands before the API; 0 calls a minute means that nothing is counted."""

    def __init__(self, app: ASGIApp, *, limiter: Limiter, calls_per_minute: int, token_calls_per_minute: int) -> None:
        self.app = app
        self.limiter = limiter
        self.limits = {"address": calls_per_minute, "token": token_calls_per_minute}
        self._bundles: dict[str, _Bundle] = {}
        self._lock = Lock()
        self._uncounted_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self.lets_through(scope):
            await self.app(scope, receive, send)
            return
        kind, who = _caller(scope)
        limit = self.limits[kind]
        try:
            await run_in_threadpool(self._take, who, limit)
        except TooMany as error:
            await _refusal(error, limit)(scope, receive, send)
            return
        except Unavailable:
            # Counting protects others from one; while nothing can be counted nobody is sent away for it.
            self._uncounted_until = time.monotonic() + UNCOUNTED_S
        await self.app(scope, receive, send)

    def lets_through(self, scope: Scope) -> bool:
        """Whether a call may pass at once: it is counted then, by what was taken from the shared count before."""
        if not any(self.limits.values()):
            return True
        kind, who = _caller(scope)
        return not self.limits[kind] or time.monotonic() < self._uncounted_until or self._has_one(who)

    def _has_one(self, who: str) -> bool:
        with self._lock:
            bundle = self._bundles.get(who)
            if bundle is None or bundle.left < 1 or bundle.ends_at <= time.time():
                return False
            bundle.left -= 1
            return True

    def _take(self, who: str, limit: int) -> None:
        """A bundle, or near the end of the count a single call."""
        item = RateLimitItemPerMinute(limit)
        size = max(limit // BUNDLES, 1)
        try:
            ends_at = self.limiter.count(item, "api", who, cost=size)
        except TooMany:
            size, ends_at = 1, self.limiter.count(item, "api", who)
        with self._lock:
            if len(self._bundles) >= MOST_CALLERS:
                self._bundles.clear()
            self._bundles[who] = _Bundle(size - 1, ends_at)


def _caller(scope: Scope) -> tuple[str, str]:
    """A token by its digest, else the address the call came from."""
    authorization = Headers(scope=scope).get("authorization", "")
    if authorization:
        return "token", hashlib.sha256(authorization.encode()).hexdigest()
    return "address", (scope.get("client") or ("",))[0]


def _refusal(error: TooMany, limit: int) -> Response:
    detail = f"{limit} calls a minute are answered: wait {error.retry_after_s} seconds"
    body = {
        "type": "about:blank",
        "title": "Too many requests",
        "status": error.status,
        "detail": detail,
        "code": error.code,
        "errors": [],
    }
    headers = {"Retry-After": str(error.retry_after_s), "Access-Control-Allow-Origin": "*"}
    return Response(orjson.dumps(body), error.status, headers, media_type="application/problem+json")
