"""Runs the migrations on the connection it is given."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from app.db import Base
from app.models import Observation  # noqa: F401 - the import fills the metadata


def run(connection: Connection) -> None:
    """Bring the schema behind `connection` to the asked revision."""
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
