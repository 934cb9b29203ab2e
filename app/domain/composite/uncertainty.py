"""How sure a rank is: the ranks a city gets when everything people argue about is varied at once.

Seeded and listed: a result names every assumption that was actually varied, how many draws and which seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.composite.draws import (
    FLOOR_SHARE,
    concentration,
    drawn,
    drawn_ranks,
    droppable,
    settled,
)
from app.domain.composite.framework import Framework, Uncertainty, scored_children
from app.domain.composite.ranking import Ranks
from app.domain.composite.score import Scored

Floats = NDArray[np.float64]

#: Two cities are told apart when one is ahead of the other in at least this share of the draws.
TOLD_APART = 0.95
#: The interval holds this share of the draws, with equal tails.
INTERVAL = 0.90


@dataclass(frozen=True)
class RankIntervals:
    """Ranks over the draws, with summaries by row; 0 or NaN where a city is not ranked.

    `low` and `high` are the 5th and 95th percentile (the smallest rank with at least that share of draws at or
    below it), `tier` counts from 1 within each field.
    """

    index: pd.Index
    nominal: Ranks
    low: Ranks
    high: Ranks
    mean: Floats
    median: Floats
    p_top10: Floats
    tier: Ranks
    drawn: Ranks
    seed: int
    assumptions: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """Columns rank_low, rank_high, rank_median, p_top10, tier; empty where a city is not ranked."""
        unranked = self.nominal == 0
        whole = {"rank_low": self.low, "rank_high": self.high, "tier": self.tier}
        columns: dict[str, object] = {
            name: pd.arrays.IntegerArray(values.astype(np.int64), unranked) for name, values in whole.items()
        }
        columns |= {"rank_median": self.median, "p_top10": self.p_top10}
        order = ["rank_low", "rank_high", "rank_median", "p_top10", "tier"]
        return pd.DataFrame(columns, index=self.index)[order]

    def ahead(self, city: int, other: int) -> float:
        """P(the city of one row is ahead of that of another), equal ranks counting half; NaN if one is unranked."""
        if not self.nominal[city] or not self.nominal[other]:
            return float("nan")
        return float(_ahead(self.drawn[:, city], self.drawn[:, other]))

    def p_within(self, rank: int) -> Floats:
        """For each row, the share of draws with this rank or a better one."""
        share = (self.drawn <= rank).mean(axis=0)
        return np.where(self.nominal == 0, np.nan, share)


def _ahead(city: Ranks, other: Ranks) -> float:
    return float((city < other).mean() + 0.5 * (city == other).mean())


def rank_intervals(
    scored: Scored, draws: int = 1000, seed: int = 0, *, plan: Uncertainty | None = None
) -> RankIntervals:
    """Monte Carlo over the assumptions of `plan` (the framework's own when None), `draws` times.

    Raises ValueError for fewer than one draw or a spread no Dirichlet has. Rows keep the order of the scores.
    """
    if draws < 1:
        raise ValueError(f"{draws} draws give no interval; at least one is needed")
    plan = scored.framework.uncertainty if plan is None else plan
    framework = settled(scored)
    ranks = np.zeros((draws, len(scored.ranks)), dtype=np.int32)
    if len(scored.ranks):
        for places, chunk in drawn_ranks(scored, drawn(framework, plan, draws, seed)):
            ranks[places] = chunk
    return summary(scored, ranks, seed, tuple(assumptions(framework, plan)))


def summary(scored: Scored, ranks: Ranks, seed: int, varied: tuple[str, ...]) -> RankIntervals:
    """Intervals and tiers from ranks (draws × rows) already drawn or stored."""
    count, unranked = len(ranks), scored.ranks == 0
    ordered = np.sort(np.ascontiguousarray(ranks.T), axis=1)
    tail = (1 - INTERVAL) / 2
    low, high = (ordered[:, max(int(np.ceil(share * count - 1e-9)), 1) - 1] for share in (tail, 1 - tail))
    median = (ordered[:, (count - 1) // 2] + ordered[:, count // 2]) / 2
    return RankIntervals(
        index=scored.stages.index,
        nominal=scored.ranks,
        low=low,
        high=high,
        mean=np.where(unranked, np.nan, ranks.mean(axis=0)),
        median=np.where(unranked, np.nan, median),
        p_top10=np.where(unranked, np.nan, (ranks <= 10).mean(axis=0)),
        tier=tiers(scored, ranks, median),
        drawn=ranks,
        seed=seed,
        assumptions=varied,
    )


def tiers(scored: Scored, ranks: Ranks, median: Floats) -> Ranks:
    """Groups of cities that cannot be told apart from the best of their group.

    Cities are taken by median rank, then nominal rank. Each joins the running tier unless the tier's first city is
    ahead of it in at least 95 % of the draws; then it opens the next.
    """
    result = np.zeros(len(median), dtype=np.int32)
    columns = np.ascontiguousarray(ranks.T)
    for rows in scored.stages.fields:
        ranked = rows[scored.ranks[rows] > 0]
        leader, tier = -1, 0
        for row in ranked[np.lexsort((scored.ranks[ranked], median[ranked]))]:
            if leader < 0 or _ahead(columns[leader], columns[row]) >= TOLD_APART:
                leader, tier = row, tier + 1
            result[row] = tier
    return result


def assumptions(framework: Framework, plan: Uncertainty) -> Iterator[str]:
    """Every assumption a plan varies, in words, and what it does not reach."""
    if plan.weight_spread > 0 or plan.concentration is not None:
        for node in framework.nodes:
            if len(scored_children(node)) > 1:
                yield f"weights in {node.code}: Dirichlet, concentration {concentration(node, plan):.4g}"
    if len(set(plan.normalisations)) > 1 or plan.normalisations not in ((), ("as_given",)):
        yield f"normalisation: one of {', '.join(plan.normalisations)}, the same for all indicators of a draw"
    if plan.means not in ((), ("as_given",)):
        low = f"; scores start at {FLOOR_SHARE:.0%} of the scale where zeros collapse a mean"
        yield f"mean: one of {', '.join(plan.means)}, at every node with a mean{low}"
    if plan.leave_one_out and droppable(framework):
        yield f"indicators: none or one of {len(droppable(framework))} left out, equally likely"
    noisy = [leaf.code for leaf in framework.leaves if leaf.value_sd > 0 and leaf.is_scored]
    if plan.values and noisy:
        yield f"values: normal noise on {', '.join(noisy)}"
