"""The API over a fresh database with two cities, two indicators and three vintages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from app.api.app import create_api
from app.api.deps import Limits
from app.db import connect, writing
from app.main import create_app
from app.settings import Settings
from tests.conftest import Databases
from tests.makers import MORNING, make_city, make_indicator, publish_figures
from tests.servers import serving


def three_vintages(database: Engine) -> Engine:
    """Vintage 1: two cities, a zero and a blank; vintage 2: one revision; vintage 3: one withdrawal."""
    with writing(database) as session:
        make_city(session, "ru-kazan", name_ru="Казань", population=1_300_000, region="RU-TA")
        make_city(session, "ru-oryol", name_ru="Орёл", population=290_000)
        make_indicator(session, "TI_SMART_LIGHTING")
        make_indicator(session, "QM_PM25", principle="management", direction="lower", goalpost_max="35.5")
        publish_figures(
            session,
            {"value": "62.5"},
            {"city": "ru-oryol", "value": "0"},
            {"period": "2024-Q4", "value": None, "status": "L"},
            {"indicator": "QM_PM25", "period": "2024", "value": "12.25", "attributes": '{"lci_95":"11.9"}'},
        )
        publish_figures(session, {"value": "61.5", "note": "late data"}, now=MORNING + timedelta(days=1))
        publish_figures(
            session,
            {"city": "ru-oryol", "value": None, "status": "O", "is_withdrawn": True},
            now=MORNING + timedelta(days=2),
        )
    return database


@pytest.fixture
def figures(database: Engine) -> Engine:
    """Three vintages in a database of this test alone, which may write there."""
    return three_vintages(database)


@pytest.fixture(scope="session")
def read_figures(databases: Databases) -> Iterator[Engine]:
    """The same three vintages for all tests that only read."""
    engine = connect(databases.fresh_url())
    yield three_vintages(engine)
    engine.dispose()


@pytest.fixture
def asked_figures(request: pytest.FixtureRequest, read_figures: Engine) -> Engine:
    """The figures that the test itself asks for, because it writes there; else those of all."""
    own: Engine = request.getfixturevalue("figures") if "figures" in request.fixturenames else read_figures
    return own


@pytest.fixture
def client(asked_figures: Engine) -> Iterator[TestClient]:
    """A client of the API at its real address."""
    api = create_api(asked_figures, Limits(max_page_rows=50))
    with TestClient(Starlette(routes=[Mount("/api", api)]), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def site(asked_figures: Engine, tmp_path: Path) -> Iterator[str]:
    """The address of the whole program, for clients that bring their own HTTP."""
    url = asked_figures.url.render_as_string(hide_password=False)
    with serving(create_app(Settings(database_url=url, files_dir=tmp_path / "files"))) as address:
        yield address
