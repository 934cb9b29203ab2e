"""PostgreSQL back to a moment between two publications, by the settings that docs/operations.md names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

import migrations
from app.db import connect, reading
from app.models import Vintage
from ingest import doctor
from tests.loss.publisher import publish_some
from tests.postgres import Postgres
from tests.tiny import build


@pytest.fixture
def cluster() -> Iterator[Postgres]:
    """A cluster that archives its log and keeps what it says it has written."""
    made = Postgres()
    archive = made.root / "archive"
    archive.mkdir()
    archive.chmod(0o777)
    command = f"test ! -f {archive}/%f && cp %p {archive}/%f"
    made.start(archive_mode="on", archive_command=command, fsync="on", full_page_writes="on")
    yield made
    made.stop()


def _scalar(engine: Engine, query: str) -> object:
    with engine.connect() as connection:
        return connection.execute(text(query)).scalar()


def _newest(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.max(Vintage.number))) or 0


def _until(engine: Engine, query: str, expected: object) -> None:
    for _ in range(300):
        if _scalar(engine, query) == expected:
            return
        time.sleep(0.1)
    pytest.fail(f"{query} never said {expected}")


def test_back_to_the_moment_before_a_publication(cluster: Postgres, tmp_path: Path) -> None:
    engine = connect(cluster.url())
    migrations.upgrade(engine)
    build(engine, tmp_path)
    base = cluster.root / "base"
    address = ("-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres")
    cluster.run("pg_basebackup", "-D", str(base), *address, "-c", "fast", "-X", "none", "--no-sync")
    assert publish_some(engine, "42") == 5
    between = _scalar(engine, "SELECT now()::text")
    assert publish_some(engine, "43") == 6
    last = _scalar(engine, "SELECT pg_walfile_name(pg_switch_wal())")
    _until(engine, f"SELECT last_archived_wal >= '{last}' FROM pg_stat_archiver", True)
    engine.dispose()
    cluster.halt()
    with (base / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write(f"restore_command = 'cp {cluster.root}/archive/%f %p'\n")
        settings.write(f"recovery_target_time = '{between}'\nrecovery_target_action = 'promote'\n")
    signal = base / "recovery.signal"
    signal.touch()
    signal.chmod(0o666)
    cluster.data = base
    cluster.start()
    restored = connect(cluster.url())
    _until(restored, "SELECT pg_is_in_recovery()", False)
    assert _newest(restored) == 5
    assert list(doctor.faults(restored)) == []
    assert publish_some(restored, "44") == 6
    restored.dispose()
