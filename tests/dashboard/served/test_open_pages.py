"""Home, city figures, peers, coverage, data and method say what the API and the definitions say."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import pytest
from pypdf import PdfReader
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from dashboard.served.method import FORMATS


@pytest.fixture(scope="module")
def browser(demo_file: Path) -> TestClient:
    return TestClient(create_app(Settings(database_url=f"sqlite:///{demo_file}")), follow_redirects=False)


def rows(browser: TestClient, query: str) -> list[dict[str, object]]:
    found = browser.get(f"/api/v1/observations?{query}&limit=10000").json()["data"]
    assert isinstance(found, list)
    return found


def test_a_search_that_means_one_place_leads_there(browser: TestClient) -> None:
    assert browser.get("/?q=казань").headers["location"] == "/city/ru-kazan"
    assert browser.get("/?q=HC_LIFE_EXP").headers["location"] == "/indicator/HC_LIFE_EXP"
    found = browser.get("/?q=kaz&lang=en")
    assert "Vladikavkaz" in found.text
    assert "Nothing was found" in browser.get("/?q=xyzzy&lang=en").text


def test_what_moved_is_what_the_api_has(browser: TestClient) -> None:
    page = browser.get("/?t=2026-Q2&lang=en").text
    line = re.compile(
        r'href="/city/([a-z0-9-]+)[^"]*"><strong>.*?href="/indicator/([A-Z0-9_]+)[^"]*">.*?'
        r"</span> ([^ ]+) → ([^ ]+) ",
        re.DOTALL,
    )
    found = line.findall(page)
    assert 0 < len(found) <= 12
    for city, indicator, before, now in found:
        for period, said in (("2025-Q2", before), ("2026-Q2", now)):
            (row,) = rows(browser, f"city={city}&indicator={indicator}&period={period}")
            assert float(said.replace(",", "").replace("\u2212", "-")) == pytest.approx(row["value"], abs=0.051)


def test_a_city_has_every_indicator_with_the_value_of_the_api(browser: TestClient) -> None:
    page = browser.get("/city/ru-kazan?t=2026-Q2&more=all&lang=en").text
    quarter = {row["indicator"]: row["value"] for row in rows(browser, "city=ru-kazan&period=2026-Q2")}
    part = page.split('id="figures"')[1].split('id="why"')[0]
    told = dict(
        re.findall(r'href="/indicator/([A-Z0-9_]+)[^"]*">.*?class="said-value"><strong>([^<]+)<', part, re.DOTALL)
    )
    assert len(told) == 50
    compared = 0
    for code, value in quarter.items():
        if value is not None:
            assert float(html.unescape(told[str(code)]).replace(",", "")) == pytest.approx(value, abs=0.051)
            compared += 1
    assert compared > 30
    assert "near:ru-kazan:6" in page


def test_cities_alike_are_those_of_the_api_with_the_same_weights(browser: TestClient) -> None:
    page = browser.get("/peers?c=ru-kazan&n=7&w-population=3&w-distance=0&w-country=1&w-climate=1&lang=en").text
    query = "count=7&population=3&distance=0&country=1&climate=1"
    found = browser.get(f"/api/v1/cities/ru-kazan/similar?{query}").json()["data"]
    table = page.split("<tbody>")[1].split("</tbody>")[0]
    assert re.findall(r'href="/city/([a-z0-9-]+)"', table) == [row["code"] for row in found]
    assert "near:ru-kazan:7:3-0-1-1" in page
    group = {
        row["city"]
        for row in rows(browser, "indicator=TI_SMART_LIGHTING&period=2026-Q2&peer_group=near:ru-kazan:7:3-0-1-1")
    }
    assert group <= {row["code"] for row in found} | {"ru-kazan"}
    assert "ru-kazan" in group


def test_coverage_counts_what_the_api_has(browser: TestClient) -> None:
    page = browser.get("/coverage?t=2026-Q2&peer=size:over_1m&lang=en").text
    line = re.findall(r'href="/city/ru-kazan">.*?</tr>', page, re.DOTALL)[0]
    shown = re.findall(r'<span class="full [a-z]+">([^<]+)</span>', line)
    quarterly = [row["code"] for row in browser.get("/api/v1/indicators").json()["data"] if row["frequency"] == "Q"]
    there = [
        row
        for row in rows(browser, "city=ru-kazan&period=2026-Q2")
        if row["value"] is not None and row["indicator"] in quarterly
    ]
    assert len(shown) == 8
    assert shown[-1] == f"{100 * len(there) / len(quarterly):.0f}"


def test_the_page_of_data_offers_the_formats_of_the_api(browser: TestClient) -> None:
    assert set(browser.get("/api/v1/config").json()["data"]["formats"]) >= set(FORMATS)
    page = browser.get("/data").text
    for name in FORMATS:
        assert browser.get(html.unescape(re.findall(rf'href="([^"]+format={name})"', page)[0])).status_code == 200


def test_the_method_shows_the_weights_that_are_used(browser: TestClient) -> None:
    page = browser.get("/method?lang=en").text
    assert page.count('<tr><th scope="row"><a href="/indicator/') == 50
    assert "Imputed" not in page or "imputed" in page
    assert "out-of-range" in page


def test_a_page_is_kept_and_answered_by_304_until_something_is_published(browser: TestClient) -> None:
    first = browser.get("/method")
    again = browser.get("/method", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.get("/method").content == first.content
    assert first.headers["cache-control"] == "private, no-cache"


def test_a_report_has_two_pages_a_language_and_the_values_of_the_api(browser: TestClient) -> None:
    answer = browser.get("/report/ru-kazan.pdf?t=2026-Q2")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content == browser.get("/report/ru-kazan.pdf?t=2026-Q2").content
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]
    assert len(pages) == 4
    assert "Казань, II кв. 2026" in pages[0]
    assert "Kazan, Q2 2026" in pages[2]
    assert "Simulated data" in pages[2]
    row = browser.get("/api/v1/scores?period=2026-Q2&city=ru-kazan").json()["data"][0]
    assert f"Score: {row['score']:.1f}. Rank {row['rank']} of" in " ".join(pages[2].split())
    (lights,) = rows(browser, "city=ru-kazan&indicator=TI_SMART_LIGHTING&period=2026-Q2")
    after = pages[3].split("Street lights under smart control, per cent")[1]
    assert after.split()[0] == f"{lights['value']:.1f}"
    assert not re.search("[а-яА-Я]", pages[3])


@pytest.mark.parametrize(
    ("city", "group", "said"),
    [
        ("ru-kazan", "size:over_1m+climate:comfortable", "over 1 million residents, relatively comfortable climate"),
        ("ru-norilsk", "size:100k_250k+climate:severe", "100,000 to 250,000 residents, severe climate"),
        ("ru-surgut", "size:250k_1m", "250,000 to 1 million residents"),
    ],
)
def test_a_city_is_compared_with_its_size_and_climate_and_the_page_says_with_whom(
    browser: TestClient, city: str, group: str, said: str
) -> None:
    members = browser.get("/api/v1/cities", params={"peer_group": group, "limit": 1000}).json()["data"]
    page = html.unescape(browser.get(f"/city/{city}?lang=en").text)
    assert f"Compared with: {said}, {len(members)} cities." in page
    assert f">As the first city: {said}</option>" in page
    # Four cities are severe and have 250 thousand to a million residents, Surgut among them.
    reason = "Cities in the group “250,000 to 1 million residents, severe climate”: 4, fewer than 6."
    assert (reason in page) == (city == "ru-surgut")
    assert (reason in browser.get(f"/compare?c={city}&lang=en").text) == (city == "ru-surgut")
    assert (reason in browser.get(f"/indicator/TI_SMART_LIGHTING?c={city}&lang=en").text) == (city == "ru-surgut")


def test_a_group_that_is_named_needs_no_reason_and_a_climate_is_a_group(browser: TestClient) -> None:
    page = html.unescape(browser.get("/city/ru-surgut?peer=climate:severe&lang=ru").text)
    assert "Сравнение: тяжёлые климатические условия, городов 16." in page
    assert "меньше 6" not in page
    assert ">По численности и климату<" not in page
    assert 'label="По численности и климату"' in page
    assert "тяжёлые климатические условия" in browser.get("/peers?c=ru-surgut&lang=ru").text


def test_a_day_of_the_past_is_chosen_on_the_page_and_shows_what_was_known_at_its_end(browser: TestClient) -> None:
    vintages = browser.get("/api/v1/vintages").json()["data"]
    day = sorted(each["published_at"][:10] for each in vintages)[len(vintages) // 2]
    known = max(each["number"] for each in vintages if each["published_at"][:10] <= day)
    for path in ("/city/ru-kazan", "/indicator/TI_SMART_LIGHTING", "/index"):
        assert '<input type="date" name="as_of" value="">' in browser.get(f"{path}?lang=en").text
        page = browser.get(f"{path}?as_of={day}&lang=en").text
        assert f'<input type="date" name="as_of" value="{day}">' in page
        assert "Show the newest" in page
    assert f"vintage {known}" in browser.get(f"/city/ru-kazan?as_of={day}&lang=en").text
    assert f'href="/index?as_of={vintages[0]["number"]}"' in browser.get("/data").text


def test_what_pulls_a_city_down_leads_to_its_page_and_the_middle_is_one_click_away(browser: TestClient) -> None:
    page = html.unescape(browser.get("/city/ru-kazan?lang=en").text)
    weak = re.findall(r"<li><a href=\"(/indicator/[A-Z0-9_]+[^\"]*)\">", page.split("▼", 1)[1].split("</ol>")[0])
    assert weak
    assert browser.get(weak[0]).status_code == 200
    ranks = {row["city"]: row["rank"] for row in browser.get("/api/v1/scores").json()["data"] if row["rank"]}
    middle = (len(ranks) + 1) // 2
    # Kazan is in the lower half of these simulated figures.
    assert ranks["ru-kazan"] > middle
    (address,) = re.findall(r"href=\"([^\"]*)#reach\">What the middle takes", page)
    assert f"What rank {middle} would take" in browser.get(address).text
