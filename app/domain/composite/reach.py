"""What it would take: for a score a city wants, the value each indicator would need if nothing else moved.

Closed form: under weighted arithmetic means of goalposted scores the index moves by the effective weight times the
gain of an indicator, and goalposts lead from a score back to a value. Nothing is gained beyond the far post.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.domain.composite.explain import node_slopes
from app.domain.composite.framework import Framework, Leaf
from app.domain.composite.ranking import without_dust
from app.domain.composite.score import Scored
from app.domain.composite.transform import restored, transformed_post


@dataclass(frozen=True)
class Need:
    """One indicator: its value now, the value that would be enough alone, or None when even the far post is not.

    `best_gain` is what the index would gain at the far post.
    """

    indicator: str
    value: float
    needed: float | None
    best_gain: float


class NotClosedForm(ValueError):
    """The framework is not made of arithmetic means over fixed goalposts, so no value follows in one step."""


def goal_score(scored: Scored, row: int, rank: int) -> float | None:
    """The score that shares this rank in the city's field, the others standing still; None when nobody has it.

    That is the score of the city in that place when this one is taken out.
    """
    field = next(rows for rows in scored.stages.fields if row in rows)
    others = scored.index_score[field[field != row]]
    others = np.sort(others[~np.isnan(others)])
    others = others if scored.framework.best == "lowest" else others[::-1]
    return float(others[rank - 1]) if 1 <= rank <= len(others) else None


def needs(scored: Scored, row: int, goal: float) -> list[Need]:
    """The indicators of a city, the largest possible gain first; those it did not report are left out.

    Raises NotClosedForm for a framework this does not hold for.
    """
    _refuse_other_forms(scored.framework)
    gain = goal - float(scored.index_score[row])
    found = sorted(_needs(scored, row, gain), key=lambda need: -abs(need.best_gain))
    return found


def _needs(scored: Scored, row: int, gain: float) -> Iterator[Need]:
    steep = node_slopes(scored, scored.framework.root)
    for at, leaf in enumerate(scored.framework.leaves):
        own = float(scored.parts[leaf.code][row])
        if not leaf.is_scored or np.isnan(own) or leaf.code not in steep:
            continue
        slope = float(steep[leaf.code][row])
        if not slope > 0:
            continue
        wanted = own + gain / slope
        value, most = float(scored.stages.values[at, row]), leaf.scale.upper
        # Both on one scale: dust beyond the far post is no distance.
        reached, far = without_dust(np.array([wanted, most]))
        reachable = bool(reached <= far)
        needed = (value if gain <= 0 else _value_at(leaf, min(wanted, most))) if reachable else None
        yield Need(leaf.code, value, needed, slope * max(most - own, 0.0))


def _value_at(leaf: Leaf, wanted: float) -> float:
    """The value that scores so much: back through the scale, the goalposts and the transform."""
    posts = leaf.scale.goalposts
    assert posts is not None and not isinstance(posts.worst, str) and not isinstance(posts.best, str)  # noqa: S101, PT018 - checked
    share = (wanted - leaf.scale.lower) / (leaf.scale.upper - leaf.scale.lower)
    worst, best = (transformed_post(post, leaf.transform) for post in (posts.worst, posts.best))
    return restored(worst + share * (best - worst), leaf.transform)


def _refuse_other_forms(framework: Framework) -> None:
    for node in framework.nodes:
        if node.mean not in ("arithmetic", "sum") or node.round is not None:
            raise NotClosedForm(f"{node.code} is no plain arithmetic mean")
    for leaf in framework.leaves:
        if leaf.is_scored and not _is_plain(leaf):
            raise NotClosedForm(f"{leaf.code} is not scored between fixed goalposts alone")
    if framework.best == "lowest":
        raise NotClosedForm("the lowest score is the best")


def _is_plain(leaf: Leaf) -> bool:
    is_direct = leaf.direction in ("higher", "lower") and leaf.denominator is None and leaf.round is None
    return leaf.scale.method == "goalposts" and leaf.is_fixed and is_direct
