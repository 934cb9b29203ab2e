"""Databases of any size with the real schema: cities × indicators × quarters, a vintage a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Engine, Table, text
from sqlalchemy.orm import Session

import migrations
from app.bulk import insert_columns
from app.db import writing
from app.domain.block import Texts
from app.domain.fingerprint import fingerprint
from app.domain.period import Period, parse_period
from app.models import City, Indicator, Observation, ReferencePeriod, Vintage, VintageScope
from bench import bench_load
from ingest.publish import _parts

LAST_YEAR = 2025
MOST_QUARTERS = 420
CITIES_AT_ONCE = 50
TEXTS = np.asarray([None, *("0" if n == 0 else f"{n / 10:g}" for n in range(1000))], dtype=object)


@dataclass(frozen=True)
class Size:
    """How many figures, and of what: the history first grows by quarters, then by indicators."""

    millions: float

    @property
    def quarters(self) -> int:
        """Quarters up to the last of LAST_YEAR, whole years of them but for the first."""
        return min(MOST_QUARTERS, round(self.millions * 1e6 / (bench_load.CITIES * bench_load.INDICATORS)))

    @property
    def indicators(self) -> int:
        """Never fewer than the smallest size has."""
        return max(bench_load.INDICATORS, round(self.millions * 1e6 / (bench_load.CITIES * self.quarters)))

    @property
    def figures(self) -> int:
        """The whole number of them."""
        return bench_load.CITIES * self.indicators * self.quarters

    @property
    def periods(self) -> list[Period]:
        """The quarters, the oldest first."""
        numbers = range(LAST_YEAR * 4 + 4 - self.quarters, LAST_YEAR * 4 + 4)
        return [parse_period(f"{number // 4}-Q{number % 4 + 1}") for number in numbers]


def fill(engine: Engine, size: Size) -> None:
    """The schema, a register, and every figure in key order; PostgreSQL's and SQLite's index is built at the end."""
    migrations.upgrade(engine)
    bench_load.INDICATORS, usual = size.indicators, bench_load.INDICATORS
    with writing(engine) as session:
        bench_load.register(session)
        for period in size.periods:
            session.add(_row_of(period))
    bench_load.INDICATORS = usual
    with writing(engine) as session:
        keys = _Keys.of(session, size)
        table = cast(Table, Observation.__table__)
        for index in table.indexes:
            index.drop(session.connection())
        for first in range(0, len(keys.cities), CITIES_AT_ONCE):
            insert_columns(session, table, keys.columns(keys.cities[first : first + CITIES_AT_ONCE], keys.periods))
        for index in table.indexes:
            index.create(session.connection())
        _vintages(session, keys)
    if engine.dialect.name == "postgresql":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM (ANALYZE)"))


@dataclass(frozen=True)
class _Keys:
    cities: NDArray[np.int64]
    indicators: NDArray[np.int64]
    periods: NDArray[np.int64]
    vintages: NDArray[np.int64]

    @classmethod
    def of(cls, session: Session, size: Size) -> _Keys:
        cities = sorted(number for (number,) in session.query(City.id))
        indicators = sorted(number for (number,) in session.query(Indicator.id))
        years = np.asarray([period.starts_on.year for period in size.periods])
        periods = np.asarray([period.number for period in size.periods])
        return cls(np.asarray(cities), np.asarray(indicators), periods, years - years[0] + 1)

    def columns(self, cities: NDArray[np.int64], periods: NDArray[np.int64]) -> dict[str, Any]:
        """Every figure of these cities and periods, in key order."""
        each = len(self.indicators) * len(periods)
        city, count = np.repeat(cities, each), len(cities) * each
        indicator = np.tile(np.repeat(self.indicators, len(periods)), len(cities))
        period = np.tile(periods, len(cities) * len(self.indicators))
        place = np.searchsorted(self.periods, period)
        numbers = (city * 31 + indicator * 17 + place * 7) % 1000
        return {
            "city_id": city,
            "indicator_id": indicator,
            "period": period,
            "value": Texts((numbers + 1).astype(np.int32), TEXTS),
            "status": _same("A", count),
            "confidentiality": _same("F", count),
            "note": _same(None, count),
            "attributes": _same(None, count),
            "is_withdrawn": np.zeros(count, dtype=np.bool_),
            "vintage": self.vintages[place],
        }


def _vintages(session: Session, keys: _Keys) -> None:
    """One a year, each sealed by the fingerprint of what it made known."""
    before: str | None = None
    for number in np.unique(keys.vintages).tolist():
        periods = keys.periods[keys.vintages == number]
        columns = keys.columns(keys.cities, periods)
        columns.pop("vintage")
        before = fingerprint(before, number, _parts(columns))
        words = {"kind": "job", "source": "bench", "published_by": "bench", "reason": "bench", "sha256": before}
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        session.add(Vintage(number=number, published_at=at, new=len(columns["city_id"]), **words))
        scope = pd.MultiIndex.from_product([keys.indicators, periods])
        touched = {
            "vintage": np.full(len(scope), number),
            "indicator_id": scope.get_level_values(0).to_numpy(),
            "period": scope.get_level_values(1).to_numpy(),
            "figures": np.full(len(scope), len(keys.cities)),
        }
        insert_columns(session, cast(Table, VintageScope.__table__), touched)


def _row_of(period: Period) -> ReferencePeriod:
    days = {"starts_on": period.starts_on, "ends_on": period.ends_on}
    return ReferencePeriod(number=period.number, code=period.code, frequency=period.frequency, **days)


def _same(word: str | None, count: int) -> Texts:
    codes = np.full(count, 0 if word is None else 1, dtype=np.int32)
    return Texts(codes, np.asarray([None, word or ""], dtype=object))
