"""A million figures through the full door (read, match, check, compare, publish) beside the engines' own imports.

The floor (`.import`, `\\copy`) brings the same rows into a table with the same key and nothing else, in one run on
one file system. With CITYMARK_PEER_BIN also beside `frictionless validate` and `sqlite-utils insert`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import cast

from sqlalchemy.orm import Session

from app.db import connect
from app.models import City, Country, Indicator, IndicatorDefinition, Methodology, Principle
from ingest.jobs.source import Limits
from tests.postgres import Postgres

CITIES, INDICATORS, QUARTERS = 1117, 47, 20
ROUNDS = 2
# Memory is measured a second time at so many times the rows.
LARGER = 3
TABLE = "CREATE TABLE t(city TEXT, indicator TEXT, period TEXT, value REAL, PRIMARY KEY(city, indicator, period))"
LIMITS = Limits(max_bytes=10**9, max_rows=10**7, max_columns=10, timeout_s=1)
JOB = """
title = "A million figures"

[figures.source]
path = "figures.csv"

[figures.city]
column = "city"

[figures.indicator]
column = "indicator"
codes = {{ {codes} }}

[figures.period]
column = "period"

[figures.value]
column = "value"
"""


def rows() -> list[dict[str, object]]:
    """Figures with their targets: name, value, unit, target."""
    postgres = Postgres()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_source(folder)
            (larger := folder / "larger").mkdir()
            write_source(larger, LARGER * QUARTERS)
            postgres.start()
            engines = {"SQLite": _Sqlite(folder), "PostgreSQL": _Postgresql(folder, postgres)}
            found = [row for engine, tried in engines.items() for row in _measured(engine, tried, folder)]
            ours = next(float(str(row["value"])) for row in found if "citymark load" in str(row["name"]))
            return found + _peer(folder, ours)
    finally:
        postgres.stop()


class _Sqlite:
    """The file of one round, and the engine's own import into another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, number: int) -> str:
        return f"sqlite:///{self.folder / f'citymark-{number}.db'}"

    def bytes_of(self, url: str) -> int:
        return Path(url.removeprefix("sqlite:///")).stat().st_size

    def floor(self, number: int) -> None:
        program = _program("sqlite3")
        words = [program, str(self.folder / f"floor-{number}.db"), TABLE, ".mode csv"]
        subprocess.run([*words, f".import --skip 1 {self.folder / 'figures.csv'} t"], check=True)


class _Postgresql:
    """The database of one round, and the engine's own import into another."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.folder, self.postgres = folder, postgres

    def url(self, number: int) -> str:
        self._sql(f"CREATE DATABASE citymark_{number}")
        return self.postgres.url(f"citymark_{number}")

    def bytes_of(self, url: str) -> int:
        engine = connect(url)
        with engine.connect() as connection:
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        engine.dispose()
        return int(size)

    def floor(self, number: int) -> None:
        self._sql("DROP TABLE IF EXISTS t", TABLE, f"\\copy t FROM '{self.folder / 'figures.csv'}' CSV HEADER")

    def _sql(self, *statements: str) -> None:
        words = [word for statement in statements for word in ("-c", statement)]
        subprocess.run([_program("psql"), "-q", self.postgres.url(), *words], check=True, stderr=subprocess.DEVNULL)


def _measured(name: str, engine: _Sqlite | _Postgresql, folder: Path) -> list[dict[str, object]]:
    """The best of some rounds, each the import and then the load: a machine that others use is slow now and then."""
    rounds: list[dict[str, float]] = []
    for number in range(ROUNDS):
        floor = _seconds(lambda number=number: engine.floor(number))  # type: ignore[misc]
        url = engine.url(number)
        rounds.append({"floor": floor, **_loaded(url, folder), "bytes": engine.bytes_of(url)})
    larger = _loaded(engine.url(ROUNDS), folder / "larger", "once")["mib"]
    floor, first, again, one = (min(each[key] for each in rounds) for key in ("floor", "first", "again", "one"))
    count = CITIES * INDICATORS * QUARTERS
    return [
        _row(f"{name}: {count:,} rows by its own import", floor, "s", None),
        _row(f"{name}: citymark load", first, "s", None),
        _row(f"{name}: load / import", first / floor, "×", 2.0),
        _row(f"{name}: the same file again / first time", again / first, "×", 0.5),
        _row(f"{name}: the same file again / import", again / floor, "×", 1.0),
        _row(f"{name}: one row of them revised / first time", one / first, "×", None),
        _row(f"{name}: most memory of a load", rounds[0]["mib"], "MiB", 400.0),
        _row(f"{name}: the same at {LARGER * count:,} rows", larger, "MiB", None),
        _row(f"{name}: a row more", (larger - rounds[0]["mib"]) * 2**20 / ((LARGER - 1) * count), "B", 60.0),
        _row(f"{name}: most memory, the same again and a revision with it", rounds[0]["mib_of_all"], "MiB", None),
        _row(f"{name}: bytes a figure on disk", rounds[0]["bytes"] / count, "B", None),
    ]


def _loaded(url: str, folder: Path, *words: str) -> dict[str, float]:
    """In a process of its own, whose memory is measured."""
    command = [sys.executable, "-m", "bench.load_once", url, str(folder), *words]
    return cast(dict[str, float], json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def _peer(folder: Path, ours: float) -> list[dict[str, object]]:
    """frictionless validate, then sqlite-utils insert, each as its own program."""
    programs = os.environ.get("CITYMARK_PEER_BIN")
    if not programs:
        return []
    file = str(folder / "figures.csv")
    keys = [word for name in ("city", "indicator", "period") for word in ("--pk", name)]
    steps = [
        [f"{programs}/frictionless", "validate", "--trusted", file],
        [f"{programs}/sqlite-utils", "insert", str(folder / "peer.db"), "t", file, "--csv", *keys],
    ]
    taken = [_seconds(lambda words=words: _quietly(words)) for words in steps]  # type: ignore[misc]
    return [
        _row("frictionless validate", taken[0], "s", None),
        _row("sqlite-utils insert", taken[1], "s", None),
        _row("SQLite: load / both", ours / sum(taken), "×", 0.2),
    ]


def _quietly(words: list[str]) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"the floor needs {name}: apt-get install sqlite3 postgresql-client")
    return found


def write_source(folder: Path, quarters: int = QUARTERS) -> None:
    dice = random.Random(1)
    periods = [f"{2015 + quarter // 4}-Q{quarter % 4 + 1}" for quarter in range(quarters)]
    with (folder / "figures.csv").open("w", encoding="utf-8") as file:
        file.write("city,indicator,period,value\n")
        for city in range(CITIES):
            for indicator in range(INDICATORS):
                file.writelines(
                    f"ru-city-{city:04d},BENCH_{indicator:02d},{period},{dice.randrange(1000) / 10}\n"
                    for period in periods
                )
    codes = ", ".join(f'BENCH_{n:02d} = "BENCH_{n:02d}"' for n in range(INDICATORS))
    (folder / "figures.toml").write_text(JOB.format(codes=codes), encoding="utf-8")


def register(session: Session) -> None:
    session.add(Country(code="RU", name_en="Russia", name_ru="Россия", groups=""))
    session.add(Principle(code="infrastructure", position=1, name_en="Infrastructure", name_ru="Инфраструктура"))
    words = {"title_en": "Bench", "title_ru": "Замер", "sha256": "0" * 64}
    methodology = Methodology(code="bench", version="1", valid_from=date(2026, 1, 1), **words)
    session.add(methodology)
    session.flush()
    names = ((f"ru-city-{n:04d}", f"City {n}") for n in range(CITIES))
    session.add_all(
        City(code=code, name_en=name, name_ru=name, country="RU", register="bench") for code, name in names
    )
    for number in range(INDICATORS):
        indicator = Indicator(code=f"BENCH_{number:02d}", principle="infrastructure")
        session.add(indicator)
        session.flush()
        session.add(_definition(methodology.id, indicator.id))


def _definition(methodology_id: int, indicator_id: int) -> IndicatorDefinition:
    names = {"name_en": "Bench", "name_ru": "Замер", "unit": "%", "unit_label_en": "%", "unit_label_ru": "%"}
    rule = {"direction": "higher", "frequency": "Q", "period_rule": "stock_end_quarter", "decimals": 1}
    return IndicatorDefinition(methodology_id=methodology_id, indicator_id=indicator_id, **names, **rule)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _row(name: str, value: float, unit: str, target: float | None) -> dict[str, object]:
    return {"bench": "load", "name": name, "value": round(value, 3), "unit": unit, "target": target}


if __name__ == "__main__":
    for found in rows():
        wanted = "" if found["target"] is None else f"   target <= {found['target']}"
        print(f"{found['name']:<60}{found['value']:>12} {found['unit']:<4}{wanted}")
