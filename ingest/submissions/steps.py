"""The steps after sending. Each asks for the right on the thing itself, changes one state, writes one audit event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.access import Action, Actor, Thing, may, require
from app.db import lock_audit, reading, writing
from app.domain.period import period_of_number
from app.domain.submission import ANSWERABLE, OPEN, State, moved
from app.errors import Conflict, Invalid, NotFound, Problem
from app.models import City, Submission, SubmissionAnswer, SubmissionComment
from ingest.publish import Provenance
from ingest.publish import publish as publish_figures
from ingest.submissions.plan import Plan, figures_of
from ingest.submissions.reading import Worked
from ingest.submissions.sending import Desk, again, event, read_first, refuse_bad_text, report, take
from ingest.upload import confirmation


@contextmanager
def step(engine: Engine, desk: Desk, submission_id: str) -> Iterator[tuple[Session, Desk]]:
    """A writing session for one step, with the desk to take it at: the file is read before anything is locked."""
    with reading(engine) as session:
        read = read_first(session, desk, seen(session, desk.actor, submission_id))
    with writing(engine) as session:
        # Steps take turns: of two at once the second sees what the first has done.
        lock_audit(session)
        yield session, read


def seen(session: Session, actor: Actor, submission_id: str, *, is_locked: bool = False) -> Submission:
    """A submission the actor may see; NotFound for any other, as if it were not there.

    `is_locked` keeps others from changing it until the transaction ends.
    """
    query = select(Submission).where(Submission.id == submission_id)
    found = session.scalar(query.with_for_update() if is_locked else query)
    if found is None or not may(actor, Action.SEE_SUBMISSION, thing_of(session, found)):
        raise NotFound(f"there is no submission {submission_id}")
    return found


def thing_of(session: Session, submission: Submission) -> Thing:
    """What rights are asked about."""
    return Thing(session.scalar(select(City.code).where(City.id == submission.city_id)), submission.account_id)


def confirm(session: Session, desk: Desk, submission_id: str, answers: Mapping[int, str]) -> Submission:
    """Answer findings, by their number, each with a reason; answered all, the submission is checked.

    Invalid for a number that is not asked about and for a reason that says nothing.
    """
    submission = _mine(session, desk, submission_id, Action.CONFIRM_FINDING)
    if submission.state not in ANSWERABLE:
        raise Conflict(f"it is {submission.state}: findings are answered before it is submitted")
    found = again(session, desk, submission)
    asked = {item["number"]: item for item in found.findings() if item["severity"] == "confirm"}
    kept = {finding["number"]: finding for finding in submission.findings if finding["severity"] == "confirm"}
    for number, reason in answers.items():
        item = kept.get(number)
        if item is None or _name(item) not in {_name(other) for other in asked.values()}:
            raise Invalid(f"finding {number} asks for no reason", problems=(Problem(f"confirmations.{number}", "—"),))
        refuse_bad_text(reason, f"confirmations.{number}")
    for number, reason in answers.items():
        _answer(session, desk, submission, found, kept[number], reason.strip())
    session.flush()
    again_found = again(session, desk, submission)
    take(submission, again_found)
    event(session, desk, submission, "confirm", {"answers": len(answers), "verdict": again_found.verdict})
    return submission


def _name(item: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(item.get(part) for part in ("check", "city", "indicator", "period"))


def _answer(
    session: Session, desk: Desk, submission: Submission, found: Worked, item: Mapping[str, Any], reason: str
) -> None:
    finding = next(each for each in found.checked.of("confirm") if _name(asdict(each)) == _name(item))
    given = confirmation(finding, found.checked.rows, reason)
    row = SubmissionAnswer(
        submission_id=submission.id,
        check=given.check,
        city=given.city,
        indicator=given.indicator,
        period=given.period,
        value=given.value,
        reason=given.reason,
        account_id=desk.actor.account_id,
        at=desk.now,
    )
    session.merge(row)


def submit(session: Session, desk: Desk, submission_id: str, *, plan: str | None = None) -> Submission:
    """Hand it to the ministry. Conflict when the plan is not the one seen, or another stands for city and period."""
    submission = _mine(session, desk, submission_id, Action.SUBMIT)
    after = _after(submission, "submit")
    other = session.scalar(
        select(Submission).where(
            Submission.city_id == submission.city_id,
            Submission.period == submission.period,
            Submission.state.in_(list(OPEN)),
            Submission.id != submission.id,
        )
    )
    if other is not None:
        raise Conflict(
            f"submission {other.number} of this city and period is {other.state}: "
            "it has to be withdrawn or returned first"
        )
    _decided(session, desk, submission, plan)
    submission.state, submission.submitted_at = after, desk.now
    event(session, desk, submission, "submit", {"plan": submission.plan_sha256})
    return submission


def approve(session: Session, desk: Desk, submission_id: str, *, plan: str | None = None) -> Submission:
    """Say that it may be published as it is. Conflict when the plan is not the one seen."""
    submission = _mine(session, desk, submission_id, Action.APPROVE)
    after = _after(submission, "approve")
    _decided(session, desk, submission, plan)
    submission.state, submission.decided_at, submission.decided_by = after, desk.now, desk.actor.account_id
    event(session, desk, submission, "approve", {"plan": submission.plan_sha256})
    return submission


def send_back(session: Session, desk: Desk, submission_id: str, comment: str) -> Submission:
    """Return it to the official with what is to be changed."""
    submission = _mine(session, desk, submission_id, Action.RETURN)
    after = _after(submission, "return")
    refuse_bad_text(comment, "comment")
    submission.state, submission.decided_at, submission.decided_by = after, desk.now, desk.actor.account_id
    submission.publish_at = None
    _say(session, desk, submission, comment)
    event(session, desk, submission, "return", {})
    return submission


def withdraw(session: Session, desk: Desk, submission_id: str) -> Submission:
    """Take it back before it is published."""
    submission = _mine(session, desk, submission_id, Action.WITHDRAW)
    submission.state = _after(submission, "withdraw")
    submission.publish_at = None
    event(session, desk, submission, "withdraw", {})
    return submission


def comment(session: Session, desk: Desk, submission_id: str, text: str) -> SubmissionComment:
    """Say something about it to the others."""
    submission = _mine(session, desk, submission_id, Action.COMMENT)
    refuse_bad_text(text, "comment")
    said = _say(session, desk, submission, text)
    event(session, desk, submission, "comment", {})
    return said


def publish(
    session: Session, desk: Desk, submission_id: str, *, plan: str | None = None, at: datetime | None = None
) -> Submission:
    """Publish an approved submission now, or set the hour `at` which it is published.

    Executes exactly the plan that was approved, in this transaction; Conflict with the new plan when what it was
    decided on has changed. Until then nothing of it can be read by anybody else.
    """
    submission = _mine(session, desk, submission_id, Action.PUBLISH)
    after = _after(submission, "publish")
    if at is not None and at > desk.now:
        submission.publish_at = at
        event(session, desk, submission, "schedule", {"at": at.astimezone(UTC).isoformat()})
        return submission
    found = _decided(session, desk, submission, plan)
    reason = f"submission {submission.number}, {period_of_number(submission.period).code}"
    provenance = Provenance("submission", f"submission {submission.number}", desk.actor.name, reason)
    done = publish_figures(session, figures_of(found.checked.rows, found.known), provenance=provenance, now=desk.now)
    submission.state, submission.vintage = after, done.vintage
    submission.publish_at = None
    event(session, desk, submission, "publish", {"vintage": done.vintage, "plan": submission.plan_sha256})
    return submission


def _mine(session: Session, desk: Desk, submission_id: str, action: Action) -> Submission:
    """The submission, locked, when the actor may do this to it; NotFound unseen, Forbidden seen but not allowed."""
    submission = seen(session, desk.actor, submission_id, is_locked=True)
    require(desk.actor, action, thing_of(session, submission))
    return submission


def _after(submission: Submission, deed: str) -> State:
    try:
        return moved(State(submission.state), deed)
    except ValueError as error:
        raise Conflict(f"submission {submission.number}: {error}") from error


def _decided(session: Session, desk: Desk, submission: Submission, plan: str | None) -> Worked:
    """The submission worked out anew, as it was decided on.

    `plan` is the hash of the plan that the actor has seen; without it, the plan kept is meant. StalePlan, with the
    plan of now, when that is another one.
    """
    found = again(session, desk, submission)
    if found.plan.sha256 != (submission.plan_sha256 if plan is None else plan):
        raise StalePlan(submission, found.plan)
    if found.verdict != "ready":
        raise Conflict("the checks say something else by now: look at the findings again")
    for name, value in report(found).items():
        setattr(submission, name, value)
    return found


class StalePlan(Conflict):
    """What a step was decided on has changed; the answer holds the plan of now."""

    code = "stale-plan"

    def __init__(self, submission: Submission, plan: Plan) -> None:
        super().__init__(
            f"submission {submission.number} would now change other figures than you have seen: see its new preview"
        )
        self.extra = {"plan": plan.body()}


def _say(session: Session, desk: Desk, submission: Submission, text: str) -> SubmissionComment:
    said = SubmissionComment(
        submission_id=submission.id, account_id=desk.actor.account_id, at=desk.now, text=text.strip()
    )
    session.add(said)
    session.flush()
    return said
