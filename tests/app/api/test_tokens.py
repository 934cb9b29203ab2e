"""Tokens and the audit chain over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.accounts import people, signing_in
from app.accounts.identity import COOKIE
from app.accounts.people import Rights
from app.api.app import create_api
from app.api.deps import Limits
from app.db import writing

OPERATOR = Actor(name="operator", roles=frozenset({Role.ADMINISTRATOR}))


def signed_in(engine: Engine, email: str, *roles: Role) -> dict[str, str]:
    now = datetime.now(UTC)
    with writing(engine) as session:
        person = people.add_person(session, OPERATOR, email, email, Rights(frozenset(roles)), now=now)
        return {"Cookie": f"{COOKIE}={signing_in.start(session, person.id, 'test', now=now)}"}


@pytest.fixture
def client(database: Engine) -> Iterator[TestClient]:
    with TestClient(create_api(database, Limits(max_page_rows=50)), raise_server_exceptions=False) as client:
        yield client


def test_a_token_is_made_used_listed_and_revoked(client: TestClient, database: Engine) -> None:
    cookie = signed_in(database, "a@b.example", Role.ANALYST)
    made = client.post("/v1/tokens", headers=cookie, json={"name": "script", "scopes": ["submit"], "days": 30})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "private, no-store"
    token = made.json()["data"]
    bearer = {"Authorization": f"Bearer {token['secret']}"}
    assert client.get("/v1/config", headers=bearer).status_code == 200
    refused = client.post("/v1/tokens", headers=bearer, json={"name": "another"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    (listed,) = client.get("/v1/tokens", headers=cookie).json()["data"]
    assert "secret" not in listed
    assert listed["start"] == token["secret"][:11]
    other = signed_in(database, "c@d.example", Role.ANALYST)
    assert client.delete(f"/v1/tokens/{token['id']}", headers=other).status_code == 404
    assert client.delete(f"/v1/tokens/{token['id']}", headers=cookie).json()["data"]["revoked_at"]
    assert client.get("/v1/tokens", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    "wish",
    [
        {"name": ""},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "days": 1000},
        {"name": "x", "more": 1},
        [],
    ],
)
def test_a_token_that_cannot_be_is_refused(client: TestClient, database: Engine, wish: object) -> None:
    cookie = signed_in(database, "a@b.example", Role.ANALYST)
    assert client.post("/v1/tokens", headers=cookie, json=wish).status_code == 422
    assert client.get("/v1/tokens", headers=cookie).json()["data"] == []


def test_nobody_in_particular_is_asked_to_sign_in(client: TestClient) -> None:
    for answer in (client.get("/v1/tokens"), client.get("/v1/audit"), client.post("/v1/tokens", json={"name": "x"})):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_audit_chain_is_for_administrators(client: TestClient, database: Engine) -> None:
    assert client.get("/v1/audit", headers=signed_in(database, "a@b.example", Role.REVIEWER)).status_code == 403
    boss = signed_in(database, "c@d.example", Role.ADMINISTRATOR)
    first = client.get("/v1/audit?limit=2", headers=boss).json()
    assert [event["action"] for event in first["data"]] == ["sign_in", "add_account"]
    assert first["data"][0]["details"] == {"way": "test"}
    rest = client.get(f"/v1/audit?cursor={first['meta']['next']}", headers=boss).json()
    assert [event["number"] for event in rest["data"]] == [2, 1]
    assert rest["data"][0]["sha256"] == first["data"][1]["previous_sha256"]
