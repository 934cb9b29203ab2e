"""A large file goes through in parts, and nothing of what comes of it shows where one part ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from app.db import connect, reading, writing
from app.models import Observation, Vintage
from ingest import coded, publish
from ingest.findings import Findings
from ingest.jobs import checks, table
from ingest.jobs.description import read_job
from ingest.jobs.run import Report, Setting, run_job
from ingest.jobs.source import File
from ingest.jobs.source_keys import Source
from ingest.jobs.table import read_parts
from tests.conftest import Databases
from tests.ingest.jobs.conftest import LIMITS
from tests.makers import MORNING, make_city, make_indicator

JOB = """
title = "Much"
[figures]
source = { path = "much.csv" }
city = { column = "city" }
indicator = { column = "indicator", codes = { TI_LIGHTS = "TI_LIGHTS", TI_WATER = "TI_WATER" } }
period = { column = "period" }
value = { column = "value" }
outlier_mad = 20
"""
CITIES = [f"ru-city-{number:02d}" for number in range(40)]
PERIODS = [f"{year}-Q{quarter}" for year in (2023, 2024) for quarter in range(1, 5)]
Line = tuple[str, str, str, str]


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is done piece by piece, in very small pieces."""
    monkeypatch.setattr(table, "BLOCK_BYTES", 700)
    monkeypatch.setattr(table, "CHECKED_BYTES", 11)
    monkeypatch.setattr(coded, "PIECE", 50)
    monkeypatch.setattr(checks, "PIECE", 50)
    monkeypatch.setattr(publish, "ROWS_COMPARED", 60)


@pytest.mark.usefixtures("in_parts")
def test_lines_are_those_an_editor_shows_in_every_part() -> None:
    text, right, wrong, line = "a,b\n", [], [], 2
    for number in range(300):
        if number % 41 == 7 and number < 200:
            text, line = text + "1,2,3\n", line + 1
            wrong.append(line - 1)
        elif number % 50 == 20:
            text, line = text + "\n", line + 1
        elif number > 200 and number % 30 == 5:
            right.append(line)
            text, line = text + '"x\ny","ы\nь"\n', line + 3
        else:
            right.append(line)
            text, line = text + f"{number},ы\n", line + 1
    findings = Findings()
    parts = list(read_parts(File("t.csv", text.encode()), Source(path="t.csv"), LIMITS, findings))
    assert len(parts) > 3
    assert [line for part in parts for line in part.lines.tolist()] == right
    assert [finding.line for finding in findings] == wrong


@pytest.mark.usefixtures("in_parts")
def test_a_file_without_rows_has_its_columns() -> None:
    parts = list(read_parts(File("t.csv", b"a,b\n"), Source(path="t.csv"), LIMITS, Findings()))
    assert [(list(part.columns), len(part.lines)) for part in parts] == [(["a", "b"], 0)]


def _lines() -> list[Line]:
    """40 cities, 2 indicators, 8 quarters, in the order of periods, and eight lines with something about them."""
    codes = ("TI_LIGHTS", "TI_WATER")
    lines = [
        (city, code, period, f"{(n * 7 + len(code) * 3 + m) % 90}.{n % 10}".removesuffix(".0"))
        for m, period in enumerate(PERIODS)
        for code in codes
        for n, city in enumerate(CITIES)
    ]
    far = [
        lines[3],  # The same again, far behind.
        (*lines[5][:3], "77.7"),  # Contradicts a line far before: neither is loaded.
        ("ru-nowhere", "TI_LIGHTS", "2024-Q1", "5"),
        ("ru-city-00", "TI_LIGHTS", "2022-Q4", "101"),  # Outside the range.
        ("ru-city-01", "TI_LIGHTS", "2022-Q4", "5"),
        ("ru-city-02", "TI_LIGHTS", "2022-Q4", "6"),
        ("ru-city-03", "TI_LIGHTS", "2022-Q4", "7"),
        ("ru-city-04", "TI_LIGHTS", "2022-Q4", "99"),  # Far from the others of its quarter.
    ]
    return [*lines, *far]


def _load(engine: Engine, folder: Path, lines: list[Line]) -> Report:
    text = "".join(",".join(line) + "\n" for line in [("city", "indicator", "period", "value"), *lines])
    (folder / "much.csv").write_text(text, encoding="utf-8")
    (folder / "much.toml").write_text(JOB, encoding="utf-8")
    return run_job(engine, read_job(folder / "much.toml"), Setting(folder, LIMITS, run_by="tester", now=MORNING))


def _register(engine: Engine) -> None:
    with writing(engine) as session:
        for city in CITIES:
            make_city(session, city)
        for code in ("TI_LIGHTS", "TI_WATER"):
            make_indicator(session, code, valid_min="0", valid_max="100")


def _told(engine: Engine, folder: Path) -> dict[str, Any]:
    """All, the same again, three lines changed, a quarter with two changed; all that can be seen of these loads."""
    _register(engine)
    lines = _lines()
    changed = [(*line[:3], "50.5") if n in (0, 200, 639) else line for n, line in enumerate(lines)]
    quarter = [(*line[:3], "51.5") if n in (40, 79) else line for n, line in enumerate(changed[560:640])]
    reports = [_load(engine, folder, each) for each in (lines, lines, changed, quarter)]
    with reading(engine) as session:
        sha256 = [vintage.sha256 for vintage in session.scalars(select(Vintage).order_by(Vintage.number))]
        revised = session.scalars(select(Observation).where(Observation.vintage > 1))
        rows = sorted((row.city_id, row.indicator_id, row.period, str(row.value)) for row in revised)
    names = ("state", "read", "new", "revised", "unchanged", "withdrawn", "rejected", "vintage")
    found = [tuple(getattr(report, name) for name in names) for report in reports]
    return {
        "reports": found,
        "findings": [
            sorted((each.check, each.line or 0, each.message) for each in report.findings) for report in reports
        ],
        "sha256": sha256,
        "revised": rows,
    }


def test_parts_make_the_same_vintages_and_findings_as_the_whole(
    database: Engine, databases: Databases, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    whole = _told(database, tmp_path)
    request.getfixturevalue("in_parts")
    other = connect(databases.fresh_url())
    parts = _told(other, tmp_path)
    other.dispose()
    # 640 lines and 8: one repeated, two contradicting, one unknown, one outside its range.
    assert parts["reports"] == [
        ("published", 648, 643, 0, 0, 0, 4, 1),
        ("unchanged", 648, 0, 0, 643, 0, 4, None),
        ("published", 648, 0, 3, 640, 0, 4, 2),
        ("published", 80, 0, 2, 78, 0, 0, 3),
    ]
    assert [(check, line) for check, line, _ in parts["findings"][0]] == [
        ("conflict", 7),
        ("conflict", 643),
        ("outlier", 649),
        ("outside-range", 645),
        ("repeated", 642),
        ("unknown-city", 644),
    ]
    assert sorted(row[3] for row in parts["revised"]) == ["50.5"] * 3 + ["51.5"] * 2
    assert parts == whole
