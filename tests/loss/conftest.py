from __future__ import annotations

from pathlib import Path

import pytest

import migrations
from app.db import connect
from tests.tiny import build


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
