"""The least rights in PostgreSQL for whoever answers and publishes; the schema stays with the one who migrates."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from app.errors import Invalid

SCHEMA = "alembic_version"


def grant_least(engine: Engine, role: str) -> list[str]:
    """Let `role` read and add everywhere, and change what may be changed; the tables it may only add to.

    Whoever has these rights cannot change or remove what was published or audited, nor the triggers that refuse it.
    Invalid where the role is not there, where the engine has no roles, or where the role may do everything anyway.
    """
    if engine.dialect.name != "postgresql":
        raise Invalid("SQLite has no roles: rights are those to the file")
    with engine.execution_options(citymark_writes=True).begin() as connection:
        _refuse_mighty(connection, role)
        name = connection.dialect.identifier_preparer.quote(role)
        schema = connection.dialect.identifier_preparer.quote(str(connection.scalar(text("SELECT current_schema()"))))
        kept = _append_only(connection)
        for statement in _statements(name, schema, kept):
            connection.exec_driver_sql(statement)
    return kept


def _statements(role: str, schema: str, kept: list[str]) -> list[str]:
    fixed = ", ".join(f'{schema}."{table}"' for table in (*kept, SCHEMA))
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        f"REVOKE UPDATE, DELETE ON {fixed} FROM {role}",
        f'REVOKE INSERT ON {schema}."{SCHEMA}" FROM {role}',
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    ]


def _refuse_mighty(connection: Connection, role: str) -> None:
    asked = text("SELECT rolsuper OR pg_has_role(oid, current_user, 'MEMBER') FROM pg_roles WHERE rolname = :role")
    is_mighty = connection.scalar(asked, {"role": role})
    if is_mighty is None:
        raise Invalid(f"the database has no role {role}: CREATE ROLE … LOGIN PASSWORD '…' makes one")
    if is_mighty:
        raise Invalid(f"{role} may do everything already: name a role that is neither the owner nor a superuser")


def _append_only(connection: Connection) -> list[str]:
    """The tables whose own triggers refuse changes (migrations.append_only)."""
    asked = text(
        "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE t.tgname = c.relname || '_append_only' ORDER BY 1"
    )
    return [str(name) for (name,) in connection.execute(asked)]
