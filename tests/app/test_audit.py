"""The audit chain holds, and whatever is done to it shows."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import audit
from app.access import Actor
from app.db import reading, writing
from app.models import AuditEvent
from tests.makers import MORNING

ACTOR = Actor(7, "Анна")


def chain(session: Session, events: int = 6) -> None:
    for number in range(events):
        audit.record(
            session,
            ACTOR,
            "approve",
            kind="submission",
            key=str(number % 2),
            now=MORNING + timedelta(seconds=number),
            details={"comment": f"№ {number}", "figures": number, "closed": None},
        )


def test_a_chain_as_it_was_written_has_no_fault(database: Engine) -> None:
    with writing(database) as session:
        chain(session)
    with reading(database) as session:
        assert list(audit.faults(session)) == []
        assert [event.number for event in audit.events(session, kind="submission", key="1", limit=9)] == [6, 4, 2]
        assert [event.number for event in audit.events(session, before=3, limit=9)] == [2, 1]
        number, sha256 = audit.head(session)
        assert (number, sha256) == (6, audit.sha256_of(session, 6))


def test_an_empty_chain_is_whole(session: Session) -> None:
    assert list(audit.faults(session)) == []
    assert audit.head(session) == (0, audit.FIRST)


@pytest.mark.parametrize("verb", ["UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event"])
def test_the_database_refuses_to_change_or_remove_an_event(database: Engine, verb: str) -> None:
    with writing(database) as session:
        chain(session, 1)
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
        connection.execute(text(verb))


CHANGES: dict[str, Any] = {
    "actor": "Борис",
    "action": "return",
    "kind": "account",
    "key": "99",
    "details": "{}",
    "account_id": 8,
    "previous_sha256": "1" * 64,
    "sha256": "2" * 64,
    "at": MORNING - timedelta(days=1),
}


@pytest.mark.parametrize("seed", range(30))
def test_a_changed_removed_or_moved_event_is_found(session: Session, seed: int) -> None:
    """The rows are held as objects, so that no trigger stands between: somebody with the file in hand has none."""
    dice = random.Random(seed)
    chain(session, 8)
    events = audit.events(session, limit=99)[::-1]
    victim = dice.choice(events[:-1])
    match seed % 3:
        case 0:
            name = dice.choice(sorted(CHANGES))
            tampered = [_with(event, **{name: CHANGES[name]}) if event is victim else event for event in events]
        case 1:
            tampered = [event for event in events if event is not victim]
        case _:
            other = dice.choice([event for event in events if event is not victim])
            swap = {victim.number: other.number, other.number: victim.number}
            tampered = sorted(
                (_with(event, number=swap.get(event.number, event.number)) for event in events),
                key=lambda event: event.number,
            )
    assert list(audit.broken(events)) == []
    assert list(audit.broken(tampered)) != []


def _with(event: AuditEvent, **changes: Any) -> AuditEvent:
    columns = {column.key: getattr(event, column.key) for column in AuditEvent.__table__.columns}
    return AuditEvent(**{**columns, **changes})
