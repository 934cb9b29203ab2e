"""What is told of submissions: the list somebody may see, one in full, its differences, what anybody may verify."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Action, Actor, Thing, may
from app.domain.period import period_of_number
from app.domain.submission import NEXT_ACTOR, State, deeds
from app.errors import NotFound
from app.models import Account, City, ReceivedBytes, Submission, SubmissionAnswer, SubmissionComment
from ingest.submissions.known import dates_of
from ingest.submissions.sending import Desk, again
from ingest.submissions.steps import seen, thing_of

_DEEDS = {
    "submit": Action.SUBMIT,
    "approve": Action.APPROVE,
    "return": Action.RETURN,
    "publish": Action.PUBLISH,
    "withdraw": Action.WITHDRAW,
}


@dataclass(frozen=True)
class Wanted:
    """Which submissions; None means any."""

    city: str | None = None
    period: int | None = None
    states: frozenset[State] | None = None


def submissions(
    session: Session, actor: Actor, wanted: Wanted, *, before: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Those the actor may see, the newest first, numbers below `before`."""
    query = select(Submission, City.code).join(City, City.id == Submission.city_id)
    query = query.order_by(Submission.number.desc())
    if wanted.city is not None:
        query = query.where(City.code == wanted.city)
    if wanted.period is not None:
        query = query.where(Submission.period == wanted.period)
    if wanted.states is not None:
        query = query.where(Submission.state.in_(sorted(wanted.states)))
    if before is not None:
        query = query.where(Submission.number < before)
    found = []
    for submission, city in session.execute(query):
        if may(actor, Action.SEE_SUBMISSION, Thing(city, submission.account_id)):
            found.append(summary(session, actor, submission))
        if len(found) == limit:
            break
    return found


def summary(session: Session, actor: Actor, submission: Submission) -> dict[str, Any]:
    """One submission in short: what it is, where it stands, who acts next, what this actor may do now."""
    thing = thing_of(session, submission)
    period = period_of_number(submission.period)
    return {
        "id": submission.id,
        "number": submission.number,
        "city": thing.city,
        "period": period.code,
        "state": submission.state,
        "next_actor": NEXT_ACTOR[State(submission.state)].value,
        "deeds": [deed for deed in deeds(State(submission.state)) if may(actor, _DEEDS[deed], thing)],
        "due_on": dates_of(session, period).due_on,
        "file_name": submission.file_name or None,
        "sha256": submission.file_sha256,
        "nothing_to_report": submission.file_sha256 is None,
        "verdict": submission.verdict,
        "counts": {name: submission.plan[name] for name in ("new", "revised", "unchanged", "withdrawn")},
        "plan": submission.plan_sha256,
        "received_at": submission.received_at,
        "submitted_at": submission.submitted_at,
        "decided_at": submission.decided_at,
        "publish_at": submission.publish_at,
        "vintage": submission.vintage,
    }


def whole(session: Session, actor: Actor, submission_id: str) -> dict[str, Any]:
    """One submission in full: its report by kind, the largest revisions, answers and comments with their authors."""
    submission = seen(session, actor, submission_id)
    names = {number: name for number, name in session.execute(select(Account.id, Account.name))}
    size = session.scalar(select(ReceivedBytes.size_bytes).where(ReceivedBytes.sha256 == submission.file_sha256))
    comments = session.scalars(
        select(SubmissionComment)
        .where(SubmissionComment.submission_id == submission.id)
        .order_by(SubmissionComment.id)
    )
    answers = session.scalars(
        select(SubmissionAnswer).where(SubmissionAnswer.submission_id == submission.id).order_by(SubmissionAnswer.at)
    )
    return {
        **summary(session, actor, submission),
        "author": names.get(submission.account_id),
        "decided_by": names.get(submission.decided_by or 0),
        "size_bytes": size,
        "detected": submission.detected,
        "choices": submission.choices,
        "late_reason": submission.late_reason,
        "findings_by_kind": submission.counts,
        "largest": submission.plan["largest"],
        "answers": [_answer(row, names) for row in answers],
        "comments": [{"at": row.at, "author": names.get(row.account_id), "text": row.text} for row in comments],
    }


def _answer(row: SubmissionAnswer, names: dict[int, str]) -> dict[str, Any]:
    parts = ("check", "city", "indicator", "period", "value", "reason", "at")
    return {**{part: getattr(row, part) for part in parts}, "author": names.get(row.account_id)}


def findings(session: Session, actor: Actor, submission_id: str) -> list[dict[str, Any]]:
    """Every kept finding, the gravest first, each with its number."""
    return seen(session, actor, submission_id).findings


def diff(session: Session, desk: Desk, submission_id: str) -> dict[str, Any]:
    """What publishing would change now, figure by figure, and whether that is still what was decided on."""
    submission = seen(session, desk.actor, submission_id)
    if submission.state == State.PUBLISHED:
        raise NotFound(f"submission {submission.number} is published: see /api/v1/vintages/{submission.vintage}")
    found = again(session, desk, submission)
    return {
        **found.plan.body(),
        "is_stale": found.plan.sha256 != submission.plan_sha256,
        "changes": [asdict(change) for change in found.plan.changes],
    }


def file_of(session: Session, actor: Actor, submission_id: str) -> tuple[bytes, str]:
    """The bytes as they were received, with their name; NotFound where nothing was to report."""
    submission = seen(session, actor, submission_id)
    content = session.scalar(select(ReceivedBytes.content).where(ReceivedBytes.sha256 == submission.file_sha256))
    if content is None:
        raise NotFound(f"submission {submission.number} says that there is nothing to report: it has no file")
    return content, submission.file_name


@dataclass(frozen=True)
class Receipt:
    """What proves that something was sent: its number and hash, when, what it held, where it stands."""

    number: int
    city: str
    city_en: str
    city_ru: str
    period: str
    state: str
    next_actor: str
    file_name: str | None
    sha256: str | None
    size_bytes: int | None
    author: str
    received_at: datetime
    submitted_at: datetime | None
    verdict: str
    new: int
    revised: int
    unchanged: int
    withdrawn: int
    confirmed: int
    vintage: int | None


def receipt(session: Session, actor: Actor, submission_id: str) -> Receipt:
    """The receipt of a submission the actor may see."""
    submission = seen(session, actor, submission_id)
    city = session.get(City, submission.city_id)
    author = session.scalar(select(Account.name).where(Account.id == submission.account_id))
    assert city is not None and author is not None  # noqa: S101, PT018 - foreign keys
    answers = session.scalars(select(SubmissionAnswer.check).where(SubmissionAnswer.submission_id == submission.id))
    size = session.scalar(select(ReceivedBytes.size_bytes).where(ReceivedBytes.sha256 == submission.file_sha256))
    return Receipt(
        number=submission.number,
        city=city.code,
        city_en=city.name_en,
        city_ru=city.name_ru,
        period=period_of_number(submission.period).code,
        state=submission.state,
        next_actor=NEXT_ACTOR[State(submission.state)].value,
        file_name=submission.file_name or None,
        sha256=submission.file_sha256,
        size_bytes=size,
        author=author,
        received_at=submission.received_at,
        submitted_at=submission.submitted_at,
        verdict=submission.verdict,
        **{name: submission.plan[name] for name in ("new", "revised", "unchanged", "withdrawn")},
        confirmed=len(list(answers)),
        vintage=submission.vintage,
    )


def verified(session: Session, sha256: str) -> list[dict[str, Any]]:
    """What anybody who has the bytes may know of them: that and when they were received, and where they stand.

    Neither persons nor figures: what is not published yet stays so. NotFound for bytes that were never received.
    """
    query = (
        select(Submission, City.code)
        .join(City, City.id == Submission.city_id)
        .where(Submission.file_sha256 == sha256)
        .order_by(Submission.number)
    )
    found = [_verified(submission, city) for submission, city in session.execute(query)]
    if not found:
        raise NotFound("no file with this hash was received")
    return found


def _verified(submission: Submission, city: str) -> dict[str, Any]:
    is_public = submission.state == State.PUBLISHED
    # An approval tells what will be published: until then it reads as submitted.
    state = State.SUBMITTED if submission.state == State.APPROVED else submission.state
    return {
        "number": submission.number,
        "city": city,
        "period": period_of_number(submission.period).code,
        "state": str(state),
        "received_at": submission.received_at,
        "submitted_at": submission.submitted_at,
        "vintage": submission.vintage if is_public else None,
    }


def severities(kinds: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How many findings of each severity."""
    found = dict.fromkeys(("error", "confirm", "warning", "notice"), 0)
    for kind in kinds:
        found[kind["severity"]] += kind["count"]
    return found
