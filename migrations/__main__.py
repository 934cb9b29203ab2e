"""Draft a migration: `python -m migrations "add a table"` compares the models with the newest schema."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import app.models  # noqa: F401 - the models must be known to be compared
import migrations
from app.db import connect


def main(words: list[str]) -> int:
    """Draft it in migrations/versions from a scratch database of the newest schema."""
    if len(words) != 1 or not words[0].strip():
        sys.stderr.write('say what the migration does: make migration MESSAGE="add a table"\n')
        return 2
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{Path(folder) / 'scratch.db'}")
        migrations.upgrade(engine)
        migrations.write_revision(engine, words[0])
        engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
