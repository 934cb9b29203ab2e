"""No more at once than can be answered: the rest is told so at once, and heavy work takes turns.

A process that takes everything answers nothing: threads, connections and memory go to requests whose readers have
left. What is refused costs a moment and says when to come back.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.observed import SHED
from app.pauses import full_collections_rare

# Asked by balancers and operators most of all when there is too much, and files that cost nothing.
EXEMPT = re.compile(
    r"/(?:healthz|readyz|metrics|assets/.*|_dash-component-suites/.*|_favicon\.ico|api/docs/assets/.*|files/.*)"
)
#: Files made of many figures, and files that are taken apart: seconds of one core each.
_FORMAT = re.compile(r"(?:^|&)format=(?!json(?:&|$))")
_TABLES = re.compile(r"text/csv|spreadsheetml|parquet|arrow|vnd\.sdmx", re.IGNORECASE)
_MADE = re.compile(r"/(?:report/.+|chart/.+\.png|sdmx/.*data/.+)")
_TAKEN = re.compile(r"/(?:api/v1/submissions|submit|submission/.+)")
#: Scores with other weights or for other cities are worked out when they are asked for.
_COMPUTED = re.compile(r"(?:^|&)(?:weights|peer_group|draws)=")
_SCORES = re.compile(r"/api/v1/scores(?:/.+)?")

RETRY_AFTER_S = 2
HEAVY_RETRY_AFTER_S = 10
LONGEST_WAIT_S = 10.0
# For each that is at work so many may wait.
WAITING_EACH = 4

Refusal = Callable[[Scope, int], Response]


class Full(Exception):
    """No place; why, and in how many seconds there may be one."""

    def __init__(self, why: str, retry_after_s: int) -> None:
        super().__init__(why)
        self.why, self.retry_after_s = why, retry_after_s


class Bounded:
    """At most `in_flight` requests of this process at once, `heavy` of them heavy; 0 is any number."""

    def __init__(self, app: ASGIApp, *, in_flight: int, heavy: int, refusal: Refusal) -> None:
        self.app, self.refusal = app, refusal
        self.most, self.heavy = in_flight, heavy
        self._at_work = self._waiting = 0
        self._turns = asyncio.Semaphore(heavy or 1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or EXEMPT.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        try:
            async with self._place(scope):
                await self.app(scope, receive, send)
        except Full as full:
            SHED.labels(full.why).inc()
            answer = self.refusal(scope, full.retry_after_s)
            answer.headers["Retry-After"] = str(full.retry_after_s)
            answer.headers["Cache-Control"] = "no-store"
            await answer(scope, receive, send)

    @asynccontextmanager
    async def _place(self, scope: Scope) -> AsyncIterator[None]:
        if self.most and self._at_work >= self.most:
            raise Full("in-flight", RETRY_AFTER_S)
        self._at_work += 1
        try:
            if self.heavy and is_heavy(scope):
                async with self._turn():
                    yield
            else:
                yield
        finally:
            self._at_work -= 1

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One of the turns of heavy work, after a wait that is bounded in number and time."""
        if self._waiting >= WAITING_EACH * self.heavy:
            raise Full("heavy", HEAVY_RETRY_AFTER_S)
        self._waiting += 1
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Full("heavy", HEAVY_RETRY_AFTER_S) from error
        finally:
            self._waiting -= 1
        try:
            with full_collections_rare():
                yield
        finally:
            self._turns.release()


def is_heavy(scope: Scope) -> bool:
    """Whether a request is one of those that take seconds of a core."""
    path, query = scope["path"], scope["query_string"].decode("latin-1")
    if scope["method"] == "POST":
        return _TAKEN.fullmatch(path) is not None
    if _MADE.fullmatch(path) or (_SCORES.fullmatch(path) and _COMPUTED.search(query)):
        return True
    return path.startswith("/api/v1/") and bool(_FORMAT.search(query) or _TABLES.search(_accepted(scope)))


def _accepted(scope: Scope) -> str:
    return next((str(value, "latin-1") for name, value in scope["headers"] if name == b"accept"), "")
