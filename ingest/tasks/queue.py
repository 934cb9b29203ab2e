"""The queue: tasks are asked for in the transaction that causes them, taken with a lease, and ended by who holds it.

At least once: a worker that dies loses its lease, and another does the task again. So deeds must bear to be repeated.
Of two workers that believe to hold a task only the later one can end it: each try has its number (`attempts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from app import audit
from app.access import Action, Actor, require
from app.errors import Conflict, NotFound
from app.models import Task
from app.models.tasks import TASK_STATES
from ingest.tasks.kinds import KINDS, Wanted, wanted_of

LEASE = timedelta(seconds=10)
# A failed task is tried again after these waits, then it has failed for good: some two hours in all.
WAITS_S = (5, 30, 120, 600, 1_800, 3_600)
MOST_TRIES = len(WAITS_S) + 1
# What was done is kept so long, to be looked at.
KEPT = timedelta(days=30)
MOST_LETTERS = 300
DIED = "its worker ended in the middle of it"


@dataclass(frozen=True)
class Taken:
    """A task in somebody's hands: `worker` and `attempt` name the try."""

    id: int
    worker: str
    attempt: int
    kind: str
    arguments: dict[str, object]

    @property
    def wanted(self) -> Wanted:
        """What is to be done; raises pydantic's ValidationError where the row cannot be read."""
        return wanted_of(self.arguments)


def enqueue(session: Session, wanted: Wanted, *, now: datetime) -> None:
    """Have it done once this transaction is committed. One that waits already for the same is enough.

    The waiting one is locked until then: a worker that took it now would not see what this transaction has written.
    """
    same = (Task.kind == wanted.kind, Task.key == wanted.key, Task.state == "waiting")
    waiting = session.scalar(select(Task).where(*same).order_by(Task.id).limit(1).with_for_update())
    if waiting is None:
        waiting = Task(kind=wanted.kind, key=wanted.key, created_at=now)
        session.add(waiting)
    # A new reason is no further try of the old one.
    waiting.arguments, waiting.attempts, waiting.next_at = wanted.model_dump(), 0, None
    session.flush()


def has_work(session: Session, *, now: datetime) -> bool:
    """Whether there is a task to be taken; needs no lock."""
    return session.scalar(_ready(now)) is not None


def take(session: Session, worker: str, *, now: datetime) -> Taken | None:
    """The oldest task that waits or whose worker has let its lease run out; None where there is none."""
    hopeless = (Task.state == "running", Task.lease_until <= now, Task.attempts >= MOST_TRIES)
    session.execute(update(Task).where(*hopeless).values(state="failed", error=DIED, ended_at=now))
    task = session.scalar(_ready(now).with_for_update(skip_locked=True))
    if task is None:
        return None
    task.state, task.worker, task.attempts = "running", worker, task.attempts + 1
    task.started_at, task.lease_until = now, now + LEASE
    session.flush()
    return Taken(task.id, worker, task.attempts, task.kind, task.arguments)


def _ready(now: datetime) -> Select[Task]:
    is_left = and_(Task.state == "running", Task.lease_until <= now, Task.attempts < MOST_TRIES)
    is_due = and_(Task.state == "waiting", or_(Task.next_at.is_(None), Task.next_at <= now))
    return (
        select(Task)
        .where(or_(is_due, is_left), Task.kind.in_(KINDS), ~_is_being_done(now))
        .order_by(Task.id)
        .limit(1)
    )


def _is_being_done(now: datetime) -> ColumnElement[bool]:
    """Whether another task for the same is in somebody's hands: this one would only do the same work beside it."""
    other = aliased(Task)
    same = (other.kind == Task.kind, other.key == Task.key, other.id != Task.id)
    return select(other.id).where(*same, other.state == "running", other.lease_until > now).exists()


def renew(session: Session, taken: Taken, *, now: datetime) -> bool:
    """Keep it for another while; False when somebody else has it."""
    return _changed(session, taken, lease_until=now + LEASE)


def finish(session: Session, taken: Taken, *, now: datetime) -> bool:
    """It is done; False, and nothing is changed, when somebody else has it. What was done long ago is forgotten."""
    session.execute(delete(Task).where(Task.state == "done", Task.ended_at < now - KEPT))
    return _changed(session, taken, state="done", error="", ended_at=now, lease_until=None)


def fail(session: Session, taken: Taken, error: str, *, now: datetime) -> bool:
    """This try went wrong: it is tried again later, or has failed after the last one."""
    if taken.attempt >= MOST_TRIES:
        later: dict[str, object] = {"state": "failed", "ended_at": now}
    else:
        later = {"state": "waiting", "next_at": now + timedelta(seconds=WAITS_S[taken.attempt - 1])}
    return _changed(session, taken, **later, error=error[:MOST_LETTERS], lease_until=None)


def give_back(session: Session, taken: Taken) -> bool:
    """The worker ends before the task is done: another one begins it anew at once; it was no try."""
    return _changed(session, taken, state="waiting", attempts=taken.attempt - 1, next_at=None, lease_until=None)


def _changed(session: Session, taken: Taken, **values: object) -> bool:
    held = (Task.id == taken.id, Task.state == "running", Task.worker == taken.worker)
    found = session.execute(
        update(Task).where(*held, Task.attempts == taken.attempt).values(**values).returning(Task.id)
    )
    return found.first() is not None


def again(session: Session, actor: Actor, task_id: int, *, now: datetime) -> Task:
    """Have a failed task tried anew, with all its tries before it; Conflict for one in another state."""
    require(actor, Action.MANAGE_TASKS)
    task = session.get(Task, task_id, with_for_update=True)
    if task is None:
        raise NotFound(f"there is no task {task_id}")
    if task.state != "failed":
        raise Conflict(f"task {task_id} is {task.state}: only failed ones are tried again")
    task.state, task.attempts, task.next_at, task.ended_at = "waiting", 0, None, None
    audit.record(
        session,
        actor,
        "retry_task",
        kind="task",
        key=str(task_id),
        now=now,
        details={"what": task.kind, "of": task.key},
    )
    return task


def tasks(session: Session, actor: Actor, *, limit: int, is_whole: bool = False) -> Sequence[Task]:
    """The newest tasks that are not done, failed ones first; `is_whole`: those that are done too."""
    require(actor, Action.MANAGE_TASKS)
    query = select(Task) if is_whole else select(Task).where(Task.state != "done")
    return session.scalars(query.order_by(Task.state != "failed", Task.id.desc()).limit(limit)).all()


def counts(session: Session) -> dict[str, int]:
    """How many tasks stand in each state."""
    found = {state: count for state, count in session.execute(select(Task.state, func.count()).group_by(Task.state))}
    return {state: found.get(state, 0) for state in TASK_STATES}
