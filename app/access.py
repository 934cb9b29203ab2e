"""Who may do what: one table of permissions, one function that asks it, for API, pages and commands alike.

Rights are checked on the thing itself (its city, its author), never by an address or by hiding a button. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.errors import Forbidden, Unauthenticated


class Role(StrEnum):
    """What a person is here for; one person may have several."""

    OFFICIAL = "official"
    REVIEWER = "reviewer"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """Everything that needs a right; reading what is published needs none."""

    SEE_SUBMISSION = "see_submission"
    SUBMIT_FILE = "submit_file"
    CONFIRM_FINDING = "confirm_finding"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    COMMENT = "comment"
    APPROVE = "approve"
    RETURN = "return"
    PUBLISH = "publish"
    SEE_STATUS_BOARD = "see_status_board"
    SET_DEADLINE = "set_deadline"
    SEND_REMINDERS = "send_reminders"
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_AUDIT = "see_audit"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_TASKS = "manage_tasks"
    MANAGE_OWN_TOKENS = "manage_own_tokens"


class Scope(StrEnum):
    """What a token is for; it can do nothing that its owner may not."""

    SUBMIT = "submit"
    REVIEW = "review"


@dataclass(frozen=True)
class Actor:
    """Who asks: an account with its roles and cities, or nobody in particular. `scopes` limits a token."""

    account_id: int | None = None
    name: str = "anonymous"
    roles: frozenset[Role] = frozenset()
    cities: frozenset[str] = frozenset()
    scopes: frozenset[Scope] | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether the actor is somebody."""
        return self.account_id is not None


ANONYMOUS = Actor()
#: The program itself, at work on what a person decided before (a publication at its hour).
SYSTEM = Actor(name="citymark", roles=frozenset({Role.REVIEWER}))


@dataclass(frozen=True)
class Thing:
    """What is asked about: the city it belongs to and the account that submitted it, where it has them."""

    city: str | None = None
    author: int | None = None


Rule = Callable[[Actor, Thing], bool]


def _anything(_actor: Actor, _thing: Thing) -> bool:
    return True


def _own_city(actor: Actor, thing: Thing) -> bool:
    return thing.city is not None and thing.city in actor.cities


def _of_another(actor: Actor, thing: Thing) -> bool:
    """Four eyes: nobody decides on what they submitted themselves."""
    return thing.author is None or thing.author != actor.account_id


@dataclass(frozen=True)
class Permission:
    """By which role and under which rule an action is allowed, and which scope of a token reaches it."""

    rules: Mapping[Role, Rule] = field(default_factory=dict)
    scope: Scope | None = None


_OFFICIALS = {Role.OFFICIAL: _own_city}
_DECIDE = {Role.REVIEWER: _of_another}
_EVERYBODY = dict.fromkeys(Role, _anything)

TABLE: Mapping[Action, Permission] = {
    Action.SEE_SUBMISSION: Permission({**_OFFICIALS, Role.REVIEWER: _anything}, Scope.SUBMIT),
    Action.SUBMIT_FILE: Permission(_OFFICIALS, Scope.SUBMIT),
    Action.CONFIRM_FINDING: Permission(_OFFICIALS, Scope.SUBMIT),
    Action.SUBMIT: Permission(_OFFICIALS, Scope.SUBMIT),
    Action.WITHDRAW: Permission({**_OFFICIALS, Role.REVIEWER: _anything}, Scope.SUBMIT),
    Action.COMMENT: Permission({**_OFFICIALS, Role.REVIEWER: _anything}, Scope.SUBMIT),
    Action.APPROVE: Permission(_DECIDE, Scope.REVIEW),
    Action.RETURN: Permission(_DECIDE, Scope.REVIEW),
    Action.PUBLISH: Permission(_DECIDE, Scope.REVIEW),
    Action.SEE_STATUS_BOARD: Permission(
        {**_OFFICIALS, **dict.fromkeys((Role.REVIEWER, Role.ANALYST, Role.ADMINISTRATOR), _anything)}, Scope.SUBMIT
    ),
    Action.SET_DEADLINE: Permission({Role.REVIEWER: _anything}),
    Action.SEND_REMINDERS: Permission({Role.REVIEWER: _anything}),
    Action.MANAGE_ACCOUNTS: Permission({Role.ADMINISTRATOR: _anything}),
    Action.SEE_AUDIT: Permission({Role.ADMINISTRATOR: _anything}),
    Action.MANAGE_WEBHOOKS: Permission({Role.ADMINISTRATOR: _anything}),
    Action.MANAGE_TASKS: Permission({Role.ADMINISTRATOR: _anything}),
    Action.MANAGE_OWN_TOKENS: Permission(_EVERYBODY),
}


def may(actor: Actor, action: Action, thing: Thing = Thing()) -> bool:
    """Whether the actor may do this to the thing."""
    permission = TABLE[action]
    if actor.scopes is not None and not _reaches(actor.scopes, permission.scope):
        return False
    return any(role in actor.roles and rule(actor, thing) for role, rule in permission.rules.items())


def _reaches(scopes: frozenset[Scope], needed: Scope | None) -> bool:
    """A token for review also sees what it reviews; what needs no scope no token can do."""
    if needed is Scope.SUBMIT and Scope.REVIEW in scopes:
        return True
    return needed is not None and needed in scopes


def require(actor: Actor, action: Action, thing: Thing = Thing()) -> None:
    """Nothing where the actor may; Unauthenticated for nobody in particular, Forbidden for anybody else."""
    if may(actor, action, thing):
        return
    if not actor.is_signed_in:
        raise Unauthenticated("sign in first, or send a token: Authorization: Bearer …")
    where = f" for {thing.city}" if thing.city else ""
    raise Forbidden(f"{actor.name} may not {action.value.replace('_', ' ')}{where}")
