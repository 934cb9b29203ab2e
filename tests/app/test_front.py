"""Kept answers: the very bytes that would be made anew, to those alone whom they are right for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

import app.main
from app.db import writing
from app.front import LARGEST_KEPT, LONGEST_QUESTION, Front, holds
from app.main import create_app
from app.queries.freshness import Freshness
from app.replicas import Current, Source
from app.settings import Settings
from app.stopping import Stopping
from tests.makers import MORNING, make_city, make_indicator, publish_figures

NOW = Freshness(1, datetime(2026, 1, 1, tzinfo=UTC), "edition")
FIGURES = "/api/v1/observations?indicator=TI_SMART_LIGHTING"
ADDRESSES = (
    FIGURES,
    f"{FIGURES}&layout=columns",
    f"{FIGURES}&as_of=1",
    "/api/v1/cities",
    "/api/v1/cities/nowhere",
    "/api/v1/periods",
    "/api/v1/vintages",
    "/api/v1/observations?nonsense=1",
)


@dataclass
class House:
    """A program behind Front that counts how often it was asked, and what Front is told of the world."""

    now: Freshness | None = NOW
    is_counted: bool = True
    stopping: Stopping = field(default_factory=lambda: Stopping(0.0))
    pieces: tuple[bytes, ...] = (b"fig", b"ures")
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ((b"etag", b'W/"1"'),)
    is_public: bool = True
    asked: int = 0

    async def program(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        if self.is_public:
            holds(scope, NOW)
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def known(self, seen: int = 0) -> Source | None:
        return Source(cast(Engine, None), self.now, 0) if self.now and self.now.vintage >= seen else None

    def front(self, kept_bytes: int = 1_000_000) -> Front:
        return Front(
            self.program,
            prefix="/api/",
            kept_bytes=kept_bytes,
            current=cast(Current, self),
            counted=lambda _scope: self.is_counted,
            stopping=self.stopping,
        )


def ask(
    front: Front, path: str = "/api/v1/x", method: str = "GET", query: bytes = b"", **headers: str
) -> list[Message]:
    """What is sent for one request; names of headers with underscores."""
    sent: list[Message] = []
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": named}

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        # What stands around adds to the headers of every answer.
        message.get("headers", []).append((b"x-request-id", b"1"))
        sent.append(message)

    asyncio.run(front(scope, receive, send))
    return sent


def told(messages: list[Message]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    body = b"".join(message.get("body", b"") for message in messages)
    return messages[0]["status"], messages[0]["headers"], body


def test_what_was_answered_is_given_again_whole_and_does_not_grow() -> None:
    house = House()
    front = house.front()
    answers = [told(ask(front)) for _ in range(4)]
    assert house.asked == 1
    assert answers == [(200, [(b"etag", b'W/"1"'), (b"x-request-id", b"1")], b"figures")] * 4


@pytest.mark.parametrize("status", [200, 304, 404])
def test_the_status_is_given_again(status: int) -> None:
    house = House(status=status)
    front = house.front()
    assert [told(ask(front))[0] for _ in range(2)] == [status, status]
    assert house.asked == 1


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/api/v1/y"},
        {"query": b"a=1"},
        {"accept": "text/csv"},
        {"accept_encoding": "gzip"},
        {"if_none_match": 'W/"1"'},
        {"x_citymark_vintage": "1"},
        {"authorization": "Bearer x"},
    ],
)
def test_another_question_is_asked_anew(other: dict[str, str]) -> None:
    house = House()
    front = house.front()
    ask(front)
    ask(front, **other)  # type: ignore[arg-type]
    assert house.asked == 2
    ask(front, **other)  # type: ignore[arg-type]
    assert house.asked == 2


def test_of_a_header_that_comes_twice_both_count() -> None:
    house = House()
    front = house.front()
    scope = {"type": "http", "method": "GET", "path": "/api/v1/x", "query_string": b""}
    one, other = (b"accept", b"text/csv"), (b"accept", b"application/json")

    async def send(_message: Message) -> None:
        return

    for headers in ([one, other], [other], [one], [other, one]):
        asyncio.run(front({**scope, "headers": headers}, cast(Receive, None), send))
    assert house.asked == 4


def test_tokens_share_an_answer_and_are_not_remembered() -> None:
    house = House()
    front = house.front()
    for token in ("one", "two"):
        ask(front, authorization=f"Bearer {token}")
    assert house.asked == 1
    assert b"one" not in repr(list(front._kept)).encode()


@pytest.mark.parametrize(
    "house",
    [
        House(is_public=False),
        House(headers=((b"set-cookie", b"a=b"),)),
        House(pieces=(b"x" * LARGEST_KEPT, b"y")),
        House(is_counted=False),
        House(now=None),
        House(now=replace(NOW, vintage=2)),
        House(now=replace(NOW, edition="other")),
    ],
    ids=["private", "cookie set", "large", "not counted", "nothing known", "new vintage", "new edition"],
)
def test_the_long_way(house: House) -> None:
    front = house.front(kept_bytes=10 * LARGEST_KEPT)
    assert [told(ask(front))[2] for _ in range(2)] == [b"".join(house.pieces)] * 2
    assert house.asked == 2
    house.asked = 0


@pytest.mark.parametrize(
    "asked",
    [
        {"cookie": "citymark-session=1"},
        {"method": "HEAD"},
        {"method": "POST"},
        {"path": "/sdmx/data"},
        {"query": b"q" * LONGEST_QUESTION},
        {"accept": "a" * LONGEST_QUESTION},
        {"x_citymark_vintage": "2"},
    ],
)
def test_what_is_never_kept(asked: dict[str, str]) -> None:
    house = House()
    front = house.front()
    for _ in range(2):
        ask(front, **asked)  # type: ignore[arg-type]
    assert house.asked == 2


def test_a_process_that_is_stopping_goes_the_long_way() -> None:
    house = House()
    front = house.front()
    ask(front)
    house.stopping.has_begun = True
    ask(front)
    assert house.asked == 2


def test_memory_is_bounded_and_what_was_asked_longest_ago_goes() -> None:
    house = House(pieces=(b"x" * 95_000,))
    front = house.front(kept_bytes=300_000)
    for number in range(5):
        ask(front, query=b"%d" % number)
    assert front._kept.currsize <= 300_000
    house.asked = 0
    for number in (4, 3, 0):
        ask(front, query=b"%d" % number)
    assert house.asked == 1


@pytest.fixture
def figures(database: Engine) -> Engine:
    with writing(database) as session:
        make_city(session, "ru-kazan", name_ru="Казань", population=1_300_000, region="RU-TA")
        make_indicator(session, "TI_SMART_LIGHTING")
        publish_figures(session, *({"value": str(n), "period": f"{1990 + n}-Q1"} for n in range(30)))
    return database


@pytest.fixture
def clients(figures: Engine, database_url: str) -> Iterator[tuple[TestClient, TestClient]]:
    """The program that keeps answers, and the same that keeps none, over one database."""
    keeping = create_app(Settings(database_url=database_url))
    forgetting = create_app(Settings(database_url=database_url, max_kept_bytes=0))
    with TestClient(keeping) as one, TestClient(forgetting) as other:
        yield one, other


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_kept_answers_are_those_that_would_be_made_anew(
    clients: tuple[TestClient, TestClient], encoding: str
) -> None:
    keeping, forgetting = clients
    for address in ADDRESSES:
        made = forgetting.get(address, headers={"Accept-Encoding": encoding})
        for _ in range(3):
            kept = keeping.get(address, headers={"Accept-Encoding": encoding})
            assert (kept.status_code, kept.content) == (made.status_code, made.content)
            assert _lasting(kept.headers) == _lasting(made.headers)
        if tag := made.headers.get("etag"):
            answers = [client.get(address, headers={"If-None-Match": tag}) for client in (forgetting, *[keeping] * 3)]
            assert {answer.status_code for answer in answers} == {304}
            assert len({tuple(sorted(_lasting(answer.headers).items())) for answer in answers}) == 1


def _lasting(headers: object) -> dict[str, str]:
    return {name: value for name, value in dict(headers).items() if name != "x-request-id"}  # type: ignore[call-overload]


def test_a_new_vintage_is_seen_by_all(
    clients: tuple[TestClient, TestClient], figures: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping, _ = clients
    for _ in range(2):
        before = keeping.get(FIGURES).json()["data"]
    with writing(figures) as session:
        publish_figures(session, {"value": "77", "period": "2019-Q1"}, now=MORNING + timedelta(days=9))
    monkeypatch.setattr("app.replicas.monotonic", lambda: float("inf"))
    after = keeping.get(FIGURES).json()["data"]
    assert [row["value"] for row in before][-1] == 29
    assert [row["value"] for row in after][-1] == 77
    assert app.main.LOOK_EVERY_S < 1


def test_kept_answers_are_counted_as_calls(figures: Engine, database_url: str) -> None:
    limited = create_app(Settings(database_url=database_url, calls_per_minute=100))
    with TestClient(limited) as client:
        told = [client.get("/api/v1/periods").status_code for _ in range(130)]
    assert (told.count(200), told.count(429)) == (100, 30)
