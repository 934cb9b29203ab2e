"""Tokens for programs: shown once, kept as a hash, for a purpose, for a time, taken back at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.access import Action, Actor, Scope, require
from app.accounts.people import person
from app.accounts.secrets import new_secret, sha256_of
from app.errors import Invalid, NotFound, Problem
from app.models import ApiToken

PREFIX = "cm_"
SHOWN = 8
MOST_DAYS = 366
MOST_TOKENS = 50
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Token:
    """A token as it is shown: its first letters, never the whole."""

    id: int
    name: str
    start: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True)
class Bearer:
    """Who holds a token, and whether its use is due to be noted."""

    actor: Actor
    token_id: int
    is_due: bool


def tokens(session: Session, actor: Actor) -> list[Token]:
    """The actor's own tokens, the newest first."""
    require(actor, Action.MANAGE_OWN_TOKENS)
    query = select(ApiToken).where(ApiToken.account_id == actor.account_id).order_by(ApiToken.id.desc())
    return [_token(row) for row in session.scalars(query)]


def _token(row: ApiToken) -> Token:
    scopes = tuple(Scope(name) for name in row.scopes)
    return Token(row.id, row.name, row.start, scopes, row.created_at, row.expires_at, row.revoked_at, row.used_at)


def add_token(
    session: Session, actor: Actor, name: str, scopes: frozenset[Scope], days: int, *, now: datetime
) -> tuple[Token, str]:
    """A new token of the actor's account and its secret, which is told this once. Invalid names what is wrong."""
    require(actor, Action.MANAGE_OWN_TOKENS)
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Invalid("a token has a name of 1 to 80 characters", problems=(Problem("name", "1 to 80 characters"),))
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"a token lasts 1 to {MOST_DAYS} days", problems=(Problem("days", f"1 to {MOST_DAYS}"),))
    if sum(token.is_valid(now) for token in tokens(session, actor)) >= MOST_TOKENS:
        raise Invalid(f"{MOST_TOKENS} tokens are the most: revoke one first")
    secret = new_secret(PREFIX)
    row = ApiToken(
        account_id=actor.account_id,
        name=name,
        start=secret[: len(PREFIX) + SHOWN],
        secret_sha256=sha256_of(secret),
        scopes=sorted(scopes),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    details: dict[str, audit.Detail] = {"scopes": " ".join(sorted(scopes)), "days": days}
    audit.record(session, actor, "add_token", kind="token", key=str(row.id), now=now, details=details)
    return _token(row), secret


def revoke_token(session: Session, actor: Actor, token_id: int, *, now: datetime) -> Token:
    """Take one of the actor's tokens back; NotFound for anybody else's, as if it did not exist."""
    require(actor, Action.MANAGE_OWN_TOKENS)
    row = session.get(ApiToken, token_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFound(f"you have no token {token_id}")
    if row.revoked_at is None:
        row.revoked_at = now
        session.flush()
        audit.record(session, actor, "revoke_token", kind="token", key=str(token_id), now=now)
    return _token(row)


def bearer(session: Session, secret: str, *, now: datetime) -> Bearer | None:
    """Who holds this token; None when it opens nothing (any more)."""
    row = session.scalar(select(ApiToken).where(ApiToken.secret_sha256 == sha256_of(secret)))
    if row is None or not _token(row).is_valid(now):
        return None
    owner = person(session, row.account_id)
    if not owner.is_active:
        return None
    scopes = frozenset(Scope(name) for name in row.scopes)
    actor = Actor(owner.id, owner.name, frozenset(owner.roles), frozenset(owner.cities), scopes)
    return Bearer(actor, row.id, row.used_at is None or row.used_at + USED_EVERY <= now)


def mark_used(session: Session, token_id: int, *, now: datetime) -> None:
    """Note when the token was last used."""
    row = session.get(ApiToken, token_id)
    if row is not None:
        row.used_at = now
