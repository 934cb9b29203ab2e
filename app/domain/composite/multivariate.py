"""How the indicators hang together: shown to the method's owner, never used to change a weight silently.

Correlations use the cities that have both values. Scores point one way (more is better), so a negative correlation
inside a pillar is a contradiction and not a matter of units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.composite.framework import Framework, Leaf, Node, scored_children
from app.domain.composite.score import Scored

Floats = NDArray[np.float64]

WEAK_BELOW = 0.3
REDUNDANT_ABOVE = 0.92


@dataclass(frozen=True)
class Pair:
    """Two parts of one node that measure nearly the same ("redundant") or pull apart ("opposing")."""

    node: str
    first: str
    second: str
    correlation: float
    verdict: str


def correlation(first: Floats, second: Floats) -> float:
    """Pearson's r over the rows that have both; NaN below 3 rows or when one is constant."""
    both = ~np.isnan(first) & ~np.isnan(second)
    a, b = first[both], second[both]
    if len(a) < 3 or a.min() == a.max() or b.min() == b.max():
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def correlations(scored: Scored, node: str) -> pd.DataFrame:
    """Correlations between the parts of one node, square. Raises KeyError for an unknown node."""
    parts = scored_children(_node(scored.framework, node))
    codes = [part.code for part in parts]
    table = [[correlation(scored.parts[a], scored.parts[b]) for b in codes] for a in codes]
    return pd.DataFrame(table, index=codes, columns=codes)


def cronbach_alpha(items: Floats) -> float:
    """Consistency of parts (parts × cities): k/(k-1) * (1 - Σ var(part)/var(sum)), standardised by nothing.

    Cities with a gap are left out. NaN below 2 parts or 3 cities, or when the sum does not vary.
    """
    complete = items[:, ~np.isnan(items).any(axis=0)]
    count = len(complete)
    if count < 2 or complete.shape[1] < 3:
        return float("nan")
    whole = complete.sum(axis=0).var(ddof=1)
    if whole == 0:
        return float("nan")
    return float(count / (count - 1) * (1 - complete.var(axis=1, ddof=1).sum() / whole))


def alphas(scored: Scored) -> dict[str, float]:
    """Cronbach's alpha of the parts of every node with two or more."""
    result = {}
    for node in scored.framework.nodes:
        parts = scored_children(node)
        if len(parts) > 1:
            result[node.code] = cronbach_alpha(np.stack([scored.parts[part.code] for part in parts]))
    return result


def effective_weights(framework: Framework) -> dict[str, float]:
    """Each indicator's share in the index: the scaled weights multiplied up the tree; they sum to 1.

    Nominal weights taken as given; under PCA pass the framework settled by its scores.
    """
    result = dict.fromkeys((leaf.code for leaf in framework.leaves), 0.0)

    def descend(node: Node, share: float) -> None:
        whole = sum(child.weight for child in scored_children(node))
        for child in scored_children(node):
            part = share * child.weight / whole
            if isinstance(child, Leaf):
                result[child.code] = part
            else:
                descend(child, part)

    descend(framework.root, 1.0)
    return result


def pairs(scored: Scored) -> list[Pair]:
    """Redundant (r > 0.92) and opposing (r < 0) pairs among the indicators of each node."""
    found = []
    for node in scored.framework.nodes:
        leaves = [child for child in scored_children(node) if isinstance(child, Leaf)]
        for at, one in enumerate(leaves):
            for other in leaves[at + 1 :]:
                r = correlation(scored.parts[one.code], scored.parts[other.code])
                verdict = "redundant" if r > REDUNDANT_ABOVE else "opposing" if r < 0 else None
                if verdict:
                    found.append(Pair(node.code, one.code, other.code, r, verdict))
    return found


def with_own_pillar(scored: Scored) -> pd.DataFrame:
    """Each scored indicator against its own pillar: pillar, correlation, verdict, weight, effective_weight.

    Verdicts: contradiction (r < 0), weak (r < 0.3), redundant (r > 0.92), fits, or unknown when r is undefined. The
    pillar includes the indicator itself, as in the JRC's practice.
    """
    shares = effective_weights(scored.framework)
    rows = []
    for node in scored.framework.nodes:
        for leaf in scored_children(node):
            if isinstance(leaf, Leaf):
                r = correlation(scored.parts[leaf.code], scored.parts[node.code])
                rows.append((leaf.code, node.code, r, _verdict(r), leaf.weight, shares[leaf.code]))
    names = ["indicator", "pillar", "correlation", "verdict", "weight", "effective_weight"]
    return pd.DataFrame(rows, columns=names).set_index("indicator")


def _verdict(r: float) -> str:
    if np.isnan(r):
        return "unknown"
    if r < 0:
        return "contradiction"
    if r < WEAK_BELOW:
        return "weak"
    return "redundant" if r > REDUNDANT_ABOVE else "fits"


def principal_components(scored: Scored, node: str) -> Floats:
    """Shares of variance explained by the principal components of a node's parts, largest first.

    Raises KeyError for an unknown node, ValueError when fewer than 3 cities are complete or a part is constant.
    """
    parts = scored_children(_node(scored.framework, node))
    block = np.stack([scored.parts[part.code] for part in parts])
    complete = block[:, ~np.isnan(block).any(axis=0)]
    if complete.shape[1] < 3 or (complete.min(axis=1) == complete.max(axis=1)).any():
        raise ValueError(f"principal components of {node} need 3 complete cities and parts that vary")
    values = np.linalg.eigvalsh(np.atleast_2d(np.corrcoef(complete)))[::-1]
    return np.asarray(values / values.sum(), dtype=np.float64)


def _node(framework: Framework, code: str) -> Node:
    for node in framework.nodes:
        if node.code == code:
            return node
    raise KeyError(code)
