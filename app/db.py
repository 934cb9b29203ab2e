"""The database: engines, sessions, column types. With app.bulk the only module that knows which database it is.

SQLite is embedded and the default; PostgreSQL carries the large installation. Both hold the same schema and give
the same answers; where they differ, a function here says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    MetaData,
    Numeric,
    Text,
    TypeDecorator,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeEngine

from app.domain.number import canonical
from app.errors import Invalid, Unavailable
from app.pauses import json_in_pieces

try:  # The bundled SQLite is free of the WAL fault that distribution libraries before 3.51.3 carry.
    import pysqlite3.dbapi2 as _bundled_sqlite
except ImportError:
    _bundled_sqlite = sqlite3

SQLITE: ModuleType = _bundled_sqlite
SAFE_WAL = (3, 51, 3)
# Any number would do: it names the lock that publishers take on PostgreSQL.
_PUBLISH_LOCK = 20_260_301
_AUDIT_LOCK = 20_260_302
_TURN_LOCK = 20_260_303
READING = "REPEATABLE READ"
# Pages a SQLite connection keeps, in KiB: readers are many, the system keeps pages too, and rows come in their order.
READING_KIB = 4_096
WRITING_KIB = 16_384
# Connections of one process: more than threads that ask (app/main.py), so that none waits for one.
ENGINE: dict[str, Any] = {"pool_size": 10, "max_overflow": 20, "json_serializer": json_in_pieces}
# A PostgreSQL whose machine is gone is found out within seconds; what the address says goes before.
PATIENCE = {
    "connect_timeout": 3,
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,
}


class Base(DeclarativeBase):
    """The parent of every table; constraints have names, so migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept digit for digit: NUMERIC on PostgreSQL; canonical text on SQLite, whose numbers are binary."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        digits = canonical(Decimal(value))
        return digits if dialect.name == "sqlite" else Decimal(digits)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class UTCDateTime(TypeDecorator[datetime]):
    """An instant in UTC; a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} names no time zone")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def connect(url: str, setting: str = "CITYMARK_DATABASE_URL") -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`; Invalid says what is wrong with `setting`."""
    try:
        parsed = make_url(url)
    except Exception as error:  # SQLAlchemy's own errors repeat the address, which may hold a password.
        raise Invalid(f"{setting} is not an address: write sqlite:///file or postgresql://…") from error
    if parsed.get_backend_name() == "sqlite":
        return _connect_sqlite(parsed.database)
    if parsed.get_backend_name() == "postgresql":
        driven = parsed.set(drivername="postgresql+psycopg")
        patience = {name: value for name, value in PATIENCE.items() if name not in parsed.query}
        return create_engine(driven, pool_pre_ping=True, hide_parameters=True, connect_args=patience, **ENGINE)
    raise Invalid(f"{parsed.get_backend_name()} is not supported: use sqlite or postgresql")


def connect_replica(url: str, primary: Engine) -> Engine:
    """An engine for a streaming replica: the same rows by the same ids, so what is kept of one serves both."""
    return connect(url, "CITYMARK_REPLICA_URLS").execution_options(citymark_kept_under=primary.pool)


def _connect_sqlite(path: str | None) -> Engine:
    if not path:
        raise Invalid("SQLite needs a file: write sqlite:///var/citymark.db")
    engine = create_engine(
        f"sqlite:///{path}",
        module=SQLITE,
        connect_args={"timeout": 10, "check_same_thread": False},
        hide_parameters=True,
        **ENGINE,
    )
    event.listen(engine, "do_connect", lambda *_: Path(path).parent.mkdir(parents=True, exist_ok=True))
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkin", _narrow)
    return engine


def is_missing(engine: Engine) -> bool:
    """Whether it is an SQLite file that is not there: the first connection would make an empty one."""
    return engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists()


def _set_pragmas(connection: Any, _record: object) -> None:
    # The driver's own transactions leave DDL and savepoints outside; we begin ours in _begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA journal_mode = {'WAL' if SQLITE.sqlite_version_info >= SAFE_WAL else 'DELETE'}")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA cache_size = -{READING_KIB}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A reader that turns writer fails at once with BUSY_SNAPSHOT, so writers say so from the start.
    writes = connection.get_execution_options().get("citymark_writes", False)
    if writes:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{WRITING_KIB}")
        connection.info["is_wide"] = True
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _narrow(connection: Any, record: Any) -> None:
    """Pages kept for a large write are let go with it: every connection of the pool has a cache of its own."""
    if connection is not None and record.info.pop("is_wide", False):
        connection.execute(f"PRAGMA cache_size = -{READING_KIB}")


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for reading: one consistent view of the figures, nothing kept."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": READING}
    with _available(), Session(engine.execution_options(**options)) as session:
        yield session


def is_reading(connection: Connection) -> bool:
    """Whether it is that of a `reading` session on PostgreSQL."""
    return connection.get_execution_options().get("isolation_level") == READING


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session whose work is committed whole at the end, or not at all."""
    with _available(), Session(engine.execution_options(citymark_writes=True)) as session, session.begin():
        yield session


def shared_pool(session: Session) -> Pool | None:
    """What a cache of committed rows may be kept under: the pool behind a session that only reads.

    None where the session writes or stands in somebody's transaction: it sees rows that others may never see, and ids
    of rows that are undone are given again.
    """
    bind = session.get_bind()
    if isinstance(bind, Connection) or bind.get_execution_options().get("citymark_writes"):
        return None
    pool: Pool = bind.get_execution_options().get("citymark_kept_under", bind.pool)
    return pool


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    # Rows that go past the ORM raise what the driver raises.
    except (OperationalError, SQLITE.OperationalError, psycopg.OperationalError) as error:
        if "is full" in str(error) or "No space left" in str(error):
            raise Unavailable("the database has no room left on its disk: nothing was written, free some") from error
        raise Unavailable("the database did not answer; try again in a moment") from error


def trouble(error: DBAPIError) -> str | None:
    """What keeps the database from answering, in its driver's words; None where the statement itself is at fault."""
    is_there = isinstance(error, OperationalError) or type(error) is DatabaseError
    is_refused = isinstance(error.orig, psycopg.errors.InsufficientPrivilege)
    return " ".join(str(error.orig).split()) if is_there or is_refused else None


def lock_for_publishing(session: Session) -> None:
    """Wait until no other publisher is at work; held to the end of the transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _PUBLISH_LOCK})


@contextmanager
def taking_turns(engine: Engine, name: str) -> Iterator[bool]:
    """Whether this process alone does what `name` says, until the block ends; at once False while another does."""
    if engine.dialect.name == "sqlite":
        yield from _turn_by_file(f"{engine.url.database}.{name}")
        return
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        lock = {"lock": _TURN_LOCK, "name": name}
        is_ours = connection.scalar(text("SELECT pg_try_advisory_lock(:lock, hashtext(:name))"), lock)
        try:
            yield bool(is_ours)
        finally:
            if is_ours:
                connection.execute(text("SELECT pg_advisory_unlock(:lock, hashtext(:name))"), lock)


def _turn_by_file(path: str) -> Iterator[bool]:
    """A lock of SQLite on a file of its own: other writers are not held up, and it goes when the process ends."""
    connection = SQLITE.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except SQLITE.OperationalError:
        connection.close()
        yield False
        return
    try:
        yield True
    finally:
        connection.close()


def clock(session: Session) -> datetime:
    """The time by the one clock that all processes share: the server's; with SQLite they stand on one machine."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now.astimezone(UTC)


def lock_audit(session: Session) -> None:
    """Wait until no other transaction adds to the audit chain; held to the end of the transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _AUDIT_LOCK})


def integrity_faults(engine: Engine) -> Iterator[str]:
    """What the engine itself finds wrong with its files and references; PostgreSQL keeps its references by itself."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        for (line,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if line != "ok":
                yield f"SQLite: {line}"
        for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            yield f"row {row} of {table} refers to a row of {parent} that is not there"


def engine_version(engine: Engine) -> str:
    """What the database calls itself, for health and support."""
    with engine.connect() as connection:
        version = ".".join(str(part) for part in connection.dialect.server_version_info or ())
        return f"{connection.dialect.name} {version}"
