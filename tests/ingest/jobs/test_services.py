"""Services of the field, with bodies written by hand after their documentation, as one table each and as figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyjstat import pyjstat
from sqlalchemy import Engine, select

from app.db import reading, writing
from app.domain.period import parse_period
from app.errors import Invalid
from app.models import JobSource
from app.queries import observations, reference
from ingest.findings import Findings
from ingest.jobs.fetch import Fetcher
from ingest.jobs.json_tables import jsonstat_table
from ingest.jobs.source import File, Limits, files
from ingest.jobs.source_keys import Source
from ingest.jobs.table import Table, read_table
from tests.ingest.jobs.conftest import Run
from tests.ingest.jobs.services import Asked, Service, Told, service
from tests.makers import make_city, make_indicator

LIMITS = Limits(max_bytes=100_000, max_rows=1_000, max_columns=30, timeout_s=5)
HERE = {"allow_private": True, "min_interval_s": 0.0}


def told(body: object) -> Told:
    return Told(json.dumps(body).encode())


def read(source: dict[str, Any], findings: Findings | None = None) -> list[Table]:
    described = Source.model_validate({"fetch": HERE, **source})
    found = files(described, (), LIMITS, Fetcher(LIMITS.max_bytes, LIMITS.timeout_s))
    return [read_table(file, described, LIMITS, findings or Findings()) for file in found]


def rows(table: Table, *names: str) -> list[tuple[str | None, ...]]:
    columns = [table.column(name) for name in names]
    return list(zip(*(column.texts[column.codes].tolist() for column in columns), strict=True))


# World Bank, https://datahelpdesk.worldbank.org/knowledgebase/articles/898581


def bank_row(country: str, year: str, value: str) -> str:
    return (
        '{"indicator":{"id":"SP.URB.TOTL","value":"Urban population"},"country":{"id":"' + country + '","value":"x"},'
        '"countryiso3code":"","date":"' + year + '","value":' + value + ',"unit":"","obs_status":"","decimal":0}'
    )


def bank_page(page: int, pages: int, total: int, *found: str, updated: str = "2026-07-01") -> Told:
    head = {"page": page, "pages": pages, "per_page": 2, "total": total, "sourceid": "2", "lastupdated": updated}
    return Told(f"[{json.dumps(head)},[{','.join(found)}]]".encode())


def bank(request: Asked) -> Told:
    if request.query["page"] == ["1"]:
        return bank_page(1, 2, 3, bank_row("BR", "2024", "187412345.10"), bank_row("BR", "2023", "null"))
    return bank_page(2, 2, 3, bank_row("IN", "2024", "5e8"))


def test_pages_of_the_world_bank_are_one_table_each_with_every_digit() -> None:
    with service(bank) as there:
        spec = {
            "url": there.url,
            "indicator": "SP.URB.TOTL",
            "countries": ["BR", "IN"],
            "dates": "2023:2024",
            "page_rows": 2,
        }
        first, second = read({"worldbank": spec})
    assert rows(first, "country.id", "date", "value") == [("BR", "2024", "187412345.10"), ("BR", "2023", None)]
    assert rows(second, "country.id", "date", "value") == [("IN", "2024", "5e8")]
    assert (second.file, second.lines.tolist()) == ("SP.URB.TOTL, page 2", [1])
    assert there.asked[0].path == "/country/BR;IN/indicator/SP.URB.TOTL"
    assert there.asked[1].query == {"format": ["json"], "date": ["2023:2024"], "per_page": ["2"], "page": ["2"]}


def test_the_world_bank_says_itself_what_is_wrong() -> None:
    said = [
        {"message": [{"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}]}
    ]
    with service(lambda _: told(said)) as there, pytest.raises(Invalid, match="parameter value is not valid"):
        read({"worldbank": {"url": there.url, "indicator": "NO.SUCH"}})


def test_pages_that_changed_while_they_were_read_are_refused() -> None:
    def changing(request: Asked) -> Told:
        second = bank_page(2, 2, 4, bank_row("IN", "2024", "5"), updated="2026-07-02")
        return bank(request) if request.query["page"] == ["1"] else second

    with service(changing) as there, pytest.raises(Invalid, match="changed meanwhile, run the job again"):
        read({"worldbank": {"url": there.url, "indicator": "SP.URB.TOTL"}})


# CKAN, https://docs.ckan.org/en/2.11/maintaining/datastore.html

FIELDS = [{"id": "_id", "type": "int"}, {"id": "город", "type": "text"}, {"id": "доля", "type": "numeric"}]
RECORDS = [(1, "Казань", 62.5), (2, "Орёл", None), (3, "Уфа", 0)]


def portal(request: Asked) -> Told:
    if request.path != "/api/3/action/datastore_search":
        return Told(b'{"success": false, "error": {"__type": "Not Found Error"}}', status=404)
    start, limit = int(request.query["offset"][0]), int(request.query["limit"][0])
    found = [dict(zip(("_id", "город", "доля"), row, strict=True)) for row in RECORDS[start : start + limit]]
    return told({"success": True, "result": {"fields": FIELDS, "records": found, "total": 3, "limit": limit}})


def test_rows_of_a_datastore_come_page_by_page() -> None:
    with service(portal) as there:
        spec = {"url": there.url, "resource": "r-1", "filters": {"год": "2024"}, "page_rows": 2}
        first, second = read({"ckan": spec})
    assert rows(first, "город", "доля") == [("Казань", "62.5"), ("Орёл", None)]
    assert rows(second, "город", "доля") == [("Уфа", "0")]
    assert list(first.columns) == ["_id", "город", "доля"]
    assert [request.query["offset"] for request in there.asked] == [["0"], ["2"]]
    assert json.loads(there.asked[0].query["filters"][0]) == {"год": "2024"}
    assert there.asked[0].query["sort"] == ["_id"]


def test_a_portal_that_fails_is_quoted() -> None:
    failed = told({"success": False, "error": {"__type": "Not Found Error", "message": "Not found: r-9"}})
    with service(lambda _: failed) as there, pytest.raises(Invalid, match="Not found: r-9"):
        read({"ckan": {"url": there.url, "resource": "r-9"}})


def package(request: Asked) -> Told:
    if request.path.startswith("/files/"):
        return Told("город,доля\nКазань,62.5\n".encode())
    listed = [
        {"id": "a", "name": "Shares", "format": "CSV", "url": "/files/7f3a"},
        {"id": "b", "name": "Notes", "format": "PDF", "url": "/files/notes.pdf"},
    ]
    return told({"success": True, "result": {"name": "lighting", "resources": listed}})


def test_the_file_of_a_package_is_downloaded_and_read_as_the_portal_calls_it() -> None:
    with service(package) as there:
        (table,) = read({"ckan": {"url": there.url, "package": "lighting", "file": "Shares"}})
        with pytest.raises(Invalid, match="has the files Shares, Notes: name one"):
            read({"ckan": {"url": there.url, "package": "lighting"}})
    assert rows(table, "город", "доля") == [("Казань", "62.5")]
    assert there.asked[0].query == {"id": ["lighting"]}


# JSON-stat 2.0, https://json-stat.org/full/

CUBE = """{"version": "2.0", "class": "dataset", "id": ["geo", "time"], "size": [2, 3],
 "role": {"time": ["time"], "geo": ["geo"]},
 "dimension": {
  "geo": {"category": {"index": {"HEL": 1, "ESP": 0}, "label": {"HEL": "Helsinki", "ESP": "Espoo"}}},
  "time": {"category": {"index": ["2022", "2023", "2024"]}}},
 "value": %s %s}"""


def test_a_dense_cube_is_read_by_row_with_its_labels() -> None:
    content = (CUBE % ("[1.50, null, 3, 4e2, 5, 0]", ', "status": {"1": "c", "5": "p"}')).encode()
    columns, lines = jsonstat_table("x", content)
    table = Table("x", columns, lines)  # type: ignore[arg-type]
    assert rows(table, "geo", "geo label", "time", "value", "status") == [
        ("ESP", "Espoo", "2022", "1.50", None),
        ("ESP", "Espoo", "2023", None, "c"),
        ("ESP", "Espoo", "2024", "3", None),
        ("HEL", "Helsinki", "2022", "4e2", None),
        ("HEL", "Helsinki", "2023", "5", None),
        ("HEL", "Helsinki", "2024", "0", "p"),
    ]
    assert lines == [1, 2, 3, 4, 5, 6]


def test_a_sparse_cube_gives_the_places_it_has() -> None:
    columns, lines = jsonstat_table("x", (CUBE % ('{"0": 1, "4": 2}', ', "status": "e"')).encode())
    table = Table("x", columns, lines)  # type: ignore[arg-type]
    assert rows(table, "geo", "time", "value", "status") == [("ESP", "2022", "1", "e"), ("HEL", "2023", "2", "e")]
    assert lines == [1, 5]


def test_an_independent_reader_finds_the_same() -> None:
    content = CUBE % ("[1.5, null, 3, 400, 5, 0]", "")
    with pytest.warns(DeprecationWarning, match="read"):
        theirs = pyjstat.Dataset.read(content).write("dataframe", naming="id").dropna()
    columns, _ = jsonstat_table("x", content.encode())
    ours = rows(Table("x", columns, []), "geo", "time", "value")  # type: ignore[arg-type]
    assert {(geo, time, float(value or "nan")) for geo, time, value in ours} == set(
        theirs[["geo", "time", "value"]].itertuples(index=False, name=None)
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (CUBE % ("[1, 2, 3]", ""), "has 3 of 6 places in its value: it is not whole"),
        (CUBE % ('{"6": 1}', ""), "at place 6, there are 6"),
        (CUBE % ('{"x": 1}', ""), "not the number of a place"),
        (CUBE.replace("[2, 3]", "[2, 4]") % ("[]", ""), "does not fit the categories"),
        (CUBE.replace('"ESP": 0', '"ESP": 1') % ("[]", ""), "skips or repeats a place"),
        ('{"class": "collection", "link": {}}', "not a JSON-stat 2.0 dataset"),
        ('{"error": [{"status": 413, "label": "ASYNCHRONOUS_RESPONSE"}]}', "ASYNCHRONOUS_RESPONSE"),
        ('{"class": "dataset", "id": ["a"], "size": [1]}', "needs id, size and dimension"),
        ("[" * 100_000, "not JSON"),
        (CUBE[:80], "not JSON"),
    ],
)
def test_what_is_no_whole_cube_is_refused(content: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        jsonstat_table("x", content.encode())


# Eurostat, https://ec.europa.eu/eurostat/web/user-guides/data-browser/api-data-access/api-getting-started/api


def test_eurostat_is_asked_with_its_filters() -> None:
    body = CUBE % ('{"0": 1.5, "3": 2}', ', "status": {"3": "p"}')
    with service(lambda _: Told(body.encode())) as there:
        filters = {"geo": ["ESP", "HEL"], "sinceTimePeriod": "2022"}
        (table,) = read({"eurostat": {"url": there.url, "dataset": "urb_cpop1", "filters": filters}})
    assert rows(table, "geo", "time", "value", "status") == [("ESP", "2022", "1.5", None), ("HEL", "2022", "2", "p")]
    assert there.asked[0].path == "/urb_cpop1"
    assert there.asked[0].query == {
        "format": ["JSON"],
        "lang": ["EN"],
        "geo": ["ESP", "HEL"],
        "sinceTimePeriod": ["2022"],
    }


# SDMX

CSV_1 = (
    b"DATAFLOW,FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE,OBS_STATUS\n"
    b"X:F(1.0),A,ESP,2023,12.50,A\nX:F(1.0),A,HEL,2023,NaN,M\n"
)
CSV_2 = (
    b"STRUCTURE;STRUCTURE_ID;ACTION;REF_AREA;TIME_PERIOD;OBS_VALUE\n"
    b"dataflow;X:F(1.0);I;ESP;2023;12.50\ndataflow;X:F(1.0);D;HEL;2023;\n"
)
ML = b"""<?xml version="1.0" encoding="UTF-8"?>
<m:GenericData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
 xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"
 xmlns:g="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic">
<m:Header><m:ID>x</m:ID><m:Test>false</m:Test><m:Prepared>2026-01-01T00:00:00</m:Prepared><m:Sender id="X"/>
<m:Structure structureID="S" dimensionAtObservation="TIME_PERIOD"><c:Structure>
<Ref agencyID="X" id="F" version="1.0"/></c:Structure></m:Structure></m:Header>
<m:DataSet structureRef="S" action="Replace"><g:Series><g:SeriesKey><g:Value id="REF_AREA" value="ESP"/></g:SeriesKey>
<g:Obs><g:ObsDimension value="2023"/><g:ObsValue value="12.50"/></g:Obs>
<g:Obs><g:ObsDimension value="2024"/><g:ObsValue value="13"/></g:Obs></g:Series></m:DataSet></m:GenericData>"""


def sdmx(content: bytes, findings: Findings | None = None, **spec: str) -> tuple[Table, Service]:
    with service(lambda _: Told(content)) as there:
        (table,) = read({"sdmx": {"url": there.url, "flow": "X,F,1.0", "key": "A.ESP+HEL", **spec}}, findings)
    return table, there


def test_sdmx_csv_keeps_its_digits_and_lines() -> None:
    table, there = sdmx(CSV_1, start="2023", end="2024")
    assert rows(table, "REF_AREA", "OBS_VALUE") == [("ESP", "12.50"), ("HEL", "NaN")]
    assert table.lines.tolist() == [2, 3]
    assert there.asked[0].path == "/data/X,F,1.0/A.ESP+HEL"
    assert there.asked[0].query == {"startPeriod": ["2023"], "endPeriod": ["2024"]}
    assert there.asked[0].headers["accept"].startswith("application/vnd.sdmx.data+csv;version=1.0.0")


def test_an_sdmx_csv_of_version_2_names_its_separator_and_what_it_takes_back() -> None:
    findings = Findings()
    table, there = sdmx(CSV_2, findings, api="2", start="2023-Q1")
    assert rows(table, "REF_AREA", "OBS_VALUE") == [("ESP", "12.50")]
    assert [(finding.check, finding.line) for finding in findings] == [("deletion", 3)]
    assert there.asked[0].path == "/data/dataflow/X/F/1.0/A.ESP+HEL"
    assert there.asked[0].query == {"c[TIME_PERIOD]": ["ge:2023-Q1"]}


def test_sdmx_ml_is_read_with_its_digits() -> None:
    table, there = sdmx(ML, form="xml")
    assert rows(table, "REF_AREA", "TIME_PERIOD", "OBS_VALUE") == [("ESP", "2023", "12.50"), ("ESP", "2024", "13")]
    assert there.asked[0].headers["accept"] == "application/vnd.sdmx.genericdata+xml;version=2.1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"data": {}}', "is SDMX-JSON: ask for CSV"),
        (b"", "is empty: there is nothing, or nothing for what was asked"),
        (b"<html><body>down</body></html>", "not an SDMX-ML data message"),
        (ML[:-60], "not an SDMX-ML data message"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>', "declares a document type"),
    ],
)
def test_what_is_no_sdmx_that_is_read_is_named(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        sdmx(content)


# One shape downstream: a service's table is checked, published and remembered as any file's is.

JOB = """
title = "Urban population"
[figures.source.fetch]
allow_private = true
min_interval_s = 0
[figures.source.worldbank]
url = "{url}"
indicator = "SP.URB.TOTL"
[figures.city]
column = "country.id"
aliases = {{ BR = "ru-kazan", IN = "ru-ufa" }}
[figures.indicator]
code = "TI_LIGHTS"
[figures.period]
column = "date"
[figures.value]
column = "value"
"""


@pytest.fixture
def register(database: Engine) -> None:
    with writing(database) as session:
        make_city(session, "ru-kazan")
        make_city(session, "ru-ufa")
        make_indicator(session, "TI_LIGHTS")


@pytest.fixture
def there() -> Iterator[Service]:
    with service(bank) as running:
        yield running


@pytest.mark.usefixtures("register")
def test_a_service_without_figures_is_nothing_to_publish(run: Run, tmp_path: Path) -> None:
    with service(lambda _: bank_page(1, 0, 0)) as empty:
        (tmp_path / "bank.toml").write_text(JOB.format(url=empty.url), encoding="utf-8")
        report = run(tmp_path / "bank.toml")
    assert (report.state, report.message, report.read) == ("unchanged", "", 0)


@pytest.mark.usefixtures("register")
def test_a_services_figures_are_published_and_every_page_is_remembered(
    run: Run, database: Engine, there: Service, tmp_path: Path
) -> None:
    (tmp_path / "bank.toml").write_text(JOB.format(url=there.url), encoding="utf-8")
    report = run(tmp_path / "bank.toml")
    assert (report.state, report.read, report.new, report.rejected) == ("published", 3, 3, 0)
    assert run(tmp_path / "bank.toml").state == "unchanged"
    with reading(database) as session:
        figure = reference.city(session, "ru-kazan").city.id, reference.indicator(session, "TI_LIGHTS").id
        kept = list(session.scalars(select(JobSource).where(JobSource.run_id == 1).order_by(JobSource.position)))
        history = observations.history(session, *figure, parse_period("2024"))
    assert [str(observation.value) for observation, _ in history] == ["187412345.1"]
    assert [(row.part, row.address.rpartition("/")[2].partition("?")[0]) for row in kept] == [
        ("job", "bank"),
        ("figures.source", "SP.URB.TOTL"),
        ("figures.source", "SP.URB.TOTL"),
    ]
    assert all(len(row.sha256) == 64 for row in kept)


def test_a_saved_answer_is_read_from_a_file_too() -> None:
    content = (CUBE % ("[1, 2, 3, 4, 5, 6]", "")).encode()
    source = Source(path="saved.json", format="jsonstat")
    table = read_table(File("saved.json", content), source, LIMITS, Findings())
    assert len(table.lines) == 6
