"""Scores: stored by the job after each publication, or computed on request for another group, weights or vintage.

Both ways give the same answer; a variant with other weights is computed and marked as not official.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.composite.framework import Framework, FrameworkError, reweighted, with_value_errors
from app.domain.composite.score import Scored, score
from app.domain.composite.sensitivity import Sobol, rank_sensitivity
from app.domain.composite.uncertainty import RankIntervals, rank_intervals
from app.domain.period import Period, period_of_number
from app.errors import Invalid, Problem
from app.models import FrameworkVersion, Score, ScoreRun, VintageScope
from app.queries import vintages
from app.queries.codes import city_codes, indicator_ids
from app.queries.comparison import newest_period
from app.queries.frameworks import needed_columns, not_in_database, resolved, spelled
from app.queries.kept import Kept
from app.queries.reference import indicators
from app.queries.score_inputs import Inputs, carried_from, inputs, revision_errors
from app.queries.selection import Selection, period_numbers

# What the job stores, and what a request gets unless it asks otherwise.
DRAWS = 1_000
SEED = 20_260_301
MOST_DRAWS = 2_000
# Computed answers kept in memory, in bytes.
KEPT_BYTES = 64_000_000
# Stored ones: so many cities' scores, some 800 bytes each; and what is known of so many periods.
KEPT_SCORES, KEPT_PERIODS = 20_000, 1_000


@dataclass(frozen=True)
class Variant:
    """What is scored: a framework, a period, what was known when; for a group of cities, with weights of one's own.

    `weights` are pairs of a part's code and its weight; `draws` 0 leaves the intervals out.
    """

    framework: FrameworkVersion
    period: Period
    vintage: int
    cities: frozenset[int] | None = None
    weights: tuple[tuple[str, float], ...] = ()
    draws: int = DRAWS
    seed: int = SEED

    @property
    def is_official(self) -> bool:
        """Whether the weights are the framework's own."""
        return not self.weights

    @property
    def is_stored(self) -> bool:
        """Whether this is what the job stores."""
        return self.is_official and self.cities is None and (self.draws, self.seed) == (DRAWS, SEED)


@dataclass(frozen=True)
class CityScore:
    """One city's score, unrounded, its rank with the interval, the nodes' scores, and the gaps."""

    city: str
    score: float | None
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    rank_median: float | None
    p_top10: float | None
    tier: int | None
    coverage: float | None
    reason: str | None
    missing: tuple[str, ...]
    parts: Mapping[str, float | None]


@dataclass(frozen=True)
class Answer:
    """The scores of a variant, best first, those not ranked last; what was varied for the intervals."""

    variant: Variant
    rows: tuple[CityScore, ...]
    assumptions: tuple[str, ...]
    is_simulated: bool
    is_from_store: bool


@dataclass(frozen=True)
class Computed:
    """A variant worked out, with every stage kept for explanation."""

    framework: Framework
    inputs: Inputs
    scored: Scored
    intervals: RankIntervals | None

    @property
    def size_bytes(self) -> int:
        """Roughly what it takes in memory."""
        cells = len(self.scored.parts) * len(self.scored.ranks) * 8
        return 6 * cells + (0 if self.intervals is None else self.intervals.drawn.nbytes) + 10_000


def scores(session: Session, variant: Variant) -> Answer:
    """The scores of a variant, from the store when they are there.

    Raises Invalid when the framework cannot be scored from this database or the weights do not fit it.
    """
    if variant.is_stored:
        run = stored_run(session, variant)
        if run is not None:
            rows = _RUNS.get(session, run.id, lambda: ordered(_city_scores(session, run.id)))
            return Answer(variant, rows, tuple(run.assumptions), run.is_simulated, is_from_store=True)
    found = computed(session, variant)
    used = vintages.is_simulated(session, found.inputs.used_vintages())
    varied = () if found.intervals is None else found.intervals.assumptions
    return Answer(variant, ordered(city_scores(found)), varied, used, is_from_store=False)


def variant_of(
    session: Session, framework: FrameworkVersion, period: Period, vintage: int, **choices: Any
) -> Variant:
    """The variant of a reader's question; `choices` are the other fields of Variant.

    Its vintage is the last one that touched what is scored: the answer is the same until the next one that does.
    """
    key = (framework.sha256, period, vintage)
    touched = _TOUCHED.get(session, key, lambda: touched_by(session, resolved(framework), period, vintage))
    return Variant(framework, period, touched, **choices)


def touched_by(session: Session, framework: Framework, period: Period, vintage: int) -> int:
    """The last vintage up to `vintage` that touched the framework's figures for the period; 0 when none did."""
    ids = indicator_ids(session, needed_columns(framework)).values()
    spans = ((period, period), *carried_from(period, framework.carry_years))
    numbers = period_numbers(session, Selection(periods=spans)) or []
    scope = VintageScope
    query = select(func.max(scope.vintage)).where(
        scope.indicator_id.in_(list(ids)), scope.period.in_(numbers), scope.vintage <= vintage
    )
    return session.scalar(query) or 0


def stored_run(session: Session, variant: Variant) -> ScoreRun | None:
    """The stored run that answers the variant, or None."""
    return session.scalar(
        select(ScoreRun).where(
            ScoreRun.framework_id == variant.framework.id,
            ScoreRun.period == variant.period.number,
            ScoreRun.vintage == variant.vintage,
        )
    )


def stored_past(session: Session, variants: Sequence[Variant], city_id: int) -> dict[Period, CityScore | None]:
    """One city in the stored runs of these variants of one framework, by period; None where a run lacks the city."""
    of = {(variant.period.number, variant.vintage): variant.period for variant in variants if variant.is_stored}
    runs = ScoreRun.framework_id.in_({variant.framework.id for variant in variants})
    known = session.execute(select(ScoreRun.id, ScoreRun.period, ScoreRun.vintage).where(runs))
    periods = {number: of[key] for number, *rest in known if (key := (rest[0], rest[1])) in of}
    mine = select(Score).where(Score.run_id.in_(list(periods)), Score.city_id == city_id)
    rows = {row.run_id: row for row in session.scalars(mine)}
    (code,) = city_codes(session, np.array([city_id], dtype=np.int32)).tolist()
    return {period: _city_score(code, rows[number]) if number in rows else None for number, period in periods.items()}


def _city_scores(session: Session, run_id: int) -> list[CityScore]:
    found = list(session.scalars(select(Score).where(Score.run_id == run_id).order_by(Score.city_id)))
    codes = city_codes(session, np.array([row.city_id for row in found], dtype=np.int32)).tolist()
    return [_city_score(code, row) for code, row in zip(codes, found, strict=True)]


_STORED = tuple(name for name in CityScore.__dataclass_fields__ if name not in ("city", "missing"))


def _city_score(code: str, row: Score) -> CityScore:
    return CityScore(city=code, missing=tuple(row.missing), **{name: getattr(row, name) for name in _STORED})


def ordered(rows: list[CityScore]) -> tuple[CityScore, ...]:
    """Best first; equal ranks and cities without one by code."""
    return tuple(sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.city)))


_COMPUTED: Kept[Computed] = Kept(KEPT_BYTES, size=lambda found: found.size_bytes)
_RUNS: Kept[tuple[CityScore, ...]] = Kept(KEPT_SCORES, size=len)
_TOUCHED: Kept[int] = Kept(KEPT_PERIODS)


def computed(session: Session, variant: Variant) -> Computed:
    """The variant worked out; kept for the next reader, since figures never change within a vintage."""
    key = (replace(variant, framework=None), variant.framework.sha256)  # type: ignore[arg-type]
    return _COMPUTED.get(session, key, lambda: compute(session, variant))


def compute(session: Session, variant: Variant) -> Computed:
    """The variant worked out anew; Invalid as scores()."""
    refuse_unscorable(session, variant.framework)
    framework = with_weights(resolved(variant.framework), variant.weights)
    table = inputs(session, framework, variant.period, variant.vintage, cities=variant.cities)
    if framework.uncertainty.values and variant.draws:
        framework = with_value_errors(framework, revision_errors(session, framework, variant.vintage))
    return _worked_out(variant, framework, table)


def _worked_out(variant: Variant, framework: Framework, table: Inputs) -> Computed:
    try:
        scored = score(table.values, framework, table.applicable)
        sure = rank_intervals(scored, variant.draws, variant.seed) if variant.draws else None
    except ValueError as error:
        raise Invalid(f"{spelled(variant.framework)} cannot be scored: {error}") from error
    return Computed(framework, table, scored, sure)


def sensitivity(session: Session, variant: Variant, size: int) -> Sobol:
    """Sobol indices of the assumptions that the intervals of a variant vary, from `size` points of a sequence.

    Raises Invalid where nothing is varied or nobody is ranked.
    """
    drawn = compute(session, replace(variant, draws=1))
    try:
        return rank_sensitivity(drawn.scored, size, variant.seed)
    except ValueError as error:
        raise Invalid(f"sensitivity: {error}") from error


def refuse_unscorable(session: Session, version: FrameworkVersion) -> None:
    """Invalid when the database has no place for figures that the framework needs."""
    absent = not_in_database(session, resolved(version))
    if absent:
        named = ", ".join(absent[:20])
        raise Invalid(
            f"{spelled(version)} needs what no catalogue here has: {named}; "
            "score a table of your own with `citymark index`",
            problems=(Problem("query.framework", f"lacks {named}"),),
        )


def with_weights(framework: Framework, weights: tuple[tuple[str, float], ...]) -> Framework:
    """The framework with other weights of some of its parts; Invalid names what does not fit."""
    if not weights:
        return framework
    parents = {child.code: node.code for node in framework.nodes for child in node.children}
    unknown = [code for code, _ in weights if code not in parents]
    if unknown:
        raise Invalid(
            f"weights: {framework.code} has no part {', '.join(unknown[:20])}",
            problems=tuple(
                Problem("query.weights", f"{code!r} is not a part of {framework.code}") for code in unknown
            ),
        )
    by_node: dict[str, dict[str, float]] = {}
    for code, weight in weights:
        by_node.setdefault(parents[code], {})[code] = weight
    try:
        return reweighted(framework, by_node)
    except FrameworkError as error:
        raise Invalid(f"weights: {error.errors[0]}", problems=(Problem("query.weights", error.errors[0]),)) from error


def city_scores(found: Computed) -> list[CityScore]:
    """A row a city, in the order of the table."""
    scored, sure = found.scored, found.intervals
    nodes = [node.code for node in reversed(found.framework.nodes)]
    parts = {code: _numbers(scored.parts[code]) for code in nodes}
    gaps = _gaps(scored)
    columns: dict[str, list[float | None]] = dict.fromkeys(("low", "high", "median", "p_top10", "tier"), [])
    if sure is not None:
        columns = {name: _numbers(np.asarray(getattr(sure, name), dtype=np.float64)) for name in columns}
    score_, coverage = _numbers(scored.index_score), _numbers(scored.coverage)
    rows = []
    for at, (city, rank) in enumerate(zip(scored.stages.index, scored.ranks.tolist(), strict=True)):
        is_ranked = rank > 0
        mine = {name: column[at] if column and is_ranked else None for name, column in columns.items()}
        rows.append(
            CityScore(
                city=str(city),
                score=score_[at],
                rank=rank if is_ranked else None,
                rank_low=_whole(mine["low"]),
                rank_high=_whole(mine["high"]),
                rank_median=mine["median"],
                p_top10=mine["p_top10"],
                tier=_whole(mine["tier"]),
                coverage=coverage[at],
                reason=scored.reasons[at],
                missing=gaps[at],
                parts={code: parts[code][at] for code in nodes},
            )
        )
    return rows


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if number != number else number for number in values.tolist()]


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _gaps(scored: Scored) -> list[tuple[str, ...]]:
    """The scored indicators that could exist in each city and were not reported."""
    leaves = scored.framework.leaves
    absent = np.isnan(scored.stages.reported)
    if scored.stages.applicable is not None:
        absent = absent & scored.stages.applicable
    counted = [at for at, leaf in enumerate(leaves) if leaf.is_scored]
    return [tuple(leaves[at].code for at in counted if absent[at, row]) for row in range(absent.shape[1])]


def periods_of(session: Session, framework: Framework, vintage: int) -> list[Period]:
    """The periods that any of the framework's indicators has figures for, as known with `vintage`, in time order.

    Of several frequencies the shortest counts: a year in between is carried into its quarters.
    """
    ids = indicator_ids(session, needed_columns(framework)).values()
    scope = VintageScope
    query = select(scope.period).where(scope.indicator_id.in_(list(ids)), scope.vintage <= vintage).distinct()
    found = sorted(period_of_number(number) for number in session.scalars(query))
    days = min((period.days for period in found), default=0)
    shortest = next((period.frequency for period in found if period.days == days), None)
    return [period for period in found if period.frequency == shortest]


def latest_period(session: Session, framework: Framework, vintage: int) -> Period | None:
    """The newest period that most cities have reported the framework's indicators for; None when there is none."""
    wanted = set(needed_columns(framework))
    entries = [entry for entry in indicators(session) if entry.code in wanted]
    return newest_period(session, periods_of(session, framework, vintage), entries, vintage)


def vintage_when_current(session: Session, framework: Framework, period: Period, later: Period) -> int:
    """The last vintage before any figure of `later` was known: what was known when `period` was the current one.

    The first vintage with figures of `period` where `later` came together with it; 0 when nothing is known.
    """
    ids = indicator_ids(session, needed_columns(framework)).values()
    scope = VintageScope

    def first(of: Period) -> int | None:
        query = select(func.min(scope.vintage)).where(scope.period == of.number, scope.indicator_id.in_(list(ids)))
        return session.scalar(query)

    own, following = first(period), first(later)
    if own is None:
        return 0
    return own if following is None else max(own, following - 1)
