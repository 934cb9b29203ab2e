"""A million figures through the full door (read, match, check, compare, publish) beside SQLite's own import.

The floor brings the same rows into a table with the same key and nothing else; both in one run, on one file system.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

import migrations
from app.db import connect, writing
from app.models import City, Country, Indicator, IndicatorDefinition, Methodology, Principle
from ingest.jobs.description import read_job
from ingest.jobs.run import Setting, run_job
from ingest.jobs.source import Limits

CITIES, INDICATORS, QUARTERS = 1117, 47, 20
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
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_source(folder)
        floor = _seconds(lambda: _import(folder))
        engine = connect(f"sqlite:///{folder / 'citymark.db'}")
        migrations.upgrade(engine)
        with writing(engine) as session:
            _register(session)
        job = read_job(folder / "figures.toml")
        setting = Setting(folder, LIMITS, run_by="bench", now=datetime.now(UTC))
        first = _seconds(lambda: run_job(engine, job, setting))
        again = _seconds(lambda: run_job(engine, job, setting))
        engine.dispose()
        size = (folder / "citymark.db").stat().st_size / (CITIES * INDICATORS * QUARTERS)
    return [
        _row("1,049,980 figures: SQLite's own import", floor, "s", None),
        _row("1,049,980 figures: citymark load", first, "s", None),
        _row("load / import", first / floor, "×", 2.0),
        _row("the same file again / first time", again / first, "×", 0.5),
        _row("bytes a figure on disk", size, "B", None),
    ]


def _write_source(folder: Path) -> None:
    dice = random.Random(1)
    periods = [f"{2015 + quarter // 4}-Q{quarter % 4 + 1}" for quarter in range(QUARTERS)]
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


def _import(folder: Path) -> None:
    program = shutil.which("sqlite3")
    if program is None:
        raise SystemExit("the floor needs the sqlite3 program: apt-get install sqlite3")
    table = "CREATE TABLE t(city TEXT, indicator TEXT, period TEXT, value REAL, PRIMARY KEY(city, indicator, period))"
    words = [program, str(folder / "floor.db"), table, ".mode csv", f".import --skip 1 {folder / 'figures.csv'} t"]
    subprocess.run(words, check=True)


def _register(session: Session) -> None:
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
