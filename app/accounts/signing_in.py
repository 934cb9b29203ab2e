"""Signing in and out: by password, by single sign-on; and who is behind the secret of a cookie.

Wrong address, wrong password and an account that is shut out get the same answer after the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import audit
from app.accounts.people import Person, person
from app.accounts.secrets import fits, new_secret, sha256_of
from app.errors import Unauthenticated
from app.models import Account, SignIn

LASTS = timedelta(hours=12)
# Left alone for so long, a browser is signed out.
IDLE = timedelta(hours=2)
# A sign-in is marked as seen at most so often, so that reading writes nothing.
SEEN_EVERY = timedelta(minutes=5)
REFUSED = "the address and the password do not fit an account that may sign in"


@dataclass(frozen=True)
class Seen:
    """Who is signed in, and whether the row is due to be marked as seen."""

    person: Person
    is_due: bool


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
    if row is None:
        return
    who = person(session, row.account_id).actor()
    session.delete(row)
    session.flush()
    audit.record(session, who, "sign_out", kind="account", key=str(who.account_id), now=now)
