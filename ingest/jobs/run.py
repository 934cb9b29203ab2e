"""One run of a job: read, check, publish as one vintage or write nothing; the run itself is always recorded."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db import writing
from app.errors import CitymarkError, Invalid
from app.models import JobFinding, JobRun
from app.queries import reference
from ingest.findings import Findings
from ingest.jobs import checks
from ingest.jobs.cumulative import quarters
from ingest.jobs.description import Figures, Job, Places, Source
from ingest.jobs.figures import Years, figures_of, years_of
from ingest.jobs.matching import read_register
from ingest.jobs.places import Loaded, load_places
from ingest.jobs.source import File, Limits, files, sha256_of
from ingest.jobs.table import Table, read_table
from ingest.publish import FIGURE_COLUMNS, Provenance, publish
from ingest.reference import REFERENCE, load_catalogue, load_principles, read_rows
from ingest.reference import load_places as load_bundled_places

Progress = Callable[[str], None]
State = Literal["published", "unchanged", "refused"]


@dataclass(frozen=True)
class Setting:
    """Where and for whom a job runs."""

    sources_dir: Path
    limits: Limits
    run_by: str
    now: datetime
    is_dry_run: bool = False
    progress: Progress = lambda _: None


@dataclass
class Report:
    """What came of a run; counts are of figures, `cities` of a register."""

    job: str
    state: State = "unchanged"
    message: str = ""
    read: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    rejected: int = 0
    vintage: int | None = None
    cities: Loaded | None = None
    duration_s: float = 0.0
    sha256: str | None = None
    findings: Findings = field(default_factory=Findings)


class _DryRun(Exception):
    """Leaves the transaction, so that nothing of it stays."""


def run_job(engine: Engine, job: Job, setting: Setting) -> Report:
    """Run one job; a refused one is a report too. Only what stands in the way of recording it is raised."""
    run, started = _Run(job, setting, Report(job.name), [job.content]), time.monotonic()
    report = run.report
    try:
        with writing(engine) as session:
            run.load(session)
            run.close(started)
            if setting.is_dry_run:
                raise _DryRun
            _record(session, report, setting)
    except _DryRun:
        report.vintage = None
    except CitymarkError as error:
        run.refuse(error, started)
        if not setting.is_dry_run:
            with writing(engine) as session:
                _record(session, report, setting)
    return report


@dataclass
class _Run:
    """A job on its way; `contents` are the bytes it has read, the job file first."""

    job: Job
    setting: Setting
    report: Report
    contents: list[bytes]
    tables: dict[str, list[Table]] = field(default_factory=dict)

    def load(self, session: Session) -> None:
        """Everything the job describes, in the order in which one part refers to another."""
        described = self.job.text
        _ensure_reference(session)
        if described.places:
            self.setting.progress("register")
            self._load_places(session, described.places)
        if described.catalogue:
            self.setting.progress("catalogue")
            load_catalogue(session, self.job.folder / described.catalogue.folder, code=self.job.name)
        if described.figures:
            self._load_figures(session, described.figures)

    def close(self, started: float) -> None:
        """What is known of the run once it is over."""
        self.report.sha256 = sha256_of(self.contents)
        self.report.duration_s = time.monotonic() - started

    def refuse(self, error: CitymarkError, started: float) -> None:
        """Nothing was written: say why."""
        self.close(started)
        self.report.state, self.report.vintage, self.report.cities = "refused", None, None
        self.report.new = self.report.revised = self.report.withdrawn = self.report.unchanged = 0
        problems = [f"{problem.where}: {problem.message}" for problem in error.problems]
        self.report.message = "; ".join([error.message, *problems])

    def _load_places(self, session: Session, spec: Places) -> None:
        table = _stacked(self._tables(spec.source)).where(spec.where)
        spellings = self._spellings(spec)
        self.report.cities = load_places(
            session, spec, table, register=self.job.name, spellings=spellings, findings=self.report.findings
        )

    def _load_figures(self, session: Session, spec: Figures) -> None:
        self.setting.progress("reading")
        register, years, frames = read_register(session, spec.city.kinds), self._years(spec), []
        for whole in self._tables(spec.source):
            table = whole.where(spec.where)
            self.report.read += len(table.lines)
            frames.append(figures_of(table, spec, register, years, self.report.findings))
        self.setting.progress("checking")
        checked = _checked(session, pd.concat(frames, ignore_index=True), spec, self.report.findings)
        self.report.rejected = self.report.findings.total("error")
        self.setting.progress("publishing")
        provenance = Provenance("job", self.job.name, self.setting.run_by, self.job.text.title)
        done = publish(session, checked[FIGURE_COLUMNS], provenance=provenance, now=self.setting.now)
        for name in ("new", "revised", "unchanged", "withdrawn", "vintage"):
            setattr(self.report, name, getattr(done, name))
        self.report.state = "unchanged" if done.vintage is None else "published"

    def _years(self, spec: Figures) -> Years:
        validity = spec.city.validity
        if validity is None:
            return {}
        return years_of(_stacked(self._tables(validity.source)), validity)

    def _spellings(self, spec: Places) -> Mapping[str, str]:
        """Other spellings to the right ones, from a JSON object or a CSV of two columns."""
        if spec.alias_file is None:
            return {}
        (file,) = self._files(Source(path=spec.alias_file))
        text = file.content.decode("utf-8-sig")
        try:
            pairs = json.loads(text) if file.name.endswith(".json") else dict(csv.reader(io.StringIO(text)))
        except (ValueError, csv.Error) as error:
            raise Invalid(f"{file.name} is not a table of spellings: {error}") from error
        return {str(spelling): str(right) for spelling, right in pairs.items()}

    def _files(self, source: Source) -> list[File]:
        found = files(source, (self.job.folder, self.setting.sources_dir), self.setting.limits)
        self.contents += [file.content for file in found]
        return found

    def _tables(self, source: Source) -> list[Table]:
        """The source's tables; one that two parts of the job name is read once."""
        key = source.model_dump_json()
        if key not in self.tables:
            limits, findings = self.setting.limits, self.report.findings
            self.tables[key] = [read_table(file, source, limits, findings) for file in self._files(source)]
        return self.tables[key]


def _ensure_reference(session: Session) -> None:
    """Countries, regions and principles that every job may refer to."""
    if not reference.principles(session):
        load_bundled_places(session, REFERENCE)
        load_principles(session, read_rows(REFERENCE / "principles.csv"))


def _checked(session: Session, frame: pd.DataFrame, spec: Figures, findings: Findings) -> pd.DataFrame:
    entries = reference.indicators(session)
    ranges = {entry.code: (entry.definition.valid_min, entry.definition.valid_max) for entry in entries}
    absent = checks.missing_indicators(frame, ranges)
    if absent:
        raise Invalid(f"indicator not in any catalogue: {', '.join(absent)}; load its catalogue first")
    frame = checks.without_repeats(frame, findings)
    if spec.period.cumulative:
        frame = quarters(frame, spec.period.cumulative)
    frame = checks.inside_ranges(frame, ranges, findings)
    checks.flag_outliers(frame, spec.outlier_mad, findings)
    return frame


def _stacked(tables: list[Table]) -> Table:
    """Several tables as one of the columns they share."""
    columns, lines = tables[0].columns, [table.lines for table in tables]
    for table in tables[1:]:
        columns = {name: columns[name].joined(table.columns[name]) for name in columns.keys() & table.columns.keys()}
    return Table(tables[0].file, columns, np.concatenate(lines))


def _record(session: Session, report: Report, setting: Setting) -> None:
    run = JobRun(
        job=report.job,
        state=report.state,
        source_sha256=report.sha256,
        started_at=setting.now,
        duration_s=report.duration_s,
        run_by=setting.run_by,
        read=report.read,
        new=report.new,
        revised=report.revised,
        unchanged=report.unchanged,
        withdrawn=report.withdrawn,
        rejected=report.rejected,
        vintage=report.vintage,
        message=report.message,
    )
    session.add(run)
    session.flush()
    counted: dict[tuple[str, str], int] = dict(report.findings.counts)  # type: ignore[arg-type]
    for position, finding in enumerate(report.findings):
        # The first of a kind carries how many there were, kept or not.
        count = counted.pop((finding.check, finding.severity), 1)
        session.add(
            JobFinding(
                run_id=run.id,
                position=position,
                check=finding.check,
                severity=finding.severity,
                count=count,
                file=finding.file,
                line=finding.line,
                column=finding.column,
                text=finding.text,
                message=finding.message,
            )
        )
