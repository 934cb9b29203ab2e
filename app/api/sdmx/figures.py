"""Figures as series: one city, one indicator, one frequency; read a page at a time, so memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.api.deps import as_known
from app.api.sdmx.asked import Asked
from app.db import reading
from app.domain.period import Period, period_of_number
from app.formats.sdmx.model import FREQUENCY_OF, Observation, Series
from app.queries import reference
from app.queries.codes import city_codes, city_ids, indicator_codes, indicator_ids
from app.queries.observations import pages
from app.queries.selection import Selection

_Row = tuple[str, str, int, Observation]


def selection_of(session: Session, asked: Asked) -> Selection:
    """The figures that a request names; what nobody has finds nothing."""
    cities = None if asked.cities is None else tuple(city_ids(session, asked.cities).values())
    indicators = None if asked.indicators is None else tuple(indicator_ids(session, asked.indicators).values())
    spans = _spans(session, asked) if asked.has_time else None
    return Selection(cities, indicators, spans, asked.frequencies, asked.statuses)


def _spans(session: Session, asked: Asked) -> tuple[tuple[Period, Period], ...]:
    """Of each frequency the first and the last period that lies within the bounds."""
    fitting: dict[str, list[Period]] = {}
    for entry in reference.periods(session):
        period = period_of_number(entry.number)
        if asked.starts_on <= period.starts_on and period.ends_on <= asked.ends_on:
            fitting.setdefault(period.frequency, []).append(period)
    return tuple((min(found), max(found)) for found in fitting.values())


def asked_series(engine: Engine, asked: Asked, vintage: int) -> Iterator[Series]:
    """The series of a request as known with a vintage."""
    with reading(engine) as session:
        since = as_known(session, asked.updated_after) if asked.updated_after else None
        selection = selection_of(session, asked)
    yield from cut(asked, series(engine, selection, vintage, since=since.number if since else 0))


def series(engine: Engine, selection: Selection, vintage: int, since: int = 0) -> Iterator[Series]:
    """The series of a selection as known with a vintage; what was withdrawn is not among them.

    With `since` those figures alone that a later vintage made known.
    """
    with reading(engine) as session:
        entries = {entry.code: entry.definition for entry in reference.indicators(session)}
        rows = (row for row in _rows(session, selection, vintage) if row[3].vintage > since)
        for (city, indicator), group in groupby(rows, key=lambda row: row[:2]):
            unit, decimals = entries[indicator].unit, entries[indicator].decimals
            for frequency, figures in _by_frequency(group).items():
                yield Series(frequency, city, indicator, unit, decimals, figures)


def _rows(session: Session, selection: Selection, vintage: int) -> Iterator[_Row]:
    for figures in pages(session, selection, vintage, None):
        columns = zip(
            city_codes(session, figures.city_id).tolist(),
            indicator_codes(session, figures.indicator_id).tolist(),
            figures.period.tolist(),
            figures.value.tolist(),
            figures.status.tolist(),
            figures.vintage.tolist(),
            figures.note.tolist(),
            figures.is_withdrawn.tolist(),
            strict=True,
        )
        for city, indicator, period, value, status, known_since, note, is_withdrawn in columns:
            if not is_withdrawn:
                code = _period(period)[0]
                yield city, indicator, period, Observation(code, value, status, known_since, note)


@lru_cache(maxsize=65_536)
def _period(number: int) -> tuple[str, str]:
    period = period_of_number(number)
    return period.code, FREQUENCY_OF[period.frequency]


def _by_frequency(rows: Iterator[_Row]) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for _, _, period, figure in rows:
        found.setdefault(_period(period)[1], []).append(figure)
    return found


def cut(asked: Asked, found: Iterator[Series]) -> Iterator[Series]:
    """What first, last, offset, limit and detail leave."""
    skipped, left = asked.offset, asked.limit
    for each in found:
        figures = _ends(each.observations, asked.first, asked.last)
        passed, skipped = figures[skipped:], max(0, skipped - len(figures))
        shown = passed if left is None else passed[:left]
        left = None if left is None else left - len(shown)
        if shown:
            yield replace(each, observations=shown if asked.detail == "full" else ())
        if left == 0:
            return


def _ends(figures: Sequence[Observation], first: int | None, last: int | None) -> Sequence[Observation]:
    if first is None and last is None:
        return figures
    count = len(figures)
    return [figure for at, figure in enumerate(figures) if at < (first or 0) or at >= count - (last or 0)]
