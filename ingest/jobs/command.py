"""The command `citymark load`: run job files, print what came of each."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

import migrations
from app.db import connect
from ingest.jobs.description import read_job
from ingest.jobs.run import Progress, Report, Setting, run_job
from ingest.jobs.source import Limits
from ingest.tasks.working import work_off

if TYPE_CHECKING:
    from app.settings import Settings

STEPS = 6
SHOWN_PER_KIND = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("jobs", nargs="+", type=Path, metavar="JOB", help="job file (TOML or YAML, docs/jobs.md)")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
    parser.add_argument("--anew", action="store_true", help="load even where the source says that nothing changed")
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    parser.add_argument("--by", default=None, help="who publishes (default: the user of this machine)")


def run_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the jobs in their order; 1 when one was refused or had rows in error, 0 otherwise."""
    jobs = [read_job(path) for path in arguments.jobs]
    engine = connect(settings.database_url)
    try:
        migrations.ensure_newest(engine)
        reports = []
        for job in jobs:
            with _progress(job.name, quiet=arguments.json) as progress:
                reports.append(run_job(engine, job, _setting(arguments, settings, progress)))
            if not arguments.json:
                sys.stdout.write(text_of(reports[-1], is_dry_run=arguments.dry_run) + "\n")
        if any(report.vintage for report in reports):
            work_off(engine, settings)
    finally:
        engine.dispose()
    if arguments.json:
        sys.stdout.write(json.dumps([facts_of(report) for report in reports], ensure_ascii=False) + "\n")
    return int(any(report.state == "refused" or report.rejected for report in reports))


def limits_of(settings: Settings) -> Limits:
    """What jobs may read in this installation."""
    return Limits(settings.max_source_bytes, settings.max_source_rows, settings.max_columns, settings.http_timeout_s)


def _setting(arguments: argparse.Namespace, settings: Settings, progress: Progress) -> Setting:
    return Setting(
        sources_dir=settings.sources_dir,
        limits=limits_of(settings),
        run_by=arguments.by or getpass.getuser(),
        now=datetime.now(UTC),
        is_dry_run=arguments.dry_run,
        is_anew=arguments.anew,
        progress=progress,
    )


@contextmanager
def _progress(name: str, *, quiet: bool) -> Iterator[Progress]:
    """A bar on a terminal; silence everywhere else."""
    with tqdm(total=STEPS, desc=name, leave=False, disable=quiet or not sys.stderr.isatty()) as bar:

        def step(words: str) -> None:
            bar.set_postfix_str(words)
            bar.update()

        yield step


def facts_of(report: Report) -> dict[str, Any]:
    """The report for a program."""
    facts = {name: value for name, value in vars(report).items() if name not in ("findings", "cities")}
    kinds = [
        {"check": check, "severity": severity, "count": count}
        for (check, severity), count in sorted(report.findings.counts.items())
    ]
    cities = None if report.cities is None else asdict(report.cities)
    return {**facts, "cities": cities, "findings": kinds, "rows": [asdict(finding) for finding in report.findings]}


def text_of(report: Report, *, is_dry_run: bool = False) -> str:
    """The report for a person: what became of the rows, then what was noticed, by kind, the first of each."""
    lines = [f"{report.job}: {_outcome(report, is_dry_run=is_dry_run)}"]
    if report.cities is not None:
        register = "  register  {read} rows: {new} new, {known} known, {rejected} rejected"
        lines.append(register.format(**asdict(report.cities)))
    if report.state != "refused":
        counts = ("read", "new", "revised", "unchanged", "withdrawn", "rejected")
        lines.append("  figures   " + ", ".join(f"{getattr(report, name)} {name}" for name in counts))
    lines.append(f"  took      {report.duration_s:.1f} s, source sha256 {(report.sha256 or 'not read')[:16]}")
    return "\n".join([*lines, *_findings(report)])


def _outcome(report: Report, *, is_dry_run: bool) -> str:
    if report.state == "refused":
        return f"refused, nothing was written: {report.message}"
    if report.message:
        return f"{report.message}, no vintage"
    if is_dry_run:
        return "dry run, nothing was written"
    return f"published as vintage {report.vintage}" if report.vintage else "nothing new, no vintage"


def _findings(report: Report) -> Iterator[str]:
    for (check, severity), count in sorted(report.findings.counts.items()):
        yield f"  {severity:9} {check}: {count}"
        same = [finding for finding in report.findings if (finding.check, finding.severity) == (check, severity)]
        for finding in same[:SHOWN_PER_KIND]:
            line = f"line {finding.line}" if finding.line else None
            place = ", ".join(filter(None, (finding.file, line, finding.column)))
            yield f"            {place}: {finding.message}"
