"""Databases of any size with the real schema: cities × indicators × quarters, a vintage a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Engine, PrimaryKeyConstraint, Table, text
from sqlalchemy.orm import Session
from sqlalchemy.schema import AddConstraint, DropConstraint

import migrations
from app.db import writing
from app.domain.period import Period, parse_period
from app.models import Observation, ReferencePeriod, Vintage
from bench import bench_load

LAST_YEAR = 2025
MOST_QUARTERS = 420
FIGURES = cast(Table, Observation.__table__)
PLACES = "CREATE TEMPORARY TABLE place (period INTEGER PRIMARY KEY, place INTEGER, vintage INTEGER)"
# A figure of every city, indicator and period, tenths up to a hundred.
INSERT = """INSERT INTO observation
    (city_id, indicator_id, period, vintage, value, status, confidentiality, is_withdrawn)
    SELECT city.id, indicator.id, period, vintage, {value}, 'A', 'F', {no} FROM {tables}"""
TENTHS = "(city.id * 31 + indicator.id * 17 + place * 7) % 1000 / 10.0"
SCOPE = """INSERT INTO vintage_scope (vintage, indicator_id, period, figures)
    SELECT vintage, indicator.id, period, :cities FROM place CROSS JOIN indicator"""
SHOWN = """INSERT INTO vintage_shown (vintage, indicator_id, period, status, more)
    SELECT vintage, indicator_id, period, 'A', figures FROM vintage_scope"""


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
    def vintages(self) -> int:
        """How many there are: one a year."""
        return LAST_YEAR - self.periods[0].starts_on.year + 1

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
    """The schema, a register, and every figure, as it would stand there when each had come with its vintage."""
    migrations.upgrade(engine)
    bench_load.INDICATORS, usual = size.indicators, bench_load.INDICATORS
    with writing(engine) as session:
        bench_load.register(session)
        session.add_all(_row_of(period) for period in size.periods)
    bench_load.INDICATORS = usual
    with writing(engine) as session:
        _vintages(session, size)
        connection = session.connection()
        for index in FIGURES.indexes:
            index.drop(connection)
        (_fill_postgresql if engine.dialect.name == "postgresql" else _fill_sqlite)(connection, size)
        for index in FIGURES.indexes:
            index.create(connection)
    if engine.dialect.name == "postgresql":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM (FREEZE, ANALYZE)"))


def _vintages(session: Session, size: Size) -> None:
    """One a year, and the temporary table of what each made known."""
    periods, first = size.periods, size.periods[0].starts_on.year
    places = [
        {"period": period.number, "place": place, "vintage": period.starts_on.year - first + 1}
        for place, period in enumerate(periods)
    ]
    for number in range(1, size.vintages + 1):
        count = sum(each["vintage"] == number for each in places) * bench_load.CITIES * size.indicators
        words = {"kind": "job", "source": "bench", "published_by": "bench", "reason": "bench"}
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        session.add(Vintage(number=number, published_at=at, new=count, **words))
    session.flush()
    session.execute(text(PLACES))
    session.execute(text("INSERT INTO place VALUES (:period, :place, :vintage)"), places)
    session.execute(text(SCOPE), {"cities": bench_load.CITIES})
    session.execute(text(SHOWN))


def _fill_sqlite(connection: Connection, _size: Size) -> None:
    """In the order of the key, which is that of the file."""
    into = INSERT.format(value=f"printf('%g', {TENTHS})", no=0, tables="city CROSS JOIN place CROSS JOIN indicator")
    connection.execute(text(into))


def _fill_postgresql(connection: Connection, size: Size) -> None:
    """As figures come; a table emptied in the same transaction needs no log where wal_level is minimal."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(text("TRUNCATE observation"))
    key = cast(PrimaryKeyConstraint, FIGURES.primary_key)
    connection.execute(DropConstraint(key))
    tables = "place CROSS JOIN indicator CROSS JOIN city WHERE place = :place ORDER BY indicator.id, city.id"
    into = text(INSERT.format(value=f"trim_scale({TENTHS})", no="false", tables=tables))
    for place in range(len(size.periods)):
        connection.execute(into, {"place": place})
    connection.execute(AddConstraint(key))


def _row_of(period: Period) -> ReferencePeriod:
    days = {"starts_on": period.starts_on, "ends_on": period.ends_on}
    return ReferencePeriod(number=period.number, code=period.code, frequency=period.frequency, **days)
