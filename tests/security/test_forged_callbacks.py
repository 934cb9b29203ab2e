"""Anybody can post anything to the one callback address: it is refused or answered, reads what is published, and
changes nothing."""

from __future__ import annotations

import copy
import json
import logging
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import MetaData, func, select
from starlette.testclient import TestClient

from app.db import connect
from app.main import create_app
from app.settings import Settings
from dashboard.guard import CALLBACK, MOST_BYTES
from tests.dashboard.served.conftest import PASSWORD
from tests.office import csv_of

#: `make security` asks for thousands.
FORGED = int(os.environ.get("CITYMARK_FORGED_CALLBACKS", "250"))
CANARY = "Незабудка-7431"
PAGE = {
    "output": "..url.search...page.children..",
    "outputs": [{"id": "url", "property": "search"}, {"id": "page", "property": "children"}],
    "inputs": [
        {"id": "url", "property": "pathname", "value": "/compare"},
        {"id": "url", "property": "search", "value": "?c=ru-kazan~ru-ufa"},
        {"id": "choice", "property": "data", "value": {"name": "city-add", "value": "ru-omsk", "count": 1}},
    ],
    "changedPropIds": ["choice.data"],
    "state": [],
}
FOUND = {
    "output": "compare-found.children",
    "outputs": {"id": "compare-found", "property": "children"},
    "inputs": [{"id": "compare-search", "property": "value", "value": "каз"}],
    "state": [{"id": "url", "property": "search", "value": ""}],
    "changedPropIds": ["compare-search.value"],
}
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 1.5e308, "", " ", "\x00", "\ud800", "'", '" OR 1=1 --', "<script>x</script>",
    "../../etc/passwd", "{{7*7}}", "%(x)s", "${x}", "__proto__", "constructor", "ru-kazan", "?c=" + "~" * 5_000,
    "?c=ru-kazan&as_of=1&peer=near:ru-kazan:5", "?as_of=9999-12-31T23:59:59-14:00", "?as_of=0&t=2026-Q2&lang=en",
    "?peer=near:ru-kazan:999999999999&i=%00&p=*", "х" * 9_000, [], {}, [[[[]]]], {"name": "reset", "value": 1},
    {"name": "city-add", "value": ["ru-kazan"]}, {"name": "peer", "value": "near:ru-kazan:1"}, ["a", {"b": None}],
    {"name": "as_of", "value": "9" * 400}, {"name": {"$ne": 1}, "value": {"$gt": ""}}, {"__proto__": {"x": 1}},
)  # fmt: skip
NAMES = (
    "page.children", "url.href", "choice.data", "compare-found.children", "_pages_content.children", "x.y", "..",
    "..page.children..", "....", '{"type":"ALL"}.children', "url.search@1", "_dash-config.children",
)  # fmt: skip
RAW = (
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe{\x00}\x00", b"[" * 20_000, b'{"output":' * 500, b"NaN",
    b'{"output":1,"output":2}', b"x" * (MOST_BYTES + 1), json.dumps(PAGE).encode()[:-2],
)  # fmt: skip
KINDS = ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
REFUSALS = {400, 403, 405, 413, 415}


def leaves(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every part of a body."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from leaves(part, (*path, key))


def put(body: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        body = body[key]
    body[path[-1]] = value


def with_values(dice: random.Random, body: dict[str, Any]) -> dict[str, Any]:
    """The right form with other values: what a reader's own browser could send."""
    for part in body["inputs"] + body["state"]:
        if dice.random() < 0.7:
            part["value"] = copy.deepcopy(dice.choice(VALUES))
    body["changedPropIds"] = dice.choice((body["changedPropIds"], [], ["url.search"], ["url.pathname"]))
    return body


def with_parts(dice: random.Random, body: dict[str, Any]) -> dict[str, Any]:
    """One or several parts replaced, whatever they are."""
    for _ in range(dice.randint(1, 3)):
        places = list(leaves(body))
        put(body, dice.choice(places), copy.deepcopy(dice.choice((*VALUES, *NAMES))))
    return body


def without_parts(dice: random.Random, body: dict[str, Any]) -> dict[str, Any]:
    del body[dice.choice(list(body))]
    return body


def of_another(dice: random.Random, body: dict[str, Any]) -> dict[str, Any]:
    """The output of one callback with the inputs of another, or of none that there is."""
    other = FOUND if body["output"] == PAGE["output"] else PAGE
    name = dice.choice((*NAMES, other["output"]))
    return {**body, "output": name, **dice.choice(({}, {"outputs": other["outputs"]}))}


FORGERS: tuple[Callable[[random.Random, dict[str, Any]], dict[str, Any]], ...] = (
    with_values, with_values, with_parts, without_parts, of_another,
)  # fmt: skip


def forged(dice: random.Random) -> tuple[bytes, str]:
    """A body and the kind it says it is."""
    if dice.random() < 0.1:
        return dice.choice(RAW), dice.choice(KINDS)
    body = dice.choice(FORGERS)(dice, copy.deepcopy(dice.choice((PAGE, FOUND))))
    return json.dumps(body).encode(), dice.choice((*KINDS[:1] * 9, *KINDS))


@pytest.fixture(scope="module")
def browser(peopled: str) -> TestClient:
    """A reader who is nobody, of a program in which something waits that nobody may read yet."""
    app = create_app(Settings(database_url=peopled))
    kazan = TestClient(app, follow_redirects=False)
    kazan.post("/sign-in", data={"email": "kazan@city.example", "password": PASSWORD})
    file = csv_of(("TI_SMART_LIGHTING", 99.87, "", CANARY))
    data = {"city": "ru-kazan", "period": "2026-Q3", "deed": "file"}
    sent = kazan.post("/submit", data=data, files={"file": (f"{CANARY}.csv", file, "text/csv")})
    kazan.post(sent.headers["location"], data={"deed": "comment", "comment": CANARY})
    assert CANARY in kazan.get(sent.headers["location"]).text
    return TestClient(app, raise_server_exceptions=False)


def counts(url: str) -> dict[str, int]:
    engine = connect(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {
            name: connection.scalar(select(func.count()).select_from(table)) for name, table in tables.tables.items()
        }
    engine.dispose()
    return found


def test_forged_callbacks_are_refused_or_answered_and_change_nothing(
    browser: TestClient, peopled: str, caplog: pytest.LogCaptureFixture
) -> None:
    before, dice, told = counts(peopled), random.Random(20_261_127), dict[int, int]()
    with caplog.at_level(logging.ERROR):
        for number in range(FORGED):
            body, kind = forged(dice)
            headers = {"Content-Type": kind} if kind else {}
            answer = browser.post(CALLBACK, content=body, headers=headers)
            told[answer.status_code] = told.get(answer.status_code, 0) + 1
            assert answer.status_code in {200, 204, *REFUSALS}, (number, body[:300])
            assert CANARY not in answer.text, (number, body[:300])
            assert "Traceback" not in answer.text, (number, body[:300])
    assert [record.getMessage() for record in caplog.records] == []
    assert counts(peopled) == before
    assert told[200] > FORGED // 10
    assert told[400] > FORGED // 5


def test_what_the_dashboard_tells_of_itself_holds_nothing_unpublished(browser: TestClient) -> None:
    for path in ("/_dash-layout", "/_dash-dependencies", "/compare", "/_favicon.ico"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert CANARY not in answer.text
    for path in ("/_dash-ws-callback", "/_reload-hash", "/_alive", "/_mcp", "/_dash-update-component/x"):
        assert browser.post(path).status_code in {404, 405}


def test_who_is_signed_in_gets_the_same_from_a_callback_as_nobody(browser: TestClient, peopled: str) -> None:
    boss = TestClient(browser.app)
    boss.post("/sign-in", data={"email": "administrator@city.example", "password": PASSWORD})
    for body in (PAGE, FOUND):
        assert boss.post(CALLBACK, json=body).json() == browser.post(CALLBACK, json=body).json()


def test_a_token_opens_no_more_of_a_callback(browser: TestClient) -> None:
    answer = browser.post(CALLBACK, json=FOUND, headers={"Authorization": "Bearer cm_forged"})
    assert answer.json() == browser.post(CALLBACK, json=FOUND).json()
