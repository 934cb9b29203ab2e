"""What was worked out of published figures, kept for the next reader: it is the same while the edition holds.

A vintage never changes either: what depends on one has its number in the key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from app.db import shared_pool
from app.queries.freshness import edition
from app.turns import Turns

T = TypeVar("T")


class Kept(Generic[T]):
    """Answers of one kind, the least used let go first; who asks for one that is being made waits for it.

    `most` bounds the sum of what `size` says of each; 1 each where it is not given. What is kept is shared: nobody
    writes into it.
    """

    def __init__(self, most: int, size: Callable[[T], int] | None = None) -> None:
        self._most, self._size = most, size
        self._by_pool: WeakKeyDictionary[Pool, LRUCache[Hashable, T]] = WeakKeyDictionary()
        self._turns, self._lock = Turns(), Lock()

    def get(self, session: Session, key: Hashable, make: Callable[[], T]) -> T:
        """The answer of this key; made anew where the session sees what others may not, or no edition is settled."""
        pool = shared_pool(session)
        sees = "" if pool is None else _edition(session)
        if pool is None or not sees:
            return make()
        whole = (sees, key)
        found = self._known(pool, whole)
        if found is None:
            with self._turns.of((id(pool), whole)):
                found = self._known(pool, whole)
                if found is None:
                    found = make()
                    self._keep(pool, whole, found)
        return found

    def _known(self, pool: Pool, key: Hashable) -> T | None:
        with self._lock:
            known = self._by_pool.get(pool)
            return None if known is None else known.get(key)

    def _keep(self, pool: Pool, key: Hashable, found: T) -> None:
        with self._lock:
            known = self._by_pool.setdefault(pool, LRUCache(self._most, getsizeof=self._size))
            if (self._size(found) if self._size else 1) <= self._most:
                known[key] = found


def _edition(session: Session) -> str:
    """The edition that this session sees; a session for reading sees one to its end."""
    if "edition" not in session.info:
        session.info["edition"] = edition(session)
    found: str = session.info["edition"]
    return found
