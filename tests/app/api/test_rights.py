"""Every route of the API asked by everybody about their own and another: one that is not listed fails the build."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import Engine

from app.api.app import ROUTERS
from tests.office import PERIOD, Office, csv_of
from tests.office import office as opened

PUBLIC = """
GET /config /principles /indicators /indicators/{code} /cities /cities/{code} /cities/{code}/similar
GET /periods /vintages /vintages/{number} /changes
GET /observations /observations/{city}/{indicator}/{period}/history
GET /frameworks /frameworks/{code} /frameworks/{code}/quality /scores /scores/{city}
GET /templates/{city}/{period}.xlsx /templates/{city}/{period}.csv /templates/{city}/{period}/schema.json
GET /receipts/{sha256}
"""
WHO = (None, "kazan", "ufa", "reviewer", "analyst", "administrator")
# Of a submission of Kazan, in the order of WHO; 404 hides what is not one's own.
SEEN = (404, 200, 404, 200, 404, 404)
RIGHTS: dict[str, tuple[int, ...]] = {
    "GET /submissions": (200, 200, 200, 200, 200, 200),
    "POST /submissions": (401, 201, 403, 403, 403, 403),
    "GET /submissions/{submission_id}": SEEN,
    "GET /submissions/{submission_id}/findings": SEEN,
    "GET /submissions/{submission_id}/report.xlsx": SEEN,
    "GET /submissions/{submission_id}/diff": SEEN,
    "GET /submissions/{submission_id}/file": SEEN,
    "GET /submissions/{submission_id}/receipt": SEEN,
    "POST /submissions/{submission_id}/confirm": (404, 422, 404, 403, 404, 404),
    "POST /submissions/{submission_id}/submit": (404, 200, 404, 403, 404, 404),
    "POST /submissions/{submission_id}/approve": (404, 403, 404, 200, 404, 404),
    "POST /submissions/{submission_id}/return": (404, 403, 404, 200, 404, 404),
    "POST /submissions/{submission_id}/comments": (404, 200, 404, 200, 404, 404),
    "POST /submissions/{submission_id}/publish": (404, 403, 404, 200, 404, 404),
    "POST /submissions/{submission_id}/withdraw": (404, 200, 404, 200, 404, 404),
    "GET /status-board": (401, 200, 200, 200, 200, 200),
    "POST /deadlines": (401, 403, 403, 200, 403, 403),
    "POST /reminders": (401, 403, 403, 503, 403, 403),
    "GET /tokens": (401, 200, 200, 200, 200, 200),
    "POST /tokens": (401, 201, 201, 201, 201, 201),
    "DELETE /tokens/{token_id}": (401, 404, 404, 404, 404, 404),
    "GET /audit": (401, 403, 403, 403, 403, 200),
    "GET /webhooks": (401, 403, 403, 403, 403, 200),
    "POST /webhooks": (401, 403, 403, 403, 403, 201),
    "DELETE /webhooks/{webhook_id}": (401, 403, 403, 403, 403, 404),
    "POST /webhooks/{webhook_id}/rotate": (401, 403, 403, 403, 403, 404),
    "POST /webhooks/{webhook_id}/trial": (401, 403, 403, 403, 403, 404),
    "GET /webhooks/{webhook_id}/deliveries": (401, 403, 403, 403, 403, 404),
    "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/again": (401, 403, 403, 403, 403, 404),
}
# What a submission has come to before the step is asked for.
BEFORE = {"approve": ("submit",), "return": ("submit",), "publish": ("submit", "approve")}
BODIES: dict[str, object] = {
    "confirm": {"confirmations": {"1": "a reason"}},
    "return": {"comment": "once more"},
    "comments": {"comment": "well"},
    "deadlines": {"period": PERIOD, "due_on": "2026-11-10", "closes_on": "2026-12-01"},
    "reminders": {"period": PERIOD},
    "tokens": {"name": "script"},
    "webhooks": {"name": "portal", "address": "https://portal.example/"},
}


def routes() -> set[str]:
    found = set()
    for module in ROUTERS:
        for route in module.router.routes:
            assert isinstance(route, APIRoute)
            found |= {f"{method} {route.path}" for method in route.methods}
    return found


def public() -> set[str]:
    lines = [line.split() for line in PUBLIC.strip().splitlines()]
    return {f"{method} {path}" for method, *paths in lines for path in paths}


def test_every_route_is_listed_here_as_open_to_all_or_with_its_rights() -> None:
    assert routes() == public() | RIGHTS.keys()
    assert not public() & RIGHTS.keys()


@pytest.fixture
def office(database: Engine) -> Iterator[Office]:
    with opened(database) as office:
        yield office


@pytest.mark.parametrize("route", RIGHTS)
def test_everybody_may_what_the_table_says(office: Office, route: str) -> None:
    told = tuple(asked(office, who, route) for who in WHO)
    assert told == RIGHTS[route]


def asked(office: Office, who: str | None, route: str) -> int:
    method, path = route.split(" ")
    last = path.rpartition("/")[2]
    if path == "/submissions" and method == "POST":
        return int(office.send(who, csv_of(("CE_OPEN_DATA", 40 + WHO.index(who)))).status_code)
    if "{submission_id}" in path:
        number = office.send("kazan", csv_of(("CE_OPEN_DATA", 50 + WHO.index(who)))).json()["data"]["id"]
        for deed in BEFORE.get(last, ()):
            assert office.step("kazan" if deed == "submit" else "reviewer", number, deed).status_code == 200
        path = path.replace("{submission_id}", number)
        code = _ask(office, who, method, path, last)
        office.step("reviewer", number, "withdraw")
        return code
    return _ask(
        office, who, method, re.sub(r"\{\w+\}", "7777", path.replace("{delivery_id}", "msg_" + "7" * 32)), last
    )


def _ask(office: Office, who: str | None, method: str, path: str, last: str) -> int:
    query = f"?period={PERIOD}" if path == "/status-board" else ""
    body = BODIES.get(last, {}) if method == "POST" else None
    answer = office.client.request(method, f"/v1{path}{query}", headers=office.headers(who), json=body)
    return int(answer.status_code)
