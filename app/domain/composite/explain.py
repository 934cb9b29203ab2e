"""Why a city has its score: contributions that add up to it, and where it is strong among its peers.

A contribution is the part times the mean's slope at it, carried down the tree (Euler's rule; the Aumann-Shapley
share counted from zero). For an arithmetic mean this is weight times score. What no indicator carries, such as
rounding or a shift of scale, stands in its own column, "constant".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.composite.aggregate import combined
from app.domain.composite.framework import Leaf, Node, scored_children, walk
from app.domain.composite.score import Scored

Floats = NDArray[np.float64]

CONSTANT = "constant"


def contributions(scored: Scored, node: str | None = None) -> pd.DataFrame:
    """Points each scored indicator brings to a node (the index when None): rows × codes, then "constant".

    A row adds up to the node's score. A missing indicator brings nothing and is NaN; a city without a score has NaN
    throughout. Raises KeyError for an unknown node.
    """
    top = next((item for item in scored.framework.nodes if item.code == (node or scored.framework.root.code)), None)
    if top is None:
        raise KeyError(node)
    score = scored.parts[top.code]
    slopes = node_slopes(scored, top)
    leaves = [leaf for leaf in walk(top) if isinstance(leaf, Leaf) and leaf.code in slopes]
    block = np.stack([scored.parts[leaf.code] * slopes[leaf.code] for leaf in leaves])
    block = np.where(np.isnan(score), np.nan, block)
    constant = score - np.where(np.isnan(block), 0.0, block).sum(axis=0)
    # Sums in another order differ in the last bits; that is not a part of the score.
    dust = 1e-12 * np.maximum(np.abs(score), 1e-300) * len(leaves)
    constant = np.where(np.abs(constant) <= dust, 0.0, constant)
    columns = {leaf.code: row for leaf, row in zip(leaves, block, strict=True)} | {CONSTANT: constant}
    return pd.DataFrame(columns, index=scored.stages.index)


def node_slopes(scored: Scored, top: Node) -> dict[str, Floats]:
    """For each part under a node, how much the node moves with it, NaN where it does not count."""
    slopes = {top.code: np.ones(len(scored.stages.index))}
    for item in reversed(list(walk(top))):
        if not isinstance(item, Node) or item.code not in slopes:
            continue
        children = scored_children(item)
        items = [scored.parts[child.code] for child in children]
        weights = [float(np.asarray(weight)) for weight in scored.weights[item.code]]
        for child, slope in zip(children, partials(item, items, weights, scored), strict=True):
            slopes[child.code] = slopes[item.code] * slope * item.multiply
    return slopes


def partials(node: Node, items: Sequence[Floats], weights: Sequence[float], scored: Scored) -> list[Floats]:
    """The slope of a node's mean in each of its parts, such that parts × slopes add up to the mean.

    Exact derivatives for every mean of degree one; for a product they are divided by the sum of the weights, and
    for Copeland the balance of wins is shared by each part's say in them.
    """
    if node.mean == "copeland":
        return _copeland_shares(items, weights, scored)
    mass = np.zeros(items[0].shape)
    for item, weight in zip(items, weights, strict=True):
        mass = mass + np.where(np.isnan(item), 0.0, weight)
    whole = combined(node, items, weights)
    with np.errstate(all="ignore"):
        if node.mean == "mazziotta_pareto":
            return _uneven(node, items, weights, (mass, whole))
        if node.mean == "min":
            ties = np.sum([item == whole for item in items], axis=0)
            return [np.where(np.isnan(item), np.nan, (item == whole) / ties) for item in items]
        slope = _SLOPES.get(node.mean) or _power_slope(_POWERS.get(node.mean, node.power))
        return [slope(x, whole, weight, mass) for x, weight in zip(items, weights, strict=True)]


def _power_slope(power: float) -> Callable[[Floats, Floats, float, Floats], Floats]:
    """w/Σw * (M/x)^(1-p): covers the geometric (p = 0) and harmonic (p = -1) means; 0 where a part is 0."""

    def slope(x: Floats, whole: Floats, weight: float, mass: Floats) -> Floats:
        result = weight / mass * (whole / x) ** (1 - power)
        return np.where(np.isnan(x), np.nan, np.where(x == 0, 0.0, result))

    return slope


_POWERS = {"geometric": 0.0, "harmonic": -1.0}
_SLOPES: dict[str, Callable[[Floats, Floats, float, Floats], Floats]] = {
    "arithmetic": lambda x, whole, weight, mass: np.where(np.isnan(x), np.nan, weight / mass),
    "sum": lambda x, whole, weight, mass: np.where(np.isnan(x), np.nan, weight),
    "product": lambda x, whole, weight, mass: np.where(x == 0, 0.0, weight / mass * whole / x),
}


def _uneven(
    node: Node, items: Sequence[Floats], weights: Sequence[float], context: tuple[Floats, Floats]
) -> list[Floats]:
    """Mazziotta-Pareto: a*(1 ∓ (2(x-M)/M - V/M²)), a the scaled weight, V = S² the spread of the parts."""
    mass, whole = context
    mean = np.sum([np.where(np.isnan(x), 0.0, x) * w for x, w in zip(items, weights, strict=True)], axis=0) / mass
    spread = np.abs(mean - whole) / np.abs(mean)
    sign = 1.0 if node.penalty == "plus" else -1.0
    return [
        weight / mass * (1 + sign * (2 * (x - mean) / mean - np.sign(mean) * spread))
        for x, weight in zip(items, weights, strict=True)
    ]


def _copeland_shares(items: Sequence[Floats], weights: Sequence[float], scored: Scored) -> list[Floats]:
    """Each part's say in the wins and losses, divided by the part so that the product gives it back."""
    block, mass = np.stack(items), np.array(weights)[:, None]
    shares = np.full(block.shape, np.nan)
    for rows in scored.stages.fields:
        for row in rows:
            signs = np.nan_to_num(np.sign(block[:, row : row + 1] - block[:, rows])) * mass
            margin = signs.sum(axis=0)
            decided = np.abs(margin) > 1e-12 * mass.sum()
            shares[:, row] = (signs[:, decided] / np.abs(margin[decided])).sum(axis=1)
    with np.errstate(all="ignore"):
        return [np.where(item == 0, 0.0, share / item) for item, share in zip(items, shares, strict=True)]


def strengths(scored: Scored, row: int, peers: NDArray[np.bool_] | None = None) -> pd.DataFrame:
    """One city against its peers, strongest first: a row an indicator the city has a score for.

    `peers` marks the rows compared with (all when None). Columns: score, peer_median, gap, points (the gap times
    what the index moves per point of the indicator), place and of (its place among the peers and itself, ties
    share the best). An empty group of peers gives NaN medians.
    """
    among = np.ones(len(scored.stages.index), dtype=np.bool_) if peers is None else peers.copy()
    among[row] = False
    slopes = node_slopes(scored, scored.framework.root)
    found = []
    for leaf in scored.framework.leaves:
        own = scored.parts[leaf.code][row]
        if not leaf.is_scored or np.isnan(own) or leaf.code not in slopes:
            continue
        others = scored.parts[leaf.code][among]
        others = others[~np.isnan(others)]
        median = float(np.median(others)) if others.size else float("nan")
        gap = float(own) - median
        place, of = 1 + int((others > own).sum()), 1 + len(others)
        found.append((leaf.code, float(own), median, gap, gap * float(slopes[leaf.code][row]), place, of))
    names = ["indicator", "score", "peer_median", "gap", "points", "place", "of"]
    table = pd.DataFrame(found, columns=names).set_index("indicator")
    return table.sort_values("points", ascending=False, kind="stable")
