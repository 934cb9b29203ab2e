from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect

import migrations
from app.db import Base


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_the_migrations_make_the_models(database: Engine) -> None:
    assert differences(database) == []


def test_the_schema_goes_down_to_nothing_and_up_again(database: Engine) -> None:
    migrations.downgrade(database)
    assert inspect(database).get_table_names() == ["alembic_version"]
    migrations.upgrade(database)
    assert differences(database) == []
    assert migrations.current_revision(database) == migrations.newest_revision()
