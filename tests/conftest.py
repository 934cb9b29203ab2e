"""What tests share: a migrated database of each engine, and the published tables beside the checkout."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

import migrations
from app.db import connect
from tests.browsing import chromium, demo_file, serve  # noqa: F401 - fixtures by their names
from tests.postgres import Postgres

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published tables; absent, the test fails and says how to name it."""
    folder = Path(os.environ.get("CITYMARK_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "README.md").is_file():
        pytest.fail(f"no published tables in {folder}: set CITYMARK_SHARED_DATA to the folder that holds index_hdi")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this test process."""
    cluster = Postgres().start()
    yield cluster
    cluster.stop()


class Databases:
    """Fresh migrated databases of one engine, each copied from a template that was migrated once."""

    def __init__(self, kind: str, folder: Path, postgres: Postgres | None) -> None:
        self.kind = kind
        self.folder = folder
        self.postgres = postgres
        self._migrate_template()

    def _migrate_template(self) -> None:
        if self.postgres:
            self._administer("CREATE DATABASE citymark_template ENCODING 'UTF8'")
        engine = connect(self._url("citymark_template"))
        migrations.upgrade(engine)
        engine.dispose()

    def _url(self, name: str) -> str:
        return self.postgres.url(name) if self.postgres else f"sqlite:///{self.folder / name}.db"

    def _administer(self, statement: str) -> None:
        assert self.postgres
        url = self.postgres.url().replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def fresh_url(self) -> str:
        """The address of a new, migrated, empty database."""
        name = f"t{uuid4().hex}"
        if self.postgres:
            self._administer(f"CREATE DATABASE {name} TEMPLATE citymark_template STRATEGY file_copy")
        else:
            shutil.copyfile(self.folder / "citymark_template.db", self.folder / f"{name}.db")
        return self._url(name)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Where databases of each engine come from: a test that asks for one runs on both."""
    cluster = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return Databases(request.param, tmp_path_factory.mktemp("databases"), cluster)


@pytest.fixture
def database_url(databases: Databases) -> str:
    """The address of a fresh, migrated, empty database."""
    return databases.fresh_url()


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh database, for code that commits."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def _standing_engine(databases: Databases) -> Iterator[Engine]:
    engine = connect(databases.fresh_url())
    yield engine
    engine.dispose()


@pytest.fixture
def session(_standing_engine: Engine) -> Iterator[Session]:
    """A session on an empty database; whatever the test writes is rolled back."""
    with _standing_engine.execution_options(citymark_writes=True).connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()
