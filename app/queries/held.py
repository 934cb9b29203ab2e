"""Figures held in memory: blocks of arrays, one an indicator and span of years, bounded, for every vintage seen here.

A span is some ten years by the first day of a period, so the recent years of all indicators are held however long the
history is. Published figures never change within a vintage, so a block is only ever added to. What does not fit is
asked of the database; both ways give the same answers.
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
from sqlalchemy import ColumnElement, Engine, and_, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from app.bulk import fetch_columns
from app.db import shared_pool
from app.domain.block import FIELDS, Block, Texts, block_of, rows_of
from app.domain.period import STRIDE
from app.models import Observation, ReferencePeriod, Vintage, VintageScope
from app.queries.selection import columns

DEFAULT_BYTES = 256_000_000
# One block may take at most this part of the memory; a row takes about so many bytes.
LARGEST_SHARE = 8
ROW_BYTES = 40
# So many rows are fetched together: more would hold more of the table in memory at once.
ROWS_TOGETHER = 150_000
# So many rows are fetched while a reader waits; longer histories are held from the start or asked of the database.
SOON_ROWS = 100_000
# Passing by a row costs so little that reading a table of so many times the rows through is as fast as its index.
PASSED_ROWS = 30
# Numbers of the periods that begin within some ten years; spans begin in the last days of 2019, of 2029 and so on.
SPAN = 3_652 * STRIDE
# An indicator's id and the number of a span.
Key = tuple[int, int]
Column = NDArray[Any]
_TYPES = dict.fromkeys(("indicator_id", "city_id", "period", "vintage"), np.int32) | {"is_withdrawn": np.bool_}


class Held:
    """The blocks of one database, the least used let go first."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self.max_bytes = max_bytes
        self._blocks: LRUCache[Key, Block] = LRUCache(max_bytes, getsizeof=lambda block: block.size_bytes)
        self._too_large: set[Key] = set()
        self._lock = Lock()
        self._spans: tuple[int, list[int]] = (0, [])
        # Held while fetching: whoever wants the same waits for it instead of fetching it again.
        self._fetching = Lock()

    def blocks(self, session: Session, keys: Collection[Key], vintage: int) -> dict[Key, Block | None]:
        """The blocks of these keys, knowing at least `vintage`; None for those too large to be held."""
        found = self._at_hand(keys, vintage)
        missing = [key for key in keys if key not in found]
        for lot in _lots(rows_of_keys(session, missing)):
            with self._fetching:
                found |= self._at_hand(lot, vintage)
                found |= self._fetched(session, {key: rows for key, rows in lot.items() if key not in found})
        return found

    def _at_hand(self, keys: Iterable[Key], vintage: int) -> dict[Key, Block | None]:
        found: dict[Key, Block | None] = {}
        with self._lock:
            for key in keys:
                block = self._blocks.get(key)
                if key in self._too_large:
                    found[key] = None
                elif block is not None and block.newest >= vintage:
                    found[key] = block
        return found

    def _fetched(self, session: Session, lot: Mapping[Key, int]) -> dict[Key, Block | None]:
        """Blocks from the database: what is known already is only added to."""
        with self._lock:
            known = {key: self._blocks.get(key) for key in lot}
        fresh = _loaded(session, {key: lot[key] for key, block in known.items() if block is None})
        fresh |= _topped_up(session, {key: block for key, block in known.items() if block is not None})
        return {key: self._kept(key, block) for key, block in fresh.items()}

    def _kept(self, key: Key, block: Block) -> Block | None:
        with self._lock:
            if block.size_bytes * LARGEST_SHARE > self.max_bytes:
                self._too_large.add(key)
                return None
            self._blocks[key] = block
        return block

    def spans(self, session: Session, vintage: int) -> list[int]:
        """The spans that any figure known with `vintage` begins in; asks the database once a vintage."""
        if self._spans[0] < vintage:
            self._spans = (_newest(session), spans(session))
        return self._spans[1]

    def lacking(self, keys: Iterable[Key]) -> list[Key]:
        """Those of the keys that are not held yet."""
        with self._lock:
            return [key for key in keys if key not in self._blocks]

    def has_room_for(self, rows: Mapping[Key, int]) -> bool:
        """Whether blocks of so many rows are small enough to be held."""
        with self._lock:
            is_known = not self._too_large.isdisjoint(rows)
        return not is_known and max(rows.values(), default=0) * ROW_BYTES * LARGEST_SHARE <= self.max_bytes

    def is_soon_held(self, rows: Mapping[Key, int]) -> bool:
        """Whether blocks of so many rows are fetched in no time, and put no other out."""
        return max(rows.values(), default=0) <= SOON_ROWS and len(self.fitting(rows)) == len(rows)

    def fitting(self, rows: Mapping[Key, int]) -> dict[Key, int]:
        """Of blocks of so many rows those that can be held beside each other and put no other out."""
        with self._lock:
            free = self.max_bytes - self._blocks.currsize
        found = {}
        for key, count in rows.items():
            if count * ROW_BYTES <= free and self.has_room_for({key: count}):
                found[key] = count
                free -= count * ROW_BYTES
        return found


_OF_POOL: WeakKeyDictionary[Pool, Held] = WeakKeyDictionary()


def held_for(session: Session) -> Held | None:
    """What this process holds of the session's database.

    None where the session sees rows that others may never see.
    """
    pool = shared_pool(session)
    return None if pool is None else _OF_POOL.setdefault(pool, Held())


def blocks_for(session: Session, indicator_id: int, vintage: int) -> list[Block]:
    """The indicator's rows of all vintages up to `vintage` and maybe later, from memory where they are held."""
    keys = [(indicator_id, span) for span in spans(session)]
    held = held_for(session)
    found: dict[Key, Block | None] = {}
    if held is not None and held.has_room_for(rows_of_keys(session, held.lacking(keys))):
        found = held.blocks(session, keys, vintage)
    known = {key: block for key, block in found.items() if block is not None}
    missing = [key for key in keys if key not in known]
    return list((known | _loaded(session, rows_of_keys(session, missing))).values())


def warm(engine: Engine, is_over: Event) -> None:
    """Hold what there is room for, the newest first, so that no first reader waits for it, until `is_over` is set."""
    with Session(engine) as session:
        held, newest = held_for(session), _newest(session)
        if held is None or not newest:
            return
        rows = _rows(session)
    lots = list(_lots(held.fitting(dict(sorted(rows.items(), key=lambda item: (-item[0][1], item[0][0]))))))
    for lot in lots:
        if is_over.wait(0.001):
            return
        with Session(engine) as session:
            held.blocks(session, lot, newest)


def limit_memory(pool: Pool, max_bytes: int) -> None:
    """Hold at most so many bytes of the database behind `pool`."""
    _OF_POOL[pool] = Held(max_bytes)


def spans(session: Session) -> list[int]:
    """The spans that any period begins in, the oldest first."""
    return sorted(session.scalars(select(ReferencePeriod.number // SPAN).distinct()))


def rows_of_keys(session: Session, keys: Collection[Key]) -> dict[Key, int]:
    """How many rows there are of each key, by what vintages say they touched: counting the rows grows with them."""
    if not keys:
        return {}
    chosen = {indicator_id for indicator_id, _ in keys}
    found = _rows(session, VintageScope.indicator_id.in_(chosen), _within(VintageScope, [span for _, span in keys]))
    return {key: found.get(key, 0) for key in keys}


def _rows(session: Session, *conditions: ColumnElement[bool]) -> dict[Key, int]:
    scope = VintageScope
    key = (scope.indicator_id, scope.period // SPAN)
    rows = select(*key, func.sum(scope.figures)).where(*conditions).group_by(*key)
    return {(indicator_id, span): int(count) for indicator_id, span, count in session.execute(rows)}


def _within(table: type[Observation] | type[VintageScope], spans: Collection[int]) -> ColumnElement[bool]:
    """Periods from the first to the last of the spans."""
    return table.period.between(min(spans) * SPAN, max(spans) * SPAN + SPAN - 1)


def _lots(rows: Mapping[Key, int]) -> Iterator[dict[Key, int]]:
    """The keys with their rows, in lots that are fetched together."""
    lot: dict[Key, int] = {}
    left = ROWS_TOGETHER
    for key, count in rows.items():
        if lot and count > left:
            yield lot
            lot, left = {}, ROWS_TOGETHER
        lot[key] = count
        left -= count
    if lot:
        yield lot


def _loaded(session: Session, lot: Mapping[Key, int]) -> dict[Key, Block]:
    newest = _newest(session)
    if not lot:
        return {}
    written = session.scalar(select(func.sum(Vintage.new + Vintage.revised + Vintage.withdrawn))) or 0
    # Found by the index a row costs four times what it costs in passing: many are fetched by one pass over all.
    is_passed = len(lot) > 1 and sum(lot.values()) * PASSED_ROWS > written
    parts = [list(lot)] if is_passed else [[key] for key in lot]
    return {key: block_of(table, newest) for part in parts for key, table in _tables(session, part, _of(part))}


def _of(keys: Collection[Key]) -> ColumnElement[bool]:
    """The rows of one key by the index, of several by none."""
    row = Observation
    indicator = row.indicator_id if len(keys) == 1 else row.indicator_id + 0
    of_spans: dict[int, list[int]] = {}
    for indicator_id, span in keys:
        of_spans.setdefault(span, []).append(indicator_id)
    return or_(*(and_(_within(row, [span]), indicator.in_(ids)) for span, ids in of_spans.items()))


def _topped_up(session: Session, blocks: Mapping[Key, Block]) -> dict[Key, Block]:
    """The blocks with what vintages after theirs brought; most of them brought nothing."""
    if not blocks:
        return {}
    newest, since = _newest(session), min(block.newest for block in blocks.values())
    scope = VintageScope
    touched = set(_rows(session, scope.vintage > since))
    found = {key: replace(block, newest=newest) for key, block in blocks.items() if key not in touched}
    for key in blocks.keys() & touched:
        number, span = key
        block = blocks[key]
        # By the periods that were touched, so that topping up costs what is new and not the whole history.
        later = (scope.indicator_id == number, scope.vintage > block.newest, _within(scope, [span]))
        row = Observation
        new = (
            row.indicator_id == number,
            row.vintage > block.newest,
            row.period.in_(select(scope.period).where(*later)),
        )
        for _, table in _tables(session, [key], and_(*new)):
            found[key] = block.joined(rows_of(table), newest)
    return found


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(Vintage.number))) or 0


def _tables(session: Session, keys: Sequence[Key], chosen: ColumnElement[bool]) -> Iterator[tuple[Key, list[Column]]]:
    """Each key's rows as columns (app.domain.block.FIELDS), one key after the other."""
    city, indicator, period, vintage, *texts, is_withdrawn = columns()
    # In the order of the table for a pass, of the index for one key: groups of it are handed over together.
    named = {"city_id": city, "indicator_id": indicator, "period": period}
    is_passed = len(keys) > 1
    order = ["city_id", "period", "indicator_id"] if is_passed else ["indicator_id", "period", "city_id"]
    grouped = 1 if is_passed else 2
    query = select(*(named[name] for name in order), vintage, *texts, is_withdrawn).where(chosen)
    names = [*order, *FIELDS[2:]]
    # An empty part stands first, for a query that finds nothing.
    parts = [
        _arrays([[]] * len(names), names),
        *(_arrays(part, names) for part in fetch_columns(session, query, grouped)),
    ]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in names}
    parts.clear()
    span_of = whole["period"] // SPAN
    for key in keys:
        rows = np.flatnonzero((whole["indicator_id"] == key[0]) & (span_of == key[1]))
        yield key, [whole[name][rows] for name in FIELDS]


def _arrays(part: Sequence[Any], names: Sequence[str]) -> dict[str, Column]:
    """A part of the table as arrays; equal texts are one object, so that a pass stays small."""
    cells = (column.texts[column.codes] if isinstance(column, Texts) else column for column in part)
    return {
        name: np.asarray(column, dtype=_TYPES.get(name, object)) for name, column in zip(names, cells, strict=True)
    }
