"""Vintages: which one a reader asks for, and what each made known."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.models import Vintage


def vintages(session: Session) -> list[Vintage]:
    """All vintages, the newest first."""
    return list(session.scalars(select(Vintage).order_by(Vintage.number.desc())))


def newest(session: Session) -> Vintage | None:
    """The vintage that is current; None before the first publication."""
    return session.scalars(select(Vintage).order_by(Vintage.number.desc()).limit(1)).first()


def as_known(session: Session, as_of: int | datetime | None) -> Vintage | None:
    """The vintage that was current with number `as_of`, at the instant `as_of`, or now.

    None when nothing was known then. NotFound for a number that was never given.
    """
    if as_of is None:
        return newest(session)
    if isinstance(as_of, datetime):
        earlier = select(Vintage).where(Vintage.published_at <= as_of)
        return session.scalars(earlier.order_by(Vintage.number.desc()).limit(1)).first()
    found = session.get(Vintage, as_of)
    if found is None:
        last = session.scalar(select(func.max(Vintage.number))) or 0
        raise NotFound(f"there is no vintage {as_of}: the newest is {last}")
    return found


def simulated_numbers(session: Session) -> frozenset[int]:
    """The vintages whose figures are simulated."""
    return frozenset(session.scalars(select(Vintage.number).where(Vintage.is_simulated)))


def is_simulated(session: Session, numbers: Collection[int]) -> bool:
    """Whether any figure made known with one of these vintages is simulated."""
    return not simulated_numbers(session).isdisjoint(numbers)


def shows_simulated(session: Session, vintage: int) -> bool:
    """Whether some figure known with `vintage` may be a simulated one."""
    return any(number <= vintage for number in simulated_numbers(session))
