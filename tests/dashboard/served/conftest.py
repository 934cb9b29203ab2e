from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import migrations
from app.accounts import people
from app.accounts.people import Rights
from app.db import connect, writing
from app.main import create_app
from app.settings import Settings
from tests.makers import make_city, make_indicator, publish_figures
from tests.office import OPERATOR, PEOPLE, csv_of

PASSWORD = "семь раз отмерь, один отрежь"


@dataclass
class Site:
    """The whole program over a fresh database with a small ministry; every person has a browser of their own."""

    url: str
    app: Any
    browsers: dict[str, TestClient] = field(default_factory=dict)

    def browser(self, who: str | None = None) -> TestClient:
        """A browser, signed in as somebody."""
        if who in self.browsers:
            return self.browsers[who]
        client = TestClient(self.app, follow_redirects=False)
        if who is not None:
            answer = client.post("/sign-in", data={"email": f"{who}@city.example", "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            self.browsers[who] = client
        return client

    def send(self, who: str, content: bytes, **form: str) -> str:
        """Send a file; the address of its page."""
        data = {"city": "ru-kazan", "period": period(), "deed": "file", **form}
        answer = self.browser(who).post("/submit", data=data, files={"file": ("f.csv", content, "text/csv")})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])


def period() -> str:
    """The quarter that ended last: the one the page offers."""
    now = datetime.now(UTC)
    quarter = (now.month - 1) // 3
    return f"{now.year}-Q{quarter}" if quarter else f"{now.year - 1}-Q4"


def file(*rows: tuple[object, ...]) -> bytes:
    """A file for that quarter."""
    return csv_of(*rows, period=period())


@pytest.fixture(scope="session")
def small_ministry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with two cities, a figure, and everybody who works there; nobody writes to it."""
    kept = tmp_path_factory.mktemp("ministry") / "site.db"
    engine = connect(f"sqlite:///{kept}")
    migrations.upgrade(engine)
    now = datetime.now(UTC)
    with writing(engine) as session:
        make_city(session, "ru-kazan", name_ru="Казань", population=1_300_000)
        make_city(session, "ru-ufa", name_ru="Уфа", population=1_100_000)
        make_indicator(session, "TI_SMART_LIGHTING", valid_max="100", soft_change_pct="25", name_ru="Доля фонарей")
        make_indicator(session, "CE_OPEN_DATA", principle="cost_effectiveness", decimals=0)
        publish_figures(session, {"value": "60", "period": "2020-Q1"}, now=now)
        for name, (roles, cities) in PEOPLE.items():
            rights = Rights(frozenset(roles), frozenset(cities))
            person = people.add_person(session, OPERATOR, f"{name}@city.example", name, rights, now=now)
            people.set_password(session, person.actor(), PASSWORD, now=now)
    engine.dispose()
    return kept


def opened(ministry: Path, folder: Path) -> Site:
    """The whole program over a copy of this file."""
    url = f"sqlite:///{shutil.copyfile(ministry, folder / 'site.db')}"
    return Site(url, create_app(Settings(database_url=url)))


@pytest.fixture
def site(small_ministry: Path, tmp_path: Path) -> Site:
    return opened(small_ministry, tmp_path)
