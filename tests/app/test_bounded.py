"""A server that has no place says so at once and says when to come back; health is answered all the same."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.bounded import WAITING_EACH, Bounded, is_heavy
from app.main import _busy
from app.pauses import RARELY
from tests.servers import serving

EXPORT = "/api/v1/observations?format=csv"
READ = "/api/v1/cities"


class Guest:
    """Requests to a server whose answers wait until they are let go; `begun` are those that found a place."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.go = threading.Event()
        self.pool = ThreadPoolExecutor(20)
        self.address = ""

    async def slow(self, request: Request) -> Response:
        self.begun.append(request.url.path)
        while not self.go.is_set():
            await asyncio.sleep(0.005)
        return PlainTextResponse("done")

    def ask(self, path: str, **headers: str) -> Future[httpx2.Response]:
        return self.pool.submit(httpx2.get, self.address + path, headers=headers, timeout=30)

    def wait_for(self, count: int) -> None:
        while len(self.begun) < count:
            pass


@pytest.fixture
def guest() -> Iterator[Guest]:
    """At most six at once, of them one heavy."""
    guest = Guest()
    bounds = Middleware(Bounded, in_flight=6, heavy=1, refusal=partial(_busy, language="ru"))
    health = Route("/healthz", lambda _request: PlainTextResponse("well"))
    app = Starlette(routes=[health, Route("/{rest:path}", guest.slow)], middleware=[bounds])
    with serving(app) as guest.address:
        yield guest
        guest.go.set()
        guest.pool.shutdown()


def test_one_too_many_is_told_when_to_come_back_and_health_is_answered(guest: Guest) -> None:
    taken = [guest.ask(READ) for _ in range(6)]
    guest.wait_for(6)
    refused = guest.ask(READ).result()
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["content-type"] == "application/problem+json"
    assert guest.ask("/healthz").result().text == "well"
    guest.go.set()
    assert [each.result().status_code for each in taken] == [200] * 6
    assert guest.ask(READ).result().status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "words"),
    [
        ("/index", {}, "Сейчас много читателей"),
        ("/index?lang=en", {}, "Many readers at once"),
        ("/compare", {"Cookie": "citymark-language=en"}, "Many readers at once"),
    ],
)
def test_people_are_told_in_their_language_by_a_page_that_asks_again(
    guest: Guest, path: str, headers: dict[str, str], words: str
) -> None:
    for _ in range(6):
        guest.ask(READ)
    guest.wait_for(6)
    page = guest.ask(path, **headers).result()
    assert page.status_code == 503
    assert words in page.text
    assert '<meta http-equiv="refresh" content="2">' in page.text
    assert page.headers["cache-control"] == "no-store"


def test_heavy_work_takes_turns_and_holds_no_reader_up(guest: Guest) -> None:
    exports = [guest.ask(EXPORT) for _ in range(3)]
    reads = [guest.ask(READ) for _ in range(3)]
    guest.wait_for(4)
    assert sorted(guest.begun) == ["/api/v1/cities"] * 3 + ["/api/v1/observations"]
    guest.go.set()
    assert [each.result().status_code for each in (*exports, *reads)] == [200] * 6


def test_full_collections_wait_for_heavy_work_alone() -> None:
    seen = {}

    def noted(request: Request) -> Response:
        seen[request.url.path] = gc.get_threshold()[2]
        return PlainTextResponse("done")

    usual = gc.get_threshold()
    bounds = Middleware(Bounded, in_flight=0, heavy=1, refusal=partial(_busy, language="ru"))
    with serving(Starlette(routes=[Route("/{rest:path}", noted)], middleware=[bounds])) as address:
        httpx2.get(address + EXPORT)
        httpx2.get(address + READ)
    assert seen == {"/api/v1/observations": RARELY, READ: usual[2]}
    assert gc.get_threshold() == usual


def test_no_more_heavy_work_waits_than_can_be_done_soon() -> None:
    guest = Guest()
    bounds = Middleware(Bounded, in_flight=0, heavy=1, refusal=partial(_busy, language="ru"))
    with serving(Starlette(routes=[Route("/{rest:path}", guest.slow)], middleware=[bounds])) as guest.address:
        answers = [guest.ask(EXPORT) for _ in range(WAITING_EACH + 2)]
        refused = next(each.result() for each in _as_they_come(answers))
        guest.go.set()
        statuses = sorted(each.result().status_code for each in answers)
        guest.pool.shutdown()
    assert refused.headers["retry-after"] == "10"
    assert statuses == [200] * (WAITING_EACH + 1) + [503]


def _as_they_come(answers: list[Future[httpx2.Response]]) -> Iterator[Future[httpx2.Response]]:
    while True:
        yield from (each for each in answers if each.done())


@pytest.mark.parametrize(
    ("method", "path", "accept", "heavy"),
    [
        ("GET", "/api/v1/observations?city=ru-ufa", "*/*", False),
        ("GET", "/api/v1/observations?format=json", "*/*", False),
        ("GET", "/api/v1/observations?city=ru-ufa&format=xlsx", "*/*", True),
        ("GET", "/api/v1/observations", "text/csv", True),
        ("GET", "/api/v1/scores?peer_group=size:over_1m", "*/*", True),
        ("GET", "/api/v1/scores?period=latest", "*/*", False),
        ("GET", "/report/ru-ufa.pdf", "*/*", True),
        ("GET", "/sdmx/data/FIGURES", "*/*", True),
        ("GET", "/sdmx/dataflow", "*/*", False),
        ("GET", "/submission/1", "*/*", False),
        ("POST", "/api/v1/submissions", "*/*", True),
        ("POST", "/submit", "*/*", True),
        ("POST", "/sign-in", "*/*", False),
        ("POST", "/_dash-update-component", "*/*", False),
    ],
)
def test_what_is_heavy(method: str, path: str, accept: str, heavy: bool) -> None:
    name, _, query = path.partition("?")
    scope = {
        "method": method,
        "path": name,
        "query_string": query.encode(),
        "headers": [(b"accept", accept.encode())],
    }
    assert is_heavy(scope) is heavy
