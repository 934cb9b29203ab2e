"""The command line, nothing else: `citymark --help` lists the commands.

Exit code 0: done; 1: the input has errors, listed; 2: the call or the environment is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from tempfile import mkdtemp

import uvicorn
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError

import migrations
from app import logs
from app.db import connect, trouble, writing
from app.errors import CitymarkError, Conflict, Unavailable
from app.settings import Settings, read_settings
from app.telemetry import provider
from ingest import backup, bulk, demo, doctor, index_tool, people_command, scoring
from ingest.jobs import command as load
from ingest.jobs import schedule
from ingest.reference import load_reference
from ingest.tasks import command as tasks
from ingest.upload import command as upload
from ingest.webhooks import command as webhook
from migrations.rights import grant_least

# Longer than most readers think between two asks: a connection closed while the next one is on its way fails it.
KEEP_ALIVE_S = 65
Command = Callable[[argparse.Namespace, Settings], int]


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it went."""
    arguments = _parser().parse_args(words)
    try:
        settings = read_settings()
    except ValidationError as error:
        for item in error.errors():
            print(_wrong_setting(item["loc"], item["msg"]), file=sys.stderr)
        return 2
    command: Command = arguments.command
    try:
        return command(arguments, settings)
    except (CitymarkError, DBAPIError, OSError) as error:
        if not (lines := list(_in_words(error))):
            raise
        print("citymark: " + "\n  ".join(lines), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _in_words(error: BaseException) -> Iterator[str]:
    """What hinders, and below it what exactly; nothing where the program is at fault."""
    if isinstance(error, CitymarkError):
        yield error.message
        yield from (f"{problem.where}: {problem.message}" for problem in error.problems)
        if isinstance(error.__cause__, DBAPIError) and (words := trouble(error.__cause__)):
            yield words
    elif isinstance(error, DBAPIError) and (words := trouble(error)):
        yield from ("the database did not answer", words)
    elif isinstance(error, OSError) and error.strerror:
        yield f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def _wrong_setting(place: tuple[int | str, ...], message: str) -> str:
    """What concerns several settings at once names them itself."""
    words = message.removeprefix("Value error, ")
    return f"CITYMARK_{'.'.join(map(str, place)).upper()}: {words}" if place else words


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="citymark", description=__doc__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add(commands, "serve", "run API and dashboard", _add_serve_arguments, _serve)
    _add(commands, "demo", "build the demonstration database if it is empty", demo.add_arguments, demo.run_command)
    _add(
        commands,
        "migrate",
        "bring the database to the newest schema, catalogue and frameworks",
        _migrate_arguments,
        _migrate,
    )
    _add(commands, "load", "run job files", load.add_arguments, load.run_command)
    _add(commands, "schedule", "run job files when they are due", schedule.add_arguments, schedule.run_command)
    _add(commands, "work", "do what follows from publications", tasks.add_work_arguments, tasks.run_work)
    _add(commands, "tasks", "what workers have to do", tasks.add_tasks_arguments, tasks.run_tasks)
    _add(commands, "check", "say what a submission of a file would say", upload.add_arguments, upload.run_command)
    _add(commands, "score", "store the scores that are missing", scoring.add_arguments, scoring.run_command)
    _add(commands, "user", "accounts, roles, cities", people_command.add_user_arguments, people_command.run_user)
    _add(commands, "token", "tokens for programs", people_command.add_token_arguments, people_command.run_token)
    _add(commands, "webhook", "programs that are told of publications", webhook.add_arguments, webhook.run_command)
    _add(commands, "export", "a vintage as a folder of described files", bulk.add_arguments, bulk.run_command)
    _add(commands, "backup", "copy the database while it runs", backup.add_backup_arguments, backup.run_backup)
    _add(commands, "restore", "put a copy into an empty database", backup.add_restore_arguments, backup.run_restore)
    _add(commands, "doctor", "prove that the database is whole", doctor.add_arguments, doctor.run_command)
    _add(commands, "index", "compute an index from a framework and a table", index_tool.add_arguments, _index)
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    add_arguments: Callable[[argparse.ArgumentParser], None],
    command: Command,
) -> None:
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    add_arguments(parser)
    parser.set_defaults(command=command)


def _add_serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
    parser.add_argument("--workers", type=int, default=1, help="web processes (default 1)")
    parser.add_argument("--demo", action="store_true", help="first give an empty database simulated figures")


def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    if settings.otlp_endpoint:
        # Said here in words; a worker could only fail to start.
        provider(settings.otlp_endpoint).shutdown()
    if arguments.demo:
        engine = connect(settings.database_url)
        demo.ensure_demo(engine, announce=lambda line: print(line, flush=True))
        engine.dispose()
    if fault := migrations.schema_fault(_schema(settings)):
        raise Conflict(fault)
    scheme = "https" if settings.tls_cert else "http"
    print(f"Citymark is at {scheme}://{arguments.host}:{arguments.port}/ (Ctrl-C stops it)", flush=True)
    logs.set_up(settings.log_format, settings.log_level)
    if arguments.workers > 1 and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        # Workers count together; the folder goes with the process.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = mkdtemp(prefix="citymark-metrics-")
    uvicorn.run(
        "app.asgi:create",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=settings.stop_within_s,
        timeout_keep_alive=KEEP_ALIVE_S,
        # A worker that is busy on a busy machine is not dead.
        timeout_worker_healthcheck=60,
        forwarded_allow_ips=settings.trusted_proxies,
        log_config=None,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    return 0


def _schema(settings: Settings) -> str | None:
    """The schema of the primary; of a replica when the primary does not answer: reads can begin all the same."""
    failed: OperationalError | None = None
    for url in (settings.database_url, *settings.replicas):
        engine = connect(url)
        try:
            return migrations.current_revision(engine)
        except OperationalError as error:
            failed = failed or error
        finally:
            engine.dispose()
    raise Unavailable("no database answers: see CITYMARK_DATABASE_URL and whether it runs") from failed


def _migrate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rights-for",
        metavar="ROLE",
        help="a role of PostgreSQL that gets the rights to answer and publish, no more",
    )


def _migrate(arguments: argparse.Namespace, settings: Settings) -> int:
    engine = connect(settings.database_url)
    try:
        migrations.upgrade(engine)
        if arguments.rights_for:
            kept = grant_least(engine, arguments.rights_for)
            print(f"{arguments.rights_for} may read and add everywhere, and change all but {', '.join(kept)}")
        with writing(engine) as session:
            load_reference(session)
        told = migrations.current_revision(engine)
    finally:
        engine.dispose()
    print(f"the database is at schema {told} and has the catalogue and the frameworks")
    return 0


def _index(arguments: argparse.Namespace, _settings: Settings) -> int:
    return index_tool.run_command(arguments)


if __name__ == "__main__":
    sys.exit(main())
