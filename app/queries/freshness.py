"""What an answer may still be right for: the current vintage and the edition of reference data, in one quick look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.models import Edition, Vintage


@dataclass(frozen=True)
class Freshness:
    """The newest vintage (0 before the first) with its instant, and the edition."""

    vintage: int
    published_at: datetime | None
    edition: str


_NEWEST = select(Vintage.number, Vintage.published_at).order_by(Vintage.number.desc()).limit(1)
_EDITION = select(Edition.sha256)


def edition(session: Session) -> str:
    """The edition of reference data as this session sees it; empty where none has been settled."""
    return session.scalar(_EDITION) or ""


def freshness(engine: Engine) -> Freshness:
    """As it is now."""
    with engine.connect() as connection:
        newest = connection.execute(_NEWEST).first()
        edition = connection.scalar(_EDITION) or ""
    if newest is None:
        return Freshness(0, None, edition)
    return Freshness(newest.number, newest.published_at, edition)
