"""A copy made while figures are written is whole, proves itself, and gives the same bytes again."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from app.db import connect, reading, writing
from app.errors import CitymarkError
from app.queries import vintages
from ingest import backup, bulk, doctor
from ingest.__main__ import main
from tests.makers import publish_figures
from tests.postgres import binaries
from tests.tiny import build

Empty = Callable[[], str]


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYMARK_PG_BIN", str(binaries()))


@pytest.fixture
def tiny(database: Engine, tmp_path: Path) -> Engine:
    return build(database, tmp_path)


@pytest.fixture
def empty(database_url: str, tmp_path: Path) -> Empty:
    """The address of a new, empty database on the same engine."""

    def made() -> str:
        url = make_url(database_url)
        if url.get_backend_name() == "sqlite":
            return f"sqlite:///{tmp_path}/elsewhere/restored.db"
        name = f"restored_{os.urandom(4).hex()}"
        engine = connect(database_url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        engine.dispose()
        return url.set(database=name).render_as_string(hide_password=False)

    return made


def _exported(engine: Engine, folder: Path, number: int) -> dict[str, bytes]:
    with reading(engine) as session:
        vintage = vintages.as_known(session, number)
        assert vintage
        session.expunge(vintage)
    bulk.export(engine, vintage, folder, "https://figures.example/files/")
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_what_is_put_back_is_what_was_there(tiny: Engine, empty: Empty, tmp_path: Path) -> None:
    file = tmp_path / "copies" / "day.backup"
    file.parent.mkdir()
    manifest = backup.backup(tiny, file)
    before = _exported(tiny, tmp_path / "before", 4)
    with writing(tiny) as session:
        publish_figures(session, {"city": "ru-kazan", "indicator": "HC_LIFE", "period": "2024", "value": "1"})
    url = empty()
    assert backup.restore(url, file) == []
    restored = connect(url)
    assert manifest["vintage"] == 4
    assert _exported(restored, tmp_path / "after", 4) == before
    restored.dispose()


def test_a_copy_made_while_figures_are_written_is_whole(tiny: Engine, empty: Empty, tmp_path: Path) -> None:
    is_done = threading.Event()
    published: list[int | None] = []

    def publisher() -> None:
        for number in range(1, 200):
            if is_done.is_set():
                return
            with writing(tiny) as session:
                row = {"city": "ru-ufa", "indicator": "TI_LIGHTS", "period": "2025-Q4", "value": str(number % 90 + 1)}
                published.append(publish_figures(session, row).vintage)

    thread = threading.Thread(target=publisher)
    thread.start()
    while len(published) < 3:
        pass
    manifest = backup.backup(tiny, tmp_path / "busy.backup")
    is_done.set()
    thread.join()
    assert backup.restore(empty(), tmp_path / "busy.backup") == []
    assert manifest["vintage"] >= 7


def test_a_database_that_holds_something_is_not_touched(tiny: Engine, database_url: str, tmp_path: Path) -> None:
    backup.backup(tiny, tmp_path / "day.backup")
    with pytest.raises(CitymarkError, match="not empty"):
        backup.restore(database_url, tmp_path / "day.backup")
    assert list(doctor.faults(tiny)) == []


def test_a_changed_copy_is_refused(tiny: Engine, empty: Empty, tmp_path: Path) -> None:
    file = tmp_path / "day.backup"
    backup.backup(tiny, file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(CitymarkError, match="is not the copy"):
        backup.restore(empty(), file)


def test_an_older_copy_is_never_written_over(tiny: Engine, tmp_path: Path) -> None:
    file = tmp_path / "day.backup"
    file.write_text("older")
    with pytest.raises(CitymarkError, match="exists"):
        backup.backup(tiny, file)
    assert file.read_text() == "older"


def test_doctor_names_the_vintage_whose_figure_was_changed_behind_its_back(tiny: Engine) -> None:
    assert list(doctor.faults(tiny)) == []
    is_sqlite = tiny.dialect.name == "sqlite"
    off = "DROP TRIGGER observation_no_update" if is_sqlite else "ALTER TABLE observation DISABLE TRIGGER USER"
    with writing(tiny) as session:
        session.execute(text(off))
        session.execute(text("UPDATE observation SET value = '76' WHERE vintage = 1 AND value = '75'"))
    assert "vintage 1 does not hold the figures it was published with" in list(doctor.faults(tiny))


def test_the_commands_say_what_they_did(
    tiny: Engine,
    database_url: str,
    empty: Empty,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CITYMARK_DATABASE_URL", database_url)
    assert main(["backup", str(tmp_path / "day.backup"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["vintage"] == 4
    assert main(["restore", str(tmp_path / "day.backup")]) == 2
    assert "not empty" in capsys.readouterr().err
    monkeypatch.setenv("CITYMARK_DATABASE_URL", empty())
    assert main(["restore", str(tmp_path / "day.backup")]) == 0
    assert capsys.readouterr().out == "restored; no faults\n"
