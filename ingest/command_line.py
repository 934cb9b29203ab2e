"""What commands about people and programs share: the database, in whose name, and how rows are printed.

Whoever may run commands here may do everything anyway; each change is still an audit event in their name.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Engine

import migrations
from app.access import Actor, Role
from app.db import connect

if TYPE_CHECKING:
    from app.settings import Settings


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """The database of this installation, of the newest schema, for one command."""
    engine = connect(settings.database_url)
    try:
        migrations.ensure_newest(engine)
        yield engine
    finally:
        engine.dispose()


def operator() -> Actor:
    """Who stands at this machine."""
    return Actor(name=f"command line ({getpass.getuser()})", roles=frozenset({Role.ADMINISTRATOR}))


def print_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """Rows for people, one a line, or as JSON for programs."""
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
        return
    for row in rows:
        words = (
            f"{name} {' '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in row.items()
        )
        sys.stdout.write(", ".join(words) + "\n")
