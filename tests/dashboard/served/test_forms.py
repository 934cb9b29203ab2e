"""The pages with forms, as a browser without any script sees them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import dashboard.served
from app.accounts.identity import COOKIE
from app.main import create_app
from app.settings import Settings
from dashboard.served.app import GET, OPEN, POST
from tests.clamd import EICAR, daemon
from tests.dashboard.served.conftest import PASSWORD, Site, file, period

FORMS = Path(dashboard.served.__path__[0])
WHO = (None, "kazan", "ufa", "reviewer", "analyst", "administrator")
# GET of a page by each of WHO; a redirect to the sign-in is 303, somebody else's submission is not there.
PAGES = {
    "/": (200, 200, 200, 200, 200, 200),
    "/index": (200, 200, 200, 200, 200, 200),
    "/city/{city}": (404, 404, 404, 404, 404, 404),
    "/indicator": (200, 200, 200, 200, 200, 200),
    "/indicator/{code}": (404, 404, 404, 404, 404, 404),
    "/report/{city}.pdf": (404, 404, 404, 404, 404, 404),
    "/peers": (200, 200, 200, 200, 200, 200),
    "/coverage": (200, 200, 200, 200, 200, 200),
    "/method": (200, 200, 200, 200, 200, 200),
    "/chart/index/{chart}.{ending:ending}": (404, 404, 404, 404, 404, 404),
    "/embed/index/{chart}": (404, 404, 404, 404, 404, 404),
    "/chart/indicator/{code}/{chart}.{ending:ending}": (404, 404, 404, 404, 404, 404),
    "/embed/indicator/{code}/{chart}": (404, 404, 404, 404, 404, 404),
    "/data": (200, 200, 200, 200, 200, 200),
    "/sign-in": (200, 303, 303, 303, 303, 303),
    "/sign-in/invitation": (200, 200, 200, 200, 200, 200),
    "/account": (303, 200, 200, 200, 200, 200),
    "/admin": (303, 403, 403, 403, 403, 200),
    "/submit": (303, 200, 200, 200, 200, 200),
    "/submission/{submission}": (303, 200, 404, 200, 404, 404),
    "/review": (303, 403, 403, 200, 403, 403),
    "/status": (303, 200, 200, 200, 200, 200),
    "/receipt": (200, 200, 200, 200, 200, 200),
    "/receipt/{submission}": (303, 200, 404, 200, 404, 404),
}
# POST without a form: what is not one's own is not there, what is one's own asks for what is missing.
DEEDS = {
    "/sign-in": (401, 401, 401, 401, 401, 401),
    "/sign-in/invitation": (404, 404, 404, 404, 404, 404),
    "/account/tokens": (303, 422, 422, 422, 422, 422),
    "/account/tokens/{token:int}/revoke": (303, 404, 404, 404, 404, 404),
    "/account/browsers/{browser}/end": (303, 404, 404, 404, 404, 404),
    "/account/password": (303, 422, 422, 422, 422, 422),
    "/admin/people": (303, 403, 403, 403, 403, 422),
    "/admin/people/{person:int}": (303, 403, 403, 403, 403, 404),
    "/admin/tasks/{task:int}/again": (303, 403, 403, 403, 403, 404),
    "/submit": (303, 422, 422, 422, 422, 422),
    "/submission/{submission}": (303, 422, 404, 422, 404, 404),
    "/submission/{submission}/read": (303, 303, 404, 403, 404, 404),
    "/status": (303, 403, 403, 422, 403, 403),
    "/receipt": (200, 200, 200, 200, 200, 200),
    "/sign-out": (303, 303, 303, 303, 303, 303),
}


def test_every_page_and_deed_is_in_this_table() -> None:
    assert list(PAGES) == [*OPEN, *GET]
    assert set(DEEDS) == set(POST)


def test_everybody_sees_what_the_table_says(site: Site) -> None:
    where = site.send("kazan", file(("CE_OPEN_DATA", 31)))
    number = where.rpartition("/")[2]
    told = {
        page: tuple(site.browser(who).get(page.replace("{submission}", number)).status_code for who in WHO)
        for page in PAGES
    }
    assert told == PAGES


def test_everybody_may_do_what_the_table_says(site: Site) -> None:
    number = site.send("kazan", file(("CE_OPEN_DATA", 31))).rpartition("/")[2]
    told = {}
    for page in DEEDS:
        path = (
            page.replace("{submission}", number)
            .replace("{token:int}", "77")
            .replace("{person:int}", "77")
            .replace("{task:int}", "77")
        )
        told[page] = tuple(site.browser(who).post(path).status_code for who in WHO)
    assert told == DEEDS


def test_signing_in_leads_where_one_wanted_and_nowhere_else(site: Site) -> None:
    browser = site.browser()
    assert browser.get("/review").headers["location"] == "/sign-in?next=/review"
    form = {"email": "reviewer@city.example", "password": PASSWORD}
    for wanted, expected in (
        ("/review", "/review"),
        ("https://evil.example/", "/sign-in"),
        ("//evil.example/", "/sign-in"),
        ("/\\evil.example", "/sign-in"),
        ("", "/sign-in"),
    ):
        answer = browser.post("/sign-in", data={**form, "next": wanted})
        assert answer.headers["location"] == expected
    cookie = answer.headers["set-cookie"]
    assert f"{COOKIE}=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.get("/sign-in").headers["location"] == "/review"
    browser.post("/sign-out")
    assert browser.get("/review").status_code == 303


def test_a_wrong_password_says_the_same_and_soon_no_more(site: Site) -> None:
    browser = site.browser()
    texts = set()
    for email in ["reviewer@city.example"] * 10 + ["nobody@city.example"] * 10:
        answer = browser.post("/sign-in", data={"email": email, "password": "wrong password"})
        assert answer.status_code == 401
        texts.add(answer.text.replace(email, "EMAIL"))
    assert len(texts) == 1
    answer = browser.post("/sign-in", data={"email": "reviewer@city.example", "password": PASSWORD})
    assert answer.status_code == 429


def test_every_page_has_its_policy_and_is_kept_by_nobody(site: Site) -> None:
    answer = site.browser().get("/sign-in")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_clean_file_is_five_clicks_from_the_page_to_submitted(site: Site) -> None:
    """Open the page, choose the file, check it, submit it: four, and the receipt is there."""
    kazan = site.browser("kazan")
    assert f'value="{period()}"' in kazan.get("/submit").text
    page = kazan.get(site.send("kazan", file(("TI_SMART_LIGHTING", 61.5), ("CE_OPEN_DATA", 31))))
    assert "Всё в порядке: ошибок нет" in page.text
    number = re.findall(r'action="/submission/([0-9a-f-]{36})"', page.text)[0]
    plan = re.findall(r'name="plan" value="([0-9a-f]{64})"', page.text)[0]
    answer = kazan.post(f"/submission/{number}", data={"deed": "submit", "plan": plan})
    assert answer.headers["location"] == f"/receipt/{number}"
    assert "Расписка № 1" in kazan.get(f"/receipt/{number}").text
    reviewer = site.browser("reviewer")
    assert f"/submission/{number}" in reviewer.get("/review").text
    for deed in ("approve", "publish"):
        assert reviewer.post(f"/submission/{number}", data={"deed": deed, "plan": plan}).status_code == 303
    assert "опубликовано" in kazan.get(f"/submission/{number}").text
    shown = site.browser().get(f"/api/v1/observations?city=ru-kazan&period={period()}").json()["data"]
    assert {row["indicator"]: row["value"] for row in shown} == {"TI_SMART_LIGHTING": 61.5, "CE_OPEN_DATA": 31}


def test_errors_stand_with_their_cell_and_names_in_place_of_codes(site: Site) -> None:
    page = site.browser("kazan").get(site.send("kazan", file(("TI_SMART_LIGHTING", 164.5)))).text
    assert "Есть ошибки: 1" in page
    assert '<th scope="row">D2</th>' in page
    assert "«Доля фонарей»" in page
    english = site.browser("kazan").get(site.send("kazan", file(("TI_SMART_LIGHTING", 164.5))) + "?lang=en").text
    assert "There are errors: 1" in english


def test_another_reading_takes_the_place_of_the_first(site: Site) -> None:
    kazan = site.browser("kazan")
    first = site.send("kazan", file(("CE_OPEN_DATA", 31)))
    answer = kazan.post(f"{first}/read", data={"encoding": "koi8-r"})
    second = answer.headers["location"]
    assert second != first
    assert "koi8-r" in kazan.get(second).text
    assert "отозвано" in kazan.get(first).text


def test_a_receipt_is_verified_by_the_file_itself(site: Site) -> None:
    content = file(("CE_OPEN_DATA", 31))
    site.send("kazan", content)
    nobody = site.browser()
    assert "Этот файл получен" in nobody.post("/receipt", files={"file": ("x.csv", content)}).text
    assert "Такой файл не получали" in nobody.post("/receipt", files={"file": ("x.csv", b"other")}).text


def test_hostile_names_and_texts_stay_text(site: Site) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    content = (f"город;показатель;период;значение;статус;примечание\r\nru-kazan;{hostile};{period()};1;;").encode()
    data = {"city": "ru-kazan", "period": period(), "deed": "file"}
    kazan = site.browser("kazan")
    where = kazan.post("/submit", data=data, files={"file": (f"{hostile}.csv", content, "text/csv")})
    page = kazan.get(where.headers["location"]).text
    assert "<img" not in page
    assert "&lt;img src=x" in page
    answer = kazan.post(where.headers["location"], data={"deed": "comment", "comment": hostile})
    assert "<img" not in kazan.get(answer.headers["location"]).text
    boss = site.browser("administrator")
    made = boss.post("/admin/people", data={"name": hostile, "email": "x@y.example", "role": "analyst"})
    assert made.status_code == 200
    assert "<img" not in made.text


def test_an_administrator_invites_a_person_who_sets_a_password(site: Site) -> None:
    boss = site.browser("administrator")
    made = boss.post("/admin/people", data={"name": "Новый", "email": "new@city.example", "role": "analyst"})
    link = re.findall(r"/sign-in/invitation#[\w-]+", made.text)[0]
    person = site.browser()
    assert "Ключ приглашения" in person.get(link).text
    assert "Здравствуйте, Новый!" in person.post("/sign-in/invitation", data={"key": f" http://x{link} "}).text
    key = link.partition("#")[2]
    assert "Здравствуйте, Новый!" in person.post("/sign-in/invitation", data={"key": key}).text
    assert person.post("/sign-in/invitation", data={"key": key, "password": "short"}).status_code == 422
    for language, words in (
        ("ru", "есть в списках утёкших паролей"),
        ("en", "stands in lists of passwords that leaked"),
    ):
        weak = {"key": key, "password": "manchesterunited"}
        refused = site.browser().post(f"/sign-in/invitation?lang={language}", data=weak)
        assert (refused.status_code, words in refused.text) == (422, True)
    done = person.post("/sign-in/invitation", data={"key": key, "password": PASSWORD})
    assert done.headers["location"] == "/account"
    assert "аналитик" in person.get("/account").text
    again = site.browser().post("/sign-in/invitation", data={"key": key})
    assert (again.status_code, "Приглашения с таким ключом нет" in again.text) == (404, True)


def test_a_token_is_shown_once_and_revoked(site: Site) -> None:
    kazan = site.browser("kazan")
    made = kazan.post("/account/tokens", data={"name": "script", "days": "30", "scope": "submit"}).text
    secret = re.findall(r"cm_[\w-]{43}", made)[0]
    assert secret not in kazan.get("/account").text
    api = site.browser()
    headers = {"Authorization": f"Bearer {secret}"}
    assert api.get("/api/v1/tokens", headers=headers).status_code == 403
    number = re.findall(r"/account/tokens/(\d+)/revoke", made)[0]
    assert kazan.post(f"/account/tokens/{number}/revoke").status_code == 303
    assert api.get("/api/v1/config", headers=headers).status_code in (200, 401)
    assert api.get("/api/v1/tokens", headers=headers).status_code == 401


def test_a_person_sees_where_they_are_signed_in_and_ends_another(site: Site) -> None:
    left, here = site.browser("kazan"), site.browser()
    here.post("/sign-in", data={"email": "kazan@city.example", "password": PASSWORD})
    page = here.get("/account").text
    assert page.count("этот браузер") == 1
    (name,) = re.findall(r"/account/browsers/([0-9a-f]{16})/end", page)
    assert site.browser("ufa").post(f"/account/browsers/{name}/end").status_code == 404
    assert here.post(f"/account/browsers/{name}/end").headers["location"] == "/account"
    assert left.get("/account").status_code == 303
    assert not re.findall(r"/account/browsers/", here.get("/account").text)


def test_a_file_that_is_too_large_is_told_so(site: Site) -> None:
    data = {"city": "ru-kazan", "period": period(), "deed": "file"}
    large = {"file": ("f.csv", b"1" * 10_500_000, "text/csv")}
    where = site.browser("kazan").post("/submit", data=data, files=large)
    assert "Файл не читается" in site.browser("kazan").get(where.headers["location"]).text
    larger = {"file": ("f.csv", b"1" * 12_000_000, "text/csv")}
    assert site.browser("kazan").post("/submit", data=data, files=larger).status_code == 413


@pytest.mark.parametrize(
    ("language", "bad", "silent"),
    [
        ("ru", "Проверка на вирусы нашла в файле «Eicar-Test-Signature»", "проверка сейчас не отвечает"),
        ("en", "found “Eicar-Test-Signature” in the file", "the scanner does not answer just now"),
    ],
)
def test_a_file_that_the_scanner_does_not_let_through_is_told_so(
    site: Site, language: str, bad: str, silent: str
) -> None:
    data = {"city": "ru-kazan", "period": period(), "deed": "file"}
    clean = file(("CE_OPEN_DATA", 31))
    where = f"/submit?lang={language}"
    with daemon() as (found, _):
        app = create_app(Settings(database_url=site.url, clamd=found.address))
        browser = TestClient(app, follow_redirects=False)
        browser.post("/sign-in", data={"email": "kazan@city.example", "password": PASSWORD})
        told = browser.post(where, data=data, files={"file": ("f.csv", clean + EICAR, "text/csv")})
        assert (told.status_code, bad in told.text) == (422, True)
        taken = browser.post(where, data=data, files={"file": ("f.csv", clean, "text/csv")})
        assert taken.status_code == 303
    later = browser.post(where, data=data, files={"file": ("g.csv", clean + b"\r\n", "text/csv")})
    assert (later.status_code, silent in later.text) == (503, True)
    assert "retry-after" in later.headers
    app.state.published.dispose()
