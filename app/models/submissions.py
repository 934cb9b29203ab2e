"""What cities send in: the bytes as they came, what was made of them, answers, comments, deadlines, reminders."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UTCDateTime


class ReceivedBytes(Base):
    """A file as it was received; the same bytes are kept once."""

    __tablename__ = "received_bytes"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size_bytes: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Submission(Base):
    """What one person sent for one city and period, and what became of it.

    Without a file it says that there is nothing to report. `plan` is what publishing would change, `plan_sha256` what
    it was decided on; `findings` and `counts` are the report. `number` is what the receipt shows.
    """

    __tablename__ = "submission"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"))
    period: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    file_sha256: Mapped[str | None] = mapped_column(ForeignKey("received_bytes.sha256"), index=True)
    file_name: Mapped[str] = mapped_column(Text)
    choices: Mapped[dict[str, Any]] = mapped_column(JSON)
    late_reason: Mapped[str | None] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(String(8))
    detected: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    counts: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    plan_sha256: Mapped[str] = mapped_column(String(64))
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    publish_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    vintage: Mapped[int | None] = mapped_column(ForeignKey("vintage.number"))

    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'checked', 'submitted', 'approved', 'returned', 'published', 'withdrawn')",
            name="state",
        ),
        Index("ix_submission_of_city", "city_id", "period"),
    )


class SubmissionAnswer(Base):
    """Why a doubtful figure is right; asked once for the same figure and value."""

    __tablename__ = "submission_answer"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    check: Mapped[str] = mapped_column(String(60), primary_key=True)
    city: Mapped[str] = mapped_column(String(80), primary_key=True)
    indicator: Mapped[str] = mapped_column(String(32), primary_key=True)
    period: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class SubmissionComment(Base):
    """What people say to each other about a submission."""

    __tablename__ = "submission_comment"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    text: Mapped[str] = mapped_column(Text)


class IdempotencyKey(Base):
    """A request that was carried out already: the same key with the same content gets the same answer."""

    __tablename__ = "idempotency_key"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Deadline(Base):
    """Until when a period is reported, and from when a change to it needs a reason."""

    __tablename__ = "deadline"

    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    due_on: Mapped[date]
    closes_on: Mapped[date]


class Reminder(Base):
    """A message that somebody was reminded with, so that nobody is reminded twice a day."""

    __tablename__ = "reminder"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    on: Mapped[date] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime)
