"""Every write and sync of a publication refused in turn, below the database: a vintage is whole or not at all.

strace gives one system call on the database's files an error of the disk; the program and the engine are untouched.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

import migrations
from app.db import connect
from app.errors import Unavailable
from ingest import doctor
from tests.loss.conftest import Publishers
from tests.loss.publisher import publish_some
from tests.loss.test_killed import _is_whole_or_nothing, _state
from tests.postgres import Postgres
from tests.tiny import build

CALLS = "pwrite64,write,fsync,fdatasync,ftruncate,unlink"
#: A run takes seconds: some points of each kind, or all of them with `make kill-lane`.
MOST_POINTS = 400 if int(os.environ.get("CITYMARK_KILLS", "50")) > 50 else 7
ERRORS = ("EIO", "ENOSPC")

pytestmark = pytest.mark.xdist_group("system-calls")


@pytest.fixture(scope="module", autouse=True)
def _can_trace() -> None:
    found = shutil.which("strace")
    if found is None:
        pytest.fail("no strace here: run `make setup`")
    tried = subprocess.run(
        [found, "-qq", "-o", "/dev/null", sys.executable, "-c", ""], capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip("this machine forbids tracing (ptrace): faults below the database cannot be injected")


@contextmanager
def tracing(process: int, log: Path, *more: str) -> Iterator[None]:
    """strace watches the process from here to the end of the block."""
    command = ["strace", "-qq", "-o", str(log), "-e", f"trace={CALLS}", *more, "-p", str(process)]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while "TracerPid:\t0" in Path(f"/proc/{process}/status").read_text():
            assert time.monotonic() < until, "strace did not come to the process"
            time.sleep(0.02)
        yield
    finally:
        tracer.terminate()
        tracer.wait(20)


def traced(publishers: Publishers, file: Path, log: Path, inject: tuple[str, ...] = ()) -> int:
    """The exit code of a publisher of which strace watches the calls on its database's files."""
    paths = [part for suffix in ("", "-wal", "-journal") for part in ("-P", f"{file}{suffix}")]
    with tracing(publishers.process.pid, log, "-f", *inject, *paths):
        return publishers.publish(f"sqlite:///{file}", 10_000)


def test_every_write_and_sync_of_sqlite_refused_in_turn(
    template: Path, tmp_path: Path, publishers: Publishers
) -> None:
    whole = tmp_path / "whole.db"
    whole.write_bytes(template.read_bytes())
    assert traced(publishers, whole, tmp_path / "log") == 0
    seen = re.findall(r"^\d+ +(\w+)\(", (tmp_path / "log").read_text(), re.MULTILINE)
    assert {"pwrite64", "fsync"} <= set(seen)
    outcomes = []
    for number, (call, nth) in enumerate(_points(seen)):
        file = tmp_path / f"{number}.db"
        file.write_bytes(template.read_bytes())
        inject = ("-e", f"inject={call}:error={ERRORS[number % 2]}:when={nth}")
        code = traced(publishers, file, tmp_path / "log", inject)
        engine = connect(f"sqlite:///{file}")
        is_there = _is_whole_or_nothing(engine)
        engine.dispose()
        outcomes.append((call, code == 0, is_there))
    # What was acknowledged is there. What was refused is not, or is there whole: the last sync of a commit says so.
    assert all(is_there for _, is_acknowledged, is_there in outcomes if is_acknowledged)
    assert {is_there for _, _, is_there in outcomes} == {True, False}


def _points(seen: list[str]) -> Iterator[tuple[str, int]]:
    """Calls by kind and number: all that are few, some of those that are many, spread over them."""
    for call in dict.fromkeys(seen):
        count = seen.count(call)
        share = min(count, MOST_POINTS if count > 6 else count)
        for part in range(share):
            yield call, 1 + part * count // share


@pytest.fixture
def durable() -> Iterator[Postgres]:
    """A PostgreSQL that syncs as in production."""
    cluster = Postgres().start(fsync="on", full_page_writes="on")
    yield cluster
    cluster.stop()


def refusing(process: int, call: str, nth: int, log: Path) -> AbstractContextManager[None]:
    """The nth call of this process from now on has an error of the disk."""
    return tracing(process, log, "-e", f"inject={call}:error=EIO:when={nth}")


def recovered(url: str) -> Engine:
    """An engine on the cluster once it has recovered from its own panic."""
    until = time.monotonic() + 60
    while True:
        engine = connect(url)
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            return engine
        except OperationalError:
            engine.dispose()
            assert time.monotonic() < until, "the cluster did not recover"
            time.sleep(0.2)


@pytest.mark.parametrize(("call", "nth"), [("fdatasync", 1), ("pwrite64", 1), ("pwrite64", 2), ("pwrite64", 5)])
def test_a_write_or_sync_of_a_publishing_backend_refused(
    durable: Postgres, tmp_path: Path, call: str, nth: int
) -> None:
    url = durable.url()
    engine = connect(url)
    migrations.upgrade(engine)
    build(engine, tmp_path)
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    told: int | None = None
    with refusing(int(backend), call, nth, tmp_path / "log"), suppress(Unavailable):
        told = publish_some(engine)
    assert "INJECTED" in (tmp_path / "log").read_text() or told == 5
    engine.dispose()
    engine = recovered(url)
    is_there = _is_whole_or_nothing(engine)
    assert is_there or told is None
    engine.dispose()


def test_an_acknowledged_vintage_outlives_a_checkpoint_that_cannot_sync(durable: Postgres, tmp_path: Path) -> None:
    url = durable.url()
    engine = connect(url)
    migrations.upgrade(engine)
    build(engine, tmp_path)
    assert publish_some(engine) == 5
    with engine.connect() as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
        checkpointer = connection.execute(text(query)).scalar_one()
        with refusing(int(checkpointer), "fsync", 1, tmp_path / "log"), pytest.raises(OperationalError):
            connection.execute(text("CHECKPOINT"))
    assert "INJECTED" in (tmp_path / "log").read_text()
    engine.dispose()
    engine = recovered(url)
    assert _state(engine)[0] == 5
    assert list(doctor.faults(engine)) == []
    engine.dispose()
