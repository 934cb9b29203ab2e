"""`citymark backup` and `citymark restore`: a copy while figures are written, that proves itself when put back.

SQLite is copied by VACUUM INTO, PostgreSQL by pg_dump; both see one moment. Beside it stands a manifest with the
digest, schema, newest vintage and the head of the audit chain. Restoring refuses a database that holds anything.
A database of an older schema is copied as it is, before an update; put back, it is brought to the newest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.orm import Session

import migrations
from app import audit
from app.db import SQLITE, connect, is_missing, reading
from app.errors import CitymarkError, Conflict, Unavailable
from app.models import AuditEvent, Observation, Submission, Vintage
from ingest import doctor

if TYPE_CHECKING:
    from app.settings import Settings

PIECE_BYTES = 1_000_000
# What a manifest must say before anything is put back.
NEEDED = ("engine", "schema", "sha256")


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `citymark backup`."""
    parser.add_argument("file", type=Path, help="where the copy goes; FILE.json is its manifest")
    parser.add_argument("--json", action="store_true", help="print the manifest as JSON")


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `citymark restore`."""
    parser.add_argument("file", type=Path, help="a copy made by `citymark backup`, its manifest beside it")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")


def run_backup(arguments: argparse.Namespace, settings: Settings) -> int:
    """Copy the database; 2 where a file is in the way."""
    engine = connect(settings.database_url)
    try:
        manifest = backup(engine, arguments.file)
    finally:
        engine.dispose()
    said = "{}: vintage {vintage}, {observations} figures, {bytes} bytes".format(arguments.file, **manifest)
    sys.stdout.write((json.dumps(manifest) if arguments.json else said) + "\n")
    return 0


def run_restore(arguments: argparse.Namespace, settings: Settings) -> int:
    """Put a copy back and examine it; 1 where it is not what its manifest says, each fault a line."""
    found = restore(settings.database_url, arguments.file)
    if arguments.json:
        sys.stdout.write(json.dumps({"faults": found}, ensure_ascii=False) + "\n")
    else:
        lines = [f"fault: {fault}" for fault in found] or ["restored; no faults"]
        sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(found))


def backup(engine: Engine, file: Path) -> dict[str, Any]:
    """Copy the database into `file`, whole or not at all, and write its manifest; the manifest."""
    _ensure_free(file)
    _ensure_known(migrations.current_revision(engine))
    unfinished = file.with_name(f"{file.name}.part-{os.getpid()}")
    try:
        told = (_vacuum_into if engine.dialect.name == "sqlite" else _dump)(engine, unfinished)
        _to_disk(unfinished)
        made = {"program": version("citymark"), "made_at": datetime.now(UTC).isoformat(timespec="seconds")}
        whole = {"bytes": unfinished.stat().st_size, "sha256": _digest(unfinished)}
        manifest = {**made, **told, **whole}
        # Exclusively: of two that copy into one file at once the second is refused here.
        with _manifest_of(file).open("x", encoding="utf-8") as beside:
            beside.write(json.dumps(manifest, indent=1) + "\n")
        unfinished.replace(file)
        _to_disk(file.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _ensure_free(file: Path) -> None:
    if not file.parent.is_dir():
        raise CitymarkError(f"there is no folder {file.parent}: make it first")
    for each in (file, _manifest_of(file)):
        if each.exists():
            raise CitymarkError(f"{each} exists: name another file")


def _ensure_known(schema: str | None) -> None:
    """An older schema can be copied and put back, one that this program does not know cannot."""
    fault = migrations.schema_fault(schema)
    if fault and (schema is None or not migrations.is_known(schema)):
        raise Conflict(fault)


def restore(url: str, file: Path) -> list[str]:
    """Put the copy into the empty database of `url`; what doctor finds and what differs from the manifest."""
    manifest = _checked_manifest(file)
    engine = connect(url)
    try:
        _ensure_fits(engine, manifest)
        (_copy_back if engine.dialect.name == "sqlite" else _restore_dump)(engine, file)
        engine.dispose()
        with reading(engine) as session:
            differences = _differences(manifest, _told(session))
        migrations.upgrade(engine)
        return [*doctor.faults(engine), *differences]
    finally:
        engine.dispose()


def _ensure_fits(engine: Engine, manifest: Mapping[str, Any]) -> None:
    """Nothing is in the way, and this engine and program can hold what the copy holds."""
    _ensure_known(manifest["schema"])
    tables = [] if is_missing(engine) else inspect(engine).get_table_names()
    if tables:
        raise CitymarkError(f"the database is not empty, it has {', '.join(tables[:5])}: name an empty one")
    if engine.dialect.name != manifest["engine"]:
        raise CitymarkError(f"this is a copy of {manifest['engine']}, the database is {engine.dialect.name}")


def _checked_manifest(file: Path) -> dict[str, Any]:
    beside = _manifest_of(file)
    for each, name in ((file, "copy"), (beside, "manifest")):
        if not each.is_file():
            raise CitymarkError(f"there is no {name} {each}: `citymark backup FILE` writes FILE and FILE.json")
    try:
        manifest = json.loads(beside.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CitymarkError(f"{beside} cannot be read: {error}") from error
    if not isinstance(manifest, dict) or not all(isinstance(manifest.get(name), str) for name in NEEDED):
        raise CitymarkError(f"{beside} is not the manifest of a copy: it must name {', '.join(NEEDED)}")
    if manifest["sha256"] != (digest := _digest(file)):
        raise CitymarkError(f"{file} is not the copy its manifest describes: its SHA-256 is {digest}")
    return manifest


def _manifest_of(file: Path) -> Path:
    return file.parent / f"{file.name}.json"


def _differences(manifest: Mapping[str, Any], told: Mapping[str, Any]) -> list[str]:
    return [f"{name} is {told[name]} and was {manifest[name]}" for name in told if manifest.get(name) != told[name]]


def _told(session: Session) -> dict[str, Any]:
    """What a database says of itself in one moment; an older schema may not have every table yet."""
    engine = session.get_bind().engine
    tables = inspect(session.connection()).get_table_names()
    number, sha256 = audit.head(session) if AuditEvent.__tablename__ in tables else (0, audit.FIRST)
    has_submissions = Submission.__tablename__ in tables
    return {
        "engine": engine.dialect.name,
        "schema": migrations.current_revision(engine),
        "vintage": session.scalar(select(func.max(Vintage.number))) or 0,
        "observations": session.scalar(select(func.count()).select_from(Observation)),
        "submissions": session.scalar(select(func.count()).select_from(Submission)) if has_submissions else 0,
        "audit_head": f"{number}:{sha256}",
    }


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _vacuum_into(engine: Engine, file: Path) -> dict[str, Any]:
    with engine.connect() as connection:
        try:
            # VACUUM stands in no transaction, so it goes past the one that a connection begins.
            connection.connection.cursor().execute("VACUUM INTO ?", [str(file)])
        except SQLITE.OperationalError as error:
            raise Unavailable(f"the copy cannot be written: {error}") from error
    copy = connect(f"sqlite:///{file}")
    try:
        with reading(copy) as session:
            return _told(session)
    finally:
        copy.dispose()
        for side in ("-wal", "-shm"):
            file.with_name(file.name + side).unlink(missing_ok=True)


def _copy_back(engine: Engine, file: Path) -> None:
    """Beside its place first, then put there at once."""
    place = Path(str(engine.url.database))
    engine.dispose()
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f"{place.name}.part-{os.getpid()}")
    try:
        with file.open("rb") as source, unfinished.open("wb") as target:
            shutil.copyfileobj(source, target, PIECE_BYTES)
        _to_disk(unfinished)
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)
    _to_disk(place.parent)


def _dump(engine: Engine, file: Path) -> dict[str, Any]:
    """The dump and what is told of it see the same moment: one exported snapshot."""
    with reading(engine) as session:
        snapshot = session.scalar(text("SELECT pg_export_snapshot()"))
        told = _told(session)
        _run(engine, "pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", "--file", str(file))
    return told


def _restore_dump(engine: Engine, file: Path) -> None:
    # Roles belong to a server: an empty one has none to give rights to (`citymark migrate --rights-for` gives them).
    options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    _run(engine, "pg_restore", *options, str(file))


def _run(engine: Engine, name: str, *words: str) -> None:
    """A program of PostgreSQL; the password goes by the environment, where no list of processes shows it."""
    folder = os.environ.get("CITYMARK_PG_BIN") or None
    program = shutil.which(name, path=folder)
    if program is None:
        where = f"in {folder}, which CITYMARK_PG_BIN names" if folder else "on the path"
        raise CitymarkError(f"{name} is not {where}: install PostgreSQL's client programs of the server's version")
    url = engine.url
    # With what the address asks of the connection: sslmode, sslrootcert.
    address = url._replace(drivername="postgresql", password=None).render_as_string()
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(
        [program, "--dbname", address, *words],
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CitymarkError(f"{name} failed: {done.stderr.strip()[-500:]}")
