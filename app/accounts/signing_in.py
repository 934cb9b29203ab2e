"""Signing in and out: by password, by single sign-on; and who is behind the secret of a cookie.

Wrong address, wrong password and an account that is shut out get the same answer after the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from app import audit
from app.access import Actor
from app.accounts.people import Person, person
from app.accounts.secrets import fits, new_secret, sha256_of
from app.errors import NotFound, Unauthenticated
from app.models import Account, SignIn

LASTS = timedelta(hours=12)
# Left alone for so long, a browser is signed out.
IDLE = timedelta(hours=2)
# A sign-in is marked as seen at most so often, so that reading writes nothing.
SEEN_EVERY = timedelta(minutes=5)
# A sign-in is named by the start of what is kept of its secret, from which nobody comes to the secret.
NAME_LENGTH = 16
REFUSED = "the address and the password do not fit an account that may sign in"


@dataclass(frozen=True)
class Seen:
    """Who is signed in, and whether the row is due to be marked as seen."""

    person: Person
    is_due: bool


@dataclass(frozen=True)
class Browser:
    """A browser in which a person is signed in, by a name that opens nothing."""

    name: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


def by_password(session: Session, email: str, password: str, *, now: datetime) -> str:
    """Sign a person in: the secret for the cookie. Unauthenticated, always in the same words, if it does not fit."""
    account = session.scalar(select(Account).where(Account.email == email.strip().casefold()[:254]))
    is_right = fits(password, account.password_hash if account else None)
    if account is None or not is_right or not account.is_active:
        raise Unauthenticated(REFUSED)
    return start(session, account.id, "password", now=now)


def by_single_sign_on(session: Session, subject: str, email: str | None, *, is_verified: bool, now: datetime) -> str:
    """Sign in the account that a provider's subject belongs to; the first time, found by its verified address.

    `subject` names issuer and person. Unauthenticated when no account was made for the person here.
    """
    account = session.scalar(select(Account).where(Account.subject == subject))
    if account is None and email and is_verified:
        account = session.scalar(select(Account).where(Account.email == email.strip().casefold()))
        if account is not None and account.subject is not None:
            account = None
    if account is None or not account.is_active:
        raise Unauthenticated("no account was made for you here: ask the administrator for one")
    account.subject = subject
    session.flush()
    return start(session, account.id, "single sign-on", now=now)


def start(session: Session, account_id: int, way: str, *, now: datetime) -> str:
    """A new sign-in of an account; rows that are over are cleared away."""
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    secret = new_secret()
    session.add(
        SignIn(
            secret_sha256=sha256_of(secret),
            account_id=account_id,
            created_at=now,
            seen_at=now,
            expires_at=now + LASTS,
        )
    )
    session.flush()
    who = person(session, account_id).actor()
    audit.record(session, who, "sign_in", kind="account", key=str(account_id), now=now, details={"way": way})
    return secret


def seen(session: Session, secret: str, *, now: datetime) -> Seen | None:
    """Who is signed in with this secret; None when nobody is any more."""
    row = session.get(SignIn, sha256_of(secret))
    if row is None or row.expires_at <= now or row.seen_at + IDLE <= now:
        return None
    found = person(session, row.account_id)
    return Seen(found, row.seen_at + SEEN_EVERY <= now) if found.is_active else None


def mark_seen(session: Session, secret: str, *, now: datetime) -> None:
    """Note that the browser is still in use."""
    row = session.get(SignIn, sha256_of(secret))
    if row is not None:
        row.seen_at = max(row.seen_at, now)


def sign_out(session: Session, secret: str, *, now: datetime) -> None:
    """End a sign-in; nothing happens when it is over already."""
    row = session.get(SignIn, sha256_of(secret))
    if row is not None:
        _end(session, person(session, row.account_id).actor(), row, now)


def browsers(session: Session, actor: Actor, secret: str, *, now: datetime) -> list[Browser]:
    """Where the actor is signed in, the newest first; `secret` is that of the browser that asks."""
    rows = session.scalars(_of(actor).order_by(SignIn.created_at.desc(), SignIn.secret_sha256))
    this = sha256_of(secret)
    return [
        Browser(row.secret_sha256[:NAME_LENGTH], row.created_at, row.seen_at, row.secret_sha256 == this)
        for row in rows
        if row.expires_at > now and row.seen_at + IDLE > now
    ]


def end_browser(session: Session, actor: Actor, name: str, *, now: datetime) -> None:
    """Sign the actor out in one browser; NotFound when none of theirs has this name."""
    row = session.scalar(_of(actor).where(func.substr(SignIn.secret_sha256, 1, NAME_LENGTH) == name))
    if row is None:
        raise NotFound("you are not signed in in such a browser any more")
    _end(session, actor, row, now)


def _of(actor: Actor) -> Select[SignIn]:
    return select(SignIn).where(SignIn.account_id == actor.account_id)


def _end(session: Session, actor: Actor, row: SignIn, now: datetime) -> None:
    session.delete(row)
    session.flush()
    audit.record(session, actor, "sign_out", kind="account", key=str(actor.account_id), now=now)
