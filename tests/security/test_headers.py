"""Every address of the program, found by walking its routes, answers with the headers that protect its reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.accounts.identity import COOKIE, SECURE_COOKIE
from app.db import connect, writing
from app.main import create_app
from app.settings import Settings
from tests.dashboard.served.conftest import PASSWORD
from tests.servers import running, serving

#: What stands for the parts of an address: something that is there, then something that is not.
PARTS = {
    "city": ("ru-kazan", "ru-nowhere"),
    "code": ("TI_SMART_LIGHTING", "citymark-5p"),
    "chart": ("ranking", "ranks"),
    "ending": ("svg", "png"),
    "indicator": ("TI_SMART_LIGHTING", "NONE"),
    "period": ("2026-Q2", "1999-Q9"),
    "number": ("1", "999"),
    "sha256": ("0" * 64, "x"),
    "submission": ("00000000-0000-0000-0000-000000000000", "x"),
    "submission_id": ("00000000-0000-0000-0000-000000000000", "x"),
    "path": ("2.1/dataflow", "none"),
}
#: Addresses that no route names: files, what is mounted, and what is not there.
MORE = (
    "/api/docs/assets/swagger-ui.css", "/api/v1/none", "/api/none", "/api", "/sdmx/3.0/structure/dataflow",
    "/sdmx/2.1/data/CITYMARK", "/files/1/figures.csv", "/files/none", "/files", "/feeds/none", "/assets/page.css",
    "/assets/forms.js", "/assets/fonts/golos-text-latin-wght-normal.woff2", "/assets/none.css", "/none",
    "/robots.txt",
    "/.git/config", "/.env", "/compare/none", "/%00", "/%2e%2e/%2e%2e/etc/passwd", "/_dash-component-suites/none.js",
    "/_reload-hash", "/sign-in?next=//evil.example", "/?lang=en", "/data?lang=ru", "/embed/index/ranks?lang=en",
    "/chart/index/ranks.svg?as_of=1", "/api/v1/observations?limit=1&as_of=1", "/api/v1/observations?nonsense=1",
    "/api/v1/observations?format=csv&limit=1", "/api/v1/observations?format=xlsx&limit=1",
    "/api/v1/observations?period=never", "/api/v1/status-board?period=2026-Q2", "/admin?before=x",
    "/_dash-component-suites/dash/deps/react@18.v4_4_1m1.min.js",
)  # fmt: skip
COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}
POLICY = {"default-src": "'none'", "base-uri": "'none'"}
FEED = "/feeds/publications.atom"
LEAKS = ("server", "x-powered-by", "x-aspnet-version", "via")


def addresses(app: Any, before: str = "") -> Iterator[str]:
    """The address of every route, in what is mounted too, by whatever it is wrapped."""
    while not hasattr(app, "routes") and not hasattr(app, "url_map") and hasattr(app, "app"):
        app = app.app
    if isinstance(app, FastAPI):
        yield from (before + path for path in app.openapi()["paths"])
    if hasattr(app, "url_map"):
        yield from (rule.rule for rule in app.url_map.iter_rules())
    for route in getattr(app, "routes", ()):
        path = before + getattr(route, "path", "")
        if hasattr(route, "methods"):
            yield path
        elif hasattr(route, "app"):
            yield from addresses(route.app, path)


def filled(path: str, choice: int) -> str:
    """An address with something for each of its parts, as `{city}`, `{token:int}` or `<path:file>`."""
    named = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: PARTS.get(found[1], ("7", "77"))[choice], path)
    return re.sub(r"<(?:\w+:)?\w+>", "none", named)


def asked(app: Starlette) -> list[str]:
    found = {filled(path, choice) for path in addresses(app) for choice in (0, 1)}
    return sorted(found | set(MORE))


def policy(answer: httpx2.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers.get("content-security-policy", "").split(";"))
    return {name: value for name, _, value in parts}


def faults(answer: httpx2.Response, path: str, *, is_personal: bool) -> list[str]:
    """What is wrong with the headers of an answer."""
    headers, rules = answer.headers, policy(answer)
    found = [f"{name}: {headers.get(name)}" for name, value in COMMON.items() if headers.get(name) != value]
    found += [f"policy {name}: {rules.get(name)}" for name, value in POLICY.items() if rules.get(name) != value]
    may_be_framed = path.startswith(("/embed/", "/chart/"))
    if rules.get("frame-ancestors") != "'none'" and not (may_be_framed and answer.status_code == 200):
        found.append("may be framed")
    if "'unsafe-eval'" in str(rules) or "'unsafe-inline'" in rules.get("script-src", ""):
        found.append(f"script-src {rules['script-src']}")
    if headers.get("cross-origin-resource-policy") not in ("same-origin", "cross-origin"):
        found.append("no Cross-Origin-Resource-Policy")
    found += [f"{name}: {headers[name]}" for name in LEAKS if name in headers]
    return found + cache_faults(answer, path, is_personal=is_personal) + content_faults(answer)


def cache_faults(answer: httpx2.Response, path: str, *, is_personal: bool) -> list[str]:
    rule = answer.headers.get("cache-control", "")
    is_same_for_all = path.startswith(
        ("/assets/", "/_", "/files", "/sdmx", "/feeds", "/chart/", "/embed/", "/report/")
    )
    found = []
    if not any(word in rule for word in ("no-store", "no-cache", "public")):
        found.append(f"cache-control: {rule!r}")
    if "public" in rule and (answer.status_code >= 400 or "set-cookie" in answer.headers):
        found.append(f"kept by all: {answer.status_code} {rule}")
    if is_personal and "public" in rule and not is_same_for_all:
        found.append(f"of one, and kept by all: {rule}")
    is_of_people = re.match(
        r"/(account|admin|submit|submission|review|status|receipt|sign-in)|/api/v1/(tok|aud|sub)", path
    )
    if is_of_people and "no-store" not in rule:
        found.append(f"of people, and kept: {rule}")
    return found


def content_faults(answer: httpx2.Response) -> list[str]:
    kind = answer.headers.get("content-type", "")
    if answer.content and not kind:
        return ["no content-type"]
    if kind.startswith("text/") and "charset=utf-8" not in kind.lower():
        return [f"content-type: {kind}"]
    return []


@pytest.fixture(scope="module")
def app(peopled: str, tmp_path_factory: pytest.TempPathFactory) -> Starlette:
    return create_app(Settings(database_url=peopled, files_dir=tmp_path_factory.mktemp("no") / "files"))


def browser_of(app: Starlette, who: str | None, base: str = "http://testserver") -> TestClient:
    browser = TestClient(app, base_url=base, follow_redirects=False, raise_server_exceptions=False)
    if who:
        answer = browser.post("/sign-in", data={"email": f"{who}@city.example", "password": PASSWORD})
        assert answer.status_code == 303
    return browser


@pytest.mark.parametrize("who", [None, "kazan", "administrator"])
def test_every_answer_of_every_address_protects_its_reader(app: Starlette, who: str | None) -> None:
    browser, wrong, seen = browser_of(app, who), {}, set()
    for path in asked(app):
        for method in ("GET",) if who else ("GET", "PATCH", *(["HEAD"] if path in MORE else [])):
            answer = browser.request(method, path)
            seen.add(answer.status_code)
            assert answer.status_code < 500, path
            if found := faults(answer, path, is_personal=who is not None):
                wrong[f"{method} {path}"] = found
    assert wrong == {}
    assert seen >= ({200, 404, 422, 303, 401, 405} if who is None else {200, 404, 422})


def test_the_walk_reaches_every_part_of_the_program(app: Starlette) -> None:
    found = set(addresses(app))
    for path in (
        "/healthz", "/api/v1/observations", "/api/openapi.json", "/api/docs", "/sdmx/{path:path}", "/compare",
        "/feeds/publications.atom", "/files/catalog.jsonld", "/city/{city}", "/account/tokens", "/_dash-layout",
    ):  # fmt: skip
        assert path in found or path == "/compare", path
    assert len(found) > 90


def test_refused_and_wrong_posts_protect_their_reader(app: Starlette) -> None:
    wrong = {}
    for who in (None, "kazan"):
        browser = browser_of(app, who)
        for path in asked(app):
            if "sign-out" in path or "password" in path:
                continue
            for headers in ({}, {"Sec-Fetch-Site": "cross-site"}):
                answer = browser.post(path, content=b"{", headers={"Content-Type": "application/json", **headers})
                assert answer.status_code < 500 or answer.status_code == 503, path
                if found := faults(answer, path, is_personal=True):
                    wrong[f"{who} POST {path}"] = found
    assert wrong == {}


def test_an_answer_that_goes_wrong_has_them_too_and_tells_nothing(peopled: str, tmp_path: Path) -> None:
    """A database without its tables: every address that asks it fails, in the middle or before it has begun."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    engine = connect(url)
    with writing(engine) as session:
        session.execute(text("CREATE TABLE something (x INTEGER)"))
    engine.dispose()
    app = create_app(Settings(database_url=url, files_dir=tmp_path / "files"))
    browser, told, wrong = browser_of(app, None), set(), {}
    for cookie in ("", f"{COOKIE}=something"):
        for path in asked(app):
            answer = browser.get(path, headers={"Cookie": cookie} if cookie else {})
            told.add(answer.status_code)
            if found := faults(answer, path, is_personal=True):
                wrong[path] = found
            assert not re.search(r"Traceback|sqlite3|no such table|SELECT|\.py\b", answer.text), path
    assert wrong == {}
    assert 503 in told
    assert 500 not in told


@pytest.mark.parametrize(
    ("place", "path"), [("migrations.newest_revision", "/readyz"), ("app.api.feeds.vintages.vintages", FEED)]
)
def test_a_fault_nobody_foresaw_is_told_by_a_reference_alone(
    peopled: str, monkeypatch: pytest.MonkeyPatch, place: str, path: str
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(place, failing)
    told = browser_of(create_app(Settings(database_url=peopled)), None).get(path)
    assert told.status_code == 500
    assert faults(told, path, is_personal=True) == []
    assert "secret words" not in told.text
    assert path == FEED or "quote " in told.json()["detail"]


def test_in_production_every_answer_asks_for_https_and_every_cookie_is_sealed(
    peopled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYMARK_SECRET_KEY", "Zx8-u2Kq_7vB1nM4sD9fG6hJ3kL5pQ0w")
    monkeypatch.setenv("CITYMARK_PUBLIC_URL", "https://city.example")
    app = create_app(Settings(production=True, database_url=peopled))
    browser = browser_of(app, "kazan", "https://city.example")
    cookies = browser.post("/sign-in", data={"email": "kazan@city.example", "password": PASSWORD}).headers
    cookie_lines = [cookies["set-cookie"], browser.get("/?lang=ru").headers["set-cookie"]]
    for path in asked(app)[::3]:
        answer = browser.get(path)
        assert re.fullmatch(r"max-age=63072000; includeSubDomains", answer.headers["strict-transport-security"]), path
        cookie_lines += answer.headers.get_list("set-cookie")
    assert {line.partition("=")[0] for line in cookie_lines} == {SECURE_COOKIE, "__Host-citymark-language"}
    for line in cookie_lines:
        words = {word.strip().casefold() for word in line.split(";")}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= words, line
        assert not any(word.startswith("domain") for word in words)


def test_the_server_does_not_name_itself(peopled: str) -> None:
    with running(peopled) as address:
        assert [name for name in httpx2.get(f"{address}/healthz").headers if name in LEAKS] == []


@pytest.mark.browser
def test_the_page_of_the_api_works_under_its_policy(chromium: Browser, peopled: str) -> None:
    complaints: list[str] = []
    with serving(create_app(Settings(database_url=peopled))) as address:
        page = chromium.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{address}/api/docs")
        page.wait_for_selector(".opblock")
        assert page.locator(".opblock").count() > 30
        page.close()
    assert complaints == []
