"""Commands that cannot do what they are told: each says why in words and changes nothing."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

import migrations
from app.db import connect
from ingest import backup, doctor
from ingest.__main__ import main
from tests.conftest import ROOT
from tests.postgres import Postgres, binaries
from tests.tiny import build

Said = Callable[..., tuple[int, str]]
NEWER = "2999_01_01_of_a_newer_program"


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Run a command over a database that is not there, or another; its exit code and what it printed."""
    monkeypatch.setenv("CITYMARK_PG_BIN", str(binaries()))

    def ran(*words: str, url: str = f"sqlite:///{tmp_path}/nowhere/citymark.db") -> tuple[int, str]:
        monkeypatch.setenv("CITYMARK_DATABASE_URL", url)
        code = main(words)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return ran


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A small copy on SQLite with its manifest."""
    engine = connect(f"sqlite:///{tmp_path}/small.db")
    migrations.upgrade(engine)
    backup.backup(engine, tmp_path / "small.backup")
    engine.dispose()
    return tmp_path / "small.backup"


def _sealed(copy: Path, **changes: str) -> None:
    """The manifest of a copy that was changed, as if it had been made so."""
    manifest = copy.with_name("small.backup.json")
    told = json.loads(manifest.read_text()) | {"sha256": sha256(copy.read_bytes()).hexdigest()} | changes
    manifest.write_text(json.dumps(told))


@pytest.mark.parametrize("command", [("doctor",), ("backup", "day.backup"), ("serve",), ("restore", "none.backup")])
def test_a_database_that_is_not_there_is_not_made(said: Said, tmp_path: Path, command: tuple[str, ...]) -> None:
    code, words = said(*command)
    assert code in {1, 2}
    assert "see CITYMARK_DATABASE_URL" in words or "there is no copy none.backup" in words
    assert not (tmp_path / "nowhere").exists()


def test_a_copy_needs_a_folder_and_a_free_name(said: Said, copy: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/small.db"
    assert said("backup", str(tmp_path / "no" / "day"), url=url) == (
        2,
        f"citymark: there is no folder {tmp_path}/no: make it first\n",
    )
    (tmp_path / "day.json").write_text("somebody's")
    assert said("backup", str(tmp_path / "day"), url=url)[0] == 2
    assert (tmp_path / "day.json").read_text() == "somebody's"
    assert sorted(each.name for each in tmp_path.iterdir() if "day" in each.name) == ["day.json"]


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"sha256": "00"}', "\x00"])
def test_what_is_no_manifest_is_refused(said: Said, copy: Path, tmp_path: Path, manifest: str) -> None:
    copy.with_name("small.backup.json").write_text(manifest)
    code, words = said("restore", str(copy))
    assert (code, words.count("\n")) == (2, 1)
    assert "small.backup.json" in words
    assert not (tmp_path / "nowhere").exists()


def test_a_copy_of_a_newer_program_is_not_put_back(said: Said, copy: Path, tmp_path: Path) -> None:
    _sealed(copy, schema=NEWER)
    code, words = said("restore", str(copy))
    assert code == 2
    assert f"{NEWER} is of a newer program: run that one" in words
    assert not (tmp_path / "nowhere").exists()


def test_a_copy_that_does_not_fit_leaves_nothing_behind(copy: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for a disk that fills up on the way."""
    place = tmp_path / "full"
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "restore", str(copy)],
        cwd=ROOT,
        env={**os.environ, "CITYMARK_DATABASE_URL": f"sqlite:///{place}/citymark.db"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "citymark: File too large\n")
    assert list(place.iterdir()) == []


def test_a_database_of_a_newer_program_is_left_to_it(said: Said, database: Engine, database_url: str) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :newer"), {"newer": NEWER})
    for command in (("migrate",), ("serve",), ("doctor",), ("user", "list"), ("backup", "day.backup")):
        code, words = said(*command, url=database_url)
        assert code in {1, 2}
        assert "of a newer program: run that one" in words
    assert migrations.current_revision(database) == NEWER


def test_a_database_of_an_older_schema_is_copied_before_its_update_and_put_back(
    database: Engine, database_url: str, tmp_path: Path, said: Said
) -> None:
    """What docs/runbook.md says to do before an update: the copy comes first."""
    build(database, tmp_path)
    migrations.downgrade(database, "2026_11_24")
    assert said("backup", str(tmp_path / "before.backup"), url=database_url)[0] == 0
    with database.begin() as connection:
        if database.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    if database.dialect.name == "sqlite":
        database_url = f"sqlite:///{tmp_path}/again/restored.db"
    assert said("restore", str(tmp_path / "before.backup"), url=database_url) == (0, "restored; no faults\n")
    restored = connect(database_url)
    assert migrations.current_revision(restored) == migrations.newest_revision()
    assert list(doctor.faults(restored)) == []
    restored.dispose()


def test_a_database_that_does_not_answer_is_named_in_one_line_without_its_password(said: Said) -> None:
    for command in (("doctor",), ("migrate",), ("user", "list"), ("work", "--once"), ("restore", "x")):
        code, words = said(*command, url="postgresql://citymark:word-of-pass@127.0.0.1:1/citymark")
        assert code == 2
        assert "Traceback" not in words
        assert "word-of-pass" not in words


def test_a_file_that_is_no_database_is_said_to_be_none(said: Said, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("a letter, and nothing that SQLite wrote" * 100)
    assert said("doctor", url=f"sqlite:///{tmp_path}/notes.txt") == (
        2,
        "citymark: the database did not answer\n  file is not a database\n",
    )


def test_the_programs_of_postgresql_are_asked_over_the_same_sealed_connection(
    said: Said, copy: Path, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an address asks of a connection holds for them too, and no list of processes shows the password."""
    (tmp_path / "pg_restore").write_text('#!/bin/sh\necho "$@" >&2\nexit 1\n')
    (tmp_path / "pg_restore").chmod(0o755)
    monkeypatch.setenv("CITYMARK_PG_BIN", str(tmp_path))
    _sealed(copy, engine="postgresql")
    url = make_url(postgres.url("template1")).set(password="word-of-pass", query={"sslmode": "prefer"})
    code, words = said("restore", str(copy), url=url.render_as_string(hide_password=False))
    assert code == 2
    assert f"--dbname postgresql://{url.username}@127.0.0.1:{url.port}/template1?sslmode=prefer" in words
    assert "word-of-pass" not in words


def test_a_folder_without_the_programs_of_postgresql_is_named(
    said: Said, database: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYMARK_PG_BIN", str(tmp_path / "bin"))
    code, words = said("backup", str(tmp_path / "day"), url=database_url)
    expected = {"sqlite": (0, "day: vintage 0"), "postgresql": (2, "bin, which CITYMARK_PG_BIN names")}
    assert code == expected[make_url(database_url).get_backend_name()][0]
    assert expected[make_url(database_url).get_backend_name()][1] in words
