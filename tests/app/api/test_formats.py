"""Every format says the same numbers, units and statuses, as real readers read them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import etree
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.api.app import create_api
from app.api.deps import Limits
from app.db import connect, writing
from app.formats import xlsx
from tests.app.api.conftest import three_vintages
from tests.conftest import Databases
from tests.makers import MORNING, publish_figures

ADDRESS = "/v1/observations"
HOSTILE = '=HYPERLINK("http://evil.example";"x"), "quoted"\n–\tтекст 北京'


def with_texts(figures: Engine) -> Engine:
    """A fourth vintage, of texts and numbers that are easily spoilt."""
    with writing(figures) as session:
        publish_figures(
            session,
            {"period": "2023-Q1", "value": "-0.000000012345678901", "note": HOSTILE},
            {"period": "2023-Q2", "value": "123456789012345.5", "note": "-5"},
            {"period": "2023-Q3", "value": "-7.5", "note": "@sum"},
            now=MORNING + timedelta(days=5),
        )
    return figures


@pytest.fixture(scope="module")
def read_figures(databases: Databases) -> Iterator[Engine]:
    """The four vintages for all tests here that only read."""
    engine = connect(databases.fresh_url())
    yield with_texts(three_vintages(engine))
    engine.dispose()


@pytest.fixture
def figures(database: Engine) -> Engine:
    return with_texts(three_vintages(database))


@pytest.fixture
def served(asked_figures: Engine) -> Iterator[TestClient]:
    with TestClient(create_api(asked_figures, Limits(max_page_rows=50))) as client:
        yield client


def rows(client: TestClient, query: str = "") -> list[dict[str, Any]]:
    return list(client.get(f"{ADDRESS}?{query}").json()["data"])


def expected(client: TestClient) -> list[tuple[Any, ...]]:
    return [(row["city"], row["indicator"], row["period"], row["value"], row["status"]) for row in rows(client)]


def told(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    values = [None if pd.isna(value) else float(value) for value in frame["value"]]
    keys = frame[["city", "indicator", "period"]].itertuples(index=False, name=None)
    return [(*key, value, status) for key, value, status in zip(keys, values, frame["status"], strict=True)]


def test_pandas_reads_the_csv(served: TestClient) -> None:
    answer = served.get(f"{ADDRESS}?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="observations-4.csv"'
    frame = pd.read_csv(io.BytesIO(answer.content), keep_default_na=False, na_values={"value": [""]})
    assert told(frame) == expected(served)
    assert set(frame["unit"]) == {"%"}
    assert frame["value"].min() == -7.5


def test_texts_are_no_formulas_and_numbers_are_not_touched(served: TestClient) -> None:
    table = list(csv.DictReader(io.StringIO(served.get(f"{ADDRESS}?format=csv").text)))
    notes = {row["period"]: row["note"] for row in table if row["note"]}
    assert notes["2023-Q1"] == "'" + HOSTILE
    assert notes["2023-Q3"] == "'@sum"
    assert {row["period"]: row["value"] for row in table if row["indicator"] == "TI_SMART_LIGHTING"}[
        "2023-Q3"
    ] == "-7.5"
    exact = next(row["value"] for row in table if row["period"] == "2023-Q1")
    assert exact == "-0.000000012345678901"


def test_excel_in_russia_opens_the_csv_by_a_double_click(served: TestClient) -> None:
    content = served.get(f"{ADDRESS}?format=csv&dialect=excel").content
    assert content.startswith(b"\xef\xbb\xbfcity;indicator;")
    frame = pd.read_csv(io.BytesIO(content), sep=";", decimal=",", encoding="utf-8-sig", na_values={"value": [""]})
    assert told(frame) == expected(served)


def test_sdmx_holds_what_was_not_withdrawn(served: TestClient) -> None:
    wanted = {(row[0], row[1], row[2]): row[3] for row in expected(served) if row[0] != "ru-oryol"}
    plain = served.get(f"{ADDRESS}?format=sdmx-csv").text
    frame = pd.read_csv(io.StringIO(plain)).rename(columns=str.lower)
    keys = frame[["ref_area", "indicator", "time_period"]].itertuples(index=False, name=None)
    values = [None if pd.isna(value) else value for value in frame["obs_value"]]
    assert dict(zip(keys, values, strict=True)) == wanted
    document = etree.fromstring(served.get(f"{ADDRESS}?format=sdmx-ml&city=ru-kazan").content)
    assert len(document.xpath("//*[local-name()='Obs']")) == len(wanted)
    body = served.get(f"{ADDRESS}?format=sdmx-json&limit=2").json()
    series = body["data"]["dataSets"][0]["series"].values()
    assert sum(len(each["observations"]) for each in series) == 2


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json;q=0.1, text/csv;q=0.9", "text/csv"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("application/*", "application/json"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
    ],
)
def test_the_accept_header_is_weighed(served: TestClient, accept: str, media: str) -> None:
    assert served.get(ADDRESS, headers={"Accept": accept}).headers["content-type"].startswith(media)


def test_openpyxl_reads_numbers_as_numbers_and_a_native_table(served: TestClient) -> None:
    content = served.get(f"{ADDRESS}?format=xlsx").content
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["data"]
    head, *lines = list(sheet.iter_rows(values_only=True))
    frame = pd.DataFrame(lines, columns=list(head))
    assert told(frame) == expected(served)
    assert list(sheet.tables) == ["data"]
    note = next(cell for cell in sheet["H"] if cell.value == HOSTILE)
    assert note.data_type == "s"
    assert book["notes"]["A1"].value == "Citymark"
    assert served.get(f"{ADDRESS}?format=xlsx").content == content


def test_a_long_workbook_is_a_plain_sheet_with_the_same_cells(served: TestClient, monkeypatch: Any) -> None:
    table = openpyxl.load_workbook(io.BytesIO(served.get(f"{ADDRESS}?format=xlsx").content))
    monkeypatch.setattr(xlsx, "MOST_TABLE_ROWS", 1)
    # Another address: the first one's answer is kept.
    content = served.get(f"{ADDRESS}?format=xlsx&limit=1000").content
    plain = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in ("data", "notes"):
        assert list(plain[sheet].values) == list(table[sheet].values)
    assert not plain["data"].tables
    assert plain["data"].auto_filter.ref == table["data"].tables["data"].ref
    kinds = {cell.data_type for row in plain["data"].iter_rows() for cell in row}
    assert "f" not in kinds
    assert served.get(f"{ADDRESS}?format=xlsx&limit=1001").content == content


def test_pyarrow_reads_parquet_and_the_stream(served: TestClient) -> None:
    parquet = served.get(f"{ADDRESS}?format=parquet").content
    table = pq.read_table(io.BytesIO(parquet))
    assert told(table.to_pandas()) == expected(served)
    assert table.schema.metadata[b"vintage"] == b"4"
    assert table.schema.field("value").type == pa.float64()
    stream = pa.ipc.open_stream(served.get(f"{ADDRESS}?format=arrow").content).read_all()
    assert stream.equals(table)
    assert served.get(f"{ADDRESS}?format=parquet").content == parquet


def test_the_json_stat_cube_holds_every_figure_and_status(served: TestClient) -> None:
    cube = served.get(f"{ADDRESS}?format=jsonstat").json()
    assert (cube["version"], cube["class"]) == ("2.0", "dataset")
    codes = [cube["dimension"][name]["category"]["index"] for name in cube["id"]]
    assert cube["size"] == [len(each) for each in codes]
    found = []
    for place, status in cube["status"].items():
        number, parts = int(place), []
        for size, listed in zip(reversed(cube["size"]), reversed(codes), strict=True):
            number, at = divmod(number, size)
            parts.append(listed[at])
        period, city, indicator = parts
        found.append((city, indicator, period, cube["value"].get(place), status))
    assert sorted(found) == sorted(expected(served))
    assert cube["dimension"]["indicator"]["category"]["unit"]["QM_PM25"] == {"label": "%", "decimals": 1}
    assert cube["role"] == {"time": ["period"], "geo": ["city"], "metric": ["indicator"]}
    known, notes = cube["extension"]["known_since"], cube["extension"]["notes"]
    assert sorted(known.values()) == sorted(row["vintage"] for row in rows(served))
    assert sorted(notes.values()) == sorted(row["note"] for row in rows(served) if row["note"])


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("-value", lambda row: (row["value"] is None, -(row["value"] or 0))),
        ("value", lambda row: (row["value"] is None, row["value"] or 0)),
        ("indicator,-period", lambda row: (row["indicator"], [-ord(letter) for letter in row["period"]])),
    ],
)
def test_rows_stand_in_the_order_asked_for_through_every_page(
    served: TestClient, sort: str, key: Callable[[dict[str, Any]], Any]
) -> None:
    found, cursor = [], ""
    while cursor is not None:
        body = served.get(f"{ADDRESS}?sort={sort}&limit=2{f'&cursor={cursor}' if cursor else ''}").json()
        found += body["data"]
        cursor = body["meta"]["next"]
    assert found == sorted(rows(served), key=key)
    refused = served.get(f"{ADDRESS}?sort=colour").json()
    assert refused["errors"][0]["where"] == "query.sort"
    assert served.get(f"{ADDRESS}?sort=value&format=csv").status_code == 422


def test_only_the_fields_asked_for_are_given(served: TestClient) -> None:
    whole = rows(served)
    cut = rows(served, "fields=value,city")
    assert cut == [{"city": row["city"], "value": row["value"]} for row in whole]
    columns = served.get(f"{ADDRESS}?fields=period&layout=columns").json()["data"]
    assert columns == {"period": [row["period"] for row in whole]}
    frame = pd.read_csv(io.StringIO(served.get(f"{ADDRESS}?fields=value,unit&format=csv").text))
    assert list(frame.columns) == ["value", "unit"]
    assert served.get(f"{ADDRESS}?fields=colour").json()["errors"][0]["where"] == "query.fields"
    assert served.get(f"{ADDRESS}?fields=city&format=jsonstat").status_code == 422


def test_every_format_gives_what_was_known_then(served: TestClient) -> None:
    for query in ("as_of=1", "as_of=2", "as_of=3&city=ru-oryol"):
        kept = [(row["city"], row["period"], row["value"]) for row in rows(served, query)]
        frame = pd.read_csv(
            io.BytesIO(served.get(f"{ADDRESS}?{query}&format=csv").content), na_values={"value": [""]}
        )
        parquet = pq.read_table(io.BytesIO(served.get(f"{ADDRESS}?{query}&format=parquet").content)).to_pandas()
        for table in (frame, parquet):
            values = [None if pd.isna(value) else value for value in table["value"]]
            assert list(zip(table["city"], table["period"], values, strict=True)) == kept


def test_the_format_is_told_by_name_or_by_accept(served: TestClient) -> None:
    for accept, media in (
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/html, */*", "application/json"),
        ("*/*", "application/json"),
    ):
        assert served.get(ADDRESS, headers={"Accept": accept}).headers["content-type"] == media
    refused = served.get(ADDRESS, headers={"Accept": "image/png"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not-acceptable")
    assert "parquet" in refused.json()["detail"]
    assert served.get(f"{ADDRESS}?format=dbf").status_code == 422
    page = served.get(f"{ADDRESS}?limit=2").json()["meta"]["next"]
    assert served.get(f"{ADDRESS}?format=csv&cursor={page}").status_code == 422
    assert len(list(csv.reader(io.StringIO(served.get(f"{ADDRESS}?format=csv&limit=2").text)))) == 3


def test_an_empty_selection_is_a_table_without_rows(served: TestClient) -> None:
    query = "period=1999-Q1"
    assert served.get(f"{ADDRESS}?{query}&format=csv").text.splitlines() == [
        "city,indicator,period,value,unit,status,vintage,note,attributes,withdrawn"
    ]
    assert pq.read_table(io.BytesIO(served.get(f"{ADDRESS}?{query}&format=parquet").content)).num_rows == 0
    assert served.get(f"{ADDRESS}?{query}&format=jsonstat").json()["value"] == {}
    assert served.get(f"{ADDRESS}?{query}&format=xlsx").status_code == 200


def test_changes_tell_new_revised_and_withdrawn_with_the_value_before(served: TestClient) -> None:
    data = served.get("/v1/changes?since=1").json()["data"]
    found = [(row["vintage"], row["city"], row["period"], row["kind"], row["before"], row["after"]) for row in data]
    assert found[:2] == [
        (2, "ru-kazan", "2024-Q3", "revised", 62.5, 61.5),
        (3, "ru-oryol", "2024-Q3", "withdrawn", 0, None),
    ]
    assert [row[3] for row in found[2:]] == ["new"] * 3
    assert len(served.get("/v1/changes?since=0").json()["data"]) == 4 + len(found)
    assert served.get("/v1/changes?since=4").json()["data"] == []
    assert served.get("/v1/changes?since=5").status_code == 422


def test_pages_of_changes_neither_skip_nor_repeat_while_more_is_published(
    served: TestClient, figures: Engine
) -> None:
    whole = served.get("/v1/changes?since=0").json()["data"]
    pages, cursor = [], ""
    for number in range(20):
        answer = served.get(f"/v1/changes?since=0&limit=2{cursor}").json()
        pages += answer["data"]
        if answer["meta"]["next"] is None:
            break
        cursor = f"&cursor={answer['meta']['next']}"
        with writing(figures) as session:
            publish_figures(session, {"value": str(number)}, now=MORNING + timedelta(days=30 + number))
    assert pages == whole


def test_a_figure_that_was_not_free_is_told_as_new_when_it_becomes_so(served: TestClient, figures: Engine) -> None:
    with writing(figures) as session:
        publish_figures(
            session, {"period": "2025-Q1", "value": "1", "confidentiality": "E"}, now=MORNING + timedelta(60)
        )
        publish_figures(session, {"period": "2025-Q1", "value": "2"}, now=MORNING + timedelta(days=61))
    (row,) = served.get("/v1/changes?since=4").json()["data"]
    assert (row["kind"], row["before"], row["after"]) == ("new", None, 2)


def test_cities_alike_are_near_in_the_respects_that_count(served: TestClient) -> None:
    (row,) = served.get("/v1/cities/ru-kazan/similar").json()["data"]
    assert row["code"] == "ru-oryol"
    assert row["parts"]["population"] == pytest.approx(0.6515, abs=1e-4)
    assert row["parts"]["country"] == 0
    assert row["parts"]["distance"] is None
    assert row["distance"] == pytest.approx((row["parts"]["population"] + 0) / 2)
    zero = "population=0&distance=0&country=0&climate=0"
    assert served.get(f"/v1/cities/ru-kazan/similar?{zero}").status_code == 422
    assert served.get("/v1/cities/ru-nowhere/similar").status_code == 404
