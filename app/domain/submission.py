"""The states of a submission, who acts next, and which deed leads from which state to which. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.domain.period import Period


class State(StrEnum):
    """Where a submission stands."""

    DRAFT = "draft"
    CHECKED = "checked"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class NextActor(StrEnum):
    """Whose turn it is."""

    OFFICIAL = "official"
    REVIEWER = "reviewer"
    NOBODY = "nobody"


NEXT_ACTOR = {
    State.DRAFT: NextActor.OFFICIAL,
    State.CHECKED: NextActor.OFFICIAL,
    State.SUBMITTED: NextActor.REVIEWER,
    State.APPROVED: NextActor.REVIEWER,
    State.RETURNED: NextActor.OFFICIAL,
    State.PUBLISHED: NextActor.NOBODY,
    State.WITHDRAWN: NextActor.NOBODY,
}
#: Deed: the states it may be done in, and the state after it.
MOVES: dict[str, tuple[frozenset[State], State]] = {
    "submit": (frozenset({State.CHECKED}), State.SUBMITTED),
    "approve": (frozenset({State.SUBMITTED}), State.APPROVED),
    "return": (frozenset({State.SUBMITTED, State.APPROVED}), State.RETURNED),
    "publish": (frozenset({State.APPROVED}), State.PUBLISHED),
    "withdraw": (
        frozenset({State.DRAFT, State.CHECKED, State.SUBMITTED, State.APPROVED, State.RETURNED}),
        State.WITHDRAWN,
    ),
}
#: States in which a submission stands for its city and period before the ministry.
OPEN = frozenset({State.SUBMITTED, State.APPROVED})
#: States in which a city has reported.
REPORTED = frozenset({State.SUBMITTED, State.APPROVED, State.PUBLISHED})
#: States in which findings may be answered.
ANSWERABLE = frozenset({State.DRAFT, State.CHECKED})

# What holds where the ministry has set no date: a month to report, a quarter to correct.
DAYS_TO_REPORT = 30
DAYS_TO_CLOSE = 92


@dataclass(frozen=True)
class Dates:
    """Until when a period is reported, and from when a change to it needs a reason."""

    due_on: date
    closes_on: date


def usual_dates(period: Period) -> Dates:
    """The dates of a period for which none are set."""
    return Dates(period.ends_on + timedelta(days=DAYS_TO_REPORT), period.ends_on + timedelta(days=DAYS_TO_CLOSE))


def moved(state: State, deed: str) -> State:
    """The state after a deed; ValueError says in which states it may be done."""
    allowed, after = MOVES[deed]
    if state not in allowed:
        names = " or ".join(sorted(allowed))
        raise ValueError(f"it is {state} and only {names} can be {_PAST[deed]}")
    return after


_PAST = {
    "submit": "submitted",
    "approve": "approved",
    "return": "returned",
    "publish": "published",
    "withdraw": "withdrawn",
}


def deeds(state: State) -> tuple[str, ...]:
    """What may be done in a state."""
    return tuple(deed for deed, (allowed, _) in MOVES.items() if state in allowed)
