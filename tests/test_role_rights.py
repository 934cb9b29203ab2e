"""A role with the least rights answers, takes submissions and publishes, and can do no more, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

import migrations
from app.db import connect, reading
from app.errors import Invalid
from ingest.__main__ import main
from ingest.backup import backup, restore
from ingest.doctor import faults
from ingest.tasks.deeds import Means
from ingest.tasks.working import Worker
from migrations.rights import grant_least
from tests.office import office
from tests.postgres import Postgres

ROLE = "citymark_web"
KEPT = ["audit_event", "observation", "vintage"]


# Roles are of the whole cluster: one process has these tests, and takes its role away again.
pytestmark = pytest.mark.xdist_group("rights of roles")


@pytest.fixture(scope="module")
def cluster(postgres: Postgres) -> Iterator[Postgres]:
    """The web role is there and has no rights yet."""
    superuser = create_engine(
        postgres.url().replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with superuser.connect() as connection:
        for statement in (f"CREATE ROLE {ROLE} LOGIN", "CREATE DATABASE figures", "CREATE DATABASE others"):
            connection.exec_driver_sql(statement)
    yield postgres
    with superuser.connect() as connection:
        for statement in ("DROP DATABASE figures", "DROP DATABASE others", f"DROP ROLE {ROLE}"):
            connection.exec_driver_sql(statement)
    superuser.dispose()


@pytest.fixture(scope="module")
def owner(cluster: Postgres) -> Iterator[Engine]:
    """Whoever the schema belongs to."""
    engine = connect(cluster.url("figures"))
    migrations.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def web(owner: Engine) -> Iterator[Engine]:
    """The same database, as that role."""
    assert grant_least(owner, ROLE) == KEPT
    engine = connect(owner.url.set(username=ROLE).render_as_string(hide_password=False))
    yield engine
    engine.dispose()


def test_the_role_takes_submissions_publishes_and_does_what_follows(web: Engine) -> None:
    with office(web) as opened:
        number = opened.approved()
        assert opened.step("reviewer", number, "publish").status_code == 200
        newest = opened.get(None, "/observations?indicator=CE_OPEN_DATA&period=2026-Q3").json()["data"]
        assert [(row["city"], row["value"]) for row in newest] == [("ru-kazan", 31.0)]
    assert Worker(Means(web)).work() >= 1
    with reading(web) as session:
        assert session.scalar(text("SELECT count(*) FROM task WHERE state NOT IN ('done')")) == 0
    assert list(faults(web)) == []


@pytest.mark.parametrize(
    "statement",
    [
        *(f"{verb} {table}" for table in KEPT for verb in ("DELETE FROM", "TRUNCATE", "DROP TABLE")),
        "UPDATE observation SET value = 0",
        "UPDATE vintage SET reason = ''",
        "UPDATE audit_event SET actor = ''",
        "UPDATE alembic_version SET version_num = 'x'",
        "ALTER TABLE observation DISABLE TRIGGER ALL",
        "DROP TRIGGER observation_append_only ON observation",
        "DROP INDEX ix_observation_by_indicator",
        "CREATE TABLE more (id integer)",
        "ALTER FUNCTION observation_refuse() RENAME TO nothing",
    ],
)
def test_the_database_lets_the_role_do_nothing_else(web: Engine, statement: str) -> None:
    with web.connect() as connection, pytest.raises(ProgrammingError, match="permission denied|must be owner"):
        connection.exec_driver_sql(statement)


def test_a_role_that_is_not_there_or_may_do_everything_is_refused(owner: Engine) -> None:
    with pytest.raises(Invalid, match="no role nobody_here"):
        grant_least(owner, "nobody_here")
    with pytest.raises(Invalid, match="neither the owner nor a superuser"):
        grant_least(owner, "postgres")
    with pytest.raises(Invalid, match="SQLite has no roles"):
        grant_least(create_engine("sqlite://"), ROLE)


def test_the_command_migrates_and_grants(
    cluster: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CITYMARK_DATABASE_URL", cluster.url("others"))
    assert main(["migrate", "--rights-for", ROLE]) == 0
    told = capsys.readouterr().out
    assert "change all but audit_event, observation, vintage" in told
    assert f"at schema {migrations.newest_revision()}" in told
    assert main(["migrate", "--rights-for", "nobody_here"]) == 2


def test_a_copy_with_rights_is_put_back_where_the_role_is_not_there(
    cluster: Postgres, owner: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYMARK_PG_BIN", str(cluster.bin))
    superuser = owner.execution_options(isolation_level="AUTOCOMMIT")
    with superuser.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE of_another_server LOGIN")
        connection.exec_driver_sql("CREATE DATABASE put_back")
    grant_least(owner, "of_another_server")
    backup(owner, tmp_path / "day.backup")
    with superuser.connect() as connection:
        for statement in ("DROP OWNED BY of_another_server", "DROP ROLE of_another_server"):
            connection.exec_driver_sql(statement)
    try:
        assert restore(cluster.url("put_back"), tmp_path / "day.backup") == []
    finally:
        with superuser.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE put_back")
