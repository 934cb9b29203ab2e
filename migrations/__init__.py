"""The schema's history: `upgrade`, `downgrade` and `revision` on any of the two engines."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.db import is_missing
from app.errors import Conflict


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d_%%(slug)s")
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`, all or nothing; Conflict where a newer program made it."""
    config = _config()
    with engine.execution_options(citymark_writes=True).begin() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and not is_known(found):
            raise Conflict(_of_a_newer_program(found))
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


def is_known(revision: str) -> bool:
    """Whether this program knows the revision: what it does not know is of a newer one."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def current_revision(engine: Engine) -> str | None:
    """The revision that the database is at; None when it has no schema yet or is not there."""
    if is_missing(engine):
        return None
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def ensure_newest(engine: Engine) -> None:
    """Give a database without a schema the newest one; Conflict where it has another: that one may hold figures."""
    revision = current_revision(engine)
    if revision is None:
        upgrade(engine)
    elif fault := schema_fault(revision):
        raise Conflict(fault)


def schema_fault(revision: str | None) -> str | None:
    """Why this program cannot use a database at `revision`, and what to do; None at the newest."""
    if revision is None:
        return "there are no tables of Citymark: see CITYMARK_DATABASE_URL, or run `citymark migrate`"
    if not is_known(revision):
        return _of_a_newer_program(revision)
    if revision != newest_revision():
        return f"the database has the older schema {revision}: run `citymark migrate`"
    return None


def _of_a_newer_program(revision: str) -> str:
    return f"the schema {revision} is of a newer program: run that one, this one knows {newest_revision()}"


def write_revision(engine: Engine, message: str) -> None:
    """Draft a migration from the difference between models and database."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message=message, autogenerate=True)
