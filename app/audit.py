"""The chain of audit events: one event a state change, in the transaction of the change, each sealed by the next.

The hash of an event covers its content and the hash before it, so no event can be changed, removed from the middle or
put in another order unnoticed. Removal from the end shows only against a head that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor
from app.db import lock_audit
from app.models import AuditEvent

FIRST = "0" * 64
# Details are words and whole numbers: their JSON has one spelling on every machine.
Detail = str | int | bool | None


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    kind: str,
    key: str,
    now: datetime,
    details: Mapping[str, Detail] | None = None,
) -> AuditEvent:
    """Add the event of one change to the chain, in the caller's transaction.

    `action` is a verb (`approve`), `kind` and `key` name the thing (`submission`, its id). No secrets in `details`.
    """
    lock_audit(session)
    last = session.execute(
        select(AuditEvent.number, AuditEvent.sha256).order_by(AuditEvent.number.desc()).limit(1)
    ).first()
    event = AuditEvent(
        number=1 if last is None else last.number + 1,
        at=now,
        account_id=actor.account_id,
        actor=actor.name,
        action=action,
        kind=kind,
        key=key,
        details=_canonical(dict(details or {})),
        previous_sha256=FIRST if last is None else last.sha256,
    )
    event.sha256 = sealed(event)
    session.add(event)
    session.flush()
    return event


def sealed(event: AuditEvent) -> str:
    """The hash of an event: over its content, in one spelling, and the hash before it."""
    content = [
        event.number,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.account_id,
        event.actor,
        event.action,
        event.kind,
        event.key,
        event.details,
        event.previous_sha256,
    ]
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def _canonical(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def faults(session: Session) -> Iterator[str]:
    """What is wrong with the chain, in words; nothing when it holds."""
    return broken(session.scalars(select(AuditEvent).order_by(AuditEvent.number)).yield_per(1_000))


def broken(events: Iterable[AuditEvent]) -> Iterator[str]:
    """What is wrong with a whole chain of events in the order of their numbers."""
    before, number = FIRST, 0
    for event in events:
        number += 1
        if event.number != number:
            yield f"audit event {number} is missing: after {number - 1} comes {event.number}"
            number = event.number
        if event.previous_sha256 != before:
            yield f"audit event {event.number} does not follow the one before it"
        if sealed(event) != event.sha256:
            yield f"audit event {event.number} was changed after it was written"
        before = event.sha256


def events(
    session: Session, *, kind: str | None = None, key: str | None = None, before: int | None = None, limit: int
) -> list[AuditEvent]:
    """Events, the newest first: of one kind, of one thing, before a number."""
    query = select(AuditEvent).order_by(AuditEvent.number.desc()).limit(limit)
    for column, wanted in ((AuditEvent.kind, kind), (AuditEvent.key, key)):
        if wanted is not None:
            query = query.where(column == wanted)
    if before is not None:
        query = query.where(AuditEvent.number < before)
    return list(session.scalars(query))


def head(session: Session) -> tuple[int, str]:
    """The number and hash of the last event, to be kept elsewhere: 0 and zeros before the first."""
    last = session.execute(
        select(AuditEvent.number, AuditEvent.sha256).order_by(AuditEvent.number.desc()).limit(1)
    ).first()
    return (0, FIRST) if last is None else (last.number, last.sha256)


def sha256_of(session: Session, number: int) -> str | None:
    """The hash of one event; None when there is none."""
    return session.scalar(select(AuditEvent.sha256).where(AuditEvent.number == number))
