"""Killed at any point, refused at any statement, out of room at any size: a publication is whole or not at all."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, func, select, text
from sqlalchemy.exc import OperationalError

from app.db import connect, reading
from app.errors import CitymarkError
from app.models import Observation, Task, Vintage
from ingest import doctor
from tests.conftest import ROOT
from tests.loss.conftest import PUBLISHER, Publishers
from tests.loss.publisher import PERIODS, count_points, publish_some
from tests.tiny import build

#: Fifty kills over both engines; `make kill-lane` asks for two hundred.
KILLS = int(os.environ.get("CITYMARK_KILLS", "50")) // 2
WHOLE = 3 * len(PERIODS) + 1


@pytest.fixture
def tiny(database: Engine, tmp_path: Path) -> Engine:
    return build(database, tmp_path)


def _asked_for(engine: Engine) -> int:
    """How many tasks the fifth vintage has brought about: its files."""
    with reading(engine) as session:
        return session.scalar(select(func.count()).where(Task.kind == "files", Task.key == "5")) or 0


def _state(engine: Engine) -> tuple[int, int]:
    with reading(engine) as session:
        newest = session.scalar(select(func.max(Vintage.number))) or 0
        count = select(func.count()).select_from(Observation).where(Observation.vintage > 4)
        return newest, session.scalar(count) or 0


def _is_whole_or_nothing(engine: Engine, value: str = "42") -> bool:
    """Whether the vintage is there whole (True) or not at all (False); publishing again makes it one, once."""
    newest, written = _state(engine)
    assert (newest, written) in ((4, 0), (5, WHOLE))
    assert _asked_for(engine) == newest - 4
    assert list(doctor.faults(engine)) == []
    assert publish_some(engine, value) == (None if written else 5)
    assert _state(engine) == (5, WHOLE)
    assert _asked_for(engine) == 1
    assert list(doctor.faults(engine)) == []
    return bool(written)


@pytest.mark.parametrize("lot", range(KILLS))
def test_a_publisher_killed_at_a_point_leaves_all_or_nothing(
    tiny: Engine, database_url: str, publishers: Publishers, lot: int
) -> None:
    """Points spread over all statements; beyond the last the process lives and the vintage is there."""
    points = 16 if tiny.dialect.name == "sqlite" else 18
    point = 1 + lot * points // KILLS
    code = publishers.publish(database_url, point)
    assert code in (0, -signal.SIGKILL)
    is_there = _is_whole_or_nothing(tiny)
    assert is_there == (code == 0)


def test_a_publisher_killed_at_a_random_moment_leaves_all_or_nothing(tiny: Engine, database_url: str) -> None:
    dice = random.Random(20261126)
    process = subprocess.Popen([*PUBLISHER, database_url, "10000"], cwd=ROOT, stderr=subprocess.DEVNULL)
    time.sleep(0.6 + dice.random())
    process.kill()
    process.wait(60)
    _is_whole_or_nothing(tiny)


def test_every_statement_refused_in_turn_leaves_nothing_and_a_usable_program(tiny: Engine) -> None:
    publish_some(tiny, "1")
    seen = count_points(tiny)
    publish_some(tiny, "2")
    # COMMIT is counted among them and is no statement of a cursor.
    statements = len(seen) - seen.count("COMMIT")
    assert statements > 5
    for point in range(1, statements + 1):
        _refuse_at(tiny, point)
    assert list(doctor.faults(tiny)) == []


def _refuse_at(engine: Engine, point: int) -> None:
    left, before = [point], _state(engine)

    def step(_connection: Connection, *_more: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OperationalError("injected", {}, OSError("no space left on device"))

    event.listen(engine, "before_cursor_execute", step)
    try:
        with pytest.raises(CitymarkError, match="did not answer"):
            publish_some(engine, f"{point + 1}")
    finally:
        event.remove(engine, "before_cursor_execute", step)
    assert _state(engine) == before


@pytest.mark.parametrize("number", range(50))
def test_a_full_disk_is_said_and_nothing_is_half_written(tmp_path: Path, number: int, template: Path) -> None:
    """SQLite with room for so many more pages: too few and it says so; enough and the vintage is there."""
    file = tmp_path / "full.db"
    file.write_bytes(template.read_bytes())
    engine = connect(f"sqlite:///{file}")
    with engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar() or 0

    @event.listens_for(engine, "connect")
    def _bound(connection: object, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + number}")  # type: ignore[attr-defined]

    engine.dispose()
    refusal = ""
    try:
        publish_some(engine)
    except CitymarkError as error:
        refusal = error.message
    assert _state(engine) == ((4, 0) if "no room left" in refusal else (5, WHOLE))
    assert list(doctor.faults(engine)) == []
    engine.dispose()


def test_two_publishers_at_once_are_two_vintages_or_one_and_no_change(tiny: Engine, database_url: str) -> None:
    told: list[int | None] = []

    def publisher(value: str) -> None:
        engine = connect(database_url)
        told.append(publish_some(engine, value))
        engine.dispose()

    threads = [threading.Thread(target=publisher, args=(value,)) for value in ("42", "43", "42", "44")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(number for number in told if number is not None)
    assert numbers == list(range(5, 5 + len(numbers)))
    assert len(numbers) >= 3
    assert list(doctor.faults(tiny)) == []
