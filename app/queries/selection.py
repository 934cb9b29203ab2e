"""Which figures a reader asks for, and the one SQL rule of what was known with a vintage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.period import Period
from app.domain.status import PUBLIC
from app.models import Observation, ReferencePeriod

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
    indicators, cities = selection.indicator_ids, selection.city_ids
    return (indicators is not None and len(indicators) <= NARROW_INDICATORS) or (
        cities is not None and len(cities) <= NARROW_CITIES
    )


def is_little(selection: Selection) -> bool:
    """Whether a selection of single periods or few cities, which the database finds by its indexes."""
    cities, spans = selection.city_ids, selection.periods
    is_few_cities = cities is not None and len(cities) <= NARROW_INDICATORS
    return is_few_cities or (spans is not None and len(spans) <= 2 and all(low == high for low, high in spans))


def latest(vintage: int) -> Select[*tuple[Any, ...]]:
    """Every figure as known with `vintage`: of each key the row of the newest vintage not after it.

    `value` is exact decimal text.
    """
    later = aliased(Observation)
    newest = (
        select(func.max(later.vintage))
        .where(
            later.city_id == Observation.city_id,
            later.indicator_id == Observation.indicator_id,
            later.period == Observation.period,
            later.vintage <= vintage,
        )
        .scalar_subquery()
    )
    return select(*columns()).where(Observation.vintage == newest)


def columns() -> tuple[ColumnElement[Any], ...]:
    """What is read of a row, `value` as text of its exact digits."""
    row = Observation
    texts = (cast(row.value, Text).label("value"), row.status, row.confidentiality, row.note, row.attributes)
    return (*ORDER, row.vintage, *texts, row.is_withdrawn)  # type: ignore[return-value] # attributes are columns


def chosen(query: Select[*tuple[Any, ...]], selection: Selection) -> Select[*tuple[Any, ...]]:
    """`query` narrowed to the selection and to what may be shown: only free figures ever leave by a reading query."""
    query = query.where(Observation.confidentiality == PUBLIC)
    if selection.city_ids is not None:
        query = query.where(Observation.city_id.in_(selection.city_ids))
    if selection.indicator_ids is not None:
        query = query.where(Observation.indicator_id.in_(selection.indicator_ids))
    if selection.statuses is not None:
        query = query.where(Observation.status.in_(selection.statuses))
    if (numbers := _numbers(selection)) is not None:
        query = query.where(Observation.period.in_(numbers))
    return query


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
