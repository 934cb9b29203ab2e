"""The index and a city's page say what the API says, in both languages, whatever the address holds."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from dashboard.served.pictures import bar, interval, line
from tests.dashboard.served.conftest import Site


@pytest.fixture(scope="module")
def browser(demo_file: Path) -> TestClient:
    return TestClient(create_app(Settings(database_url=f"sqlite:///{demo_file}")), follow_redirects=False)


LINE = re.compile(
    r'<td class="number rank">(\d+)</td><th scope="row"><a href="/city/([a-z0-9-]+)[^"]*">.*?<strong>([\d.,]+)'
    r'</strong>.*?<small>([^<]*)</small></td><td class="number">',
    re.DOTALL,
)
STEP = re.compile(r'<td class="number">([+\u2212]?[\d.]+)</td><td class="number">([+\u2212]?\d+)</td></tr>')


def told(page: str) -> list[tuple[int, str, float, str]]:
    """Rank, city, score and interval of every line of the ranking."""
    found = LINE.findall(page)
    return [(int(rank), city, float(score.replace(",", ".")), span) for rank, city, score, span in found]


def span(row: dict[str, object]) -> str:
    low, high = row["rank_low"], row["rank_high"]
    return f"только {low}" if low == high else f"{low}–{high}"


def test_the_page_and_the_api_say_the_same(browser: TestClient) -> None:
    page = browser.get("/index?t=2026-Q1&all=1").text
    rows = browser.get("/api/v1/scores?period=2026-Q1").json()["data"]
    ranked = [row for row in rows if row["rank"] is not None]
    expected = [(row["rank"], row["city"], pytest.approx(row["score"], abs=0.0501), span(row)) for row in ranked]
    assert told(page) == expected
    assert len(expected) > 200
    assert "Смоделированные данные" in page


def test_a_group_other_weights_and_the_past_are_in_the_address(browser: TestClient) -> None:
    vintage = browser.get("/api/v1/vintages").json()["data"][0]["number"] - 2
    address = f"/index?t=2026-Q1&peer=size:over_1m&w-human_capital=3&as_of={vintage}&lang=en"
    page = browser.get(address).text
    query = f"period=2026-Q1&peer_group=size:over_1m&as_of={vintage}&weights=human_capital:3"
    assert "These are not the official weights." in page
    assert "Shown as it was known on" in page
    answer = browser.get(f"/api/v1/scores?{query}")
    rows = [row for row in answer.json()["data"] if row["rank"] is not None][:40]
    assert [city for _, city, _, _ in told(page)] == [row["city"] for row in rows]
    assert len(rows) == 40


def test_a_city_is_explained_as_by_the_api(browser: TestClient) -> None:
    page = browser.get("/city/ru-kazan?t=2026-Q1&goal=3&against=ru-ufa&lang=en").text
    data = browser.get("/api/v1/scores/ru-kazan?period=2026-Q1&from=2025-Q1&rank=3&against=ru-ufa").json()["data"]
    assert f"Rank {data['rank']} of" in page
    assert f"range {data['rank_low']}–{data['rank_high']}" in page
    steps = STEP.findall(page)
    change = [(round(step["score"], 2) + 0.0, step["rank"]) for step in data["change"]["steps"]]
    said = [(float(a.replace("\u2212", "-")), int(b.replace("\u2212", "-"))) for a, b in steps[: len(change)]]
    assert said == change
    for item in data["strengths"]:
        assert f">{item}<" not in page
    assert "What rank 3 would take" in page


@pytest.mark.parametrize(
    "query",
    [
        "t=9999-Q9&peer=size:huge&as_of=x",
        "t=%00&peer=%F0%9F%98%80&w-human_capital=nan&w-safety=1e999",
        "as_of=99999999999999&t=2026-Q1",
        "as_of=0001-01-01T00:00:00%2B14:00",
        "q=" + "%3Cimg%20src%3Dx%3E" * 9,
        "goal=-1&against=%27%22%3E",
        "peer=country:ZZ",
        "w-human_capital=0&w-infrastructure=0&w-management=0&w-safety=0&w-cost_effectiveness=0",
    ],
)
def test_no_address_breaks_a_page(browser: TestClient, query: str) -> None:
    for path in ("/index", "/city/ru-kazan"):
        answer = browser.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        assert "<img" not in answer.text


def test_a_city_that_is_not_there_and_a_database_without_an_index_are_told(browser: TestClient, site: Site) -> None:
    assert browser.get("/city/%3Cb%3E").status_code == 404
    assert "Индекс пока не рассчитан" in site.browser().get("/index").text
    assert "Индекс пока не рассчитан" in site.browser().get("/city/ru-kazan").text


def test_a_search_shows_the_cities_it_means(browser: TestClient) -> None:
    found = told(browser.get("/index?t=2026-Q1&q=казан").text)
    assert [city for _, city, _, _ in found] == ["ru-kazan"]


def test_pictures_stand_where_their_numbers_say() -> None:
    assert 'cx="100.0"' in interval(51, 41, 61, 101)
    assert 'x="81.0" y="7" width="38.0"' in interval(51, 41, 61, 101)
    assert 'width="30.0"' in bar(50.0)
    assert 'width="60.0"' in bar(150.0)
    assert bar(None) == ""
    assert line([1.0, None]) == ""
    assert line([0.0, None, 1.0]).count("M") == 2


def test_the_ranking_is_taken_along_with_the_scores_of_the_api(browser: TestClient) -> None:
    state = "t=2026-Q1&peer=size:over_1m&w-human_capital=3&lang=en"
    page = browser.get(f"/index?{state}").text
    rows = browser.get("/api/v1/scores?period=2026-Q1&peer_group=size:over_1m&weights=human_capital:3").json()["data"]
    expected = {row["city"]: row["score"] for row in rows}
    csv, png = (
        html.unescape(re.findall(rf'<a href="([^"]+)" download>{kind}</a>', page)[0]) for kind in ("CSV", "PNG")
    )
    frame = pd.read_csv(io.BytesIO(browser.get(csv).content))
    found = frame["score"].astype(object).where(frame["score"].notna(), None)
    assert dict(zip(frame["city"], found, strict=True)) == pytest.approx(expected, nan_ok=True)
    with Image.open(io.BytesIO(browser.get(png).content)) as picture:
        told = {row["city"]: row["value"] for row in json.loads(picture.info["Figures"])["figures"]}
    assert {city: None if value is None else float(value) for city, value in told.items()} == pytest.approx(expected)
    cite = html.unescape(re.findall(r'<a href="http://testserver([^"]+cite=[^"]+)"', page)[0])
    assert "These are the figures that were cited." in browser.get(cite).text
    embedded = browser.get("/embed/index/ranks?t=2026-Q1")
    assert "frame-ancestors *" in embedded.headers["content-security-policy"]
    assert "<svg" in embedded.text
