"""The pages in a real Chromium, cut off from every other host: address, Back, keyboard, language, policy, axe."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import grave
from tests.dashboard.conftest import Watched

pytestmark = pytest.mark.browser

KAZAN_UFA = "/compare?c=ru-kazan~ru-ufa"


DRAWN = ".picture .js-plotly-plot"


def see_every_drawing(page: Page) -> None:
    """Go through the page as a reader does; what comes near is drawn."""
    for picture in page.locator(".picture").all():
        picture.scroll_into_view_if_needed()
        expect(picture.locator(".main-svg").first).to_be_visible()


def asked(page: Page) -> dict[str, list[str]]:
    """The parameters of the window's address."""
    return parse_qs(urlsplit(page.url).query)


def test_a_city_found_in_russian_is_added_by_keyboard_with_one_request(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    page.locator("#compare-search").focus()
    page.keyboard.type("пермь", delay=20)
    expect(page.locator(".found button").first).to_contain_text("Пермь")
    before = len(window.posts)
    page.keyboard.press("Enter")
    expect(page.locator(".heatmap thead")).to_contain_text("Пермь")
    assert asked(page)["c"] == ["ru-kazan~ru-ufa~ru-perm"]
    choices = [json.loads(body) for body in window.posts[before:]]
    assert [body["changedPropIds"] for body in choices] == [["choice.data"]]
    expect(page.locator("#compare-search")).to_be_focused()
    expect(page.locator("#compare-search")).to_have_value("")


def test_a_city_is_found_in_english_on_a_russian_page(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    page.locator("#compare-search").fill("samar")
    expect(page.locator(".found button").first).to_contain_text("Самара")


def test_a_choice_is_kept_in_the_address_and_back_undoes_it(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    page.get_by_label("Период").select_option("2026-Q1")
    expect(page.locator(".heatmap caption")).to_contain_text("за I кв. 2026")
    assert asked(page)["t"] == ["2026-Q1"]
    page.get_by_role("button", name="Качество управления").click()
    expect(page.locator(".lead")).to_contain_text("Качество управления")
    page.go_back()
    expect(page.locator(".lead")).to_contain_text("Технологичность инфраструктуры")
    page.go_back()
    expect(page.locator(".heatmap caption")).to_contain_text("за II кв. 2026")
    expect(page.get_by_label("Период")).to_have_value("2026-Q2")
    page.go_forward()
    expect(page.get_by_label("Период")).to_have_value("2026-Q1")


def test_the_same_address_in_another_window_shows_the_same_numbers(window: Watched) -> None:
    page = window.open("/compare?c=ru-ufa~ru-omsk&p=management&t=2025-Q4&lang=en")
    page.get_by_label("Compare within").select_option("country:RU")
    expect(page.locator(".heatmap caption")).to_contain_text("Russia")
    window.settled()
    numbers = page.locator(".heatmap").inner_text()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".heatmap")).to_have_text(page.locator(".heatmap").text_content() or "")
    assert other.locator(".heatmap").inner_text() == numbers


def test_the_focus_stays_where_it_was_after_a_choice(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    button = page.get_by_role("button", name="Человеческий капитал")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lead")).to_contain_text("Человеческий капитал")
    expect(button).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Технологичность инфраструктуры")).to_be_focused()


def test_removing_a_city_leaves_the_focus_among_the_cities(window: Watched) -> None:
    page = window.open("/compare?c=ru-kazan~ru-ufa~ru-perm")
    page.get_by_role("button", name="Убрать: Пермь").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chips li")).to_have_count(2)
    assert page.evaluate("document.activeElement.closest('.who-row') !== null")


def test_the_language_changes_document_and_numbers_and_is_part_of_the_address(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    assert page.evaluate("document.documentElement.lang") == "ru"
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare cities")
    assert asked(page)["lang"] == ["en"]
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == "Compare cities · Citymark"
    assert page.locator(".cell .number").first.inner_text().count(".") == 1


def test_the_table_of_a_chart_opens_and_holds_every_period(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    card = page.locator("figure.chart").first
    card.locator("summary").click()
    expect(card.locator("tbody tr")).to_have_count(9)


def test_a_table_that_was_opened_stays_open_after_a_choice_and_shows_what_was_chosen(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    card = page.locator("figure.chart").first
    card.locator("summary").click()
    page.get_by_label("Период").select_option("2026-Q1")
    expect(card.locator("tbody tr").first).to_contain_text("I кв. 2026")
    expect(card.locator("tbody tr").first).to_be_visible()


def test_only_drawings_that_come_near_are_made_and_a_choice_makes_them_anew(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    page.wait_for_timeout(300)
    assert page.locator(DRAWN).count() < page.locator(".picture").count()
    card = page.locator("figure", has=page.locator("#compare-pair-chart"))
    card.scroll_into_view_if_needed()
    expect(card.locator(".xtitle")).to_be_visible()
    page.get_by_label("По горизонтали").select_option("TI_SMART_LIGHTING")
    expect(card.locator(".xtitle")).to_contain_text("освещения")
    assert card.locator(".js-plotly-plot").count() == 1
    page.set_viewport_size({"width": 800, "height": 1000})
    wide = card.locator(".picture").bounding_box()
    expect(card.locator(".main-svg").first).to_have_attribute("width", re.compile(f"^{wide and int(wide['width'])}"))


def test_paper_gets_every_drawing(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    page.wait_for_function("window.Plotly")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(DRAWN).count() == page.locator(".picture").count()


def test_indicators_are_chosen_one_by_one_and_the_list_stays_open(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    page.locator("#compare-choose").click()
    page.locator(".toggles button").nth(0).click()
    expect(page.locator(".heatmap tbody tr")).to_have_count(1)
    page.locator(".toggles button").nth(1).click()
    expect(page.locator(".heatmap tbody tr")).to_have_count(2)
    assert len(asked(page)["i"][0].split("~")) == 2


@pytest.mark.parametrize("width", [320, 390, 768, 1440], indirect=True)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_nothing_but_tables_scrolls_sideways(window: Watched, width: int, language: str) -> None:
    page = window.open(f"/compare?c=ru-kazan~ru-ufa~ru-omsk~ru-samara~ru-perm&lang={language}")
    page.locator("#compare-choose").click()
    page.locator("figure.chart summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [390, 1440], indirect=True)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_axe_finds_nothing_serious(window: Watched, width: int, language: str) -> None:
    page = window.open(f"/compare?c=ru-kazan~ru-ufa~ru-omsk&change=year&lang={language}")
    page.locator("#compare-choose").click()
    page.locator("figure.chart summary").first.click()
    assert grave(page) == []


def test_an_inline_script_does_not_run_under_the_content_policy(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.wasRun = true';"
        " document.body.append(script); }"
    )
    page.evaluate(
        "() => { document.body.insertAdjacentHTML('beforeend', '<img src=x: onerror=\"window.wasRun=true\">') }"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.wasRun === undefined")
    assert any("Content Security Policy" in each for each in window.complaints)
    window.complaints.clear()


@pytest.mark.parametrize(("width", "name"), [(1440, "wide"), (390, "narrow")], indirect=["width"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_pictures_of_the_page_are_kept(window: Watched, name: str, language: str) -> None:
    page = window.open(f"/compare?c=ru-kazan~ru-ufa~ru-omsk~ru-samara&t=2026-Q2&lang={language}")
    see_every_drawing(page)
    page.evaluate("window.scrollTo(0, 0)")
    window.screen(f"compare-{name}-{language}")
    window.screen(f"compare-{name}-{language}-whole", whole=True)
    assert page.locator(DRAWN).count() == page.locator(".picture").count()


def test_the_document_holds_the_page_for_readers_without_script(chromium: Browser, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + KAZAN_UFA + "&t=2026-Q1&lang=en")
    expect(page.locator("h1")).to_have_text("Compare cities")
    assert page.get_by_label("Period").input_value() == "2026-Q1"
    table = page.locator(".heatmap").inner_text()
    assert "Kazan" in table
    assert page.locator("noscript").inner_text().startswith("Choosing and charts need JavaScript")
    scripted = chromium.new_page()
    scripted.goto(site + KAZAN_UFA + "&t=2026-Q1&lang=en")
    scripted.locator("#react-entry-point .heatmap").wait_for()
    expect(scripted.locator("#before")).to_have_count(0)
    assert scripted.locator(".heatmap").inner_text() == table
    scripted.close()
    context.close()


def test_what_is_chosen_before_the_page_lives_is_done_when_it_does(window: Watched) -> None:
    page = window.page
    held = []
    page.route("**/_dash-layout", lambda route: held.append(route))
    page.goto(window.site + KAZAN_UFA, wait_until="commit")
    page.locator("#before").get_by_role("button", name="Качество управления").click()
    expect(page.locator(".lead")).to_contain_text("Технологичность инфраструктуры")
    for route in held:
        route.continue_()
    expect(page.locator("#react-entry-point .lead")).to_contain_text("Качество управления")
    assert asked(page)["p"] == ["management"]


def test_the_page_stands_still_while_it_comes_to_life(window: Watched) -> None:
    window.page.add_init_script(
        "window.shifts = []; new PerformanceObserver((list) => list.getEntries().forEach((entry) =>"
        " window.shifts.push(entry.value))).observe({ type: 'layout-shift', buffered: true });"
    )
    page = window.open(KAZAN_UFA)
    page.wait_for_timeout(500)
    assert sum(page.evaluate("window.shifts")) < 0.05


def test_two_indicators_are_chosen_for_the_scatter(window: Watched) -> None:
    page = window.open(KAZAN_UFA)
    page.get_by_label("По горизонтали").select_option("TI_SMART_LIGHTING")
    expect(page.locator("#compare-pair-chart")).to_contain_text("освещения")
    assert asked(page)["x"] == ["TI_SMART_LIGHTING"]
    card = page.locator("figure", has=page.locator("#compare-pair-chart"))
    card.get_by_text("Таблица").click()
    first = card.locator("tbody th").all_inner_texts()[:2]
    assert first == ["Казань", "Уфа"]
    page.go_back()
    expect(page.locator("#compare-pair-chart")).not_to_contain_text("освещения")
