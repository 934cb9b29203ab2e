"""One run of a job: read, check, publish as one vintage or write nothing; the run itself is always recorded."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db import reading, writing
from app.errors import CitymarkError, Invalid
from app.models import JobRun
from app.queries import reference
from ingest.coded import stacked
from ingest.findings import Findings
from ingest.jobs import checks
from ingest.jobs.cumulative import quarters
from ingest.jobs.description import Figures, Job, Places, sources_of
from ingest.jobs.fetch import Fetcher
from ingest.jobs.figures import Years, figures_of, years_of
from ingest.jobs.matching import read_register
from ingest.jobs.places import Loaded, load_places
from ingest.jobs.record import LastRun, Read, last_run, read_of, record
from ingest.jobs.services import accept_of
from ingest.jobs.source import File, Limits, files, sha256_of
from ingest.jobs.source_keys import Source
from ingest.jobs.table import Table, read_parts, read_table, stacked_tables
from ingest.publish import FIGURE_COLUMNS, Provenance, publish
from ingest.reference import REFERENCE, load_catalogue, load_principles, read_rows
from ingest.reference import load_places as load_bundled_places

Progress = Callable[[str], None]
State = Literal["published", "unchanged", "refused"]
JOB_FILE = "job"


@dataclass(frozen=True)
class Setting:
    """Where and for whom a job runs."""

    sources_dir: Path
    limits: Limits
    run_by: str
    now: datetime
    is_dry_run: bool = False
    # Ask for everything anew, whatever servers said the last time.
    is_anew: bool = False
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
    run, started = _Run(job, setting, Report(job.name)), time.monotonic()
    report = run.report
    try:
        if not setting.is_anew and run.is_unchanged(_last(engine, job)):
            run.close(started)
            _record_alone(engine, run)
            return report
        run.gather()
        with writing(engine) as session:
            run.load(session)
            run.close(started)
            if setting.is_dry_run:
                raise _DryRun
            record(session, _job_run(report, setting), report.findings, run.sources())
    except _DryRun:
        report.vintage = None
    except CitymarkError as error:
        run.refuse(error, started)
        _record_alone(engine, run)
    return report


def _last(engine: Engine, job: Job) -> LastRun | None:
    with reading(engine) as session:
        return last_run(session, job.name)


def _record_alone(engine: Engine, run: _Run) -> None:
    """Keep a run that has written nothing else."""
    if not run.setting.is_dry_run:
        with writing(engine) as session:
            record(session, _job_run(run.report, run.setting), run.report.findings, run.sources())


class _Run:
    """A job on its way: what it reads is gathered before anything of the database is held."""

    def __init__(self, job: Job, setting: Setting, report: Report) -> None:
        self.job, self.setting, self.report = job, setting, report
        self.fetcher = Fetcher(setting.limits.max_bytes, setting.limits.timeout_s)
        self.described = sources_of(job.text)
        self._read: dict[str, list[File]] = {}
        self._tabled: dict[str, list[Table]] = {}
        self._kept: LastRun | None = None
        # What was read, once the bytes themselves are let go.
        self._sealed: tuple[str, list[Read]] | None = None

    def is_unchanged(self, last: LastRun | None) -> bool:
        """Whether every file is as the last run read it, as far as servers say so; only where there is one."""
        is_plain = self.job.text.catalogue is None and any(source.is_remote for source in self.described.values())
        if (
            last is None
            or not is_plain
            or [read.sha256 for read in last.of(JOB_FILE)] != [_job_file(self.job).sha256]
        ):
            return False
        if not all(self._is_same(part, source, last.of(part)) for part, source in self.described.items()):
            return False
        self._kept, self.report.message = last, "the source says that nothing has changed"
        return True

    def _is_same(self, part: str, source: Source, reads: list[Read]) -> bool:
        if not source.is_remote:
            return [read.sha256 for read in reads] == [read_of(part, file).sha256 for file in self._files(source)]
        if not reads or not all(read.known.headers for read in reads):
            return False
        for read in reads:
            answer = self.fetcher.ask(read.address, source.fetch, accept_of(source), read.known)
            if answer is not None:
                self.fetcher.ahead[read.address] = answer
                return False
        return True

    def gather(self) -> None:
        """Read every file, before a transaction makes others wait for a slow server."""
        self.setting.progress("fetching")
        for source in self.described.values():
            self._files(source)

    def sources(self) -> Sequence[Read]:
        """The files that were read, the job file first."""
        return self._kept.sources if self._kept is not None else self._seal()[1]

    def _seal(self) -> tuple[str, list[Read]]:
        """The hash of all that was read, and what is kept of each file."""
        if self._sealed is not None:
            return self._sealed
        whole = sha256_of([self.job.content, *(file.content for found in self._read.values() for file in found)])
        reads = [
            read_of(part, file)
            for part, source in self.described.items()
            for file in self._read.get(source.model_dump_json(), ())
        ]
        return whole, [_job_file(self.job), *reads]

    def _let_go(self) -> None:
        """Nothing is read any more: the bytes and tables of the files need no memory."""
        self._sealed = self._seal()
        self._read.clear()
        self._tabled.clear()

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
        self.report.sha256 = self._kept.sha256 if self._kept else self._seal()[0]
        self.report.duration_s = time.monotonic() - started

    def refuse(self, error: CitymarkError, started: float) -> None:
        """Nothing was written: say why."""
        self.close(started)
        self.report.state, self.report.vintage, self.report.cities = "refused", None, None
        self.report.new = self.report.revised = self.report.withdrawn = self.report.unchanged = 0
        problems = [f"{problem.where}: {problem.message}" for problem in error.problems]
        self.report.message = "; ".join([error.message, *problems])

    def _load_places(self, session: Session, spec: Places) -> None:
        table = stacked_tables(self._tables(spec.source)).where(spec.where)
        spellings = self._spellings(spec)
        self.report.cities = load_places(
            session, spec, table, register=self.job.name, spellings=spellings, findings=self.report.findings
        )

    def _load_figures(self, session: Session, spec: Figures) -> None:
        provenance = Provenance("job", self.job.name, self.setting.run_by, self.job.text.title)
        # Handed over, not kept: the rows of a large file stand in memory once.
        done = publish(session, self._checked_figures(session, spec), provenance=provenance, now=self.setting.now)
        for name in ("new", "revised", "unchanged", "withdrawn", "vintage"):
            setattr(self.report, name, getattr(done, name))
        self.report.state = "unchanged" if done.vintage is None else "published"

    def _checked_figures(self, session: Session, spec: Figures) -> pd.DataFrame:
        """The figures that may be published; where they stood in the file is not needed any more."""
        self.setting.progress("reading")
        frames = self._figures(session, spec)
        self._let_go()
        self.setting.progress("checking")
        checked = _checked(session, stacked(frames), spec, self.report.findings)
        self.report.rejected = self.report.findings.total("error")
        self.setting.progress("publishing")
        return checked[FIGURE_COLUMNS]

    def _figures(self, session: Session, spec: Figures) -> list[pd.DataFrame]:
        register, years, frames = read_register(session, spec.city.kinds), self._years(spec), []
        for part in self._parts(spec.source):
            table = part.where(spec.where)
            self.report.read += len(table.lines)
            frames.append(figures_of(table, spec, register, years, self.report.findings))
        return frames

    def _years(self, spec: Figures) -> Years:
        validity = spec.city.validity
        if validity is None:
            return {}
        return years_of(stacked_tables(self._tables(validity.source)), validity)

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
        """The source's files; what two parts of the job name is read once."""
        key = source.model_dump_json()
        if key not in self._read:
            folders = (self.job.folder, self.setting.sources_dir)
            self._read[key] = files(source, folders, self.setting.limits, self.fetcher)
        return self._read[key]

    def _parts(self, source: Source) -> Iterator[Table]:
        """The source's tables in parts, or whole where another part of the job has read them."""
        if source.model_dump_json() in self._tabled:
            yield from self._tables(source)
            return
        for file in self._files(source):
            yield from read_parts(file, source, self.setting.limits, self.report.findings)

    def _tables(self, source: Source) -> list[Table]:
        key = source.model_dump_json()
        if key not in self._tabled:
            limits, findings = self.setting.limits, self.report.findings
            self._tabled[key] = [read_table(file, source, limits, findings) for file in self._files(source)]
        return self._tabled[key]


def _job_file(job: Job) -> Read:
    return read_of(JOB_FILE, File(job.name, job.content))


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
        mend = "load its catalogue first (`citymark migrate` loads the bundled one)"
        raise Invalid(f"indicator not in any catalogue: {', '.join(absent)}; {mend}")
    frame = checks.without_repeats(frame, findings)
    if spec.period.cumulative:
        frame = quarters(frame, spec.period.cumulative)
    frame = checks.inside_ranges(frame, ranges, findings)
    checks.flag_outliers(frame, spec.outlier_mad, findings)
    return frame


def _job_run(report: Report, setting: Setting) -> JobRun:
    return JobRun(
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
