"""Which figures a reader asks for, and the one SQL rule of which were known with a vintage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, false, func, or_, select
from sqlalchemy.orm import Session

from app.domain.period import Period
from app.domain.status import PUBLIC
from app.models import Observation, ReferencePeriod, VintageScope, VintageShown

# The order of every answer: city, then indicator, then time; the key a cursor remembers.
ORDER = (Observation.city_id, Observation.indicator_id, Observation.period)
# Memory answers for so many indicators or cities; a page through more goes through the database.
NARROW_INDICATORS = 5
NARROW_CITIES = 50


@dataclass(frozen=True)
class Selection:
    """Which figures: None means any, an empty tuple none; spans of periods have both ends included."""

    city_ids: tuple[int, ...] | None = None
    indicator_ids: tuple[int, ...] | None = None
    periods: tuple[tuple[Period, Period], ...] | None = None
    frequencies: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None


def is_narrow(selection: Selection) -> bool:
    """Whether a selection of few indicators or cities, which memory answers."""
    cities = selection.city_ids
    return is_of_few_indicators(selection) or (cities is not None and len(cities) <= NARROW_CITIES)


def is_of_few_indicators(selection: Selection) -> bool:
    """Whether a selection that names its indicators, and few."""
    return selection.indicator_ids is not None and len(selection.indicator_ids) <= NARROW_INDICATORS


def is_little(selection: Selection) -> bool:
    """Whether a selection of single periods or few cities, which the database finds by its indexes."""
    cities, spans = selection.city_ids, selection.periods
    is_few_cities = cities is not None and len(cities) <= NARROW_INDICATORS
    return is_few_cities or (spans is not None and len(spans) <= 2 and all(low == high for low, high in spans))


def keys_known(selection: Selection, vintage: int) -> Select[int]:
    """One row, its period, for each figure of the selection as known with `vintage`: what is withheld is no figure.

    Of each key the row of the newest vintage not after it counts. Rows of a key lie together, so they are grouped as
    they are read; to ask for the newest row of each by itself costs several times as much.
    """
    row = Observation
    is_shown = [row.confidentiality == PUBLIC]
    if selection.statuses is not None:
        is_shown.append(row.status.in_(selection.statuses))
    shown = func.max(case((and_(*is_shown), row.vintage)))
    query = select(row.period).where(row.vintage <= vintage, *places(selection))
    return query.group_by(row.city_id, row.period, row.indicator_id).having(func.max(row.vintage) == shown)


def places(
    selection: Selection, table: type[Observation | VintageScope | VintageShown] = Observation
) -> Iterator[ColumnElement[bool]]:
    """What the selection asks of a row's indicator and period, and of its city where a row has one."""
    if table is Observation and selection.city_ids is not None:
        yield Observation.city_id.in_(selection.city_ids)
    if selection.indicator_ids is not None:
        yield table.indicator_id.in_(selection.indicator_ids)
    if (numbers := _numbers(selection)) is not None:
        yield table.period.in_(numbers)


def columns() -> tuple[ColumnElement[Any], ...]:
    """What is read of a row, `value` as text of its exact digits."""
    row = Observation
    texts = (cast(row.value, Text).label("value"), row.status, row.confidentiality, row.note, row.attributes)
    return (*ORDER, row.vintage, *texts, row.is_withdrawn)  # type: ignore[return-value] # attributes are columns


def period_numbers(session: Session, selection: Selection) -> list[int] | None:
    """The numbers of the periods that the selection names, in time order; None when any will do."""
    numbers = _numbers(selection)
    return None if numbers is None else sorted(session.scalars(numbers))


def _numbers(selection: Selection) -> Select[int] | None:
    conditions = []
    if selection.periods is not None:
        conditions.append(or_(false(), *map(_within, selection.periods)))
    if selection.frequencies is not None:
        conditions.append(ReferencePeriod.frequency.in_(selection.frequencies))
    return select(ReferencePeriod.number).where(*conditions) if conditions else None


def _within(span: tuple[Period, Period]) -> ColumnElement[bool]:
    """Periods of the span's own frequency: 2023-Q1..2024-Q4 holds quarters, not the year 2024."""
    low, high = span
    return and_(ReferencePeriod.frequency == low.frequency, ReferencePeriod.number.between(low.number, high.number))
