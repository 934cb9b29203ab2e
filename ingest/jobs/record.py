"""What is kept of every run: its counts, what it noticed, and each file it read with its hash and tags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import JobFinding, JobRun, JobSource
from ingest.findings import Findings
from ingest.jobs.fetch import Known
from ingest.jobs.source import File


@dataclass(frozen=True)
class Read:
    """A file that a run read; `part` is the place in the job file that names it."""

    part: str
    address: str
    sha256: str
    size_bytes: int
    known: Known


@dataclass(frozen=True)
class LastRun:
    """The newest run of a job, where it went well."""

    sha256: str | None
    sources: tuple[Read, ...]

    def of(self, part: str) -> list[Read]:
        """What it read for a part of the job file."""
        return [read for read in self.sources if read.part == part]


def read_of(part: str, file: File) -> Read:
    """What is kept of a file."""
    tags = Known(file.answer.etag, file.answer.last_modified) if file.answer else Known(None, None)
    sha256 = hashlib.sha256(file.content).hexdigest()
    return Read(part, file.address, sha256, len(file.content), tags)


def last_run(session: Session, job: str) -> LastRun | None:
    """The newest run of the job with what it read; None where that run left something to be looked at again."""
    run = session.scalars(select(JobRun).where(JobRun.job == job).order_by(JobRun.id.desc()).limit(1)).first()
    if run is None or run.state == "refused" or run.rejected:
        return None
    rows = session.scalars(select(JobSource).where(JobSource.run_id == run.id).order_by(JobSource.position))
    sources = (
        Read(row.part, row.address, row.sha256, row.size_bytes, Known(row.etag, row.last_modified)) for row in rows
    )
    return LastRun(run.source_sha256, tuple(sources))


def record(session: Session, run: JobRun, findings: Findings, sources: Iterable[Read]) -> None:
    """Keep the run, its findings and its sources."""
    session.add(run)
    session.flush()
    _record_findings(session, run.id, findings)
    for position, read in enumerate(sources):
        session.add(
            JobSource(
                run_id=run.id,
                position=position,
                part=read.part,
                address=read.address,
                sha256=read.sha256,
                size_bytes=read.size_bytes,
                etag=read.known.etag,
                last_modified=read.known.last_modified,
            )
        )


def _record_findings(session: Session, run_id: int, findings: Findings) -> None:
    counted: dict[tuple[str, str], int] = dict(findings.counts)  # type: ignore[arg-type]
    for position, finding in enumerate(findings):
        # The first of a kind carries how many there were, kept or not.
        count = counted.pop((finding.check, finding.severity), 1)
        session.add(
            JobFinding(
                run_id=run_id,
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
