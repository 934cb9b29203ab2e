"""Figures asked of the database, in parts that stand in ORDER.

The rows of all vintages up to the asked one are read as they lie, and of each figure the last is taken here: asking
the database for it row by row costs twice as much. The key is by city, then period; answers go by city, then
indicator. So a part is some whole cities, or, where one has very many figures, some indicators of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.block import Ints
from app.domain.status import PUBLIC
from app.models import City, Indicator, Observation, ReferencePeriod, Vintage
from app.queries.figures import Figures, RowKey, figures_of
from app.queries.selection import NARROW_INDICATORS, Selection, columns, period_numbers

ROWS_AT_ONCE = 10_000
# A part is worth a question of its own from so many rows.
LEAST_ROWS = 1_000
# So many periods are written into a question; longer lists are looked up by the database.
MOST_LISTED = 1_000
# What one indicator has of so few periods lies together in its index, what one city has in the key.
FEW_PERIODS = 2
Ids = Sequence[int]


@dataclass(frozen=True)
class _Part:
    """Cities, indicators and periods by id; None means any."""

    cities: Ids | None
    indicators: Ids | None
    periods: Ids | None

    def is_little(self) -> bool:
        """Whether it has few periods, and few indicators or few cities."""
        narrow = (ids is not None and len(ids) <= NARROW_INDICATORS for ids in (self.indicators, self.cities))
        return self.periods is not None and len(self.periods) <= FEW_PERIODS and any(narrow)

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Of the rows of this part, and of others where the periods are very many."""
        row, number = Observation, ReferencePeriod.number
        if self.cities is not None:
            yield row.city_id.in_(self.cities)
        if self.indicators is not None:
            yield row.indicator_id.in_(self.indicators)
        if self.periods is None:
            return
        if len(self.periods) <= MOST_LISTED:
            yield row.period.in_(self.periods)
        else:
            yield row.period.in_(select(number).where(number.between(self.periods[0], self.periods[-1])))


def stored(
    session: Session,
    selection: Selection,
    vintage: int,
    *,
    after: RowKey | None = None,
    rows_at_once: int = ROWS_AT_ONCE,
) -> Iterator[Figures]:
    """Figures as known with `vintage`, those after the key `after`; a part has about `rows_at_once`."""
    periods, indicators = period_numbers(session, selection), selection.indicator_ids
    whole = _Part(selection.city_ids, None if indicators is None else sorted(set(indicators)), periods)
    parts = [whole] if whole.is_little() else _parts(session, whole, after, max(rows_at_once, LEAST_ROWS))
    for part in parts:
        figures = _read(session, part, selection.statuses, vintage)
        yield figures if after is None else figures.after(after)


def _parts(session: Session, whole: _Part, after: RowKey | None, rows_at_once: int) -> Iterator[_Part]:
    """The parts from the city of `after` on."""
    size = _size(session)
    # Of one indicator and period, all cities, all indicators and all periods together, on the average.
    of_one = size.rows / max(size.indicators * size.periods, 1) / max(size.cities, 1)
    of_one *= size.periods if whole.periods is None else len(whole.periods)
    at_once = int(
        rows_at_once / max(of_one * (size.indicators if whole.indicators is None else len(whole.indicators)), 1)
    )
    if at_once >= (size.cities if whole.cities is None else len(whole.cities)):
        yield whole
        return
    first = (0, 0) if after is None else after[:2]
    cities = [number for number in _ids(session, whole.cities, City.id) if number >= first[0]]
    if at_once:
        yield from (replace(whole, cities=lot) for lot in _lots(cities, at_once))
        return
    indicators, periods = (
        _ids(session, whole.indicators, Indicator.id),
        _ids(session, whole.periods, ReferencePeriod.number),
    )
    for city in cities:
        of_city = [number for number in indicators if city > first[0] or number >= first[1]]
        # With the periods named, these indicators are found by the key, and no others are passed by.
        lots = _lots(of_city, max(1, int(rows_at_once / max(of_one, 1))))
        yield from (_Part([city], lot, periods) for lot in lots)


class _Size(NamedTuple):
    """How many there are of each."""

    rows: int
    cities: int
    indicators: int
    periods: int


def _size(session: Session) -> _Size:
    rows = select(func.coalesce(func.sum(Vintage.new + Vintage.revised + Vintage.withdrawn), 0))
    counts = (select(func.count()).select_from(table) for table in (City, Indicator, ReferencePeriod))
    return _Size(*session.execute(select(*(query.scalar_subquery() for query in (rows, *counts)))).one())


def _ids(session: Session, ids: Ids | None, every: InstrumentedAttribute[int]) -> Ids:
    return sorted(set(ids) if ids is not None else session.scalars(select(every)))


def _lots(ids: Ids, at_once: int) -> Iterator[Ids]:
    return (ids[first : first + at_once] for first in range(0, len(ids), at_once))


def _read(session: Session, part: _Part, statuses: Sequence[str] | None, vintage: int) -> Figures:
    """The part's public figures as known with `vintage`, in ORDER."""
    query = select(*columns()).where(*part.conditions(), Observation.vintage <= vintage)
    figures, confidentiality = figures_of(session.connection().execute(query).all())
    order = np.lexsort((figures.vintage, figures.period, figures.indicator_id, figures.city_id))
    chosen = order[_ends(*(getattr(figures, name)[order] for name in ("city_id", "indicator_id", "period")))]
    chosen = chosen[confidentiality[chosen] == PUBLIC]
    if part.periods is not None and len(part.periods) > MOST_LISTED:
        chosen = chosen[np.isin(figures.period[chosen], part.periods)]
    found = figures.take(chosen)
    return found if statuses is None else found.with_status(statuses)


def _ends(*keys: Ints) -> NDArray[np.bool_]:
    """The last row of each key; rows of one key stand together."""
    is_last = np.ones(len(keys[0]), dtype=np.bool_)
    is_last[:-1] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return is_last
