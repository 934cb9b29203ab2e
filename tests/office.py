"""A small ministry for tests: two cities with a past, their officials, reviewers, an analyst, an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.accounts import people, signing_in
from app.accounts.identity import COOKIE
from app.accounts.people import Rights
from app.api.app import create_api
from app.api.deps import Limits, clock
from app.db import writing
from ingest.webhooks.subscriptions import Policy
from tests.makers import make_city, make_indicator, publish_figures

NOW = datetime(2026, 10, 20, 9, 0, tzinfo=UTC)
PERIOD = "2026-Q3"
OPERATOR = Actor(name="operator", roles=frozenset({Role.ADMINISTRATOR}))
PEOPLE: dict[str, tuple[tuple[Role, ...], tuple[str, ...]]] = {
    "kazan": ((Role.OFFICIAL,), ("ru-kazan",)),
    "kazan2": ((Role.OFFICIAL,), ("ru-kazan",)),
    "ufa": ((Role.OFFICIAL,), ("ru-ufa",)),
    "reviewer": ((Role.REVIEWER,), ()),
    "both": ((Role.OFFICIAL, Role.REVIEWER), ("ru-kazan",)),
    "analyst": ((Role.ANALYST,), ()),
    "administrator": ((Role.ADMINISTRATOR,), ()),
}
HEADER = "город;показатель;период;значение;статус;примечание"


def csv_of(*rows: tuple[object, ...], city: str = "ru-kazan", period: str = PERIOD) -> bytes:
    """A file as Excel saves it in a Russian office: Windows-1251, semicolons, decimal commas."""
    lines = [HEADER]
    for indicator, value, *rest in rows:
        cells = [city, str(indicator), period, str(value).replace(".", ","), *map(str, rest)]
        lines.append(";".join([*cells, *[""] * (6 - len(cells))]))
    return ("\r\n".join(lines) + "\r\n").encode("cp1251")


CLEAN = csv_of(("TI_SMART_LIGHTING", 64.5), ("QM_WATER_LOSS", 12.5), ("CE_OPEN_DATA", 31))


@dataclass
class Office:
    """The ministry over HTTP: each person's own way in, and a clock that tests set."""

    engine: Engine
    client: TestClient
    cookies: dict[str, dict[str, str]]
    ids: dict[str, int] = field(default_factory=dict)
    now: datetime = NOW

    def wait(self, **span: int) -> None:
        """Let time pass; everybody signs in again."""
        self.now += timedelta(**span)
        with writing(self.engine) as session:
            for name, number in self.ids.items():
                secret = signing_in.start(session, number, "test", now=self.now)
                self.cookies[name] = {"Cookie": f"{COOKIE}={secret}"}

    def headers(self, who: str | None, **more: str) -> dict[str, str]:
        return {**(self.cookies[who] if who else {}), **more}

    def get(self, who: str | None, path: str) -> Any:
        return self.client.get(f"/v1{path}", headers=self.headers(who))

    def post(self, who: str | None, path: str, body: object | None = None, **headers: str) -> Any:
        return self.client.post(f"/v1{path}", headers=self.headers(who, **headers), json=body)

    def send(
        self, who: str | None, content: bytes | None = CLEAN, *, name: str = "figures.csv", key: str = "", **form: Any
    ) -> Any:
        data = {"city": "ru-kazan", "period": PERIOD, **form}
        files = None if content is None else {"file": (name, content, "text/csv")}
        headers = self.headers(who, **({"Idempotency-Key": key} if key else {}))
        return self.client.post("/v1/submissions", headers=headers, data=data, files=files)

    def step(self, who: str, submission_id: str, deed: str, body: object | None = None) -> Any:
        return self.post(who, f"/submissions/{submission_id}/{deed}", {} if body is None else body)

    def approved(self, content: bytes = CLEAN, **form: Any) -> str:
        """A submission that has come as far as approval."""
        submission_id = self.send("kazan", content, **form).json()["data"]["id"]
        assert self.step("kazan", submission_id, "submit").status_code == 200
        assert self.step("reviewer", submission_id, "approve").status_code == 200
        return str(submission_id)


@contextmanager
def office(engine: Engine) -> Iterator[Office]:
    """The ministry, with figures of two quarters published and everybody signed in."""
    with writing(engine) as session:
        make_city(session, "ru-kazan", name_ru="Казань", population=1_300_000)
        make_city(session, "ru-ufa", name_ru="Уфа", population=1_100_000)
        make_indicator(session, "TI_SMART_LIGHTING", valid_min="0", valid_max="100", soft_change_pct="25")
        make_indicator(session, "QM_WATER_LOSS", principle="management", direction="lower", valid_max="100")
        make_indicator(session, "CE_OPEN_DATA", principle="cost_effectiveness", decimals=0)
        publish_figures(
            session,
            *(
                {"city": city, "indicator": indicator, "period": period, "value": value}
                for city in ("ru-kazan", "ru-ufa")
                for indicator, value in (("TI_SMART_LIGHTING", "60"), ("QM_WATER_LOSS", "12"), ("CE_OPEN_DATA", "30"))
                for period in ("2026-Q1", "2026-Q2")
            ),
            now=NOW - timedelta(days=80),
        )
    with writing(engine) as session:
        ids, cookies = {}, {}
        for name, (roles, cities) in PEOPLE.items():
            rights = Rights(frozenset(roles), frozenset(cities))
            person = people.add_person(session, OPERATOR, f"{name}@city.example", name, rights, now=NOW)
            secret = signing_in.start(session, person.id, "test", now=NOW)
            ids[name], cookies[name] = person.id, {"Cookie": f"{COOKIE}={secret}"}
    api = create_api(engine, Limits(max_page_rows=100))
    api.state.webhooks = Policy(("k" * 48,))
    with TestClient(api, raise_server_exceptions=False) as client:
        opened = Office(engine, client, cookies, ids)
        api.dependency_overrides[clock] = lambda: opened.now
        yield opened
