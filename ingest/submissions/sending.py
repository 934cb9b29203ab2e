"""Sending: what an official sends is read, checked and kept with its report; sent again, it is the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app import audit
from app.access import Action, Actor, Thing, require
from app.db import lock_audit, reading, writing
from app.domain.period import Period, parse_period, period_of_number
from app.domain.submission import ANSWERABLE, State
from app.errors import Conflict, Invalid, NotFound, Problem
from app.models import City, IdempotencyKey, ReceivedBytes, Submission, SubmissionAnswer
from ingest.submissions.known import Subject, dates_of, known_for
from ingest.submissions.reading import Worked, nothing_to_report, read_in_turn, worked_out
from ingest.submissions.scanner import Scanner
from ingest.upload import Choices, Confirmation, Reading, UploadLimits

LEAST_REASON = 3
MOST_REASON = 2_000


@dataclass(frozen=True)
class Received:
    """What somebody sends: bytes and name of a file (or neither: nothing to report), city, period, choices."""

    city: str
    period: str
    content: bytes | None = None
    file_name: str = ""
    choices: Choices = Choices()
    late_reason: str | None = None

    @property
    def sha256(self) -> str | None:
        """The hash of the bytes."""
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Desk:
    """Who acts, when, under which limits; `read` is the file as it was read before anything was locked.

    `scanner` looks at what is sent, where this installation has one.
    """

    actor: Actor
    now: datetime
    limits: UploadLimits = UploadLimits()
    read: Reading | None = None
    scanner: Scanner | None = None


def dry_run(session: Session, desk: Desk, received: Received) -> Worked:
    """What sending this would say; nothing is kept, not even the bytes."""
    city, period = _addressed(session, desk, received)
    _scanned(desk, received)
    return _worked(session, desk, received, _subject(session, desk, city, period, received))


def receive(engine: Engine, desk: Desk, received: Received, *, key: str | None = None) -> str:
    """Keep what was sent with its report; the id of the submission, for the same bytes, city and period the same.

    A file with errors stays a draft; of one that cannot be read, nothing but the bytes and the report is kept. `key`
    is the sender's own name for the request: repeated with the same content it gives the same submission, with
    another it is a Conflict. The file is read before anything is locked.
    """
    with reading(engine) as session:
        where = _addressed(session, desk, received)
        known = _repeated(session, desk, received, where, key)
        if known is not None and known.state not in ANSWERABLE:
            return known.id
        _scanned(desk, received)
        found = _worked(session, desk, received, _subject(session, desk, *where, received))
    with writing(engine) as session:
        # Two senders at once take turns, so the second finds what the first has kept.
        lock_audit(session)
        known = _repeated(session, desk, received, where, key)
        if known is None:
            return _keep(session, desk, received, where, found, key).id
        if known.state in ANSWERABLE:
            # Sent again, a draft is judged by what is known now.
            _read_again(session, replace(desk, read=found.reading), known)
        return known.id


def _read_again(session: Session, desk: Desk, submission: Submission) -> None:
    found = again(session, desk, submission)
    if (found.plan.sha256, found.verdict) == (submission.plan_sha256, submission.verdict):
        return
    take(submission, found)
    event(session, desk, submission, "read_again", {"verdict": found.verdict})


def _keep(
    session: Session, desk: Desk, received: Received, where: tuple[City, Period], found: Worked, key: str | None
) -> Submission:
    city, period = where
    submission = Submission(
        id=str(uuid4()),
        number=(session.scalar(select(func.max(Submission.number))) or 0) + 1,
        city_id=city.id,
        period=period.number,
        state=State.CHECKED if found.verdict == "ready" else State.DRAFT,
        account_id=desk.actor.account_id,
        received_at=desk.now,
        file_sha256=_kept(session, received),
        file_name=received.file_name[:255],
        choices={name: value for name, value in asdict(received.choices).items() if value is not None},
        late_reason=received.late_reason,
        **report(found),
    )
    session.add(submission)
    session.flush()
    if key is not None:
        session.add(_key(desk, received, submission.id, key))
    details: dict[str, audit.Detail] = {
        "city": city.code,
        "period": period.code,
        "sha256": received.sha256,
        "verdict": found.verdict,
    }
    event(session, desk, submission, "receive", details)
    return submission


def take(submission: Submission, found: Worked) -> None:
    """Keep what was found now; without errors and doubts it may be submitted."""
    for name, value in report(found).items():
        setattr(submission, name, value)
    submission.state = State.CHECKED if found.verdict == "ready" else State.DRAFT


def report(found: Worked) -> dict[str, Any]:
    """What is kept of a file that was worked out."""
    detected = found.checked.detected
    return {
        "verdict": found.verdict,
        "detected": None if detected is None else asdict(detected),
        "findings": found.findings(),
        "counts": found.counts(),
        "plan": found.plan.body(),
        "plan_sha256": found.plan.sha256,
    }


def _scanned(desk: Desk, received: Received) -> None:
    if desk.scanner is not None and received.content is not None:
        desk.scanner.refuse_infected(received.content)


def _addressed(session: Session, desk: Desk, received: Received) -> tuple[City, Period]:
    """The city and period that a sender names, when they may report for it."""
    require(desk.actor, Action.SUBMIT_FILE, Thing(received.city))
    city = session.scalar(select(City).where(City.code == received.city))
    if city is None:
        raise NotFound(f"there is no city {received.city!r}")
    try:
        period = parse_period(received.period)
    except ValueError as error:
        raise Invalid(str(error), problems=(Problem("period", str(error)),)) from error
    if received.late_reason is not None:
        refuse_bad_text(received.late_reason, "late_reason")
    return city, period


def _subject(
    session: Session, desk: Desk, city: City, period: Period, received: Received, answers: Sequence[Confirmation] = ()
) -> Subject:
    today = desk.now.date()
    is_closed = dates_of(session, period).closes_on < today
    if received.content is None and is_closed and received.late_reason is None:
        raise Conflict(f"{period.code} is closed: say why it is reported now")
    return Subject(city.code, period.code, desk.actor.cities, today, received.late_reason, tuple(answers))


def _worked(session: Session, desk: Desk, received: Received, subject: Subject) -> Worked:
    choices = replace(received.choices, city=subject.city, period=subject.period)
    if received.content is None:
        return nothing_to_report(session, known_for(session, subject))
    known = known_for(session, subject)
    read = desk.read
    if read is None or (read.sha256, read.file_name, read.choices) != (received.sha256, received.file_name, choices):
        read = read_in_turn(received.content, received.file_name, choices, known, desk.limits)
    return worked_out(session, read, known)


def _kept(session: Session, received: Received) -> str | None:
    if received.content is None:
        return None
    sha256 = received.sha256
    if session.get(ReceivedBytes, sha256) is None:
        session.add(ReceivedBytes(sha256=sha256, size_bytes=len(received.content), content=received.content))
        session.flush()
    return sha256


def _repeated(
    session: Session, desk: Desk, received: Received, where: tuple[City, Period], key: str | None
) -> Submission | None:
    """The submission that this request made before, by its key or by its bytes."""
    if key is not None:
        row = session.get(IdempotencyKey, (desk.actor.account_id, key))
        if row is not None:
            if row.request_sha256 != _request_sha256(received):
                raise Conflict("this Idempotency-Key was used for another request: choose a new one")
            return session.get(Submission, row.submission_id)
    city, period = where
    same = (
        select(Submission)
        .where(
            Submission.city_id == city.id,
            Submission.period == period.number,
            Submission.account_id == desk.actor.account_id,
            Submission.state.in_([State.DRAFT, State.CHECKED, State.SUBMITTED, State.APPROVED]),
        )
        .order_by(Submission.number.desc())
    )
    for submission in session.scalars(same):
        if submission.file_sha256 == received.sha256 and _same_request(submission, received):
            return submission
    return None


def _same_request(submission: Submission, received: Received) -> bool:
    choices = {name: value for name, value in asdict(received.choices).items() if value is not None}
    return submission.choices == choices and submission.late_reason == received.late_reason


def _request_sha256(received: Received) -> str:
    parts = (received.city, received.period, received.sha256, received.file_name, received.late_reason)
    return hashlib.sha256(repr((parts, asdict(received.choices))).encode()).hexdigest()


def _key(desk: Desk, received: Received, submission_id: str, key: str) -> IdempotencyKey:
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise Invalid("an Idempotency-Key has 1 to 200 printable characters")
    sha256 = _request_sha256(received)
    return IdempotencyKey(
        account_id=desk.actor.account_id, key=key, request_sha256=sha256, submission_id=submission_id, at=desk.now
    )


def again(session: Session, desk: Desk, submission: Submission) -> Worked:
    """The submission worked out anew from the bytes kept, against what is known now."""
    received = received_of(session, submission)
    city = session.get(City, submission.city_id)
    assert city is not None  # noqa: S101 - a foreign key
    row = SubmissionAnswer
    query = select(row.check, row.city, row.indicator, row.period, row.value, row.reason)
    given = session.execute(query.where(row.submission_id == submission.id).order_by(row.at))
    answers = tuple(Confirmation(*found) for found in given)
    # Whoever looks, the file is judged by the rights of its city, and the day it was received.
    today = submission.received_at.date()
    subject = Subject(city.code, received.period, frozenset({city.code}), today, submission.late_reason, answers)
    return _worked(session, desk, received, subject)


def read_first(session: Session, desk: Desk, submission: Submission) -> Desk:
    """The desk with the submission's file read: a step in a writing session then has only to check it."""
    received = received_of(session, submission)
    if received.content is None:
        return desk
    choices = replace(received.choices, city=received.city, period=received.period)
    subject = Subject(received.city, received.period, frozenset({received.city}), submission.received_at.date())
    known = known_for(session, subject)
    return replace(desk, read=read_in_turn(received.content, received.file_name, choices, known, desk.limits))


def received_of(session: Session, submission: Submission) -> Received:
    """What was sent."""
    city = session.scalar(select(City.code).where(City.id == submission.city_id))
    content = None
    if submission.file_sha256 is not None:
        content = session.scalar(select(ReceivedBytes.content).where(ReceivedBytes.sha256 == submission.file_sha256))
    period = period_of_number(submission.period).code
    choices = Choices(**submission.choices)
    return Received(str(city), period, content, submission.file_name, choices, submission.late_reason)


def refuse_bad_text(text: str, where: str) -> None:
    """Invalid when a reason or comment says nothing or too much."""
    if not LEAST_REASON <= len(text.strip()) <= MOST_REASON or "\x00" in text:
        message = f"write {LEAST_REASON} to {MOST_REASON} characters"
        raise Invalid(f"{where}: {message}", problems=(Problem(where, message),))


def event(
    session: Session, desk: Desk, submission: Submission, action: str, details: Mapping[str, audit.Detail]
) -> None:
    """The one audit event of a step."""
    session.flush()
    audit.record(session, desk.actor, action, kind="submission", key=submission.id, now=desk.now, details=details)
