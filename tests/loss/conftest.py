from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import migrations
from app.db import connect
from tests.conftest import ROOT
from tests.tiny import build

PUBLISHER = [sys.executable, "-m", "tests.loss.publisher"]


class Publishers:
    """A process that has loaded the program, and has one of its own publish whenever it is asked."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(PUBLISHER, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1)

    def publish(self, url: str, point: int) -> int:
        """Publish to this address, killed at this point; the exit code."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{url} {point}\n")
        return int(self.process.stdout.readline())


@pytest.fixture(scope="session")
def publishers() -> Iterator[Publishers]:
    publishers = Publishers()
    with publishers.process:
        yield publishers


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny index in a SQLite file, nothing left in its journal."""
    folder = tmp_path_factory.mktemp("template")
    engine = connect(f"sqlite:///{folder}/tiny.db")
    migrations.upgrade(engine)
    build(engine, folder)
    with engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "tiny.db"
