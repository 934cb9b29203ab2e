"""Calls are counted per token and per address, for all workers together, and refused with the time to wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from limits.storage import RedisStorage
from sqlalchemy import Engine, create_engine
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.accounts.limits import SIGN_IN_OF_EMAIL, DatabaseStorage, Limiter
from app.api.metering import UNCOUNTED_S, Metered
from app.errors import Unavailable
from app.main import create_app
from app.settings import Settings
from tests.servers import redis

Worker = Callable[..., TestClient]


@pytest.fixture(params=["database", "redis"])
def worker(request: pytest.FixtureRequest, database: Engine, tmp_path: Path) -> Iterator[Worker]:
    """Makes workers that count in one store."""
    inner = Starlette(routes=[Route("/", lambda _: PlainTextResponse("ok"))])

    def made(storage: DatabaseStorage | RedisStorage, address: str = "10.0.0.1") -> TestClient:
        app = Metered(inner, limiter=Limiter(storage), calls_per_minute=100, token_calls_per_minute=20)
        return TestClient(app, client=(address, 5000))

    if request.param == "redis":
        with redis(tmp_path) as address:
            yield lambda *more: made(RedisStorage(address), *more)
    else:
        yield lambda *more: made(DatabaseStorage(database), *more)


def _answered(clients: list[TestClient], calls: int, **headers: str) -> int:
    told = [clients[number % len(clients)].get("/", headers=headers).status_code for number in range(calls)]
    assert set(told) <= {200, 429}
    return told.count(200)


def test_two_workers_answer_no_more_than_one_would(worker: Worker) -> None:
    first, second = worker(), worker()
    assert _answered([first, second], 130) == 100
    refused = first.get("/")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert refused.json()["code"] == "too-many-requests"
    assert refused.headers["content-type"] == "application/problem+json"


def test_another_address_and_a_token_are_counted_for_themselves(worker: Worker) -> None:
    first = worker()
    assert _answered([first], 110) == 100
    assert _answered([worker("10.0.0.2")], 10) == 10
    assert _answered([first], 30, Authorization="Bearer one") == 20
    assert _answered([first], 5, Authorization="Bearer two") == 5


def test_what_is_told_is_what_is_enforced(database: Engine, database_url: str) -> None:
    settings = Settings(database_url=database_url, calls_per_minute=3)
    with TestClient(create_app(settings)) as client:
        told = client.get("/api/v1/config").json()["data"]["limits"]["calls_per_minute"]
        answers = [client.get("/api/v1/config").status_code for _ in range(told)]
    assert answers == [200] * (told - 1) + [429]


@pytest.mark.parametrize(("production", "expected"), [(False, 0), (True, 6_000)])
def test_an_installation_in_production_is_limited_by_itself(production: bool, expected: int) -> None:
    more = {"secret_key": "k9-Dm3vQ_x7Rr2Yw8Zt4Lp6Hs1Jb5Nf0Ge", "public_url": "https://figures.example"}
    settings = Settings(production=production, **more)  # type: ignore[arg-type] # read as from the environment
    assert settings.calls["calls_per_minute"] == expected


def test_nobody_is_sent_away_while_nothing_can_be_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whose store is gone is let through, and not made to wait for it each time; counting goes on when it is back."""
    now = [1_000.0]
    monkeypatch.setattr("app.api.metering.time.monotonic", lambda: now[0])
    with redis(tmp_path) as address:
        limiter = Limiter.over(create_engine("sqlite://"), address)
    asked: list[str] = []
    count = limiter.count
    monkeypatch.setattr(limiter, "count", lambda *words, **more: asked.append("") or count(*words, **more))
    inner = Starlette(routes=[Route("/", lambda _: PlainTextResponse("ok"))])
    app = Metered(inner, limiter=limiter, calls_per_minute=1, token_calls_per_minute=1)
    client = TestClient(app, client=("10.0.0.1", 5000))
    assert [client.get("/").status_code for _ in range(5)] == [200] * 5
    assert len(asked) == 1
    now[0] += UNCOUNTED_S
    client.get("/")
    assert len(asked) == 2
    with pytest.raises(Unavailable, match="cannot be counted"):
        count(SIGN_IN_OF_EMAIL, "sign-in-of", "a@city.example")
    assert caplog.text.count("Redis does not answer") == 1
