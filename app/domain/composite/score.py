"""The score of every city at every node of a framework, its rank, its coverage, and the reason when there is none.

Missing stays missing: below a node's coverage rule there is no score, only the share reported and the gaps by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.composite import weights as weighing
from app.domain.composite.aggregate import Weight, combined, copeland
from app.domain.composite.framework import Framework, Leaf, Node, scored_children
from app.domain.composite.normalise import goalposted_block, normalised
from app.domain.composite.prepare import Prepared, prepared
from app.domain.composite.ranking import Ranks, half_up, ranks
from app.domain.composite.reasons import reasons

Floats = NDArray[np.float64]
NodeWeights = Mapping[str, Sequence[Weight]]


@dataclass(frozen=True)
class Scored:
    """A framework's answer for a table of cities, unrounded, with every stage kept.

    `parts` holds an array over the rows for each indicator and node, by code.
    """

    framework: Framework
    stages: Prepared
    parts: Mapping[str, Floats]
    weights: NodeWeights
    coverage: Floats
    ranks: Ranks

    @property
    def index_score(self) -> Floats:
        """The index itself, NaN where a city is not ranked."""
        return self.parts[self.framework.root.code]

    @cached_property
    def reasons(self) -> list[str | None]:
        """For each row why it has no rank, or None."""
        return reasons(self.framework, self.stages, self.parts, self.coverage)

    def table(self) -> pd.DataFrame:
        """Columns score, rank, coverage, reason, then a column a node and an indicator; the rows of the data."""
        shown = [leaf.code for leaf in self.framework.leaves if leaf.direction != "none"]
        codes = [node.code for node in reversed(self.framework.nodes)] + shown
        block = np.stack([self.parts[code] for code in codes], axis=1)
        frame = pd.DataFrame(block, index=self.stages.index, columns=codes)
        rank = pd.arrays.IntegerArray(self.ranks.astype(np.int64), self.ranks == 0)
        head = {"score": self.index_score, "rank": rank, "coverage": self.coverage}
        first = pd.DataFrame(head, index=self.stages.index)
        first["reason"] = pd.Series(self.reasons, index=self.stages.index, dtype=object)
        return pd.concat([first, frame], axis=1)

    def normalised(self) -> pd.DataFrame:
        """The indicators' scores: rows × indicator codes."""
        return self._frame(np.stack([self.parts[leaf.code] for leaf in self.framework.leaves]))

    def imputed(self) -> pd.DataFrame:
        """Where a value was filled by us (status I): rows × indicator codes."""
        return self._frame(self.stages.imputed)

    def _frame(self, block: NDArray[np.generic]) -> pd.DataFrame:
        codes = [leaf.code for leaf in self.framework.leaves]
        return pd.DataFrame(block.T, index=self.stages.index, columns=codes)


def score(values: pd.DataFrame, framework: Framework, applicable: pd.DataFrame | None = None) -> Scored:
    """Score a table of cities: a row a city, or an index of (city, period); columns as the framework names them.

    `applicable` (rows × indicator codes, booleans) marks what cannot exist in a city. Raises ValueError when the
    table does not fit the framework; a table without rows gives an answer without rows.
    """
    stages = prepared(values, framework, applicable)
    leaves = leaf_scores(framework, stages)
    parts, used = climbed(framework, stages, leaves)
    placed = placed_ranks(parts[framework.root.code], stages, framework)
    return Scored(framework, stages, parts, used, coverage(framework, stages), placed)


def leaf_scores(
    framework: Framework,
    stages: Prepared,
    known: Sequence[Floats] | None = None,
    changed: Mapping[int, Floats] | None = None,
) -> list[Floats]:
    """Each indicator's scores over the rows.

    In draws, `changed` holds other values (… × rows) by the indicator's place, and `known` the scores of the rest.
    """
    if known is None or changed is None:
        block = goalposted_block(framework.leaves, stages.values)
        return [
            block[row] if row in block else _leaf_score(leaf, stages.values[row], stages)
            for row, leaf in enumerate(framework.leaves)
        ]
    return [
        _leaf_score(leaf, changed[row], stages) if row in changed else known[row]
        for row, leaf in enumerate(framework.leaves)
    ]


def _leaf_score(leaf: Leaf, values: Floats, stages: Prepared) -> Floats:
    if leaf.direction == "none":
        return np.full(values.shape, np.nan)
    if leaf.scale.is_fixed:
        result = normalised(values, leaf)
    else:
        result = np.full(values.shape, np.nan)
        for rows in stages.samples:
            result[..., rows] = normalised(values[..., rows], leaf, _reference(leaf, stages, rows))
    return result if leaf.round is None else half_up(result, leaf.round)


def _reference(leaf: Leaf, stages: Prepared, rows: NDArray[np.intp]) -> int | None:
    """The reference city's place in the sample; with several periods, its own row in each is not defined."""
    if leaf.scale.reference is None:
        return None
    cities = stages.index.get_level_values(0)[rows]
    found = np.flatnonzero(cities == leaf.scale.reference)
    if len(found) > 1:
        raise ValueError(f'{leaf.code}: a reference city and several periods need over = "period"')
    return int(found[0]) if len(found) else None


def climbed(
    framework: Framework, stages: Prepared, leaves: Sequence[Floats], weights: NodeWeights | None = None
) -> tuple[dict[str, Floats], dict[str, Sequence[Weight]]]:
    """Scores of all parts by code, and the weights of each node's scored parts.

    `weights` overrules the framework's: node code -> one weight a scored part, a number or an array draws × 1.
    """
    parts = {leaf.code: item for leaf, item in zip(framework.leaves, leaves, strict=True)}
    exists: dict[str, NDArray[np.bool_] | None] = {}
    for row, leaf in enumerate(framework.leaves):
        exists[leaf.code] = None if stages.applicable is None else stages.applicable[row]
    used: dict[str, Sequence[Weight]] = {}
    for node in framework.nodes:
        children = scored_children(node)
        if not children:
            parts[node.code], exists[node.code] = np.full(len(stages.index), np.nan), None
            continue
        items = [parts[child.code] for child in children]
        given = None if weights is None else weights.get(node.code)
        used[node.code] = node_weights(node, items) if given is None else given
        there = [exists[child.code] for child in children]
        parts[node.code] = _node_score(node, items, used[node.code], (stages, there))
        exists[node.code] = _any(there)
    return parts, used


def node_weights(node: Node, items: Sequence[Floats]) -> list[Weight]:
    """Weights of the scored parts of a node, as given or from the data; means divide by their sum.

    They are not scaled first: 1, 1 and 1 keep sums exact where thirds would break ties.
    """
    if node.weighting == "pca":
        return [float(weight) for weight in weighing.pca(np.stack(items))]
    return [float(child.weight) for child in scored_children(node)]


def _any(flags: Sequence[NDArray[np.bool_] | None]) -> NDArray[np.bool_] | None:
    known = [flag for flag in flags if flag is not None]
    return np.logical_or.reduce(known) if len(known) == len(flags) else None


def _node_score(
    node: Node,
    items: Sequence[Floats],
    weights: Sequence[Weight],
    context: tuple[Prepared, Sequence[NDArray[np.bool_] | None]],
) -> Floats:
    stages, there = context
    if node.mean == "copeland":
        result = _copeland(items, weights, stages)
    else:
        result = combined(node, items, weights)
    enough = covered(node, items, there)
    if enough is not None:
        result = np.where(enough, result, np.nan)
    if node.zeros == "refuse" and refuses_zeros(node):
        for item in items:
            zero = item == 0
            if zero.any():
                result = np.where(zero, np.nan, result)
    if node.multiply != 1.0:
        result = result * node.multiply
    return result if node.round is None else half_up(result, node.round)


def _copeland(items: Sequence[Floats], weights: Sequence[Weight], stages: Prepared) -> Floats:
    """Pairs are formed inside a ranking only, and draw by draw."""
    shape = np.broadcast_shapes(*(item.shape for item in items), *(np.shape(weight) for weight in weights))
    full = [np.broadcast_to(item, shape).reshape(-1, shape[-1]) for item in items]
    result = np.full((full[0].shape[0], shape[-1]), np.nan)
    for draw in range(result.shape[0]):
        mass = [float(np.broadcast_to(weight, (result.shape[0], 1))[draw, 0]) for weight in weights]
        for rows in stages.fields:
            result[draw, rows] = copeland([item[draw, rows] for item in full], mass)
    return result.reshape(shape)


def refuses_zeros(node: Node) -> bool:
    """Whether the node's mean collapses on a zero, so that a zero needs a decision."""
    return node.mean in ("geometric", "harmonic") or (node.mean == "generalised" and node.power <= 0)


def covered(
    node: Node, items: Sequence[Floats], there: Sequence[NDArray[np.bool_] | None]
) -> NDArray[np.bool_] | None:
    """Where enough of the node's parts are there: present / applicable >= minimum_coverage; None when all are."""
    present: Floats | float
    if all(item.ndim == 1 for item in items):
        gaps = np.isnan(np.stack(items))
        if not gaps.any():
            return None
        present = len(items) - gaps.sum(axis=0)
    else:
        present = sum((1.0 - np.isnan(item) for item in items), start=np.zeros(1))
    expected: Floats = np.full(1, float(len(items)))
    if any(flag is not None for flag in there):
        expected = np.add.reduce([np.ones(items[0].shape[-1]) if flag is None else flag * 1.0 for flag in there])
    needed = np.maximum(node.minimum_coverage * expected, 1e-9)
    return np.asarray(present >= needed - 1e-12)


def coverage(framework: Framework, stages: Prepared) -> Floats:
    """Share of the applicable scored indicators a city reported itself; imputed cells do not count."""
    counted = np.array([leaf.is_scored for leaf in framework.leaves], dtype=np.bool_)
    present = (~np.isnan(stages.reported[counted])).sum(axis=0).astype(np.float64)
    if stages.applicable is None:
        return np.asarray(present / counted.sum(), dtype=np.float64)
    expected = stages.applicable[counted].sum(axis=0).astype(np.float64)
    return np.asarray(present / np.where(expected == 0, np.nan, expected), dtype=np.float64)


def placed_ranks(scores: Floats, stages: Prepared, framework: Framework) -> Ranks:
    """Ranks inside each field (period, group) along the last axis; 0 where there is no score.

    The framework says whether the highest or the lowest score is first (an index of risk or hunger).
    """
    if framework.best == "lowest":
        scores = -scores
    if len(stages.fields) == 1:
        return ranks(scores)
    result = np.zeros(scores.shape, dtype=np.int32)
    for rows in stages.fields:
        result[..., rows] = ranks(scores[..., rows])
    return result
