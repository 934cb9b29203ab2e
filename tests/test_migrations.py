from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

import migrations
from app.db import Base, connect
from ingest import doctor
from tests.conftest import ROOT
from tests.tiny import build

FIRST = "2026_11_24"
# What figures are: everything of them that the first schema has.
FIGURES = """SELECT city_id, indicator_id, period, vintage, CAST(value AS TEXT), status, note, is_withdrawn
    FROM observation ORDER BY city_id, indicator_id, period, vintage"""
# Dies before the statement of this number.
KILLED = """
import sys
import migrations
from app.db import connect
from tests.loss.publisher import die_at
engine = connect(sys.argv[1])
die_at(engine, int(sys.argv[2]))
migrations.upgrade(engine)
"""


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def figures(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(FIGURES))]


def test_the_migrations_make_the_models(database: Engine) -> None:
    assert differences(database) == []


def test_the_schema_goes_down_to_nothing_and_up_again(database: Engine) -> None:
    migrations.downgrade(database)
    assert inspect(database).get_table_names() == ["alembic_version"]
    migrations.upgrade(database)
    assert differences(database) == []
    assert migrations.current_revision(database) == migrations.newest_revision()


def test_figures_outlive_every_step_down_and_up(database: Engine, tmp_path: Path) -> None:
    before = figures(build(database, tmp_path))
    assert len(before) > 10
    while migrations.current_revision(database) != FIRST:
        migrations.downgrade(database, "-1")
        assert figures(database) == before
    while migrations.current_revision(database) != migrations.newest_revision():
        migrations.upgrade(database, "+1")
        assert figures(database) == before
    assert differences(database) == []
    assert [fault for fault in doctor.faults(database) if "fingerprint" not in fault] == []


@pytest.mark.parametrize("point", [5, 40, 70])
def test_a_migration_killed_on_its_way_is_made_good_by_the_next(
    database: Engine, database_url: str, tmp_path: Path, point: int
) -> None:
    before = figures(build(database, tmp_path))
    migrations.downgrade(database, FIRST)
    database.dispose()
    killed = subprocess.run([sys.executable, "-c", KILLED, database_url, str(point)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL or point > 20
    engine = connect(database_url)
    assert migrations.current_revision(engine) == (FIRST if killed.returncode else migrations.newest_revision())
    migrations.upgrade(engine)
    assert migrations.current_revision(engine) == migrations.newest_revision()
    assert differences(engine) == []
    assert figures(engine) == before
    engine.dispose()
