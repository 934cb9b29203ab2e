"""The command `citymark schedule`: job files that run when they are due, one at a time across processes.

When a job ran last stands in the database, so a run that fell into a pause is made up for, once.
"""

from __future__ import annotations

import argparse
import getpass
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import Engine, func, select

import migrations
from app.db import connect, reading, taking_turns
from app.errors import CitymarkError, Invalid
from app.models import JobRun
from ingest.jobs.command import limits_of, text_of
from ingest.jobs.description import Job, Schedule, read_job
from ingest.jobs.occasions import next_after, occasions
from ingest.jobs.run import Setting, run_job
from ingest.jobs.source import Limits
from ingest.tasks.working import work_off

if TYPE_CHECKING:
    from app.settings import Settings

log = logging.getLogger("citymark.schedule")
TURN = "schedule"


@dataclass(frozen=True)
class Clock:
    """The time, and waiting in it."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], object] = time.sleep


@dataclass(frozen=True)
class Plan:
    """What is run, on which database, for whom."""

    engine: Engine
    jobs: Sequence[Job]
    sources_dir: Path
    limits: Limits
    run_by: str
    clock: Clock = Clock()
    # What follows from publications.
    follow: Callable[[], object] = lambda: None
    # A clock that jumps, or a job that could not be recorded, is looked at again after this.
    look_every_s: float = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("jobs", nargs="+", type=Path, metavar="JOB", help="job file with [schedule] (docs/jobs.md)")
    parser.add_argument("--once", action="store_true", help="run what is due and end, for a timer of the system")
    parser.add_argument("--by", default=None, help="who publishes (default: the user of this machine)")


def run_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run what is due, once or until stopped; 1 when a job that ran was refused or had rows in error."""
    jobs = [read_job(path) for path in arguments.jobs]
    _refuse_unscheduled(jobs)
    _write_log()
    engine = connect(settings.database_url)
    try:
        migrations.ensure_newest(engine)
        by = arguments.by or getpass.getuser()
        over = Event()
        clock = Clock(sleep=over.wait)
        follow = partial(work_off, engine, settings)
        plan = Plan(engine, jobs, settings.sources_dir, limits_of(settings), by, clock, follow)
        if arguments.once:
            return int(not run_due(plan))
        # The job at work is finished first: nothing is interrupted where it could not be made good.
        signal.signal(signal.SIGTERM, lambda *_: over.set())
        keep_running(plan, over)
    finally:
        engine.dispose()
    return 0


def keep_running(plan: Plan, over: Event) -> None:
    """Run what is due, wait for the next occasion, and so on until it is over."""
    for job in plan.jobs:
        log.info("job %s: %s (%s)", job.name, _schedule(job).cron, _schedule(job).timezone)
    while not over.is_set():
        try:
            run_due(plan)
            wait_s = _until_next_s(plan)
        except CitymarkError as error:
            log.error("%s", error.message)
            wait_s = plan.look_every_s
        plan.clock.sleep(wait_s)


def run_due(plan: Plan) -> bool:
    """Run the jobs that are due; whether all that ran went well. Another process at work is left to it."""
    with taking_turns(plan.engine, TURN) as is_ours:
        if not is_ours:
            log.info("another process is running jobs")
            return True
        due = [job for job in plan.jobs if _is_due(plan, job)]
        reports = []
        for job in due:
            setting = Setting(plan.sources_dir, plan.limits, plan.run_by, plan.clock.now())
            reports.append(run_job(plan.engine, job, setting))
            log.info("%s", text_of(reports[-1]))
        if any(report.vintage for report in reports):
            plan.follow()
    return not any(report.state == "refused" or report.rejected for report in reports)


def _is_due(plan: Plan, job: Job) -> bool:
    last = _last_started(plan.engine, job.name)
    return last is None or _next(job, last) <= plan.clock.now()


def _until_next_s(plan: Plan) -> float:
    """Seconds until a job is due; what is due now was held up, so it is given time."""
    now = plan.clock.now()
    lasts = {job.name: _last_started(plan.engine, job.name) for job in plan.jobs}
    waits = [(_next(job, last) - now).total_seconds() for job in plan.jobs if (last := lasts[job.name])]
    return min([plan.look_every_s, *(wait for wait in waits if wait > 0)])


def _next(job: Job, last: datetime) -> datetime:
    schedule = _schedule(job)
    return next_after(occasions(schedule.cron, schedule.timezone), last)


def _last_started(engine: Engine, job: str) -> datetime | None:
    with reading(engine) as session:
        return session.scalar(select(func.max(JobRun.started_at)).where(JobRun.job == job))


def _schedule(job: Job) -> Schedule:
    if job.text.schedule is None:
        raise Invalid(f'{job.name} has no [schedule]: say when, as cron = "30 6 * * mon-fri"')
    return job.text.schedule


def _refuse_unscheduled(jobs: Sequence[Job]) -> None:
    for job in jobs:
        _schedule(job)
    names = [job.name for job in jobs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise Invalid(f"two job files are called {repeated[0]}: a job is known by its file's name")


def _write_log() -> None:
    """Our own lines alone: those of the HTTP client hold whole addresses."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
