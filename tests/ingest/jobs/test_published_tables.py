"""The published tables load through the bundled job files; counts and values are found anew from the tables."""

from __future__ import annotations

import csv
import glob
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow.parquet as parquet
import pytest
from sqlalchemy import Engine, func, select

from app.db import reading
from app.models import City, CityAlias, JobFinding, JobRun, Observation, Vintage
from app.queries.observations import observations
from app.queries.selection import Selection
from tests.conftest import ROOT
from tests.ingest.jobs.conftest import Run

JOBS = ROOT / "data" / "jobs"
pytestmark = pytest.mark.shared_data
Figure = tuple[str | None, str]


def known(engine: Engine, prefix: str) -> dict[tuple[str, str, str], Figure]:
    """Every figure of the indicators that begin so: exact digits and status by city, indicator and period."""
    with reading(engine) as session:
        frame = observations(session, Selection(), session.scalar(select(func.max(Vintage.number))) or 0)
        exact = session.execute(select(Observation.value, Observation.status)).all()
    assert len(exact) == len(frame)
    frame = frame[frame["indicator"].str.startswith(prefix)]
    return {
        (city, indicator, period): (None if value != value else repr(value), status)
        for city, indicator, period, value, status in zip(
            frame["city"], frame["indicator"], frame["period"], frame["value"], frame["status"], strict=True
        )
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_towns_load_once_with_their_zeros_and_homonyms(database: Engine, run: Run, shared_data: Path) -> None:
    towns = rows_of(shared_data / "ru_cities" / "towns.csv")
    report = run(JOBS / "ru_cities.toml", shared_data)
    short = sum(len(town["oktmo"]) in (7, 10) for town in towns)
    assert report.cities is not None
    assert (report.cities.read, report.cities.rejected, short) == (1117, 0, 99)
    assert report.findings.counts["lost-zero", "notice"] == short
    with reading(database) as session:
        cities = list(session.scalars(select(City).where(City.country == "RU")))
        aliases = set(session.scalars(select(CityAlias.alias)))
    by_place = {(city.region, city.latitude, city.longitude): city for city in cities}
    assert {len(city.oktmo) for city in cities if city.oktmo} == {8, 11}
    # Three towns called Sovetsk, and each keeps its region.
    assert {city.region for city in cities if city.name_ru == "Советск"} == {"RU-KGD", "RU-KIR", "RU-TUL"}
    barnaul = next(city for city in cities if city.code == "ru-barnaul")
    assert (barnaul.name_ru, barnaul.region) == ("Барнаул", "RU-ALT")
    aleysk = by_place["RU-ALT", 52.4922513, 82.7793606]
    assert (aleysk.code, aleysk.oktmo, aleysk.population, aleysk.population_year) == (
        "ru-aleysk",
        "01703000001",
        29_000,
        2020,
    )
    assert "Королев" in aliases
    assert sum(city.register == "ru_cities" for city in cities) + report.cities.known == len(towns)
    again = run(JOBS / "ru_cities.toml", shared_data)
    assert again.cities is not None
    assert (again.cities.new, again.cities.known) == (0, len(towns))
    with reading(database) as session:
        assert session.scalar(select(func.count()).where(City.country == "RU")) == len(cities)


def test_every_city_of_the_urban_environment_index_is_matched(database: Engine, run: Run, shared_data: Path) -> None:
    table = rows_of(shared_data / "ru_minstroy_igs" / "cities.csv")
    run(JOBS / "ru_cities.toml", shared_data)
    first = run(JOBS / "ru_minstroy_igs.toml", shared_data)
    assert (first.read, first.new, first.rejected) == (1116, 1116 * 8, 0)
    figures = known(database, "IGS_")
    totals = sorted(float(value or 0) for (_, code, _), (value, _) in figures.items() if code == "IGS_TOTAL")
    assert totals == sorted(float(row["points"]) for row in table)
    # «14,8 тыс.чел.», Красновишерск in Perm.
    assert figures["ru-krasnovishersk", "IGS_POPULATION", "2020"] == ("14.8", "A")
    assert figures["ru-krasnovishersk", "IGS_TOTAL", "2020"] == ("169.0", "A")
    again = run(JOBS / "ru_minstroy_igs.toml", shared_data)
    assert (again.new, again.revised, again.unchanged, again.vintage) == (0, 0, 1116 * 8, None)


LASTS = {"январь-март": 1, "январь-июнь": 2, "январь-сентябрь": 3, "январь-декабрь": 4}
Counted = dict[tuple[int, int, int], Decimal | None]


def years_of_territories(shared_data: Path) -> dict[int, list[tuple[int, int]]]:
    sheet = openpyxl.load_workbook(shared_data / "ru_sberindex" / "districts.xlsx").worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    at = {name: header.index(name) for name in ("territory_id", "year_from", "year_to")}
    years = defaultdict(list)
    for row in rows:
        years[int(row[at["territory_id"]])].append((int(row[at["year_from"]]), int(row[at["year_to"]])))
    return years


def counted_wages(shared_data: Path, counts: Counter[str]) -> Counted:
    """What was averaged from January to the end of each quarter, one value a territory and quarter."""
    years = years_of_territories(shared_data)
    told = defaultdict(list)
    for row in parquet.read_table(shared_data / "ru_sberindex" / "salary.parquet").to_pylist():
        if row["okved_letter"] != "0":
            continue
        counts["read"] += 1
        if any(first <= row["year"] <= last for first, last in years[row["territory_id"]]):
            value = None if row["value"] is None or row["value"] != row["value"] else Decimal(repr(row["value"]))
            told[row["territory_id"], row["year"], LASTS[row["period"]]].append(value)
        else:
            counts["outside"] += 1
    counts["repeated"] = sum(len(values) - len(set(values)) for values in told.values())
    counts["conflict"] = sum(len(set(values)) for values in told.values() if len(set(values)) > 1)
    return {key: values[0] for key, values in told.items() if len(set(values)) == 1}


def derived_wages(counted: Counted, counts: Counter[str]) -> dict[tuple[str, str], Figure]:
    """Quarters from averages since January, done plainly, one after the other."""
    quarters: dict[tuple[str, str], Figure] = {}
    for (territory, year, k), value in counted.items():
        name = (f"ru-mo-{territory}", f"{year}-Q{k}")
        before = counted.get((territory, year, k - 1), "absent")
        if k == 1:
            quarters[name] = (None, "O") if value is None else (repr(float(value)), "A")
        elif value is None or before is None:
            if before != "absent":
                quarters[name] = (None, "O")
        elif isinstance(before, Decimal):
            quarter = k * value - (k - 1) * before
            if 1_000 <= quarter <= 1_000_000:
                quarters[name] = (repr(float(quarter)), "E")
            else:
                counts["range"] += 1
    return quarters


def test_cumulative_wages_become_quarters(database: Engine, run: Run, shared_data: Path) -> None:
    counts = Counter[str]()
    expected = derived_wages(counted_wages(shared_data, counts), counts)
    report = run(JOBS / "ru_sberindex.toml", shared_data)
    told = {(city, period): figure for (city, _, period), figure in known(database, "HC_WAGE").items()}
    assert told == expected
    assert report.new == len(expected)
    assert report.read == counts["read"] == 20_858
    found = {check: count for (check, _), count in report.findings.counts.items()}
    assert found.pop("outlier") > 0
    assert found == {
        "outside-its-years": counts["outside"],
        "repeated": counts["repeated"],
        "conflict": counts["conflict"],
        "outside-range": counts["range"],
    }
    assert run(JOBS / "ru_sberindex.toml", shared_data).vintage is None
    with reading(database) as session:
        runs = list(session.scalars(select(JobRun).order_by(JobRun.id)))
        assert [(run.state, run.vintage) for run in runs] == [("published", 1), ("unchanged", None)]
        assert runs[0].source_sha256 == runs[1].source_sha256
        conflicts = select(func.sum(JobFinding.count)).where(JobFinding.check == "conflict", JobFinding.run_id == 1)
        # Of each kind every finding is counted, the first of them with the count of all.
        assert (session.scalar(conflicts) or 0) >= counts["conflict"]


def test_uk_indicators_keep_flags_and_limits(database: Engine, run: Run, shared_data: Path) -> None:
    report = run(JOBS / "uk_ons_els.toml", shared_data)
    rows = [row for path in glob.glob(str(shared_data / "uk_ons_els" / "*" / "*.csv")) for row in rows_of(Path(path))]
    blank = Counter(row["status"] for row in rows if not row["observation"])
    assert (report.read, report.new, report.rejected) == (56_554, 56_554, 0)
    assert report.cities is not None
    assert report.cities.new == len({row["areacd"] for row in rows}) == 458
    figures = known(database, "ELS_")
    statuses = Counter(status for value, status in figures.values() if value is None)
    assert statuses == {"O": blank["x"], "Q": blank["u"]} == {"O": 347, "Q": 47}
    assert figures["gb-k02000001", "ELS_CLAIMANTS", "2001"] == ("2.6", "A")
    assert figures["gb-e08000024", "ELS_HLE_MALE", "2016-01-01/P3Y"] == ("57.3", "A")
    assert figures["gb-e06000003", "ELS_AFFORDABILITY", "2023"] == ("5.24", "A")
    with reading(database) as session:
        attributes = select(func.count()).where(Observation.attributes.is_not(None))
        assert session.scalar(attributes) == sum(bool(row["lci_95"] or row["uci_95"]) for row in rows)
    assert run(JOBS / "uk_ons_els.toml", shared_data).vintage is None


def test_the_wide_table_of_kazakhstan_becomes_long(database: Engine, run: Run, shared_data: Path) -> None:
    table = rows_of(shared_data / "kz_city_ranking" / "merged_to_normalize.csv")
    report = run(JOBS / "kz_city_ranking.toml", shared_data)
    cells = [row[name] for row in table for name in row if name != "Region"]
    figures = known(database, "KZ_")
    assert (report.read, report.new, len(cells)) == (20, 320, 320)
    assert sum(value is None for value, _ in figures.values()) == cells.count("")
    assert {status for value, status in figures.values() if value is None} == {"L"}
    assert figures["kz-region-10", "KZ_SALARY", "2022"] == ("258941.0", "A")
    assert figures["kz-almaty", "KZ_POPULATION", "2022"][0] == repr(
        float(next(row["Total_city_population"] for row in table if row["Region"] == "Almaty city"))
    )
    assert run(JOBS / "kz_city_ranking.toml", shared_data).vintage is None
