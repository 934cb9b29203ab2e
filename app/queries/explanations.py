"""Why a city has its score: what each indicator brings, where it is strong, why it moved, what a rank would take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from app.domain.composite.explain import CONSTANT, contributions, strengths
from app.domain.composite.framework import Leaf, Node
from app.domain.composite.moves import Move, Table, move
from app.domain.composite.multivariate import effective_weights
from app.domain.composite.reach import Need, NotClosedForm, goal_score, needs
from app.domain.period import Period, period_of_number
from app.errors import NotFound
from app.models import FrameworkVersion
from app.queries.frameworks import resolved
from app.queries.kept import Kept
from app.queries.score_inputs import inputs
from app.queries.scores import CityScore, Computed, Variant, computed, scores, vintage_when_current, with_weights

# Beside every city with a score: this many indicators on each side are named as strong or weak.
NAMED = 5
# The rank that scores bring their odds of.
TOP = 10
# Tables kept in memory, in bytes.
KEPT_BYTES = 32_000_000


@dataclass(frozen=True)
class Contribution:
    """What one indicator brings to the index, with the figure it comes from.

    `points` over all indicators and `Explanation.constant` add up to the score. `gap` is the lead over the peers'
    median score, `gap_points` what it is worth in the index. `state` says what became of a missing figure.
    """

    indicator: str
    node: str
    value: float | None
    status: str | None
    period: str | None
    state: str
    score: float | None
    weight: float
    points: float | None
    peer_median: float | None
    gap: float | None
    gap_points: float | None
    place: int | None
    of: int | None


@dataclass(frozen=True)
class Explanation:
    """Everything about one city's score."""

    variant: Variant
    row: CityScore
    contributions: tuple[Contribution, ...]
    constant: float | None
    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]
    assumptions: tuple[str, ...]
    is_simulated: bool


@dataclass(frozen=True)
class Change:
    """A change between two periods, cause by cause, with the vintages both ends were known with."""

    move: Move
    earlier: Variant
    earlier_vintage: int


@dataclass(frozen=True)
class Reach:
    """What a rank would take; `needs` is None with a `reason` where no closed form holds."""

    rank: int
    goal: float | None
    probability: float | None
    needs: tuple[Need, ...] | None
    reason: str | None


def explanation(session: Session, variant: Variant, city: str) -> Explanation:
    """The explanation of one city's score. NotFound for a city that has reported nothing the framework scores."""
    found = computed(session, replace(variant, draws=0))
    row = row_of(found, city, variant)
    answer = scores(session, variant)
    table = strengths(found.scored, row)
    ahead = table[table["gap"] > 0].index[:NAMED]
    behind = table[table["gap"] < 0].index[::-1][:NAMED]
    points = contributions(found.scored).iloc[row]
    return Explanation(
        variant,
        next(item for item in answer.rows if item.city == city),
        tuple(_contributions(found, row, points, table)),
        _number(points[CONSTANT]),
        tuple(ahead),
        tuple(behind),
        answer.assumptions,
        answer.is_simulated,
    )


def row_of(found: Computed, city: str, variant: Variant) -> int:
    """The city's row; NotFound when it is not among the cities scored."""
    place = found.scored.stages.index.get_indexer(pd.Index([city]))[0]
    if place < 0:
        raise NotFound(
            f"{city!r} is not among the cities that {variant.framework.code} scores: it has reported none of its "
            "indicators, or it is outside the peer group"
        )
    return int(place)


def _contributions(
    found: Computed, row: int, points: pd.Series[float], table: pd.DataFrame
) -> Iterable[Contribution]:
    weights = effective_weights(found.framework)
    for node in found.framework.nodes:
        for leaf in node.children:
            if isinstance(leaf, Leaf):
                yield _contribution(found, row, (node, leaf, weights[leaf.code]), points, table)


def _contribution(
    found: Computed, row: int, item: tuple[Node, Leaf, float], points: pd.Series[float], table: pd.DataFrame
) -> Contribution:
    node, leaf, weight = item
    at, column = found.framework.leaves.index(leaf), found.inputs.columns.index(leaf.source_column)
    period = int(found.inputs.periods[row, column])
    peers: dict[Any, Any] | None = table.loc[leaf.code].to_dict() if leaf.code in table.index else None
    return Contribution(
        indicator=leaf.code,
        node=node.code,
        value=_number(found.inputs.values.iat[row, column]),
        status=found.inputs.statuses[row, column],
        period=period_of_number(period).code if period else None,
        state=_state(found, row, at),
        score=_number(found.scored.parts[leaf.code][row]),
        weight=weight,
        points=_number(points.get(leaf.code, np.nan)),
        peer_median=None if peers is None else _number(peers["peer_median"]),
        gap=None if peers is None else _number(peers["gap"]),
        gap_points=None if peers is None else _number(peers["points"]),
        place=None if peers is None else int(peers["place"]),
        of=None if peers is None else int(peers["of"]),
    )


def _state(found: Computed, row: int, at: int) -> str:
    """reported, imputed, not_applicable, missing or context (shown, never scored)."""
    stages = found.scored.stages
    if not found.framework.leaves[at].is_scored:
        return "context"
    if stages.applicable is not None and not stages.applicable[at, row]:
        return "not_applicable"
    if stages.imputed[at, row]:
        return "imputed"
    return "missing" if np.isnan(stages.reported[at, row]) else "reported"


def _number(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type] # a cell of a frame of numbers
    return None if np.isnan(number) else number


def change(
    session: Session,
    variant: Variant,
    city: str,
    *,
    since: Period,
    since_vintage: int | None = None,
    since_framework: FrameworkVersion | None = None,
) -> Change:
    """The change of a city's score since another period, cause by cause; both ends among the same cities.

    `since_vintage` is what was known then: without it, the last vintage before the variant's period had figures.
    NotFound for a city that neither end has.
    """
    version = since_framework or variant.framework
    then = with_weights(resolved(version), variant.weights)
    now = with_weights(resolved(variant.framework), variant.weights)
    known = since_vintage
    if known is None:
        known = vintage_when_current(session, then, since, variant.period)
    tables = []
    for framework, period, vintage in (
        (version, since, known),
        (variant.framework, since, variant.vintage),
        (variant.framework, variant.period, variant.vintage),
    ):
        tables.append(_table(session, framework, period, vintage, variant.cities))
    try:
        moved = move(tables[0], tables[1], tables[2], city=city, frameworks=(then, now))
    except KeyError as error:
        raise NotFound(f"{city!r} has no figures in {since.code} or {variant.period.code}") from error
    return Change(moved, replace(variant, framework=version, period=since), known)


def _size(table: Table) -> int:
    """Roughly what it takes in memory with the scores that are worked out of it later."""
    return 64 * table.values.size + 10_000


# The tables that a change of any city is followed through: the same for all.
_TABLES: Kept[Table] = Kept(KEPT_BYTES, size=_size)


def _table(
    session: Session, version: FrameworkVersion, period: Period, vintage: int, cities: frozenset[int] | None
) -> Table:
    def made() -> Table:
        found = inputs(session, resolved(version), period, vintage, cities=cities)
        return Table(found.values, found.applicable)

    return _TABLES.get(session, (version.sha256, period, vintage, cities), made)


def ahead(session: Session, variant: Variant, city: str, others: Iterable[str]) -> dict[str, float | None]:
    """P(the city is ahead of each of the others), equal ranks counting half; None where one is not ranked."""
    found = computed(session, variant)
    row = row_of(found, city, variant)
    if found.intervals is None:
        return dict.fromkeys(others)
    return {other: _number(found.intervals.ahead(row, row_of(found, other, variant))) for other in others}


def _share_within(session: Session, variant: Variant, city: str, rank: int) -> float | None:
    """How often the draws give a city this rank or a better one; of the ten best the store knows it."""
    if rank == TOP:
        answer = scores(session, variant)
        return next((row.p_top10 for row in answer.rows if row.city == city), None)
    found = computed(session, variant)
    return None if found.intervals is None else _number(found.intervals.p_within(rank)[row_of(found, city, variant)])


def reach(session: Session, variant: Variant, city: str, rank: int) -> Reach:
    """What it would take a city to have this rank or a better one, and how often the draws give it already."""
    found = computed(session, replace(variant, draws=0))
    row = row_of(found, city, variant)
    share = _share_within(session, variant, city, rank)
    if found.scored.ranks[row] == 0:
        return Reach(rank, None, None, None, "the city is not ranked: its gaps come first")
    goal = goal_score(found.scored, row, rank)
    if goal is None:
        return Reach(rank, None, share, None, f"there are fewer than {rank} other ranked cities")
    try:
        return Reach(rank, goal, share, tuple(needs(found.scored, row, goal)), None)
    except NotClosedForm as error:
        return Reach(rank, goal, share, None, str(error))
