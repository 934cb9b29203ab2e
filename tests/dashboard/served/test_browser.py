"""The flow of an official in a real browser: by mouse, by keyboard, without script, and by axe."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import grave
from tests.dashboard.served.conftest import PASSWORD, Site, file, opened

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("forms")]
SCREENS = Path(__file__).parents[2] / "screens"


@pytest.fixture
def address(site: Site, serve: Callable[[str], str]) -> str:
    return serve(site.url)


@pytest.fixture(scope="module")
def site_address(demo_file: Path, serve: Callable[[str], str]) -> str:
    return serve(f"sqlite:///{demo_file}")


@pytest.fixture(scope="module")
def faulty(small_ministry: Path, tmp_path_factory: pytest.TempPathFactory, serve: Callable[[str], str]) -> str:
    """The address of a submission with an error and a doubt, at a site that is looked at and not changed."""
    site = opened(small_ministry, tmp_path_factory.mktemp("faulty"))
    where = site.send("kazan", file(("TI_SMART_LIGHTING", 164.5), ("CE_OPEN_DATA", "много")))
    return serve(site.url) + where


def signed_in(page: Page, address: str, who: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("[name=email]", f"{who}@city.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


def shot(page: Page, name: str) -> None:
    if os.environ.get("CITYMARK_WRITE_SCREENS"):
        SCREENS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


def test_an_official_submits_and_a_reviewer_publishes(chromium: Browser, address: str, tmp_path: Path) -> None:
    outside: list[str] = []
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.on("request", lambda request: None if request.url.startswith(address) else outside.append(request.url))
    signed_in(page, address, "kazan")
    assert page.url.endswith("/submit")
    assert grave(page) == []
    clean = tmp_path / "показатели.csv"
    clean.write_bytes(file(("TI_SMART_LIGHTING", 95), ("CE_OPEN_DATA", 31)))
    page.set_input_files("[name=file]", clean)
    page.click("text=Проверить файл")
    page.wait_for_url("**/submission/**")
    shot(page, "submission-ready")
    assert page.locator("h2", has_text="Всё в порядке").count() == 1
    assert grave(page) == []
    page.click("text=Подать в министерство")
    page.wait_for_url("**/receipt/**")
    assert grave(page) == []
    reviewer = chromium.new_context().new_page()
    signed_in(reviewer, address, "reviewer")
    reviewer.click("tbody a")
    reviewer.click("text=Одобрить")
    reviewer.click("text=Опубликовать сейчас")
    reviewer.wait_for_selector(".state.published")
    assert grave(reviewer) == []
    assert [url for url in outside if not url.startswith("data:")] == []


@pytest.mark.parametrize(("language", "width"), [("ru", 320), ("en", 390), ("ru", 1440), ("en", 1440)])
def test_every_page_fits_and_has_no_serious_barrier(
    chromium: Browser, faulty: str, language: str, width: int
) -> None:
    address, _, number = faulty.partition("/submission/")
    where = f"/submission/{number}"
    for who, paths in (
        ("kazan", ("/submit", where, "/account")),
        ("reviewer", ("/review", where, "/status")),
        ("administrator", ("/admin",)),
        (None, ("/sign-in", "/receipt")),
    ):
        page = chromium.new_context(viewport={"width": width, "height": 900}).new_page()
        if who:
            signed_in(page, address, who)
        for path in paths:
            page.goto(f"{address}{path}?lang={language}")
            shot(page, f"{path.strip('/').replace('/', '-')[:10]}-{who}-{language}-{width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.locator("html").get_attribute("lang") == language
            if width != 390:
                assert grave(page) == [], path
        page.context.close()


@pytest.mark.parametrize("has_script", [True, False])
def test_the_key_of_an_invitation_is_in_no_address_that_is_sent(
    chromium: Browser, address: str, site: Site, has_script: bool
) -> None:
    """With a script the link is enough; without one the person pastes it. Afterwards no address has the key."""
    new = {"name": "Новый", "email": "new@city.example", "role": "analyst"}
    made = site.browser("administrator").post("/admin/people", data=new)
    link = address + re.findall(r"/sign-in/invitation#[\w-]{43}", made.text)[0]
    key = link.partition("#")[2]
    sent: list[str] = []
    page = chromium.new_context(java_script_enabled=has_script).new_page()
    page.on("request", lambda request: sent.append(f"{request.url} {request.headers.get('referer', '')}"))
    page.goto(f"{address}/sign-in/invitation")
    assert not has_script or grave(page) == []
    page.goto("about:blank")
    page.goto(link)
    if not has_script:
        page.fill("[name=key]", link)
        page.keyboard.press("Enter")
    page.wait_for_selector("[name=password]")
    assert key not in page.url
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    assert key not in " ".join(sent)
    page.context.close()


def test_without_script_by_keyboard_alone(chromium: Browser, address: str, tmp_path: Path) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(f"{address}/submit")
    page.locator("[name=email]:focus").wait_for()
    page.keyboard.type("kazan@city.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/submit")
    path = tmp_path / "f.csv"
    path.write_bytes(file(("CE_OPEN_DATA", 31)))
    page.set_input_files("[name=file]", path)
    page.focus("button[value=file]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/submission/**")
    page.focus("button[value=submit]")
    page.keyboard.press("Space")
    page.wait_for_url("**/receipt/**")
    assert "Расписка" in (page.text_content("h1") or "")


OPEN = (
    "/",
    "/index",
    "/city/ru-kazan",
    "/indicator",
    "/indicator/TI_SMART_LIGHTING?c=ru-kazan~ru-ufa&i=QM_WATER_LOSS",
    "/peers?c=ru-kazan",
    "/coverage",
    "/data",
    "/method",
    "/embed/indicator/TI_SMART_LIGHTING/ranking",
)


@pytest.mark.parametrize(("language", "width"), [("ru", 320), ("en", 390), ("ru", 1440), ("en", 1440)])
def test_every_open_page_fits_and_has_no_serious_barrier(
    chromium: Browser, site_address: str, language: str, width: int
) -> None:
    page = chromium.new_context(viewport={"width": width, "height": 900}).new_page()
    outside: list[str] = []
    told: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    for path in OPEN:
        page.goto(f"{site_address}{path}{'&' if '?' in path else '?'}lang={language}")
        shot(page, f"{path.strip('/').partition('?')[0].replace('/', '-')}-{language}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        if width != 390:
            assert grave(page) == [], path
    assert [url for url in outside if not url.startswith((site_address, "data:"))] == []
    assert told == []
    page.context.close()


def test_the_points_of_a_chart_are_walked_by_the_arrow_keys(chromium: Browser, site_address: str) -> None:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{site_address}/indicator/TI_SMART_LIGHTING?c=ru-kazan&t=2026-Q2&peer=size:over_1m&lang=en")
    page.focus("[aria-labelledby=chart-ranking] [data-walk]")
    said = page.locator("[aria-labelledby=chart-ranking] .said")
    heard = []
    page.keyboard.press("Home")
    for _ in range(200):
        page.wait_for_timeout(170)
        heard.append(said.text_content() or "")
        page.keyboard.press("ArrowRight")
        if len(heard) > 1 and heard[-1] == heard[-2]:
            break
    points = page.locator("[aria-labelledby=chart-ranking] .wide [data-say]")
    expected = [points.nth(n).get_attribute("data-say") for n in range(points.count())]
    assert set(heard) == set(expected)
    page.keyboard.press("Escape")
    assert said.text_content() == ""
    page.context.close()


def test_the_form_of_choices_works_without_script_and_back_goes_back(chromium: Browser, site_address: str) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site_address}/indicator/TI_SMART_LIGHTING?c=ru-kazan")
    page.fill("[name=add]", "Уфа")
    page.keyboard.press("Enter")
    page.wait_for_url("**add=*")
    assert page.locator(".chosen li").count() == 2
    page.click(".chosen .remove >> nth=0")
    page.wait_for_url("**c=ru-ufa*")
    assert page.locator(".chosen li").count() == 1
    page.go_back()
    assert page.locator(".chosen li").count() == 2
    page.context.close()
