"""The commands `citymark work`, a worker process, and `citymark tasks`, the queue as people see it."""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

from app import logs
from app.db import reading, writing
from ingest.command_line import database, operator, print_rows
from ingest.tasks import queue
from ingest.tasks.beside import beside
from ingest.tasks.deeds import means_of
from ingest.tasks.working import Worker

if TYPE_CHECKING:
    from app.models import Task
    from app.settings import Settings

SHOWN = 100


def add_work_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `citymark work`."""
    parser.add_argument("--once", action="store_true", help="do the tasks that wait, then end")


def run_work(arguments: argparse.Namespace, settings: Settings) -> int:
    """Work until told to stop: tasks, publications at their hour, webhooks. 0 when it was told."""
    logs.set_up(settings.log_format, settings.log_level)
    with database(settings) as engine:
        if arguments.once:
            Worker(means_of(engine, settings)).work()
            return 0
        is_over = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: is_over.set())
        working = beside(engine, settings)
        for each in working:
            each.start()
        sys.stdout.write("Citymark works on what follows from publications (Ctrl-C stops it)\n")
        sys.stdout.flush()
        is_over.wait()
        for each in working:
            each.stop()
    return 0


def add_tasks_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `citymark tasks`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="what waits, runs and has failed")
    listed.add_argument("--all", action="store_true", help="what was done in the last 30 days too")
    again = actions.add_parser("again", help="try a failed task anew")
    again.add_argument("task", type=int, help="its number")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run_tasks(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run one action; 0 when it is done."""
    with database(settings) as engine:
        if arguments.action == "list":
            with reading(engine) as session:
                rows = [_told(each) for each in queue.tasks(session, operator(), limit=SHOWN, is_whole=arguments.all)]
        else:
            with writing(engine) as session:
                rows = [_told(queue.again(session, operator(), arguments.task, now=datetime.now(UTC)))]
    print_rows(rows, as_json=arguments.json)
    return 0


def _told(task: Task) -> dict[str, object]:
    times = {name: getattr(task, name) for name in ("created_at", "next_at", "ended_at")}
    return {
        "id": task.id,
        "kind": task.kind,
        "vintage": task.arguments["vintage"],
        "state": task.state,
        "attempts": task.attempts,
        "error": task.error,
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }
