"""Figures as known with a vintage: the one way behind page, API and export, and the history of a single figure.

What is held in memory answers narrow questions; the database answers the others, by the same rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import Session

from app.domain.block import Block, Ints, Objects
from app.domain.period import Period, period_of_number
from app.domain.status import PUBLIC
from app.models import Indicator, Observation, Vintage
from app.queries.codes import city_codes, indicator_codes
from app.queries.held import held_for
from app.queries.selection import ORDER, Selection, chosen, latest, period_numbers

COLUMNS = ["city", "indicator", "period", "value", "status", "vintage", "note", "attributes", "is_withdrawn"]
Key = tuple[int, int, int]
# A page through more indicators or cities than these follows the key in the database instead.
NARROW_INDICATORS = 5
NARROW_CITIES = 50
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Figures:
    """Figures as columns in ORDER: ids and period numbers, `value` as text of its exact digits or None."""

    city_id: Ints
    indicator_id: Ints
    period: Ints
    vintage: Ints
    value: Objects
    status: Objects
    note: Objects
    attributes: Objects
    is_withdrawn: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.city_id)

    def head(self, rows: int) -> Figures:
        """The first rows."""
        return self.take(np.arange(min(rows, len(self))))

    def key(self, row: int) -> Key:
        """The key of one row, which a cursor remembers."""
        return int(self.city_id[row]), int(self.indicator_id[row]), int(self.period[row])

    def after(self, key: Key) -> Figures:
        """The rows behind the key; the figures stand in ORDER."""
        city, indicator, period = self.city_id, self.indicator_id, self.period
        is_later = (city > key[0]) | (
            (city == key[0]) & ((indicator > key[1]) | ((indicator == key[1]) & (period > key[2])))
        )
        return self.take(np.flatnonzero(is_later))

    def with_status(self, letters: Sequence[str]) -> Figures:
        """The rows with one of these statuses."""
        return self.take(np.flatnonzero(np.isin(self.status.astype("U1"), list(letters))))

    def ordered(self) -> Figures:
        """The same rows in ORDER."""
        return self.take(np.lexsort((self.period, self.indicator_id, self.city_id)))

    def take(self, rows: NDArray[np.intp]) -> Figures:
        """These rows, in this order."""
        return Figures(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def page(session: Session, selection: Selection, vintage: int, *, limit: int, after: Key | None) -> Figures:
    """At most `limit` figures as known with `vintage` after the key `after`, in ORDER."""
    if is_narrow(selection) and (figures := _held(session, selection, vintage)) is not None:
        return (figures if after is None else figures.after(after)).head(limit)
    query = chosen(latest(vintage), selection).order_by(*ORDER).limit(limit)
    if after is not None:
        query = query.where(tuple_(*ORDER) > tuple_(*(literal(part) for part in after)))
    return _figures(session.execute(query).all())


def every(session: Session, selection: Selection, vintage: int) -> Figures:
    """All figures of the selection as known with `vintage`, in ORDER."""
    held = _held(session, selection, vintage)
    if held is not None:
        return held
    return _figures(session.execute(chosen(latest(vintage), selection).order_by(*ORDER)).all())


def pages(session: Session, selection: Selection, vintage: int, limit: int | None) -> Iterator[Figures]:
    """The selection as known with a vintage, or its first `limit` rows, a part at a time, in ORDER."""
    if is_narrow(selection):
        whole = every(session, selection, vintage)
        yield whole if limit is None else whole.head(limit)
        return
    after, left = None, limit
    while left is None or left > 0:
        size = ROWS_AT_ONCE if left is None else min(ROWS_AT_ONCE, left)
        found = page(session, selection, vintage, limit=size, after=after)
        if not len(found):
            return
        yield found
        after = found.key(-1)
        left = None if left is None else left - len(found)


def sorted_page(
    session: Session, selection: Selection, vintage: int, *, by: Sequence[str], limit: int, offset: int
) -> Figures:
    """Figures as known with `vintage` in another order, from row `offset`; blanks stand last.

    `by` names columns (city, indicator, period, value, status, vintage), the first the most important, each downwards
    with a `-` before it; what is equal stays in ORDER. Within a vintage nothing moves, so an offset stays right.
    """
    found = every(session, selection, vintage)
    # The last key is the most important to lexsort; ORDER is there already and the sort is stable.
    keys = [_sort_key(session, found, name) for name in reversed(by)]
    return found.take(np.lexsort(keys)[offset : offset + limit])


def _sort_key(session: Session, found: Figures, name: str) -> NDArray[np.float64]:
    plain = name.removeprefix("-")
    if plain in ("city", "indicator", "status"):
        texts = {
            "city": city_codes(session, found.city_id),
            "indicator": indicator_codes(session, found.indicator_id),
            "status": found.status,
        }[plain]
        key = np.asarray(pd.factorize(texts, sort=True)[0], dtype=np.float64)
    else:
        key = np.asarray(getattr(found, plain), dtype=np.float64)
    return -key if name.startswith("-") else key


def count(session: Session, selection: Selection, vintage: int) -> int:
    """How many figures the selection holds as known with `vintage`."""
    return session.scalar(select(func.count()).select_from(chosen(latest(vintage), selection).subquery())) or 0


def newest_period(session: Session, selection: Selection, vintage: int) -> Period | None:
    """The newest period that any figure of the selection has, as known with `vintage`."""
    found = chosen(latest(vintage), selection).subquery()
    number = session.scalar(select(func.max(found.c.period)))
    return None if number is None else period_of_number(number)


def observations(session: Session, selection: Selection, vintage: int) -> pd.DataFrame:
    """The selection as a frame of COLUMNS, codes in place of ids, `value` as float64 (NaN where blank)."""
    figures = every(session, selection, vintage)
    return pd.DataFrame(
        {
            "city": city_codes(session, figures.city_id),
            "indicator": indicator_codes(session, figures.indicator_id),
            "period": period_codes(figures.period),
            "value": figures.value.astype(np.float64),
            "status": figures.status,
            "vintage": figures.vintage,
            "note": figures.note,
            "attributes": figures.attributes,
            "is_withdrawn": figures.is_withdrawn,
        },
        columns=COLUMNS,
    )


def period_codes(numbers: Ints) -> Objects:
    """The codes of period numbers."""
    found, places = np.unique(numbers, return_inverse=True)
    codes = np.asarray([_period_code(number) for number in found.tolist()], dtype=object)
    return np.asarray(codes[places], dtype=object)


@lru_cache(maxsize=65_536)
def _period_code(number: int) -> str:
    return period_of_number(number).code


def is_narrow(selection: Selection) -> bool:
    """Whether a selection of few indicators or cities, which memory answers."""
    indicators, cities = selection.indicator_ids, selection.city_ids
    return (indicators is not None and len(indicators) <= NARROW_INDICATORS) or (
        cities is not None and len(cities) <= NARROW_CITIES
    )


def is_little(selection: Selection) -> bool:
    """Whether a selection of single periods or few cities, which the database finds by its indexes."""
    cities, spans = selection.city_ids, selection.periods
    is_few_cities = cities is not None and len(cities) <= NARROW_INDICATORS
    return is_few_cities or (spans is not None and len(spans) <= 2 and all(low == high for low, high in spans))


def _held(session: Session, selection: Selection, vintage: int) -> Figures | None:
    """The selection from memory; None when it must be asked of the database."""
    held = held_for(session)
    if held is None:
        return None
    ids = sorted(set(_indicator_ids(session) if selection.indicator_ids is None else selection.indicator_ids))
    if is_little(selection) and (held.lacks(ids) > NARROW_INDICATORS or not held.is_soon_held(session, ids)):
        # Asking for so little is quicker than fetching whole indicators for it: soon after the start, or for ever
        # where the history is longer than memory.
        return None
    if not all(held.has_room_for(session, number) for number in ids):
        return None
    blocks = held.blocks(session, ids, vintage)
    cities = None if selection.city_ids is None else np.unique(np.asarray(selection.city_ids, dtype=np.int32))
    periods = period_numbers(session, selection)
    parts = []
    for number in ids:
        block = blocks[number]
        if block is None:
            return None
        parts.append(_part(number, block, block.known(vintage, cities=cities, periods=periods)))
    figures = _joined(parts)
    return figures if selection.statuses is None else figures.with_status(selection.statuses)


def _indicator_ids(session: Session) -> list[int]:
    return list(session.scalars(select(Indicator.id)))


def _part(indicator_id: int, block: Block, numbers: Ints) -> Figures:
    rows = block.rows
    return Figures(
        rows.city[numbers],
        np.full(len(numbers), indicator_id, dtype=np.int32),
        rows.period[numbers],
        rows.vintage[numbers],
        rows.value.at(numbers),
        rows.status.at(numbers),
        rows.note.at(numbers),
        rows.attributes.at(numbers),
        rows.is_withdrawn[numbers],
    )


def _joined(parts: list[Figures]) -> Figures:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _figures([])
    names = Figures.__dataclass_fields__
    return Figures(*(np.concatenate([getattr(part, name) for part in parts]) for name in names)).ordered()


def _figures(rows: Sequence[Sequence[object]]) -> Figures:
    """Rows as of latest() as columns."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 10
    city, indicator, period, vintage = (np.asarray(column, dtype=np.int32) for column in columns[:4])
    value, status, _, note, attributes = (np.asarray(column, dtype=object) for column in columns[4:9])
    is_withdrawn = np.asarray(columns[9], dtype=np.bool_)
    return Figures(city, indicator, period, vintage, value, status, note, attributes, is_withdrawn)


def history(session: Session, city_id: int, indicator_id: int, period: Period) -> list[tuple[Observation, Vintage]]:
    """Every row one figure has had, oldest first, with the vintage that made each known."""
    query = (
        select(Observation, Vintage)
        .join(Vintage, Vintage.number == Observation.vintage)
        .where(
            Observation.city_id == city_id,
            Observation.indicator_id == indicator_id,
            Observation.period == period.number,
            Observation.confidentiality == PUBLIC,
        )
        .order_by(Observation.vintage)
    )
    return [(observation, vintage) for observation, vintage in session.execute(query)]
