"""A job of one's own, good and bad: what is wrong is named, and nothing of it is written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from sqlalchemy import Engine, func, select

from app.db import reading, writing
from app.errors import Invalid
from app.models import JobRun, Observation, Vintage
from app.queries.selection import ORDER
from ingest.jobs.description import read_job
from tests.ingest.jobs.conftest import Run
from tests.makers import make_city, make_indicator

JOB = """
title = "Lights and water"

[figures.source]
path = "lights.csv"
delimiter = ";"

[figures.city]
column = "город"
by = "name"
region = "регион"
country = "RU"

[figures.indicator.columns]
"освещение" = "TI_LIGHTS"
"вода" = "TI_WATER"

[figures.period]
template = "{год} {квартал}"

[figures.period.spellings]
'(\\d{4}) I' = '\\1-Q1'
'(\\d{4}) II' = '\\1-Q2'

[figures.value]
decimal = ","
grouping = " "
missing = ["", "н/д"]
missing_status = "L"
"""
CSV = """город;регион;год;квартал;освещение;вода
Казань;RU-TA;2024;I;62,5;1 234,50
Орёл;RU-ORL;2024;I;н/д;0
Орел;RU-ORL;2024;II;7;8
"""


@pytest.fixture(autouse=True)
def register(database: Engine) -> None:
    with writing(database) as session:
        make_city(session, "ru-kazan", name_ru="Казань", region="RU-TA")
        make_city(session, "ru-oryol", name_ru="Орёл", region="RU-ORL")
        make_city(session, "ru-oryol-kir", name_ru="Орёл", region="RU-KIR")
        make_indicator(session, "TI_LIGHTS", valid_min=0, valid_max=100)
        make_indicator(session, "TI_WATER", valid_min=0)


def job(folder: Path, text: str = JOB, table: str | bytes = CSV) -> Path:
    (folder / "lights.csv").write_bytes(table.encode() if isinstance(table, str) else table)
    path = folder / "lights.toml"
    path.write_text(text, encoding="utf-8")
    return path


def written(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as session:
        rows = session.execute(select(Observation.value, Observation.status).order_by(*ORDER, Observation.vintage))
        return [(str(value), status) for value, status in rows]


def test_a_file_of_an_office_loads_by_description_alone(database: Engine, run: Run, tmp_path: Path) -> None:
    report = run(job(tmp_path))
    assert (report.state, report.read, report.new, report.rejected, report.vintage) == ("published", 3, 6, 0, 1)
    assert written(database) == [("62.5", "A"), ("1234.5", "A"), ("None", "L"), ("7", "A"), ("0", "A"), ("8", "A")]
    with reading(database) as session:
        vintage = session.get(Vintage, 1)
        assert vintage is not None
        assert (vintage.source, vintage.published_by, vintage.reason) == ("lights", "tester", "Lights and water")


def test_the_same_job_again_writes_nothing_but_its_run(database: Engine, run: Run, tmp_path: Path) -> None:
    run(job(tmp_path))
    again = run(job(tmp_path))
    assert (again.state, again.unchanged, again.vintage) == ("unchanged", 6, None)
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(Vintage)) == 1
        assert [run.state for run in session.scalars(select(JobRun).order_by(JobRun.id))] == [
            "published",
            "unchanged",
        ]


def test_a_dry_run_counts_and_writes_nothing_at_all(database: Engine, run: Run, tmp_path: Path) -> None:
    report = run(job(tmp_path), is_dry_run=True)
    assert (report.new, report.vintage) == (6, None)
    assert written(database) == []
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(JobRun)) == 0


def test_another_encoding_is_named_in_the_job(run: Run, tmp_path: Path) -> None:
    text = JOB.replace('delimiter = ";"', 'delimiter = ";"\nencoding = "cp1251"')
    assert run(job(tmp_path, text, CSV.encode("cp1251"))).new == 6


def test_yaml_says_the_same(run: Run, tmp_path: Path) -> None:
    job(tmp_path)
    path = tmp_path / "lights.yaml"
    path.write_text(
        r"""
title: Lights and water
figures:
  source: {path: lights.csv, delimiter: ";"}
  city: {column: город, by: name, region: регион, country: RU}
  indicator: {columns: {освещение: TI_LIGHTS, вода: TI_WATER}}
  period: {template: "{год} {квартал}", spellings: {'(\d{4}) I': '\1-Q1', '(\d{4}) II': '\1-Q2'}}
  value: {decimal: ",", grouping: " ", missing: ["", "н/д"], missing_status: L}
""",
        encoding="utf-8",
    )
    assert run(path).new == 6


@pytest.mark.parametrize(
    ("before", "after", "check", "line", "column", "text"),
    [
        ("Казань;RU-TA", "Казан;RU-TA", "unknown-city", 2, "город", "Казан, RU-TA"),
        ("Казань;RU-TA", "Казань;RU-XX", "unknown-city", 2, "город", "Казань, RU-XX"),
        ("62,5", "NaN", "unreadable-number", 2, "освещение", "NaN"),
        ("62,5", "1e400", "unreadable-number", 2, "освещение", "1e400"),
        ("62,5", "62.5", "unreadable-number", 2, "освещение", "62.5"),
        ("62,5", "шесть", "unreadable-number", 2, "освещение", "шесть"),
        ("62,5", "101", "outside-range", 2, None, "101"),
        ("2024;II", "2024;V", "unreadable-period", 4, "{год} {квартал}", "2024 V"),
        ("Казань;RU-TA;2024;I;62,5", "Казань;2024;I;62,5", "row-width", 2, None, "Казань;2024;I;62,5;1 234,50"),
    ],
)
def test_a_bad_row_is_reported_with_its_place_and_the_others_load(
    run: Run, tmp_path: Path, before: str, after: str, check: str, line: int, column: str | None, text: str
) -> None:
    report = run(job(tmp_path, table=CSV.replace(before, after)))
    assert report.state == "published"
    finding = next(finding for finding in report.findings if finding.severity == "error")
    assert (finding.check, finding.line, finding.column, finding.text) == (check, line, column, text)
    assert report.rejected == report.findings.total("error") > 0
    assert 0 < report.new < 6


def test_a_name_that_two_cities_have_is_not_guessed(run: Run, tmp_path: Path) -> None:
    report = run(job(tmp_path, JOB.replace('region = "регион"\n', "")))
    messages = [finding.message for finding in report.findings if finding.check == "unknown-city"]
    assert messages == ["city 'Орёл' may be ru-oryol or ru-oryol-kir: name the region's column"] + [
        "city 'Орел' may be ru-oryol or ru-oryol-kir: name the region's column"
    ]


def test_equal_repeats_collapse_and_contradicting_ones_are_left_out(run: Run, tmp_path: Path) -> None:
    twice = CSV + "Казань;RU-TA;2024;I;62,5;9\n"
    report = run(job(tmp_path, table=twice))
    assert dict(report.findings.counts) == {("repeated", "notice"): 1, ("conflict", "error"): 2}
    assert report.new == 5


def refused(run: Run, database: Engine, path: Path) -> str:
    report = run(path)
    assert report.state == "refused"
    assert written(database) == []
    with reading(database) as session:
        assert [run.state for run in session.scalars(select(JobRun))] == ["refused"]
        assert session.scalar(select(func.count()).select_from(Vintage)) == 0
    return report.message


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"", "lights.csv is empty"),
        (CSV.replace("вода", "вода2").encode(), "lights.csv has no column 'вода': it has город, регион, год"),
        (CSV.replace("регион", "год").encode(), "the column год more than once"),
        (CSV.replace("62,5", "62\0,5").encode(), "line 2: a NUL character"),
        (CSV.encode("cp1251"), "line 1: not utf-8"),
        (CSV.replace("Казань", '"Казань').encode(), "a quote is opened and never closed"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    database: Engine, run: Run, tmp_path: Path, table: bytes, message: str
) -> None:
    assert message in refused(run, database, job(tmp_path, table=table))


def test_a_folder_in_place_of_a_file_is_refused(database: Engine, run: Run, tmp_path: Path) -> None:
    path = job(tmp_path)
    (tmp_path / "lights.csv").unlink()
    (tmp_path / "lights.csv").mkdir()
    assert "lights.csv is a folder" in refused(run, database, path)


def test_an_absent_file_says_where_it_was_looked_for(database: Engine, run: Run, tmp_path: Path) -> None:
    path = job(tmp_path)
    (tmp_path / "lights.csv").unlink()
    assert "CITYMARK_SOURCES_DIR" in refused(run, database, path)


def test_a_truncated_parquet_is_refused(database: Engine, run: Run, tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    parquet.write_table(pa.table({"город": ["Казань"] * 500}), whole)
    path = job(tmp_path, JOB.replace("lights.csv", "cut.parquet").replace('delimiter = ";"\n', ""))
    (tmp_path / "cut.parquet").write_bytes(whole.read_bytes()[:-40])
    assert "cut.parquet is not a whole Parquet file" in refused(run, database, path)


def test_something_that_is_no_workbook_is_refused(database: Engine, run: Run, tmp_path: Path) -> None:
    path = job(tmp_path, JOB.replace("lights.csv", "lights.xlsx").replace('delimiter = ";"\n', ""))
    (tmp_path / "lights.xlsx").write_bytes(b"PK\x03\x04 not really")
    assert "lights.xlsx is not an XLSX workbook" in refused(run, database, path)


def test_an_indicator_of_no_catalogue_is_refused(database: Engine, run: Run, tmp_path: Path) -> None:
    path = job(tmp_path, JOB.replace("TI_WATER", "TI_NOTHING"))
    assert "TI_NOTHING" in refused(run, database, path)


@pytest.mark.parametrize(
    ("before", "after", "where", "message"),
    [
        ("delimiter", "delimeter", "lights.toml:6: figures.source.delimeter", "unknown key"),
        ("column = ", "colum = ", "figures.city.column", "this key is needed"),
        ('by = "name"', 'by = "likeness"', "lights.toml:10: figures.city.by", "'code', 'name' or 'oktmo'"),
        ('path = "lights.csv"', 'path = "a"\nurl = "b"', "lights.toml:4: figures.source", "exactly one of path"),
        ('missing_status = "L"', 'missing_status = "Z"', "lights.toml:4: figures", "not an SDMX status: Z"),
        ('title = "Lights and water"', "", "lights.toml:1: title", "this key is needed"),
    ],
)
def test_a_mistake_in_the_job_is_named_with_line_and_key(
    tmp_path: Path, before: str, after: str, where: str, message: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        read_job(job(tmp_path, JOB.replace(before, after, 1)))
    assert any(where in problem.where and message in problem.message for problem in refusal.value.problems)


def test_a_mistake_in_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("title: x\nfigures:\n  source:\n    path: a\n    sheets: b\n", encoding="utf-8")
    with pytest.raises(Invalid) as refusal:
        read_job(path)
    assert "job.yaml:5: figures.source.sheets" in [problem.where for problem in refusal.value.problems]


@pytest.mark.parametrize("content", [b"title = ", b"\xff", b""])
def test_what_is_no_job_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "job.toml"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"job\.toml"):
        read_job(path)


def test_a_folder_is_no_job_file(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is a folder"):
        read_job(tmp_path)
