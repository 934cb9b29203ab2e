"""Figures held in memory: one block of arrays an indicator, bounded, for every vintage this process has seen.

Published figures never change within a vintage, so a block is only ever added to. What does not fit is asked of the
database; both ways give the same answers.
"""

from __future__ import annotations

from collections.abc import Collection
from threading import Event, Lock
from weakref import WeakKeyDictionary

from cachetools import LRUCache
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from app.db import shared_pool
from app.domain.block import Block, block_of, rows_of
from app.models import Indicator, Observation, Vintage, VintageScope
from app.queries.selection import columns

DEFAULT_BYTES = 256_000_000
# One indicator may take at most this part of the memory; a row takes about so many bytes.
LARGEST_SHARE = 8
ROW_BYTES = 40
# So many rows are fetched while a reader waits; longer histories are held from the start or asked of the database.
SOON_ROWS = 100_000


class Held:
    """The blocks of one database, the least used let go first."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self.max_bytes = max_bytes
        self._blocks: LRUCache[int, Block] = LRUCache(max_bytes, getsizeof=lambda block: block.size_bytes)
        self._too_large: set[int] = set()
        self._lock = Lock()

    def block(self, session: Session, indicator_id: int, vintage: int) -> Block | None:
        """The indicator's block, knowing at least `vintage`; None when it is too large to be held."""
        with self._lock:
            block = self._blocks.get(indicator_id)
            if indicator_id in self._too_large:
                return None
        if block is not None and block.newest >= vintage:
            return block
        fresh = _loaded(session, indicator_id) if block is None else _topped_up(session, indicator_id, block)
        with self._lock:
            if fresh.size_bytes * LARGEST_SHARE > self.max_bytes:
                self._too_large.add(indicator_id)
                return None
            self._blocks[indicator_id] = fresh
        return fresh

    def lacks(self, indicator_ids: Collection[int]) -> int:
        """How many of the indicators are not held yet."""
        with self._lock:
            return sum(number not in self._blocks for number in indicator_ids)

    def is_soon_held(self, session: Session, indicator_ids: Collection[int]) -> bool:
        """Whether those that are not held yet are fetched in no time, and put no other out."""
        with self._lock:
            lacking = [number for number in indicator_ids if number not in self._blocks]
            free = self.max_bytes - self._blocks.currsize
        rows = [rows_of_indicator(session, number) for number in lacking]
        return not rows or (max(rows) <= SOON_ROWS and sum(rows) * ROW_BYTES <= free)

    def is_full_for(self, session: Session, indicator_id: int) -> bool:
        """Whether holding the indicator would put another one out."""
        with self._lock:
            free = self.max_bytes - self._blocks.currsize
        return rows_of_indicator(session, indicator_id) * ROW_BYTES > free

    def has_room_for(self, session: Session, indicator_id: int) -> bool:
        """Whether the indicator is held, or small enough to be; asks the database only the first time."""
        with self._lock:
            if indicator_id in self._blocks or indicator_id in self._too_large:
                return indicator_id in self._blocks
        if rows_of_indicator(session, indicator_id) * ROW_BYTES * LARGEST_SHARE <= self.max_bytes:
            return True
        with self._lock:
            self._too_large.add(indicator_id)
        return False


_OF_POOL: WeakKeyDictionary[Pool, Held] = WeakKeyDictionary()


def held_for(session: Session) -> Held | None:
    """What this process holds of the session's database.

    None where the session sees rows that others may never see.
    """
    pool = shared_pool(session)
    return None if pool is None else _OF_POOL.setdefault(pool, Held())


def block_for(session: Session, indicator_id: int, vintage: int) -> Block:
    """The indicator's rows of all vintages up to `vintage` and maybe later, from memory where they are held."""
    held = held_for(session)
    block = None
    if held is not None and held.has_room_for(session, indicator_id):
        block = held.block(session, indicator_id, vintage)
    return _loaded(session, indicator_id) if block is None else block


def warm(engine: Engine, is_over: Event) -> None:
    """Hold what there is room for, so that the first reader does not wait for it, until `is_over` is set."""
    with engine.connect() as connection:
        ids = list(connection.scalars(select(Indicator.id).order_by(Indicator.id)))
    for indicator_id in ids:
        if is_over.wait(0.001):
            return
        with Session(engine) as session:
            held, newest = held_for(session), _newest(session)
            if held is None or not newest or held.is_full_for(session, indicator_id):
                continue
            if held.has_room_for(session, indicator_id):
                held.block(session, indicator_id, newest)


def limit_memory(pool: Pool, max_bytes: int) -> None:
    """Hold at most so many bytes of the database behind `pool`."""
    _OF_POOL[pool] = Held(max_bytes)


def rows_of_indicator(session: Session, indicator_id: int) -> int:
    """How many rows there are of it, by what vintages say they touched: counting the rows grows with them."""
    rows = select(func.sum(VintageScope.figures)).where(VintageScope.indicator_id == indicator_id)
    return session.scalar(rows) or 0


def _loaded(session: Session, indicator_id: int) -> Block:
    return block_of(_table(session, indicator_id, after=0), _newest(session))


def _topped_up(session: Session, indicator_id: int, block: Block) -> Block:
    return block.joined(rows_of(_table(session, indicator_id, after=block.newest)), _newest(session))


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(Vintage.number))) or 0


def _table(session: Session, indicator_id: int, *, after: int) -> list[tuple[object, ...]]:
    """The indicator's rows of vintages after `after`, as app.domain.block.FIELDS."""
    city, _, period, vintage, *texts, is_withdrawn = columns()
    value, status, confidentiality, note, attributes = texts
    query = select(city, period, vintage, value, status, confidentiality, note, attributes, is_withdrawn)
    query = query.where(Observation.indicator_id == indicator_id)
    if after:
        # By the periods that were touched, so that a topping up costs what is new and not the whole history.
        scope = VintageScope
        touched = select(scope.period).where(scope.indicator_id == indicator_id, scope.vintage > after)
        query = query.where(Observation.vintage > after, Observation.period.in_(touched))
    return [tuple(row) for row in session.execute(query)]
