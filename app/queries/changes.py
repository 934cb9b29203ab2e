"""What each vintage changed: every row it added, beside the value that was known before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.domain.period import period_of_number
from app.domain.status import PUBLIC
from app.models import City, Indicator, Observation, VintageScope

Key = tuple[int, int, int, int]


@dataclass(frozen=True)
class Change:
    """One figure of one vintage: exact values before and after, None for a blank."""

    vintage: int
    city: str
    indicator: str
    period: str
    kind: str
    before: str | None
    before_status: str | None
    after: str | None
    status: str
    note: str | None
    key: Key


def changes(session: Session, since: int, until: int, *, limit: int, after: Key | None = None) -> list[Change]:
    """Public changes of the vintages after `since` up to `until`, by vintage, indicator, period and city.

    A figure whose row before was not public counts as new: what was never shown is not told.
    """
    row, before = aliased(Observation), aliased(Observation)
    scope = VintageScope
    order = (row.vintage, row.indicator_id, row.period, row.city_id)
    # The scope leads to the indicators and periods of each vintage, so nothing else is read.
    touched = and_(scope.vintage == row.vintage, scope.indicator_id == row.indicator_id, scope.period == row.period)
    query = (
        select(*order, *_columns(row, before))
        .select_from(scope)
        .join(row, touched)
        .outerjoin(before, _shown_before(row, before))
        .join(City, City.id == row.city_id)
        .join(Indicator, Indicator.id == row.indicator_id)
        .where(scope.vintage > since, scope.vintage <= until, row.confidentiality == PUBLIC)
        .order_by(*order)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(*order) > after)
    return [_change(found) for found in session.execute(query)]


def revisions(session: Session, indicator_id: int, until: int, *, limit: int) -> list[Change]:
    """The newest public revisions and withdrawals of one indicator known with `until`, the last ones first."""
    row, before = aliased(Observation), aliased(Observation)
    order = (row.vintage, row.indicator_id, row.period, row.city_id)
    query = (
        select(*order, *_columns(row, before))
        .select_from(row)
        .join(before, _shown_before(row, before))
        .join(City, City.id == row.city_id)
        .join(Indicator, Indicator.id == row.indicator_id)
        .where(row.indicator_id == indicator_id, row.vintage <= until, row.confidentiality == PUBLIC)
        .order_by(row.vintage.desc(), row.period.desc(), row.city_id)
        .limit(limit)
    )
    return [_change(found) for found in session.execute(query)]


def _shown_before(row: Any, before: Any) -> ColumnElement[bool]:
    """`before` is the newest row of the same figure in an earlier vintage, if that one was public."""
    earlier = aliased(Observation)
    newest = (
        select(func.max(earlier.vintage))
        .where(
            earlier.city_id == row.city_id,
            earlier.indicator_id == row.indicator_id,
            earlier.period == row.period,
            earlier.vintage < row.vintage,
        )
        .correlate(row)
        .scalar_subquery()
    )
    return and_(
        before.city_id == row.city_id,
        before.indicator_id == row.indicator_id,
        before.period == row.period,
        before.vintage == newest,
        before.confidentiality == PUBLIC,
    )


def _columns(row: Any, before: Any) -> list[ColumnElement[Any]]:
    return [
        City.code.label("city"),
        Indicator.code.label("indicator"),
        cast(before.value, Text).label("before"),
        before.status.label("before_status"),
        before.is_withdrawn.label("was_withdrawn"),
        cast(row.value, Text).label("after"),
        row.status.label("status"),
        row.is_withdrawn.label("is_withdrawn"),
        row.note.label("note"),
    ]


def _change(found: Sequence[Any]) -> Change:
    *key, city, indicator, before, before_status, was_withdrawn, after, status, is_withdrawn, note = found
    is_new = before_status is None or bool(was_withdrawn)
    kind = "withdrawn" if is_withdrawn else "new" if is_new else "revised"
    vintage, indicator_id, period, city_id = key
    where = (vintage, indicator_id, period, city_id)
    code = period_of_number(period).code
    return Change(vintage, city, indicator, code, kind, before, before_status, after, status, note, where)
