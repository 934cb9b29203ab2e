"""How often something may be asked, counted for all workers together: in Redis where there is one, else in a table.

The counting of windows is the limits library's; only its store over our database is written here.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from limits import RateLimitItem, parse
from limits.storage import RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import SQLAlchemyError

from app.db import reading, writing
from app.errors import TooMany, Unavailable
from app.models import Counted

log = logging.getLogger("citymark.limits")

# Longest wait for Redis, in seconds.
PATIENCE_S = 1
# How often it is logged that nothing can be counted, in seconds.
SAID_EVERY_S = 60
#: Tries to sign in, for one e-mail address and for one network address.
SIGN_IN_OF_EMAIL = parse("10 per 15 minutes")
SIGN_IN_FROM_ADDRESS = parse("60 per 15 minutes")


class DatabaseStorage(Storage):
    """Counts in the table `counted`, which all workers of an installation share."""

    STORAGE_SCHEME = ["citymark-database"]

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.engine = engine
        self.clock = clock

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count once more in the window that `key` names, and clear away windows that are over."""
        now = self.clock()
        with writing(self.engine) as session:
            session.execute(delete(Counted).where(Counted.expires_at <= _instant(now)))
            counted = update(Counted).where(Counted.key == key).values(amount=Counted.amount + amount)
            total = session.scalar(counted.returning(Counted.amount))
            if total is None:
                session.add(Counted(key=key, amount=amount, expires_at=_instant(now + expiry)))
                total = amount
        return int(total)

    def get(self, key: str) -> int:
        """How often so far."""
        with reading(self.engine) as session:
            row = session.get(Counted, key)
            return row.amount if row is not None and row.expires_at > _instant(self.clock()) else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, as a Unix time."""
        with reading(self.engine) as session:
            row = session.get(Counted, key)
            return self.clock() if row is None else row.expires_at.timestamp()

    def check(self) -> bool:
        """Whether the store answers."""
        return True

    def reset(self) -> int | None:
        """Forget every count."""
        with writing(self.engine) as session:
            session.execute(delete(Counted))
        return None

    def clear(self, key: str) -> None:
        """Forget one count."""
        with writing(self.engine) as session:
            session.execute(delete(Counted).where(Counted.key == key))


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Limiter:
    """Refuses what is asked too often."""

    def __init__(self, storage: Storage) -> None:
        self._silent_until = 0.0
        self.store = "Redis" if isinstance(storage, RedisStorage) else "the database"
        self.strategy = FixedWindowRateLimiter(storage)

    @classmethod
    def over(cls, engine: Engine, redis_url: str | None = None) -> Limiter:
        """Counting in Redis where there is one, else in the database."""
        if not redis_url:
            return cls(DatabaseStorage(engine))
        return cls(RedisStorage(redis_url, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S))

    def count(self, limit: RateLimitItem, what: str, who: str, cost: int = 1) -> float:
        """Count a try of `who`, or `cost` tries; when the window ends, as a Unix time.

        TooMany, with the seconds to wait, when it is too many; then nothing was counted. Unavailable when nothing can
        be counted.
        """
        try:
            return self._count(limit, what, who, cost)
        except self.strategy.storage.base_exceptions as error:
            self._say()
            raise Unavailable("tries cannot be counted now; try again in a moment") from error

    def _say(self) -> None:
        """Once in a while: every call is counted."""
        if time.monotonic() >= self._silent_until:
            self._silent_until = time.monotonic() + SAID_EVERY_S
            log.warning("%s does not answer: tries cannot be counted", self.store)

    def _count(self, limit: RateLimitItem, what: str, who: str, cost: int) -> float:
        # Addresses are personal data: only a hash of them is kept, and only for the window.
        key = hashlib.sha256(who.encode()).hexdigest()[:32]
        # A bundle that does not fit must not use up what a single try still has.
        has_room = cost == 1 or self.strategy.test(limit, what, key, cost=cost)
        is_taken = has_room and self.strategy.hit(limit, what, key, cost=cost)
        ends = self.strategy.get_window_stats(limit, what, key).reset_time
        if not is_taken:
            wait = max(int(ends - time.time()) + 1, 1)
            raise TooMany(f"too many tries: wait {wait} seconds", retry_after_s=wait)
        return ends
