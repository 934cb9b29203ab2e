"""Alternative ways to build the same index, drawn by a seed, and the ranks each gives.

An alternative is a framework like any other and is scored by the same functions. Draws that share a structure are
computed together, a chunk at a time, so memory holds draws × cities ranks and never draws × cities × indicators.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.domain.composite.framework import (
    Framework,
    Leaf,
    Node,
    Uncertainty,
    reweighted,
    scored_children,
)
from app.domain.composite.prepare import Prepared
from app.domain.composite.ranking import Ranks
from app.domain.composite.score import Scored, climbed, leaf_scores, placed_ranks

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

#: Draws computed at once: small enough for the working arrays to stay in a processor's cache.
CHUNK = 64
#: Under a mean that collapses on zero, scores start at this share of the top of their scale.
FLOOR_SHARE = 0.01
#: Methods with a scale of their own that another normalisation would not mean anything for.
_DECLARED = ("categorical", "piecewise", "segments", "none")
_EXCHANGEABLE = ("arithmetic", "geometric", "harmonic", "generalised", "min")


@dataclass(frozen=True)
class Draws:
    """What each draw assumes: weights by node (draws × scored parts), a normalisation and a mean by name,
    the indicator left out (its place among the leaves, or -1) and the seed of its value noise (or -1)."""

    weights: Mapping[str, Floats]
    normalisations: tuple[str, ...]
    means: tuple[str, ...]
    normalisation: Whole
    mean: Whole
    dropped: Whole
    noise: Whole

    @property
    def count(self) -> int:
        """How many draws there are."""
        return len(self.normalisation)


def settled(scored: Scored) -> Framework:
    """The scored framework with weights that came from the data (PCA) put down as given."""
    framework = scored.framework
    found = {}
    for node in framework.nodes:
        if node.weighting == "pca":
            codes = [child.code for child in scored_children(node)]
            found[node.code] = {
                code: float(np.asarray(weight)) for code, weight in zip(codes, scored.weights[node.code], strict=True)
            }
    return reweighted(framework, found) if found else framework


def concentration(node: Node, plan: Uncertainty) -> float:
    """The Dirichlet concentration of a node's weights: given, or (k-1)/spread² - 1 for k parts.

    That makes `spread` the coefficient of variation of a weight of 1/k. Raises ValueError when no Dirichlet has it.
    """
    if plan.concentration is not None:
        return plan.concentration
    parts = len(scored_children(node))
    result = (parts - 1) / plan.weight_spread**2 - 1
    if result <= 0:
        raise ValueError(f"weight_spread {plan.weight_spread:g} is too wide for the {parts} parts of {node.code}")
    return result


def weight_draws(framework: Framework, plan: Uncertainty, count: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Weights of every node with two parts or more: Dirichlet(weights × concentration), count × parts.

    The rows keep the nominal sum: 1 for a mean, the sum of the weights for a sum or product.
    """
    if plan.weight_spread == 0 and plan.concentration is None:
        return {}
    found = {}
    for node in framework.nodes:
        nominal = np.array([child.weight for child in scored_children(node)])
        if len(nominal) < 2:
            continue
        share = nominal / nominal.sum()
        drawn_shares = np.maximum(rng.dirichlet(share * concentration(node, plan), size=count), 1e-12)
        found[node.code] = drawn_shares * (nominal.sum() if node.mean in ("sum", "product") else 1.0)
    return found


def droppable(framework: Framework) -> list[int]:
    """Places of the indicators that can be left out with something still to score."""
    scored = [row for row, leaf in enumerate(framework.leaves) if _counts(framework.root, leaf.code)]
    return scored if len(scored) > 1 else []


def _counts(item: Node | Leaf, code: str) -> bool:
    """Whether an indicator reaches the index through parts that all count."""
    if isinstance(item, Leaf):
        return item.code == code and item.is_scored
    return item.is_scored and any(_counts(child, code) for child in item.children)


def drawn(framework: Framework, plan: Uncertainty, count: int, seed: int) -> Draws:
    """`count` draws of the assumptions a plan varies, each assumption independent and uniform over its choices.

    "Leave one out" chooses among no indicator and each of them. The same seed gives the same draws.
    """
    rng = np.random.default_rng(seed)
    weights = weight_draws(framework, plan, count, rng)
    normalisations, means = plan.normalisations or ("as_given",), plan.means or ("as_given",)
    choices = np.array([-1, *droppable(framework)] if plan.leave_one_out else [-1], dtype=np.int64)
    return Draws(
        weights,
        normalisations,
        means,
        rng.integers(len(normalisations), size=count),
        rng.integers(len(means), size=count),
        choices[rng.integers(len(choices), size=count)],
        rng.integers(2**62, size=count) if plan.values else np.full(count, -1, dtype=np.int64),
    )


def alternative(framework: Framework, normalisation: str, mean: str, dropped: int = -1) -> Framework:
    """The framework under another normalisation and mean, an indicator left out; "as_given" changes nothing.

    Another normalisation is for indicators with a relative scale or goalposts. Another mean is for every node that
    has a mean; where it collapses on zero, scores start at one hundredth of their scale.
    """
    code = framework.leaves[dropped].code if dropped >= 0 else None
    root = _changed(framework.root, normalisation, mean, code)
    assert isinstance(root, Node)  # noqa: S101 - a node stays a node
    return replace(framework, root=root)


def _changed(item: Node | Leaf, normalisation: str, mean: str, dropped: str | None) -> Node | Leaf:
    if isinstance(item, Leaf):
        return _changed_leaf(item, normalisation, mean, dropped)
    children = tuple(_changed(child, normalisation, mean, dropped) for child in item.children)
    weight = item.weight if any(child.is_scored for child in children) else 0.0
    if mean != "as_given" and item.mean in _EXCHANGEABLE:
        item = replace(item, mean=mean, zeros="zero")
    return replace(item, children=children, weight=weight)


def _changed_leaf(leaf: Leaf, normalisation: str, mean: str, dropped: str | None) -> Leaf:
    scale = leaf.scale
    if normalisation != "as_given" and scale.method not in _DECLARED:
        scale = replace(scale, method=normalisation, goalposts=None)
    if mean in ("geometric", "harmonic") and 0 <= scale.lower < FLOOR_SHARE * scale.upper:
        scale = replace(scale, lower=FLOOR_SHARE * scale.upper)
    return replace(leaf, scale=scale, weight=0.0 if leaf.code == dropped else leaf.weight)


def drawn_ranks(scored: Scored, draws: Draws) -> Iterator[tuple[NDArray[np.intp], Ranks]]:
    """Ranks under each draw, in chunks: places of the draws, and their ranks (draws × rows).

    Only cities ranked nominally take part. One without a score in a draw stands behind all that have one.
    """
    framework = settled(scored)
    kinds, member = np.unique(np.stack([draws.normalisation, draws.mean], axis=1), axis=0, return_inverse=True)
    for kind, (normalisation, mean) in enumerate(kinds.tolist()):
        names = (draws.normalisations[normalisation], draws.means[mean])
        whole = alternative(framework, *names)
        known = leaf_scores(whole, scored.stages)
        places = np.flatnonzero(member.reshape(-1) == kind)
        # Draws that leave out the same indicator stand together, so that they are computed together.
        places = places[np.argsort(draws.dropped[places], kind="stable")]
        for start in range(0, len(places), CHUNK):
            chunk = places[start : start + CHUNK]
            leaves = _noisy(whole, scored.stages, known, draws.noise[chunk])
            for dropped in np.unique(draws.dropped[chunk]).tolist():
                same = draws.dropped[chunk] == dropped
                mine = [leaf if leaf.ndim == 1 else leaf[same] for leaf in leaves]
                other = alternative(framework, *names, dropped)
                yield chunk[same], _ranked(scored, (framework, other), mine, draws, chunk[same])


def _ranked(
    scored: Scored,
    frameworks: tuple[Framework, Framework],
    leaves: list[Floats],
    draws: Draws,
    chunk: NDArray[np.intp],
) -> Ranks:
    """Ranks of draws that share an alternative of the framework, from their leaves' scores."""
    framework, other = frameworks
    unranked = np.isnan(scored.index_score)
    parts, _ = climbed(other, scored.stages, leaves, _chosen(framework, other, draws, chunk))
    scores = np.broadcast_to(parts[other.root.code], (len(chunk), len(unranked))).copy()
    scores[:, unranked] = np.nan
    return _closed(placed_ranks(scores, scored.stages, framework), scored.stages, unranked)


def _closed(ranks: Ranks, stages: Prepared, unranked: NDArray[np.bool_]) -> Ranks:
    """A city that lost its score in a draw is put behind those that kept one."""
    lost = (ranks == 0) & ~unranked
    if lost.any():
        for rows in stages.fields:
            behind = (ranks[:, rows] > 0).sum(axis=1, keepdims=True).astype(np.int32) + 1
            ranks[:, rows] = np.where(lost[:, rows], behind, ranks[:, rows])
    return ranks


def _chosen(
    framework: Framework, other: Framework, draws: Draws, chunk: NDArray[np.intp]
) -> dict[str, list[float | Floats]]:
    """The chunk's weights of each node, one array draws × 1 for each part that still counts."""
    chosen: dict[str, list[float | Floats]] = {}
    after = {node.code: node for node in other.nodes}
    for node in framework.nodes:
        if node.code not in draws.weights:
            continue
        left = {child.code for child in scored_children(after[node.code])}
        block = draws.weights[node.code][chunk]
        chosen[node.code] = [
            block[:, at : at + 1] for at, child in enumerate(scored_children(node)) if child.code in left
        ]
    return chosen


def _noisy(other: Framework, stages: Prepared, leaves: list[Floats], seeds: Whole) -> list[Floats]:
    """Scores with normal noise of each indicator's `value_sd` on its value; without noise, as they are."""
    rows = [row for row, leaf in enumerate(other.leaves) if leaf.value_sd > 0]
    if not rows or (seeds < 0).all():
        return leaves
    order = np.argsort(stages.index.astype(str), kind="stable")
    noise = np.empty((len(rows), len(seeds), len(order)))
    for at, seed in enumerate(seeds):
        # Cities take their noise in the order of their names, so the order of the table changes nothing.
        noise[:, at, order] = np.random.default_rng(int(seed)).standard_normal((len(rows), len(order)))
    spread = np.array([other.leaves[row].value_sd for row in rows])
    values = dict(zip(rows, stages.values[rows][:, None, :] + spread[:, None, None] * noise, strict=True))
    return leaf_scores(other, stages, leaves, values)
