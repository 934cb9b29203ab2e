"""Accounts: who there is, with which roles, for which cities. Every change is one audit event."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import audit
from app.access import Action, Actor, Role, require
from app.accounts.secrets import hashed, new_secret, sha256_of
from app.errors import Conflict, Invalid, NotFound, Problem
from app.models import Account, AccountCity, AccountRole, ApiToken, City, Invitation, SignIn

INVITATION_LASTS = timedelta(hours=72)
_EMAIL = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;]+\.[^\s@<>\"',;]{2,}")


@dataclass(frozen=True)
class Person:
    """An account as it is shown: never with a secret."""

    id: int
    email: str
    name: str
    language: str
    roles: tuple[Role, ...]
    cities: tuple[str, ...]
    is_active: bool
    has_password: bool

    def actor(self) -> Actor:
        """The person as somebody who asks."""
        return Actor(self.id, self.name, frozenset(self.roles), frozenset(self.cities))


@dataclass(frozen=True)
class Rights:
    """Roles, and the cities an official reports for."""

    roles: frozenset[Role]
    cities: frozenset[str] = frozenset()


def people(session: Session) -> list[Person]:
    """Everybody, by name."""
    accounts = session.scalars(select(Account).order_by(Account.name, Account.id))
    return [_person(session, account) for account in accounts]


def person(session: Session, account_id: int) -> Person:
    """One account; NotFound when there is none."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"there is no account {account_id}")
    return _person(session, account)


def person_of_email(session: Session, email: str) -> Person:
    """The account of an address; NotFound when there is none."""
    account = session.scalar(select(Account).where(Account.email == email.strip().casefold()))
    if account is None:
        raise NotFound(f"there is no account of {email}")
    return _person(session, account)


def officials_of(session: Session, city: str) -> list[Person]:
    """The active officials of a city."""
    query = (
        select(Account)
        .join(AccountCity, AccountCity.account_id == Account.id)
        .join(City, City.id == AccountCity.city_id)
        .where(City.code == city, Account.is_active)
        .order_by(Account.id)
    )
    found = (_person(session, account) for account in session.scalars(query))
    return [official for official in found if Role.OFFICIAL in official.roles]


def _person(session: Session, account: Account) -> Person:
    roles = session.scalars(select(AccountRole.role).where(AccountRole.account_id == account.id))
    cities = session.scalars(
        select(City.code)
        .join(AccountCity, AccountCity.city_id == City.id)
        .where(AccountCity.account_id == account.id)
    )
    return Person(
        account.id,
        account.email,
        account.name,
        account.language,
        tuple(sorted(Role(role) for role in roles)),
        tuple(sorted(cities)),
        account.is_active,
        account.password_hash is not None,
    )


def add_person(
    session: Session, actor: Actor, email: str, name: str, rights: Rights, *, now: datetime, language: str = "ru"
) -> Person:
    """A new account without a password: an invitation or single sign-on lets the person in.

    Invalid names a wrong address, name or city; Conflict an address that is taken.
    """
    require(actor, Action.MANAGE_ACCOUNTS)
    email, name = email.strip().casefold(), " ".join(name.split())
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise Invalid("this is not an e-mail address", problems=(Problem("email", f"{email!r} is not an address"),))
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise Invalid("a name has 1 to 120 characters", problems=(Problem("name", "1 to 120 characters"),))
    if session.scalar(select(Account.id).where(Account.email == email)) is not None:
        raise Conflict(f"{email} has an account already")
    account = Account(email=email, name=name, language=language, created_at=now)
    session.add(account)
    session.flush()
    _write_rights(session, account.id, rights)
    _event(session, actor, "add_account", account.id, now, {"email": email, **_told(rights)})
    return _person(session, account)


def set_rights(session: Session, actor: Actor, account_id: int, rights: Rights, *, now: datetime) -> Person:
    """Give an account exactly these roles and cities; the last active administrator stays one."""
    require(actor, Action.MANAGE_ACCOUNTS)
    before = person(session, account_id)
    if Role.ADMINISTRATOR in before.roles and Role.ADMINISTRATOR not in rights.roles:
        _refuse_last_administrator(session, account_id)
    session.execute(delete(AccountRole).where(AccountRole.account_id == account_id))
    session.execute(delete(AccountCity).where(AccountCity.account_id == account_id))
    _write_rights(session, account_id, rights)
    _event(session, actor, "set_rights", account_id, now, _told(rights))
    return person(session, account_id)


def set_active(session: Session, actor: Actor, account_id: int, *, is_active: bool, now: datetime) -> Person:
    """Let an account in or shut it out at once: its sign-ins, invitations and tokens end with it."""
    require(actor, Action.MANAGE_ACCOUNTS)
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"there is no account {account_id}")
    if not is_active:
        _refuse_last_administrator(session, account_id)
        _shut_out(session, account_id, now)
    account.is_active = is_active
    session.flush()
    _event(session, actor, "enable_account" if is_active else "disable_account", account_id, now, {})
    return person(session, account_id)


def _shut_out(session: Session, account_id: int, now: datetime) -> None:
    session.execute(delete(SignIn).where(SignIn.account_id == account_id))
    session.execute(delete(Invitation).where(Invitation.account_id == account_id))
    for token in session.scalars(
        select(ApiToken).where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
    ):
        token.revoked_at = now


def _refuse_last_administrator(session: Session, account_id: int) -> None:
    others = session.scalars(
        select(Account.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == Role.ADMINISTRATOR, Account.is_active, Account.id != account_id)
    ).first()
    mine = session.scalar(
        select(AccountRole.role).where(AccountRole.account_id == account_id, AccountRole.role == Role.ADMINISTRATOR)
    )
    if mine is not None and others is None:
        raise Conflict("this is the last administrator: make somebody else one first")


def _write_rights(session: Session, account_id: int, rights: Rights) -> None:
    found = {
        code: number
        for code, number in session.execute(select(City.code, City.id).where(City.code.in_(sorted(rights.cities))))
    }
    unknown = sorted(rights.cities - found.keys())
    if unknown:
        raise Invalid(f"no such city: {', '.join(unknown)}", problems=(Problem("cities", ", ".join(unknown)),))
    if Role.OFFICIAL in rights.roles and not rights.cities:
        raise Invalid("an official reports for a city: name it", problems=(Problem("cities", "name at least one"),))
    session.add_all(AccountRole(account_id=account_id, role=role.value) for role in sorted(rights.roles))
    session.add_all(AccountCity(account_id=account_id, city_id=number) for number in found.values())
    session.flush()


def invite(session: Session, actor: Actor, account_id: int, *, now: datetime) -> str:
    """A secret, told once, with which the person sets a password within three days; earlier ones end."""
    require(actor, Action.MANAGE_ACCOUNTS)
    found = person(session, account_id)
    if not found.is_active:
        raise Conflict("this account is shut out: let it in first")
    session.execute(delete(Invitation).where(Invitation.account_id == account_id))
    secret = new_secret()
    session.add(Invitation(secret_sha256=sha256_of(secret), account_id=account_id, expires_at=now + INVITATION_LASTS))
    session.flush()
    _event(session, actor, "invite", account_id, now, {})
    return secret


def invitation_link(public_url: str, secret: str) -> str:
    """Where the person goes. What stands behind the # is sent to nobody: no server, proxy or log of theirs has it."""
    return f"{public_url}/sign-in/invitation#{secret}"


def invited(session: Session, secret: str, *, now: datetime) -> Person:
    """Whom an invitation is for; NotFound when it is not known, used or too old."""
    invitation = session.get(Invitation, sha256_of(secret))
    if invitation is None or invitation.expires_at <= now:
        raise NotFound("this invitation has been used or is too old: ask for a new one")
    return person(session, invitation.account_id)


def accept(session: Session, secret: str, password: str, *, now: datetime) -> Person:
    """Set the password of an invited person; the invitation ends, and so does every sign-in there was."""
    found = invited(session, secret, now=now)
    set_password(session, found.actor(), password, now=now)
    session.execute(delete(Invitation).where(Invitation.account_id == found.id))
    return person(session, found.id)


def set_password(session: Session, actor: Actor, password: str, *, now: datetime) -> None:
    """The actor's own new password; everybody signed in with the old one is signed out."""
    account = session.get(Account, actor.account_id)
    if account is None:
        raise NotFound("there is no such account")
    account.password_hash = hashed(password, account.email)
    session.execute(delete(SignIn).where(SignIn.account_id == account.id))
    session.flush()
    _event(session, actor, "set_password", account.id, now, {})


def _told(rights: Rights) -> dict[str, audit.Detail]:
    return {"roles": " ".join(sorted(rights.roles)), "cities": " ".join(sorted(rights.cities))}


def _event(
    session: Session, actor: Actor, action: str, account_id: int, now: datetime, details: dict[str, audit.Detail]
) -> None:
    audit.record(session, actor, action, kind="account", key=str(account_id), now=now, details=details)


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Roles by name; Invalid names those there are."""
    names = list(names)
    unknown = [name for name in names if name not in set(Role)]
    if unknown:
        raise Invalid(f"no such role: {', '.join(unknown)}; roles are {', '.join(Role)}")
    return frozenset(Role(name) for name in names)
