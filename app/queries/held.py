"""Figures held in memory: one block of arrays an indicator, bounded, for every vintage this process has seen.

Published figures never change within a vintage, so a block is only ever added to. What does not fit is asked of the
database; both ways give the same answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Event, Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Engine, and_, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from app.bulk import fetch_columns
from app.db import shared_pool
from app.domain.block import FIELDS, Block, Texts, block_of, rows_of
from app.models import Indicator, Observation, Vintage, VintageScope
from app.queries.selection import columns

DEFAULT_BYTES = 256_000_000
# One indicator may take at most this part of the memory; a row takes about so many bytes.
LARGEST_SHARE = 8
ROW_BYTES = 40
# So many rows are fetched together by one pass over the table: more would hold more of it in memory at once.
ROWS_TOGETHER = 150_000
# So many rows are fetched while a reader waits; longer histories are held from the start or asked of the database.
SOON_ROWS = 100_000
Column = NDArray[Any]
_TYPES = dict.fromkeys(("indicator_id", "city_id", "period", "vintage"), np.int32) | {"is_withdrawn": np.bool_}


class Held:
    """The blocks of one database, the least used let go first."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self.max_bytes = max_bytes
        self._blocks: LRUCache[int, Block] = LRUCache(max_bytes, getsizeof=lambda block: block.size_bytes)
        self._too_large: set[int] = set()
        self._lock = Lock()
        # Held while fetching: whoever wants the same waits for it instead of fetching it again.
        self._fetching = Lock()

    def block(self, session: Session, indicator_id: int, vintage: int) -> Block | None:
        """The indicator's block, knowing at least `vintage`; None when it is too large to be held."""
        return self.blocks(session, [indicator_id], vintage)[indicator_id]

    def blocks(self, session: Session, indicator_ids: Collection[int], vintage: int) -> dict[int, Block | None]:
        """The indicators' blocks, knowing at least `vintage`; None for those too large to be held."""
        found = self._at_hand(indicator_ids, vintage)
        missing = [number for number in indicator_ids if number not in found]
        for lot in _lots(session, missing):
            with self._fetching:
                found |= self._at_hand(lot, vintage)
                found |= self._fetched(session, [number for number in lot if number not in found])
        return found

    def _at_hand(self, indicator_ids: Iterable[int], vintage: int) -> dict[int, Block | None]:
        found: dict[int, Block | None] = {}
        with self._lock:
            for number in indicator_ids:
                block = self._blocks.get(number)
                if number in self._too_large:
                    found[number] = None
                elif block is not None and block.newest >= vintage:
                    found[number] = block
        return found

    def _fetched(self, session: Session, indicator_ids: Sequence[int]) -> dict[int, Block | None]:
        """Blocks from the database: what is known already is only added to."""
        with self._lock:
            known = {number: self._blocks.get(number) for number in indicator_ids}
        fresh = _loaded(session, [number for number, block in known.items() if block is None])
        fresh |= _topped_up(session, {number: block for number, block in known.items() if block is not None})
        return {number: self._kept(number, block) for number, block in fresh.items()}

    def _kept(self, indicator_id: int, block: Block) -> Block | None:
        with self._lock:
            if block.size_bytes * LARGEST_SHARE > self.max_bytes:
                self._too_large.add(indicator_id)
                return None
            self._blocks[indicator_id] = block
        return block

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

    def fitting(self, session: Session, indicator_ids: Iterable[int]) -> list[int]:
        """Those of the indicators that can be held beside each other and put no other out."""
        with self._lock:
            free = self.max_bytes - self._blocks.currsize
        found = []
        for number in indicator_ids:
            size = rows_of_indicator(session, number) * ROW_BYTES
            if size <= free and self.has_room_for(session, number):
                found.append(number)
                free -= size
        return found

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
    return _loaded(session, [indicator_id])[indicator_id] if block is None else block


def warm(engine: Engine, is_over: Event) -> None:
    """Hold what there is room for, so that the first reader does not wait for it, until `is_over` is set."""
    with engine.connect() as connection:
        ids = list(connection.scalars(select(Indicator.id).order_by(Indicator.id)))
    with Session(engine) as session:
        held, newest = held_for(session), _newest(session)
        if held is None or not newest:
            return
        lots = list(_lots(session, held.fitting(session, ids)))
    for lot in lots:
        if is_over.wait(0.001):
            return
        with Session(engine) as session:
            held.blocks(session, lot, newest)


def limit_memory(pool: Pool, max_bytes: int) -> None:
    """Hold at most so many bytes of the database behind `pool`."""
    _OF_POOL[pool] = Held(max_bytes)


def rows_of_indicator(session: Session, indicator_id: int) -> int:
    """How many rows there are of it, by what vintages say they touched: counting the rows grows with them."""
    rows = select(func.sum(VintageScope.figures)).where(VintageScope.indicator_id == indicator_id)
    return session.scalar(rows) or 0


def _lots(session: Session, indicator_ids: Sequence[int]) -> Iterator[list[int]]:
    """The indicators in lots that are fetched together."""
    lot: list[int] = []
    left = ROWS_TOGETHER
    for number in indicator_ids:
        rows = rows_of_indicator(session, number)
        if lot and rows > left:
            yield lot
            lot, left = [], ROWS_TOGETHER
        lot.append(number)
        left -= rows
    if lot:
        yield lot


def _loaded(session: Session, indicator_ids: Sequence[int]) -> dict[int, Block]:
    # Found by the index a row costs four times what it costs in passing: several are fetched by one pass over all.
    by_index = Observation.indicator_id if len(indicator_ids) == 1 else Observation.indicator_id + 0
    newest, chosen = _newest(session), by_index.in_(indicator_ids)
    return {number: block_of(table, newest) for number, table in _tables(session, indicator_ids, chosen)}


def _topped_up(session: Session, blocks: Mapping[int, Block]) -> dict[int, Block]:
    """The blocks with what vintages after theirs brought; most of them brought nothing."""
    if not blocks:
        return {}
    newest, since = _newest(session), min(block.newest for block in blocks.values())
    scope = VintageScope
    touched = set(session.scalars(select(scope.indicator_id).where(scope.vintage > since).distinct()))
    found = {number: replace(block, newest=newest) for number, block in blocks.items() if number not in touched}
    for number in blocks.keys() & touched:
        block = blocks[number]
        # By the periods that were touched, so that topping up costs what is new and not the whole history.
        periods = select(scope.period).where(scope.indicator_id == number, scope.vintage > block.newest)
        key = (Observation.indicator_id == number, Observation.vintage > block.newest)
        later = and_(*key, Observation.period.in_(periods))
        for _, table in _tables(session, [number], later):
            found[number] = block.joined(rows_of(table), newest)
    return found


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(Vintage.number))) or 0


def _tables(
    session: Session, indicator_ids: Sequence[int], chosen: ColumnElement[bool]
) -> Iterator[tuple[int, list[Column]]]:
    """Each indicator's rows as columns (app.domain.block.FIELDS), one indicator after the other."""
    if not indicator_ids:
        return
    city, indicator, period, vintage, *texts, is_withdrawn = columns()
    # In the order of the table for a pass, of the index for one indicator: groups of it are handed over together.
    keys = {"city_id": city, "indicator_id": indicator, "period": period}
    order = ["city_id", "indicator_id", "period"] if len(indicator_ids) > 1 else ["indicator_id", "period", "city_id"]
    query = select(*(keys[name] for name in order), vintage, *texts, is_withdrawn).where(chosen)
    names = [*order, *FIELDS[2:]]
    # An empty part stands first, for a query that finds nothing.
    parts = [_arrays([[]] * len(names), names), *(_arrays(part, names) for part in fetch_columns(session, query, 2))]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in names}
    parts.clear()
    for number in indicator_ids:
        rows = np.flatnonzero(whole["indicator_id"] == number)
        yield number, [whole[name][rows] for name in FIELDS]


def _arrays(part: Sequence[Any], names: Sequence[str]) -> dict[str, Column]:
    """A part of the table as arrays; equal texts are one object, so that a pass stays small."""
    cells = (column.texts[column.codes] if isinstance(column, Texts) else column for column in part)
    return {
        name: np.asarray(column, dtype=_TYPES.get(name, object)) for name, column in zip(names, cells, strict=True)
    }
