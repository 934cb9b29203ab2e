"""What a framework scores: the figures of one period as known with a vintage, cities in rows, indicators in columns.

An annual indicator in a view of a shorter period counts with its last annual value, within the years that the
framework allows, and the year is kept beside it. Forecasts are never scored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.domain.block import Block, Ints, Objects
from app.domain.composite.framework import Framework
from app.domain.peers import size_class
from app.domain.period import EPOCH, Period, parse_period
from app.domain.revisions import Floats, typical_revision
from app.domain.status import PUBLIC
from app.models import City, Indicator, IndicatorDefinition, Observation
from app.queries.codes import city_codes, indicator_ids
from app.queries.figures import Figures
from app.queries.frameworks import group_columns, needed_columns
from app.queries.held import blocks_for
from app.queries.observations import every
from app.queries.selection import Selection

NOT_APPLICABLE = "M"
FORECAST = "F"


@dataclass(frozen=True)
class Inputs:
    """A table to score. `periods`, `statuses` and `vintages` say what each cell is of: cities × columns; 0 or None
    where nothing is known."""

    values: pd.DataFrame
    applicable: pd.DataFrame
    columns: tuple[str, ...]
    city_ids: Ints
    periods: Ints
    statuses: Objects
    vintages: Ints

    def used_vintages(self) -> set[int]:
        """The vintages that made the figures known."""
        return set(np.unique(self.vintages[self.vintages > 0]).tolist())


def inputs(
    session: Session, framework: Framework, period: Period, vintage: int, *, cities: Collection[int] | None = None
) -> Inputs:
    """The framework's table of a period as known with a vintage: a row a city that has ever reported any of it.

    `cities` narrows the rows to these ids.
    """
    columns = tuple(needed_columns(framework))
    ids = indicator_ids(session, columns)
    rows = reporting_ids(session, ids.values(), vintage)
    if cities is not None:
        rows = rows[np.isin(rows, np.fromiter(cities, dtype=np.int32, count=len(cities)))]
    spans = ((period, period), *carried_from(period, framework.carry_years))
    selection = Selection(indicator_ids=tuple(sorted(ids.values())), periods=spans)
    figures = every(session, selection, vintage)
    annual = np.array([ids[code] for code in _annual(session, columns)], dtype=np.int32)
    places = _places(figures, period, annual)
    grid = _Grid(rows, np.array([ids[code] for code in columns], dtype=np.int32))
    return _table(session, framework, grid.filled(figures, places), columns)


def carried_from(period: Period, years: int) -> tuple[tuple[Period, Period], ...]:
    """The span of annual periods that may stand in for a shorter period: ended by its end, at most so old."""
    last = period.ends_on.year if (period.ends_on.month, period.ends_on.day) == (12, 31) else period.ends_on.year - 1
    first = max(period.ends_on.year - years, EPOCH.year)
    if not years or period.frequency == "A" or first > last:
        return ()
    return ((parse_period(f"{first:04d}"), parse_period(f"{last:04d}")),)


def reporting_ids(session: Session, indicators: Collection[int], vintage: int) -> Ints:
    """The cities that have any public figure of these indicators as known with `vintage`, by id."""
    reported = exists().where(
        Observation.city_id == City.id,
        Observation.indicator_id.in_(list(indicators)),
        Observation.vintage <= vintage,
        Observation.confidentiality == PUBLIC,
    )
    return np.array(session.scalars(select(City.id).where(reported).order_by(City.id)).all(), dtype=np.int32)


def revision_errors(session: Session, framework: Framework, vintage: int) -> dict[str, float]:
    """The typical revision of each indicator by code, as known with `vintage`, in its unit; see typical_revision."""
    errors = {}
    for code, number in sorted(indicator_ids(session, needed_columns(framework)).items()):
        city, period, value = _values(blocks_for(session, number, vintage), vintage)
        errors[code] = typical_revision(city, period, value)
    return errors


def _values(blocks: Iterable[Block], vintage: int) -> tuple[Ints, Ints, Floats]:
    """City, period and value of every public row known with `vintage`, by city, period and vintage."""
    known = [(block.rows, block.public(vintage)) for block in blocks]
    city, period, known_since = (
        np.concatenate([np.zeros(0, dtype=np.int32), *(getattr(rows, name)[numbers] for rows, numbers in known)])
        for name in ("city", "period", "vintage")
    )
    value = np.concatenate([np.zeros(0), *(rows.value.at(numbers).astype(np.float64) for rows, numbers in known)])
    order = np.lexsort((known_since, period, city))
    return city[order], period[order], value[order]


def _annual(session: Session, columns: Collection[str]) -> list[str]:
    """Those of the indicators that are annual, as their newest definition says."""
    query = (
        select(Indicator.code, IndicatorDefinition.frequency)
        .join(IndicatorDefinition, IndicatorDefinition.indicator_id == Indicator.id)
        .where(Indicator.code.in_(columns))
        .order_by(IndicatorDefinition.methodology_id)
    )
    frequency = {code: letter for code, letter in session.execute(query)}
    return [code for code, letter in frequency.items() if letter == "A"]


def _places(figures: Figures, period: Period, annual: Ints) -> NDArray[np.intp]:
    """The rows that say something of a cell: of each city and indicator the last of the periods that may count."""
    says = np.array(
        [
            (value is not None and status != FORECAST) or status == NOT_APPLICABLE
            for value, status in zip(figures.value, figures.status, strict=True)
        ],
        dtype=np.bool_,
    )
    in_time = (figures.period == period.number) | np.isin(figures.indicator_id, annual)
    rows = np.flatnonzero(says & in_time)
    # By city, indicator, last day: an annual period begins before the quarters it holds and may end after them.
    order = np.lexsort((figures.period[rows], figures.indicator_id[rows], figures.city_id[rows]))
    rows = rows[order]
    city, indicator = figures.city_id[rows], figures.indicator_id[rows]
    is_last = np.append((city[1:] != city[:-1]) | (indicator[1:] != indicator[:-1]), True) if rows.size else rows > 0
    return np.asarray(rows[is_last], dtype=np.intp)


@dataclass(frozen=True)
class _Grid:
    """Cities × indicators by id, both in the order of the table."""

    cities: Ints
    indicators: Ints

    def filled(self, figures: Figures, rows: NDArray[np.intp]) -> tuple[_Grid, dict[str, NDArray[np.generic]]]:
        """Values, periods, statuses and vintages of the rows at their places."""
        order = np.argsort(self.indicators)
        column = order[np.searchsorted(self.indicators, figures.indicator_id[rows], sorter=order)]
        line = np.searchsorted(self.cities, figures.city_id[rows])
        line = np.minimum(line, max(len(self.cities) - 1, 0))
        ours = self.cities[line] == figures.city_id[rows] if len(self.cities) else np.zeros(len(rows), dtype=np.bool_)
        line, column, rows = line[ours], column[ours], rows[ours]
        shape = (len(self.cities), len(self.indicators))
        found: dict[str, NDArray[np.generic]] = {
            "values": np.full(shape, np.nan),
            "periods": np.zeros(shape, dtype=np.int32),
            "statuses": np.full(shape, None, dtype=object),
            "vintages": np.zeros(shape, dtype=np.int32),
        }
        found["values"][line, column] = figures.value[rows].astype(np.float64)
        found["periods"][line, column] = figures.period[rows]
        found["statuses"][line, column] = figures.status[rows]
        found["vintages"][line, column] = figures.vintage[rows]
        return self, found


def _table(
    session: Session,
    framework: Framework,
    filled: tuple[_Grid, dict[str, NDArray[np.generic]]],
    columns: tuple[str, ...],
) -> Inputs:
    grid, found = filled
    index = pd.Index(city_codes(session, grid.cities), name="city", dtype=object)
    values = pd.DataFrame(found["values"], index=index, columns=list(columns))
    there = pd.DataFrame(found["statuses"] != NOT_APPLICABLE, index=index, columns=list(columns))
    groups = _groups(session, framework, grid.cities)
    for name, column in groups.items():
        values[name] = column
    applicable = pd.DataFrame({leaf.code: there[leaf.source_column] for leaf in framework.leaves}, index=index)
    return Inputs(
        values,
        applicable,
        columns,
        grid.cities,
        np.asarray(found["periods"], dtype=np.int32),
        np.asarray(found["statuses"], dtype=object),
        np.asarray(found["vintages"], dtype=np.int32),
    )


def _groups(session: Session, framework: Framework, cities: Ints) -> dict[str, list[str | None]]:
    names = group_columns(framework)
    if not names:
        return {}
    known = {city.id: city for city in session.scalars(select(City))}
    return {
        name: [
            size_class(known[number].population) if name == "size" else getattr(known[number], name)
            for number in cities.tolist()
        ]
        for name in names
    }
