"""Runs of job files and what they noticed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UTCDateTime


class JobRun(Base):
    """One run of a job file: what it read, what came of it, how long it took."""

    __tablename__ = "job_run"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    job: Mapped[str] = mapped_column(String(120), index=True)
    state: Mapped[str] = mapped_column(String(12))
    source_sha256: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    duration_s: Mapped[float]
    run_by: Mapped[str] = mapped_column(Text)
    read: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    revised: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    withdrawn: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    vintage: Mapped[int | None] = mapped_column(ForeignKey("vintage.number"))
    message: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (CheckConstraint("state IN ('published', 'unchanged', 'refused')", name="state"),)


class JobFinding(Base):
    """Something a job run noticed, with its place in the source; kinds are counted in full, rows kept to a limit."""

    __tablename__ = "job_finding"

    run_id: Mapped[int] = mapped_column(ForeignKey("job_run.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    check: Mapped[str] = mapped_column(String(60))
    severity: Mapped[str] = mapped_column(String(10))
    count: Mapped[int] = mapped_column(default=1)
    file: Mapped[str] = mapped_column(Text, default="")
    line: Mapped[int | None]
    column: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)


class JobSource(Base):
    """What a run read: the job file first, then every file or page, with what its server said of its state."""

    __tablename__ = "job_source"

    run_id: Mapped[int] = mapped_column(ForeignKey("job_run.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    part: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
