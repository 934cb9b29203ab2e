"""The table of faults and what all of them work with."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.ingest.upload.clean import HEADER, SPANS, Draft

Outcome = Literal["accepted", "warned", "rows", "file"]


Inject = Callable[[Draft, random.Random], None]


@dataclass(frozen=True)
class Fault:
    """One fault: its number in the table, what it does, what must come of it and which checks say so (any of)."""

    number: int
    name: str
    inject: Inject
    outcome: Outcome
    checks: tuple[str, ...] = ()


FAULTS: list[Fault] = []


def fault(number: int, outcome: Outcome, *checks: str) -> Callable[[Inject], Inject]:
    """Enter a fault into the table."""

    def enter(inject: Inject) -> Inject:
        FAULTS.append(Fault(number, inject.__name__, inject, outcome, checks))
        return inject

    return enter


def some_row(draft: Draft, dice: random.Random, *indicators: str) -> list[str]:
    """A row of the draft, of one of these indicators when they are named; not of the yes/no one otherwise."""
    wanted = indicators or tuple(code for code in SPANS if code != "XX_HAS_PLATFORM")
    return dice.choice([row for row in draft.rows if row[1] in wanted and len(row) == len(HEADER)])


def set_value(draft: Draft, row: list[str], text: str) -> None:
    """The text in the cell of the value."""
    row[3] = text


def rename(draft: Draft, city: str, text: str, meant: str) -> None:
    """The rows of a city under another name, which is that of the city `meant`."""
    rows = [row for row in draft.rows if row[0] == city]
    for row in rows:
        row[0] = text
    codes = {row[1] for row in rows}
    draft.truth = {(meant if c == city and i in codes else c, i, p): v for (c, i, p), v in draft.truth.items()}
    draft.origins = [(row, (meant if c == city else c, i, p)) for row, (c, i, p) in draft.origins]
