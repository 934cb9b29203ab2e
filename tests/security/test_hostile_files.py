"""The same texts in everything that is taken along: no formula, no link that is a program, no broken document."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from defusedxml import ElementTree
from pypdf import PdfReader
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.dashboard.served.conftest import PASSWORD, period
from tests.security.hostile import PAYLOADS, Ministry, city, indicator, period_before

pytestmark = pytest.mark.xdist_group("hostile")
COMMANDS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?(e[+-]?\d+)?")


@pytest.fixture(scope="module")
def kazan(ministry: Ministry) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url=ministry.url)), follow_redirects=False) as client:
        client.post("/sign-in", data={"email": "kazan@city.example", "password": PASSWORD})
        yield client


def texts_of(workbook: bytes) -> list[str]:
    """Every text of a workbook; a formula or a link in it fails."""
    found = []
    for sheet in openpyxl.load_workbook(io.BytesIO(workbook)):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate, cell.value)
                assert cell.hyperlink is None, (sheet.title, cell.coordinate)
                found += [str(cell.value)] if cell.value is not None else []
    return found


FIGURES = f"/api/v1/observations?period={period_before(period(), 1)}"
TABLES = (
    f"{FIGURES}&format=csv",
    f"{FIGURES}&format=csv&dialect=excel",
    f"{FIGURES}&format=sdmx-csv",
    "/api/v1/scores?framework=citymark-5p&format=csv",
    f"/api/v1/templates/{city(0)}/{period()}.csv",
)


@pytest.mark.parametrize("path", TABLES)
def test_no_cell_of_a_table_is_a_formula(kazan: TestClient, path: str) -> None:
    answer = kazan.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(("text/csv", "application/vnd.sdmx"))
    text = answer.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ","))
    assert len(rows) > 10
    assert {len(row) for row in rows} == {len(rows[0])}
    live = [cell for row in rows for cell in row if cell.startswith(COMMANDS) and not NUMBER.fullmatch(cell)]
    assert live == []


def test_every_payload_is_in_the_table_of_figures(kazan: TestClient) -> None:
    rows = csv.DictReader(io.StringIO(kazan.get(TABLES[0]).content.decode()))
    notes = {row["note"] for row in rows}
    assert {f"'{text}" if text.startswith(COMMANDS) else text for text in PAYLOADS} <= notes


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(kazan: TestClient, ministry: Ministry) -> None:
    for path in (
        f"{FIGURES}&format=xlsx",
        "/api/v1/scores?framework=citymark-5p&format=xlsx",
        f"/api/v1/templates/{city(0)}/{period()}.xlsx",
        f"/api/v1/submissions/{ministry.doubtful}/report.xlsx?language=ru",
        f"/api/v1/submissions/{ministry.faulty}/report.xlsx?language=en",
    ):
        answer = kazan.get(path)
        assert answer.status_code == 200, path
        assert len(texts_of(answer.content)) > 50, path
    told = "\n".join(texts_of(kazan.get(f"/api/v1/submissions/{ministry.faulty}/report.xlsx").content))
    assert [text for text in PAYLOADS[:20] if text not in told] == []


@pytest.mark.parametrize("path", ["/feeds/publications.atom", "/feeds/publications.atom?lang=ru"])
def test_the_feed_is_a_document_whose_texts_are_texts(kazan: TestClient, path: str) -> None:
    answer = kazan.get(path)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(answer.content)
    kinds = {element.get("type") for element in root.iter() if element.tag.endswith(("title", "summary", "content"))}
    assert kinds <= {None, "text"}
    said = "".join(root.itertext())
    assert all(text in said for text in PAYLOADS[:3])
    links = [element.get("href") or "" for element in root.iter() if element.tag.endswith("link")]
    assert all(link.startswith("http://testserver/") for link in links)


@pytest.mark.parametrize(
    "path",
    [f"{FIGURES}&format=sdmx-ml", "/sdmx/2.1/codelist/CITYMARK", "/sdmx/2.1/data/CITYMARK?lastNObservations=1"],
)
def test_messages_of_sdmx_stay_well_formed(kazan: TestClient, path: str) -> None:
    answer = kazan.get(path, headers={"Accept": "application/xml"})
    if answer.content.startswith(b"<"):
        root = ElementTree.fromstring(answer.content)
        assert {element.tag.rpartition("}")[2].casefold() for element in root.iter()}.isdisjoint(
            {"script", "img", "svg"}
        )


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/cities",
        "/api/v1/indicators",
        "/api/v1/frameworks",
        "/api/v1/vintages",
        "/feeds/publications.json",
        FIGURES,
    ],
)
def test_json_says_what_it_is_and_every_text_comes_back_whole(kazan: TestClient, path: str) -> None:
    answer = kazan.get(path)
    assert re.match(r"application/(feed\+)?json", answer.headers["content-type"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    said = str(list(strings(answer.json())))
    assert PAYLOADS[0] in said


def strings(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    for part in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from strings(part)


def test_what_was_sent_comes_back_as_a_file_to_save_under_a_harmless_name(
    kazan: TestClient, ministry: Ministry
) -> None:
    for number in (ministry.doubtful, ministry.faulty, *ministry.named):
        answer = kazan.get(f"/api/v1/submissions/{number}/file")
        assert answer.status_code == 200
        said = answer.headers["content-disposition"]
        assert said.startswith("attachment;")
        assert not re.search(r"[\r\n]", said)
        plain = re.search(r'filename="([^"]*)"', said)
        assert plain is None or not set(plain[1]) & set('<>/\\"')
        assert not answer.headers["content-type"].startswith(("text/html", "image/svg", "application/xhtml"))


@pytest.mark.parametrize("path", [f"/report/{city(0)}.pdf", "/api/v1/submissions/{}/receipt?format=pdf"])
def test_a_printed_page_holds_no_program_and_leads_nowhere_else(
    kazan: TestClient, ministry: Ministry, path: str
) -> None:
    answer = kazan.get(path.replace("{}", ministry.doubtful))
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    for word in (b"/JavaScript", b"/JS", b"/OpenAction /", b"/AA", b"/Launch", b"/EmbeddedFile", b"/SubmitForm"):
        assert word not in answer.content
    document = PdfReader(io.BytesIO(answer.content))
    links = [
        note.get_object()["/A"].get("/URI", "")
        for page in document.pages
        for note in page.get("/Annots", [])
        if "/A" in note.get_object()
    ]
    assert all(str(link).startswith("http://testserver/") for link in links)
    assert document.pages[0].extract_text()


def test_a_submission_by_the_api_holds_every_text_as_it_was_written(kazan: TestClient, ministry: Ministry) -> None:
    told = kazan.get(f"/api/v1/submissions/{ministry.doubtful}").json()
    assert set(PAYLOADS) <= set(strings(told))
    receipt = kazan.get(f"/api/v1/submissions/{ministry.doubtful}/receipt")
    assert receipt.headers["content-type"] == "application/json"


def test_pictures_are_drawings_without_programs(kazan: TestClient) -> None:
    for path in (
        f"/chart/indicator/{indicator(0)}/ranking.svg",
        f"/chart/indicator/{indicator(0)}/trend.svg?c={city(0)}~{city(3)}",
        "/chart/index/ranks.svg",
    ):
        root = ElementTree.fromstring(kazan.get(path).content)
        for element in root.iter():
            name = element.tag.rpartition("}")[2]
            assert name not in {"script", "foreignObject", "a", "use", "image", "animate", "iframe", "img"}, path
            assert not any(key.startswith("on") or key.endswith("href") for key in element.keys()), path
