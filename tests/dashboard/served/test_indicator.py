"""An indicator's page: charts, tables, files and the API say the same."""

from __future__ import annotations

import html
import io
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from PIL import Image
from starlette.testclient import TestClient

from app.db import writing
from app.main import create_app
from app.settings import Settings
from tests.dashboard.served.conftest import Site
from tests.makers import make_city, make_indicator, publish_figures

CODE = "TI_SMART_LIGHTING"
STATE = "c=ru-kazan~ru-ufa&t=2026-Q2&peer=size:over_1m"


@pytest.fixture(scope="module")
def browser(demo_file: Path) -> TestClient:
    return TestClient(create_app(Settings(database_url=f"sqlite:///{demo_file}")), follow_redirects=False)


def table(page: str, chart: str) -> list[list[str]]:
    """The rows of a chart's table."""
    part = page.split(f'id="chart-{chart}"')[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)
    return [[html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def api(browser: TestClient, query: str) -> dict[str, float | None]:
    rows = browser.get(f"/api/v1/observations?indicator={CODE}&{query}&limit=1000").json()["data"]
    return {row["city"]: row["value"] for row in rows}


def test_page_files_and_api_show_the_same_figures(browser: TestClient) -> None:
    page = browser.get(f"/indicator/{CODE}?{STATE}&lang=en").text
    expected = api(browser, "period=2026-Q2&peer_group=size:over_1m")
    there = sorted(f"{value:.1f}" for value in expected.values() if value is not None)
    assert sorted(row[2] for row in table(page, "ranking")) == there
    names = {row["code"]: row["name_en"] for row in browser.get("/api/v1/cities?limit=1000").json()["data"]}
    standing = {row[0]: row[1] for row in table(page, "standing")}
    assert standing == {names[code]: f"{expected[code]:.1f}" for code in ("ru-kazan", "ru-ufa")}
    csv, xlsx, png, svg = (
        html.unescape(re.findall(rf'<a href="([^"]+)" download>{kind}</a>', page)[0])
        for kind in ("CSV", "XLSX", "PNG", "SVG")
    )
    frame = pd.read_csv(io.BytesIO(browser.get(csv).content))
    assert (
        dict(zip(frame["city"], frame["value"].astype(object).where(frame["value"].notna(), None), strict=True))
        == expected
    )
    sheet = openpyxl.load_workbook(io.BytesIO(browser.get(xlsx).content)).worksheets[0]
    _, *rows = sheet.iter_rows(values_only=True)
    assert {str(row[0]): row[3] for row in rows} == expected
    with Image.open(io.BytesIO(browser.get(png).content)) as picture:
        assert picture.size[0] > 1400
        told = json.loads(picture.info["Figures"])
    drawn = browser.get(svg).text
    written = json.loads(html.unescape(drawn.split("<metadata>")[1].split("</metadata>")[0]))
    for about in (told, written):
        assert {
            row["city"]: None if row["value"] is None else float(row["value"]) for row in about["figures"]
        } == expected


def test_the_line_of_a_city_is_that_of_the_api(browser: TestClient) -> None:
    page = browser.get(f"/indicator/{CODE}?{STATE}&lang=en").text
    rows = browser.get(f"/api/v1/observations?indicator={CODE}&city=ru-kazan").json()["data"]
    values = [f"{row['value']:.1f}" for row in rows if row["value"] is not None and row["period"] <= "2026-Q2"]
    assert [row[1] for row in table(page, "trend") if row[1] != "–"] == values


def test_a_citation_says_what_has_changed_since(browser: TestClient) -> None:
    vintages = browser.get("/api/v1/vintages").json()["data"]
    old = next(row["number"] for row in reversed(vintages) if api(browser, f"period=2026-Q2&as_of={row['number']}"))
    page = browser.get(f"/indicator/{CODE}?{STATE}&as_of={old}&lang=en").text
    cite = html.unescape(re.findall(r'<a href="http://testserver([^"]+cite=[^"]+)"', page)[0])
    query = f"period=2026-Q2&peer_group=size:over_1m&as_of={old}"
    then = browser.get(f"/api/v1/observations?indicator={CODE}&{query}").json()["data"]
    now = browser.get(f"/api/v1/observations?indicator={CODE}&period=2026-Q2&peer_group=size:over_1m").json()["data"]
    before, after = ({row["city"]: (row["value"], row["status"]) for row in rows} for rows in (then, now))
    changed = sum(before.get(city) != after.get(city) for city in before.keys() | after.keys())
    opened = browser.get(cite).text
    assert "These are the figures that were cited." in opened
    assert changed
    assert f"Since then {changed} of {len(then)} values have changed." in opened
    forged = browser.get(cite[:-4] + ("0000" if not cite.endswith("0000") else "1111")).text
    assert "These are not the figures that were cited." in forged


def test_two_indicators_stand_against_each_other(browser: TestClient) -> None:
    page = browser.get(f"/indicator/{CODE}?{STATE}&i=QM_WATER_LOSS&lang=en").text
    first = api(browser, "period=2026-Q2&peer_group=size:over_1m")
    rows = browser.get("/api/v1/observations?indicator=QM_WATER_LOSS&period=2026-Q2&peer_group=size:over_1m").json()[
        "data"
    ]
    second = {row["city"]: row["value"] for row in rows}
    both = [code for code, value in first.items() if value is not None and second.get(code) is not None]
    assert len(table(page, "scatter")) == len(both) > 20


def test_an_unknown_indicator_is_met_by_those_that_look_like_it(browser: TestClient) -> None:
    answer = browser.get("/indicator/TI_SMART_LIGHTNING?lang=en")
    assert answer.status_code == 404
    assert "Perhaps TI_SMART_LIGHTING" in answer.text
    assert "Street lights under smart control" in browser.get("/indicator?q=smart light&lang=en").text


def test_hostile_names_are_only_text(site: Site) -> None:
    hostile = '<a href="javascript:alert(1)">$\\href{x}{y}$ %{x} =1+1</a>'
    with writing(site.app.state.engine) as session:
        make_city(session, "ru-hostile", name_en=hostile, name_ru=hostile, latitude=55.0, longitude=49.0)
        make_indicator(
            session, "XX_HOSTILE", name_en=hostile, name_ru=hostile, unit_label_en=hostile, unit_label_ru=hostile
        )
        rows = [
            {"city": "ru-hostile", "indicator": "XX_HOSTILE", "period": f"2025-Q{n}", "value": str(n)}
            for n in (1, 2, 3)
        ]
        publish_figures(session, *rows)
    browser = site.browser()
    page = browser.get("/indicator/XX_HOSTILE?c=ru-hostile&peer=all")
    assert page.status_code == 200
    assert '<a href="javascript:' not in page.text
    assert html.escape(hostile)[:40] in page.text or "&lt;a href=" in page.text
    for ending in ("svg", "png"):
        drawn = browser.get(f"/chart/indicator/XX_HOSTILE/ranking.{ending}?c=ru-hostile&peer=all")
        assert drawn.status_code == 200
        assert ending == "png" or b"<a href" not in drawn.content


@pytest.mark.browser
def test_copied_code_gives_the_figures_of_the_chart(
    demo_file: Path, serve: Callable[[str], str], browser: TestClient
) -> None:
    address = serve(f"sqlite:///{demo_file}")
    with urllib.request.urlopen(f"{address}/indicator/{CODE}?{STATE}") as answer:  # noqa: S310 - our own server
        page = answer.read().decode()
    codes = [html.unescape(code) for code in re.findall(r"<code>(.*?)</code>", page, re.DOTALL)]
    python = next(code for code in codes if code.startswith("import pandas"))
    shell = next(code for code in codes if code.startswith("curl")).replace("-o figures.csv", "-s")
    expected = api(browser, "period=2026-Q2&peer_group=size:over_1m")
    run = subprocess.run(
        [sys.executable, "-c", python + "\nprint(figures.to_csv(index=False))"],
        capture_output=True,
        text=True,
        check=True,
    )
    fetched = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)  # noqa: S607
    for text in (run.stdout, fetched.stdout):
        frame = pd.read_csv(io.StringIO(text))
        found = frame["value"].astype(object).where(frame["value"].notna(), None)
        assert dict(zip(frame["city"], found, strict=True)) == expected
