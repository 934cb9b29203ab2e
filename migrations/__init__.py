"""The schema's history: `upgrade`, `downgrade` and `revision` on any of the two engines."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.errors import Conflict


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d_%%(slug)s")
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`, all or nothing."""
    config = _config()
    with engine.execution_options(citymark_writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the database back to `revision`, all or nothing."""
    config = _config()
    with engine.execution_options(citymark_writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def newest_revision() -> str:
    """The revision that this program needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def current_revision(engine: Engine) -> str | None:
    """The revision that the database is at; None when it has no schema yet."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def ensure_newest(engine: Engine) -> None:
    """Give a database without a schema the newest one; Conflict where it has another: that one may hold figures."""
    revision = current_revision(engine)
    if revision is None:
        upgrade(engine)
    elif revision != newest_revision():
        raise Conflict("the database has another schema: run `citymark migrate`")


def write_revision(engine: Engine, message: str) -> None:
    """Draft a migration from the difference between models and database."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message=message, autogenerate=True)
