"""A running API over a tiny index, and a ministry that takes submissions; every request that arrives is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import Scope as TokenScope
from app.accounts import people, tokens
from app.api.app import create_api
from app.api.deps import Limits
from app.client import Citymark
from app.client.transport import Patience
from app.db import writing
from tests.conftest import Databases
from tests.office import NOW, Office
from tests.office import office as opened
from tests.servers import serving


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """One engine: what is tested here speaks HTTP, and the API behind it is tested on both."""
    return Databases("sqlite", tmp_path_factory.mktemp("databases"), None)


@dataclass
class Log:
    """What was asked and answered; `told` are answers to give before the application is asked again."""

    app: ASGIApp
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    told: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self.seen.append(dict(scope["headers"]).get(b"x-citymark-vintage", b"").decode())
        path = scope["path"] + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.asked.append((scope["method"], path, message["status"]))
            await send(message)

        if self.told:
            status, headers = self.told.pop(0)
            lines = [(name.lower().encode(), text.encode()) for name, text in headers.items()]
            await noting({"type": "http.response.start", "status": status, "headers": lines})
            await send({"type": "http.response.body", "body": b"not now"})
            return
        await self.app(scope, receive, noting)

    def pages(self) -> list[tuple[str, str, int]]:
        """What was asked of figures alone."""
        return [entry for entry in self.asked if entry[1].startswith("/api/v1/observations?")]


@pytest.fixture
def log(tiny: Engine) -> Log:
    return Log(Starlette(routes=[Mount("/api", create_api(tiny, Limits(max_page_rows=4, default_page_rows=2)))]))


@pytest.fixture
def site(log: Log) -> Iterator[str]:
    with serving(log) as address:
        yield address


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(site: str, waits: list[float]) -> Iterator[Citymark]:
    with Citymark(site, patience=Patience(attempts=4, timeout_s=20, sleep=waits.append)) as client:
        yield client


@pytest.fixture
def office(database: Engine) -> Iterator[Office]:
    with opened(database) as office:
        yield office


@pytest.fixture
def office_log(office: Office) -> Log:
    return Log(Starlette(routes=[Mount("/api", office.client.app)]))


@pytest.fixture
def office_site(office_log: Log) -> Iterator[str]:
    with serving(office_log) as address:
        yield address


@pytest.fixture
def token(office: Office) -> str:
    """What the official of Kazan's script signs in with."""
    with writing(office.engine) as session:
        actor = people.person(session, office.ids["kazan"]).actor()
        _, secret = tokens.add_token(session, actor, "script", frozenset({TokenScope.SUBMIT}), 30, now=NOW)
    return secret


@pytest.fixture
def official(office_site: str, token: str, waits: list[float]) -> Iterator[Citymark]:
    with Citymark(office_site, token, patience=Patience(attempts=4, timeout_s=20, sleep=waits.append)) as client:
        yield client
