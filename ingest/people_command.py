"""The commands `citymark user` and `citymark token`: accounts from the machine itself, the first of all among them.

Whoever may run commands here may do everything anyway; each change is still an audit event in their name.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from app.access import Role, Scope
from app.accounts import people, tokens
from app.accounts.people import Person, Rights, roles_of
from app.db import reading, writing
from app.errors import Invalid
from ingest.command_line import database, operator, print_rows

if TYPE_CHECKING:
    from app.settings import Settings


def add_user_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `citymark user`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make an account and print the link with which a password is set")
    add.add_argument("email")
    add.add_argument("--name", required=True, help="the person's name, as others see it")
    add.add_argument("--language", choices=("ru", "en"), default="ru")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input instead")
    role = actions.add_parser("role", help="give an account exactly these roles and cities")
    role.add_argument("email")
    for parser_ in (add, role):
        parser_.add_argument("--role", action="append", default=[], metavar="ROLE", help=", ".join(Role))
        parser_.add_argument(
            "--city", action="append", default=[], metavar="CODE", help="a city an official reports for"
        )
    for name, words in (
        ("invite", "print a new link with which a password is set"),
        ("disable", "shut an account out at once"),
        ("enable", "let an account in again"),
    ):
        actions.add_parser(name, help=words).add_argument("email")
    actions.add_parser("list", help="who there is")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run_user(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run one action of `citymark user`; 0 when it is done."""
    with database(settings) as engine:
        if arguments.action == "list":
            with reading(engine) as session:
                found = people.people(session)
            print_rows([_facts(person) for person in found], as_json=arguments.json)
            return 0
        person, secret = _changed(engine, arguments)
    facts = _facts(person)
    if secret is not None:
        facts["link"] = people.invitation_link(settings.public_url.rstrip("/"), secret)
    print_rows([facts], as_json=arguments.json)
    return 0


def _changed(engine: Engine, arguments: argparse.Namespace) -> tuple[Person, str | None]:
    """The account after the action, and the secret of an invitation if one was made."""
    actor, now = operator(), datetime.now(UTC)
    with writing(engine) as session:
        if arguments.action == "add":
            rights = Rights(roles_of(arguments.role), frozenset(arguments.city))
            person = people.add_person(
                session, actor, arguments.email, arguments.name, rights, now=now, language=arguments.language
            )
            if arguments.password_stdin:
                people.set_password(session, person.actor(), _password(), now=now)
                return people.person(session, person.id), None
            return person, people.invite(session, actor, person.id, now=now)
        found = people.person_of_email(session, arguments.email)
        if arguments.action == "invite":
            return found, people.invite(session, actor, found.id, now=now)
        if arguments.action == "role":
            rights = Rights(roles_of(arguments.role), frozenset(arguments.city))
            return people.set_rights(session, actor, found.id, rights, now=now), None
        is_active = arguments.action == "enable"
        return people.set_active(session, actor, found.id, is_active=is_active, now=now), None


def add_token_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `citymark token`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a token of an account and print it, this once")
    add.add_argument("email")
    add.add_argument("--name", required=True, help="what it is for")
    add.add_argument("--scope", action="append", default=[], metavar="SCOPE", help=", ".join(Scope))
    add.add_argument("--days", type=int, default=90, help="how long it lasts (default 90)")
    revoke = actions.add_parser("revoke", help="take a token back")
    revoke.add_argument("email")
    revoke.add_argument("token", type=int, help="its number")
    actions.add_parser("list", help="the tokens of an account").add_argument("email")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run_token(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run one action of `citymark token`; 0 when it is done."""
    now = datetime.now(UTC)
    with database(settings) as engine, writing(engine) as session:
        owner = people.person_of_email(session, arguments.email).actor()
        if arguments.action == "list":
            facts = [_told(token) for token in tokens.tokens(session, owner)]
        elif arguments.action == "revoke":
            facts = [_told(tokens.revoke_token(session, owner, arguments.token, now=now))]
        else:
            token, secret = tokens.add_token(
                session, owner, arguments.name, _scopes(arguments.scope), arguments.days, now=now
            )
            facts = [{**_told(token), "secret": secret}]
    print_rows(facts, as_json=arguments.json)
    return 0


def _password() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Invalid("standard input holds no password: echo it into the command")
    return password


def _scopes(names: list[str]) -> frozenset[Scope]:
    unknown = [name for name in names if name not in set(Scope)]
    if unknown:
        raise Invalid(f"no such scope: {', '.join(unknown)}; scopes are {', '.join(Scope)}")
    return frozenset(Scope(name) for name in names)


def _facts(person: Person) -> dict[str, object]:
    return {**asdict(person), "roles": list(person.roles), "cities": list(person.cities)}


def _told(token: tokens.Token) -> dict[str, object]:
    moments = {name: getattr(token, name) for name in ("created_at", "expires_at", "revoked_at", "used_at")}
    told = {name: None if at is None else at.isoformat() for name, at in moments.items()}
    return {"id": token.id, "name": token.name, "start": token.start, "scopes": list(token.scopes), **told}
