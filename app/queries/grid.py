"""Values of one period as a grid of cities and indicators, for questions that count over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.domain.period import Period
from app.queries.observations import every
from app.queries.reference import CityEntry, IndicatorEntry
from app.queries.selection import Selection

Floats = NDArray[np.float64]


def grid(
    session: Session, at: Period, cities: Sequence[CityEntry], indicators: Sequence[IndicatorEntry], vintage: int
) -> Floats:
    """The values of `at` as known with `vintage`: cities × indicators, NaN where there is none."""
    ids = tuple(entry.id for entry in indicators)
    found = every(session, Selection(indicator_ids=ids, periods=((at, at),)), vintage)
    lines = {entry.city.id: number for number, entry in enumerate(cities)}
    columns = {entry.id: number for number, entry in enumerate(indicators)}
    values = np.full((len(cities), len(indicators)), np.nan)
    there = np.isin(found.city_id, list(lines))
    at_line = [lines[city] for city in found.city_id[there].tolist()]
    at_column = [columns[indicator] for indicator in found.indicator_id[there].tolist()]
    values[at_line, at_column] = found.value[there].astype(np.float64)
    return values


def reported_shares(
    session: Session,
    periods: Sequence[Period],
    cities: Sequence[CityEntry],
    indicators: Sequence[IndicatorEntry],
    vintage: int,
) -> Floats:
    """The share of the indicators that each city has a value of: cities × periods, from 0 to 1."""
    columns = [np.isfinite(grid(session, at, cities, indicators, vintage)).mean(axis=1) for at in periods]
    return np.stack(columns, axis=1) if columns else np.zeros((len(cities), 0))
