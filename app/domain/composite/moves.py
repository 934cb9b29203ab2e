"""Why a city moved between two periods: its own change, the others', revisions, coverage, method.

The change is followed in a fixed order, one cause at a time, and each step is scored by the same functions. The
parts are differences of consecutive steps, so they add up to the whole. The order is part of the answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from app.domain.composite.framework import Framework
from app.domain.composite.score import Scored, score

#: The causes in the order they are applied.
ORDER = ("revisions", "method", "coverage", "own", "others")
# A table is scored by the frameworks in force then and now.
MOST_SCORED = 2


@dataclass(frozen=True)
class Step:
    """One cause's part of the change. `score` and `rank` are None when the city has no rank right after it.

    The next ranked step then carries the change of both, and `merged` names the causes it carries.
    """

    cause: str
    score: float | None
    rank: int | None
    merged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Move:
    """The steps of a change in order, with the score and rank before and after (None when not ranked)."""

    city: str
    steps: tuple[Step, ...]
    before: tuple[float, int] | None
    after: tuple[float, int] | None

    @property
    def reason(self) -> str | None:
        """Why there is no decomposition, or None."""
        if self.before is None:
            return "not ranked before"
        return "not ranked after" if self.after is None else None


@dataclass(frozen=True, eq=False)
class Table:
    """Values of one period, rows by city, and where they can exist at all (None: everywhere)."""

    values: pd.DataFrame
    applicable: pd.DataFrame | None = None
    # The tables that are compared are the same for every city: their scores are worked out once.
    _scored: dict[int, tuple[Framework, Scored]] = field(default_factory=dict, init=False, repr=False)

    def standing(self, framework: Framework, city: str) -> tuple[float, int] | None:
        """The city's score and rank, None when it has none."""
        scored = self._scores(framework)
        if city not in scored.stages.index:
            return None
        row = scored.stages.index.get_loc(city)
        if not isinstance(row, int) or scored.ranks[row] == 0:
            return None
        return float(scored.index_score[row]), int(scored.ranks[row])

    def _scores(self, framework: Framework) -> Scored:
        known = self._scored.get(id(framework))
        if known is None:
            if len(self._scored) >= MOST_SCORED:
                self._scored.clear()
            known = self._scored[id(framework)] = (framework, score(self.values, framework, self.applicable))
        return known[1]

    def with_row_of(self, other: Table, city: str, values: pd.Series | None) -> Table:
        """The table with one city's row replaced, added or (None) taken out; what can exist is as in `other`."""
        exists = None if other.applicable is None else _row(other.applicable, city)
        if self.applicable is None or values is None or exists is None:
            applicable = self.applicable
        else:
            applicable = _with_row(self.applicable, city, exists)
        return Table(_with_row(self.values, city, values), applicable)


def move(
    first: Table, first_now: Table, second: Table, *, city: str, frameworks: tuple[Framework, Framework]
) -> Move:
    """The change of one city between two tables of one period each, rows by city.

    `first` is the earlier period as it was known then, `first_now` the same period as known now, `second` the later
    period; `frameworks` were in force then and now. A step up in rank is negative. Raises KeyError for a city that
    is in none of the tables; a city that is in one only is "not ranked" in the other.
    """
    if not any(city in table.values.index for table in (first, first_now, second)):
        raise KeyError(city)
    then, now = frameworks
    kept = first_now.with_row_of(second, city, _same_cells(first_now.values, second.values, city))
    own = first_now.with_row_of(second, city, _row(second.values, city))
    states = [
        first.standing(then, city),
        first_now.standing(then, city),
        first_now.standing(now, city),
        kept.standing(now, city),
        own.standing(now, city),
        second.standing(now, city),
    ]
    return Move(city, tuple(_steps(states)), states[0], states[-1])


def _same_cells(first: pd.DataFrame, second: pd.DataFrame, city: str) -> pd.Series | None:
    """The city's earlier values with the later pattern of gaps: a new cell is taken, a vanished one is dropped."""
    earlier, later = _row(first, city), _row(second, city)
    if earlier is None or later is None:
        return later
    later = later.reindex(earlier.index)
    return earlier.where(earlier.notna(), later).where(later.notna())


def _row(table: pd.DataFrame, city: str) -> pd.Series | None:
    return table.iloc[int(table.index.get_indexer(pd.Index([city]))[0])] if city in table.index else None


def _with_row(table: pd.DataFrame, city: str, row: pd.Series | None) -> pd.DataFrame:
    """The table with one city's row replaced, added or (None) taken out; the columns' kinds are kept."""
    others = table.drop(index=[city], errors="ignore")
    if row is None:
        return others
    one = pd.DataFrame([row.reindex(table.columns)], index=pd.Index([city], name=table.index.name))
    joined = pd.concat([others.astype(object), one.astype(object)])
    kinds = {name: kind for name, kind in table.dtypes.items() if kind != np.dtype(object)}
    order = table.index if city in table.index else joined.index
    return joined.reindex(order).astype(kinds)


def _steps(states: list[tuple[float, int] | None]) -> list[Step]:
    last, carried, steps = states[0], [], []
    for cause, state in zip(ORDER, states[1:], strict=True):
        if last is None or state is None:
            carried.append(cause)
            steps.append(Step(cause, None, None))
            continue
        merged = (*carried, cause) if carried else ()
        steps.append(Step(cause, state[0] - last[0], state[1] - last[1], merged))
        last, carried = state, []
    return steps


def is_complete(change: Move) -> bool:
    """Whether the parts add up to the whole change, to rounding of the last bits."""
    if change.before is None or change.after is None:
        return False
    points = math.fsum(step.score for step in change.steps if step.score is not None)
    places = sum(step.rank for step in change.steps if step.rank is not None)
    whole = change.after[0] - change.before[0]
    return bool(np.isclose(points, whole, rtol=0, atol=1e-9)) and places == change.after[1] - change.before[1]
