"""Where published figures are read: on a streaming replica that knows enough, else on the primary.

A reader is never shown less than it has seen. What this process has shown is the least that it shows again; what
another process has shown a reader brings along, in a header or a cookie. Everything but published figures stays with
the primary.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from threading import Lock
from time import monotonic

from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.db import is_reading
from app.errors import Unavailable
from app.models import Vintage
from app.queries.freshness import Freshness, freshness

log = logging.getLogger("citymark.replicas")
HEADER = "X-Citymark-Vintage"
COOKIE = "citymark-vintage"
#: Where a request's scope names the engine that was chosen for it.
CHOSEN = "citymark.chosen"
# Longer than any replica may lag: after that the number says nothing that the primary would not.
COOKIE_S = 86_400
# A database that did not answer is left alone for so long, in seconds; for a moment when nobody else knows enough.
ASIDE_S, MOMENT_S = 1.0, 0.05
_NUMBER = re.compile(r"\d{1,9}")
_IN_COOKIE = re.compile(rf"(?:^|;)\s*{COOKIE}=(\d{{1,9}})\s*(?=$|;)")
_NEWEST = select(func.max(Vintage.number))


def choice(looks: Sequence[Freshness | None], least: int, turn: int) -> int | None:
    """Which of the databases answers: 0 is the primary, from 1 on replicas; None when nobody can.

    `looks` are what each knows, the primary first, None for one that does not answer. Replicas that know what the
    primary knows stand in for it by turns. Where it is silent, or a replica was ahead of it for a moment, the newest
    that knows vintage `least` answers.
    """
    primary, *replicas = looks
    if primary is not None and primary.vintage >= least:
        same = [number for number, look in enumerate(replicas, 1) if look == primary]
        return same[turn % len(same)] if same else 0
    able = [(look.vintage, number) for number, look in enumerate(replicas, 1) if look and look.vintage >= least]
    # What neither knows was never published, or was lost in a restore: then the primary is the truth.
    return max(able)[1] if able else None if primary is None else 0


def seen_in(header: str, cookie: str) -> int:
    """The newest vintage that a reader says it has seen, by the header HEADER and the header Cookie; 0 for none."""
    told = [header] if _NUMBER.fullmatch(header) else []
    return max(map(int, told + _IN_COOKIE.findall(cookie)), default=0)


def seen_by(headers: Headers) -> int:
    """The same of a request's headers."""
    return seen_in(headers.get(HEADER, ""), headers.get("cookie", ""))


@dataclass(frozen=True)
class Source:
    """Where a request reads, and what was known there when it was looked at: since then only more."""

    engine: Engine
    now: Freshness
    number: int


class _Place:
    """One database and whether it is left aside."""

    def __init__(self, name: str, engine: Engine, aside_s: float) -> None:
        self.name, self.engine, self.aside_s = name, engine, aside_s
        self.has_failed = self.is_tried = False
        self.tried_at = 0.0

    def look(self, *, is_wanted: bool = False) -> Freshness | None:
        """What is known there; None when it does not answer or is left aside, which is short when it `is_wanted`."""
        if not self.has_failed or not self.aside_s:
            return self._look()
        aside_s = min(self.aside_s, MOMENT_S) if is_wanted else self.aside_s
        # One request tries; the others do not wait for it.
        if self.is_tried or monotonic() - self.tried_at < aside_s:
            return None
        self.is_tried = True
        try:
            return self._look()
        finally:
            self.is_tried = False

    def _look(self) -> Freshness | None:
        try:
            found = freshness(self.engine)
        except SQLAlchemyError as error:
            if not self.has_failed:
                log.warning("%s does not answer and is left aside: %s", self.name, type(error).__name__)
            self.has_failed, self.tried_at = True, monotonic()
            return None
        if self.has_failed:
            log.warning("%s answers again", self.name)
        self.has_failed = False
        return found


class Published:
    """The databases that published figures are read from: the primary, and its replicas where there are any."""

    def __init__(self, primary: Engine, replicas: Sequence[Engine] = ()) -> None:
        self.engines = (primary, *replicas)
        # With nobody to turn to there is no use in leaving it aside.
        aside_s = ASIDE_S if replicas else 0.0
        names = ["the primary database", *(f"replica {number}" for number in range(1, len(self.engines)))]
        self._places = [_Place(name, engine, aside_s) for name, engine in zip(names, self.engines, strict=True)]
        self._turns = count()
        self._lock = Lock()
        self.shown = 0
        if replicas:
            for engine in self.engines:
                event.listen(engine, "begin", self._note)

    @property
    def primary(self) -> Engine:
        """Where everything else is read and written."""
        return self.engines[0]

    @property
    def has_replicas(self) -> bool:
        """Whether there are databases that may lag."""
        return len(self.engines) > 1

    def choose(self, seen: int = 0, but: Source | None = None) -> Source:
        """Where to read for somebody who has seen vintage `seen`; not at `but`, which has just failed.

        Unavailable when nobody answers who knows as much as this process or the reader has seen.
        """
        able = [None if but and number == but.number else place for number, place in enumerate(self._places)]
        looks = [None if place is None else place.look() for place in able]
        least = max(seen, self.shown)
        number = choice(looks, least, next(self._turns))
        if number is None:
            # One that is left aside may be back, and know what the others do not know yet.
            pairs = zip(looks, able, strict=True)
            looks = [look if look or place is None else place.look(is_wanted=True) for look, place in pairs]
            number = choice(looks, least, next(self._turns))
        if number is None:
            raise Unavailable(_refusal(looks, least))
        now = looks[number]
        assert now is not None  # noqa: S101 - only those that answered are chosen
        self._raise(now.vintage)
        return Source(self.engines[number], now, number)

    def catch_up(self) -> None:
        """Take note of what may have been published through this process."""
        now = self._places[0].look()
        self._raise(now.vintage if now else 0)

    def states(self) -> list[str]:
        """How each database is, the primary first: `up`, `behind` or `down`."""
        primary, *replicas = [place.look() for place in self._places]

        def state(look: Freshness | None) -> str:
            if look is None:
                return "down"
            is_enough = look == primary if primary else look.vintage >= self.shown
            return "up" if is_enough else "behind"

        return ["up" if primary else "down", *map(state, replicas)]

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self.engines:
            engine.dispose()

    def _note(self, connection: Connection) -> None:
        """What is read may be newer than the last look: what a transaction can see counts as shown."""
        if is_reading(connection):
            self._raise(connection.scalar(_NEWEST) or 0)

    def _raise(self, vintage: int) -> None:
        with self._lock:
            self.shown = max(self.shown, vintage)


class Current:
    """The source that was chosen last: looked up again every `look_every_s` seconds, and when told to forget it.

    Used from the event loop alone; the looks themselves take a thread.
    """

    def __init__(self, published: Published, look_every_s: float) -> None:
        self.published, self.look_every_s = published, look_every_s
        self._source: Source | None = None
        self._looked_at = 0.0
        self._changes = 0

    def known(self, seen: int = 0) -> Source | None:
        """The source for somebody who has seen vintage `seen`, if it is known without a look."""
        source = self._source
        if source is None or monotonic() - self._looked_at >= self.look_every_s:
            return None
        return source if source.now.vintage >= max(seen, self.published.shown) else None

    async def chosen(self, seen: int = 0) -> Source:
        """The same, by a look if need be; Unavailable when nobody answers who knows enough."""
        if found := self.known(seen):
            return found
        # Set before the look, so that a burst of requests does not look a hundred times.
        self._looked_at, changes = monotonic(), self._changes
        try:
            source = await run_in_threadpool(self.published.choose, seen)
        except Unavailable:
            if self.published.has_replicas:
                # Each asks until somebody answers: not one that is refused between two that are not.
                self._source = None
            raise
        if changes == self._changes:
            self._source = source
        return source

    async def another(self, seen: int, failed: Source) -> Source:
        """One that stands in for `failed`, which did not answer; Unavailable when there is none."""
        self._source = None
        return await run_in_threadpool(self.published.choose, seen, failed)

    def forget(self) -> None:
        """Something was changed: who changed it sees it. What a look that began before finds is not kept."""
        self._source, self._changes = None, self._changes + 1


def _refusal(looks: Sequence[Freshness | None], least: int) -> str:
    if not any(looks):
        return "the database did not answer; try again in a moment"
    return f"the primary database does not answer, and no replica has vintage {least} yet; try again in a moment"


class Carried:
    """Stands before everything: each answer tells the newest vintage that this process has shown.

    Programs send the header back; browsers get a cookie with what is for them alone. Shared caches are told that the
    answer depends on both, so whoever has seen more is not given what was kept for those who have seen less.
    """

    def __init__(self, app: ASGIApp, *, published: Published, is_secure: bool) -> None:
        self.app, self.published = app, published
        self.rule = f"; Max-Age={COOKIE_S}; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if is_secure else "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_change = scope["method"] not in ("GET", "HEAD", "OPTIONS")
        seen = seen_by(Headers(scope=scope))

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                if is_change:
                    await run_in_threadpool(self.published.catch_up)
                self._tell(MutableHeaders(scope=message), seen, is_change=is_change)
            await send(message)

        await self.app(scope, receive, told)

    def _tell(self, headers: MutableHeaders, seen: int, *, is_change: bool) -> None:
        newest = self.published.shown
        headers[HEADER] = str(newest)
        rule = headers.get("cache-control", "")
        if "public" in rule and "immutable" not in rule:
            headers.add_vary_header(f"{HEADER}, Cookie")
        if newest > seen and (is_change or "private" in rule):
            headers.append("set-cookie", f"{COOKIE}={newest}{self.rule}")
