"""How many figures a selection has as known with a vintage, and the newest period it has any of.

What each vintage says it shows (VintageShown) answers for all cities together, at any length of the history; for some
cities their rows are counted, which lie together.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.domain.period import Period, period_of_number
from app.models import Observation, Vintage, VintageScope, VintageShown
from app.queries.observations import from_memory
from app.queries.selection import Selection, is_of_few_indicators, keys_known, places


def count(session: Session, selection: Selection, vintage: int) -> int:
    """How many figures the selection holds as known with `vintage`."""
    if selection.city_ids is None and _are_counted(session, vintage):
        return session.scalar(select(func.sum(VintageShown.more)).where(*_shown(selection, vintage))) or 0
    # What few indicators have of some cities lies apart in both indexes; whoever counts it reads it too.
    if selection.city_ids is not None and is_of_few_indicators(selection):
        figures = from_memory(session, selection, vintage)
        if figures is not None:
            return len(figures)
    return session.scalar(select(func.count()).select_from(keys_known(selection, vintage).subquery())) or 0


def newest_period(session: Session, selection: Selection, vintage: int) -> Period | None:
    """The newest period that any figure of the selection has, as known with `vintage`.

    The newest that anybody has nearly always is that of a few cities too, so they are asked one by one.
    """
    is_counted = _are_counted(session, vintage)
    for number in (_filled if is_counted else _touched)(session, selection, vintage):
        if (is_counted and selection.city_ids is None) or _has_any(session, selection, vintage, number):
            return period_of_number(number)
    return None


def _are_counted(session: Session, vintage: int) -> bool:
    """Whether all vintages say what they show; one that an older program published during an upgrade does not."""
    lacking = select(Vintage.number).where(Vintage.number <= vintage)
    return session.scalar(lacking.where(~exists().where(VintageShown.vintage == Vintage.number)).limit(1)) is None


def _shown(selection: Selection, vintage: int) -> list[ColumnElement[bool]]:
    found = [VintageShown.vintage <= vintage, *places(selection, VintageShown)]
    return found if selection.statuses is None else [*found, VintageShown.status.in_(selection.statuses)]


def _filled(session: Session, selection: Selection, vintage: int) -> Iterator[int]:
    """Periods of which some city has figures, the newest first: each found where the index ends, none read ahead."""
    period = VintageShown.period
    query = select(period).where(*_shown(selection, vintage)).group_by(period).having(func.sum(VintageShown.more) > 0)
    query = query.order_by(period.desc()).limit(1)
    found = session.scalar(query)
    while found is not None:
        yield found
        found = session.scalar(query.where(period < found))


def _touched(session: Session, selection: Selection, vintage: int) -> Iterator[int]:
    """Periods in which vintages touched these indicators, the newest first."""
    period = VintageScope.period
    query = select(period).where(VintageScope.vintage <= vintage, *places(selection, VintageScope))
    yield from session.scalars(query.distinct().order_by(period.desc())).all()


def _has_any(session: Session, selection: Selection, vintage: int, period: int) -> bool:
    """Whether the selection has a figure of one period; the indicators are named, so that an index finds them."""
    indicators = select(VintageScope.indicator_id).where(VintageScope.period == period)
    query = keys_known(selection, vintage).where(Observation.period == period)
    return session.scalar(query.where(Observation.indicator_id.in_(indicators)).limit(1)) is not None
