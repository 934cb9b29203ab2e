"""Publications at their hour: what was approved for a time is published by whichever process looks first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.access import SYSTEM
from app.db import lock_audit, reading, writing
from app.domain.submission import State
from app.errors import Conflict
from app.models import Submission, SubmissionComment
from ingest.submissions.sending import Desk, event
from ingest.submissions.steps import publish
from ingest.upload import UploadLimits

LOOK_EVERY_S = 15.0


def due(session: Session, now: datetime) -> list[str]:
    """The approved submissions whose hour has come, the earliest first."""
    query = (
        select(Submission.id)
        .where(Submission.state == State.APPROVED, Submission.publish_at.is_not(None), Submission.publish_at <= now)
        .order_by(Submission.publish_at, Submission.number)
    )
    return list(session.scalars(query))


def publish_due(session: Session, submission_id: str, now: datetime, limits: UploadLimits) -> Submission | None:
    """Publish one submission whose hour has come; None when somebody else has, or its plan does not hold any more.

    What cannot be published as it was approved loses its hour and stays approved, with a comment that says so.
    """
    desk = Desk(SYSTEM, now, limits)
    lock_audit(session)
    submission = session.scalar(select(Submission).where(Submission.id == submission_id).with_for_update())
    if submission is None or submission.state != State.APPROVED or submission.publish_at is None:
        return None
    try:
        with session.begin_nested():
            return publish(session, desk, submission_id)
    except Conflict as error:
        submission.publish_at = None
        text = f"not published at its hour: {error.message}"
        who = submission.decided_by
        session.add(SubmissionComment(submission_id=submission_id, account_id=who, at=now, text=text))
        event(session, desk, submission, "unschedule", {})
        return None


def run_due(engine: Engine, limits: UploadLimits, *, now: datetime) -> int:
    """Publish everything whose hour has come, each in its own transaction; how many were published."""
    with reading(engine) as session:
        waiting = due(session, now)
    done = 0
    for submission_id in waiting:
        with writing(engine) as session:
            done += publish_due(session, submission_id, now, limits) is not None
    return done
