"""Figures as known with a vintage: the one query behind page, API and export, and the history of a single figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Row, Select, and_, false, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.domain.period import Period, period_of_number
from app.domain.status import PUBLIC
from app.models import City, Indicator, Observation, ReferencePeriod, Vintage

COLUMNS = ["city", "indicator", "period", "value", "status", "vintage", "note", "attributes", "is_withdrawn"]
Key = tuple[int, int, int]


# The order of every answer: city, then indicator, then time; the key a cursor remembers.
ORDER = (Observation.city_id, Observation.indicator_id, Observation.period)


@dataclass(frozen=True)
class Selection:
    """Which figures: None means any, an empty tuple none; spans of periods have both ends included."""

    city_ids: tuple[int, ...] | None = None
    indicator_ids: tuple[int, ...] | None = None
    periods: tuple[tuple[Period, Period], ...] | None = None
    frequencies: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None


def latest(vintage: int) -> Select[*tuple[Any, ...]]:
    """Every figure as known with `vintage`: of each key the row of the newest vintage not after it."""
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
    return select(
        Observation.city_id,
        Observation.indicator_id,
        Observation.period,
        Observation.vintage,
        Observation.value,
        Observation.status,
        Observation.confidentiality,
        Observation.note,
        Observation.attributes,
        Observation.is_withdrawn,
    ).where(Observation.vintage == newest)


def _chosen(query: Select[*tuple[Any, ...]], selection: Selection) -> Select[*tuple[Any, ...]]:
    """`query` narrowed to the selection and to what may be shown: only free figures ever leave by a reading query."""
    query = query.where(Observation.confidentiality == PUBLIC)
    if selection.city_ids is not None:
        query = query.where(Observation.city_id.in_(selection.city_ids))
    if selection.indicator_ids is not None:
        query = query.where(Observation.indicator_id.in_(selection.indicator_ids))
    if selection.statuses is not None:
        query = query.where(Observation.status.in_(selection.statuses))
    if selection.periods is not None:
        query = query.where(Observation.period.in_(_numbers(or_(false(), *map(_within, selection.periods)))))
    if selection.frequencies is not None:
        query = query.where(Observation.period.in_(_numbers(ReferencePeriod.frequency.in_(selection.frequencies))))
    return query


def _numbers(condition: ColumnElement[bool]) -> Select[int]:
    return select(ReferencePeriod.number).where(condition)


def _within(span: tuple[Period, Period]) -> ColumnElement[bool]:
    """Periods of the span's own frequency: 2023-Q1..2024-Q4 holds quarters, not the year 2024."""
    low, high = span
    return and_(ReferencePeriod.frequency == low.frequency, ReferencePeriod.number.between(low.number, high.number))


def page(session: Session, selection: Selection, vintage: int, *, limit: int, after: Key | None) -> list[Row[Any]]:
    """At most `limit` figures as known with `vintage` after the key `after`, in ORDER; rows as of latest()."""
    query = _chosen(latest(vintage), selection).order_by(*ORDER).limit(limit)
    if after is not None:
        query = query.where(tuple_(*ORDER) > tuple_(*(literal(part) for part in after)))
    return list(session.execute(query))


def count(session: Session, selection: Selection, vintage: int) -> int:
    """How many figures the selection holds as known with `vintage`."""
    return session.scalar(select(func.count()).select_from(_chosen(latest(vintage), selection).subquery())) or 0


def newest_period(session: Session, selection: Selection, vintage: int) -> Period | None:
    """The newest period that any figure of the selection has, as known with `vintage`."""
    chosen = _chosen(latest(vintage), selection).subquery()
    number = session.scalar(select(func.max(chosen.c.period)))
    return None if number is None else period_of_number(number)


def observations(session: Session, selection: Selection, vintage: int) -> pd.DataFrame:
    """The selection as a frame of COLUMNS, codes in place of ids, `value` as float64 (NaN where blank)."""
    rows = session.execute(_chosen(latest(vintage), selection).order_by(*ORDER)).all()
    names = ["city_id", "indicator_id", "period", "vintage", "value", "status", "confidentiality", *COLUMNS[6:]]
    frame = pd.DataFrame(rows, columns=names)
    cities = {number: code for number, code in session.execute(select(City.id, City.code))}
    indicators = {number: code for number, code in session.execute(select(Indicator.id, Indicator.code))}
    frame["city"] = frame["city_id"].map(cities)
    frame["indicator"] = frame["indicator_id"].map(indicators)
    frame["period"] = [period_of_number(number).code for number in frame["period"]]
    frame["value"] = frame["value"].astype("float64")
    return frame[COLUMNS]


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
