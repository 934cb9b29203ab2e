"""The table of permissions, said a second time by hand: who may do what to whose."""

from __future__ import annotations

import pytest

from app.access import ANONYMOUS, TABLE, Action, Actor, Role, Scope, Thing, may, require
from app.errors import Forbidden, Unauthenticated

OWN, OTHER = "ru-kazan", "ru-ufa"
# Action: official own city, official other city, reviewer, reviewer of own submission, analyst, administrator.
EXPECTED = {
    Action.SEE_SUBMISSION: "yn yy nn",
    Action.SUBMIT_FILE: "yn nn nn",
    Action.CONFIRM_FINDING: "yn nn nn",
    Action.SUBMIT: "yn nn nn",
    Action.WITHDRAW: "yn yy nn",
    Action.COMMENT: "yn yy nn",
    Action.APPROVE: "nn yn nn",
    Action.RETURN: "nn yn nn",
    Action.PUBLISH: "nn yn nn",
    Action.SEE_STATUS_BOARD: "yn yy yy",
    Action.SET_DEADLINE: "nn yy nn",
    Action.SEND_REMINDERS: "nn yy nn",
    Action.MANAGE_ACCOUNTS: "nn nn ny",
    Action.SEE_AUDIT: "nn nn ny",
    Action.MANAGE_WEBHOOKS: "nn nn ny",
    Action.MANAGE_TASKS: "nn nn ny",
    Action.MANAGE_OWN_TOKENS: "yy yy yy",
}
OFFICIAL = Actor(1, "official", frozenset({Role.OFFICIAL}), frozenset({OWN}))
REVIEWER = Actor(2, "reviewer", frozenset({Role.REVIEWER}))
ANALYST = Actor(3, "analyst", frozenset({Role.ANALYST}))
ADMINISTRATOR = Actor(4, "administrator", frozenset({Role.ADMINISTRATOR}))
ASKED = (
    (OFFICIAL, Thing(OWN, 1)),
    (OFFICIAL, Thing(OTHER, 9)),
    (REVIEWER, Thing(OWN, 1)),
    (REVIEWER, Thing(OWN, 2)),
    (ANALYST, Thing(OWN, 1)),
    (ADMINISTRATOR, Thing(OWN, 1)),
)


def test_every_action_is_in_the_table_and_in_this_test() -> None:
    assert set(TABLE) == set(Action) == set(EXPECTED)


@pytest.mark.parametrize("action", Action)
def test_the_table_says_what_was_agreed(action: Action) -> None:
    told = "".join("y" if may(actor, action, thing) else "n" for actor, thing in ASKED)
    assert told == EXPECTED[action].replace(" ", "")


@pytest.mark.parametrize("action", Action)
def test_nobody_in_particular_may_nothing_and_is_asked_to_sign_in(action: Action) -> None:
    assert not may(ANONYMOUS, action, Thing(OWN))
    with pytest.raises(Unauthenticated):
        require(ANONYMOUS, action, Thing(OWN))


def test_a_refusal_names_the_deed_and_the_city() -> None:
    with pytest.raises(Forbidden, match="official may not submit file for ru-ufa"):
        require(OFFICIAL, Action.SUBMIT_FILE, Thing(OTHER))


def test_a_token_does_what_its_scope_says_and_its_owner_may() -> None:
    def token(actor: Actor, *scopes: Scope) -> Actor:
        return Actor(actor.account_id, actor.name, actor.roles, actor.cities, frozenset(scopes))

    assert may(token(OFFICIAL, Scope.SUBMIT), Action.SUBMIT_FILE, Thing(OWN))
    assert not may(token(OFFICIAL, Scope.REVIEW), Action.APPROVE, Thing(OWN))
    assert not may(token(OFFICIAL), Action.SUBMIT_FILE, Thing(OWN))
    assert may(token(REVIEWER, Scope.REVIEW), Action.APPROVE, Thing(OWN, 1))
    assert may(token(REVIEWER, Scope.REVIEW), Action.SEE_SUBMISSION, Thing(OWN, 1))
    assert not may(token(REVIEWER, Scope.SUBMIT), Action.APPROVE, Thing(OWN, 1))
    for action in (Action.MANAGE_OWN_TOKENS, Action.MANAGE_ACCOUNTS, Action.SEE_AUDIT, Action.MANAGE_WEBHOOKS):
        assert not may(token(ADMINISTRATOR, *Scope), action)
