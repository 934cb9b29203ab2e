"""Means over the parts of a node: each takes the parts' scores and weights and gives the node's score.

Items are arrays that broadcast (cities, or draws × cities); weights are numbers or draws × 1. A gap drops out with
its weight; whether enough is left is the node's rule and is judged elsewhere. Sums run item by item in the tree's
order, so equal cities get equal scores wherever they stand in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.composite.framework import Node

Floats = NDArray[np.float64]
Weight = float | Floats


def weighted_sum(items: Sequence[Floats], weights: Sequence[Weight]) -> tuple[Floats, Weight]:
    """Σ w x over what is present, and the Σ w it was taken over."""
    if all(item.ndim == 1 for item in items) and all(isinstance(weight, float) for weight in weights):
        return _stacked_sum(items, np.array(weights, dtype=np.float64)[:, None])
    total: Floats | None = None
    mass: Weight = 0.0
    for item, weight in zip(items, weights, strict=True):
        gaps = np.isnan(item)
        if gaps.any():
            product = np.where(gaps, 0.0, item) * weight
            mass = mass + np.where(gaps, 0.0, 1.0) * weight
        else:
            product = item * weight
            mass = mass + weight
        if total is None or total.shape != product.shape:
            total = product if total is None else total + product
        else:
            total += product
    return np.zeros(1) if total is None else total, mass


def _stacked_sum(items: Sequence[Floats], weights: Floats) -> tuple[Floats, Weight]:
    """The same sums for one set of weights: numpy adds the rows of a block one by one, in order."""
    block = np.stack(items)
    gaps = np.isnan(block)
    if not gaps.any():
        return np.add.reduce(block * weights, axis=0), float(np.add.reduce(weights[:, 0], axis=0))
    total = np.add.reduce(np.where(gaps, 0.0, block) * weights, axis=0)
    return total, np.add.reduce(np.where(gaps, 0.0, weights), axis=0)


def arithmetic(items: Sequence[Floats], weights: Sequence[Weight]) -> Floats:
    """Σ w x / Σ w: full compensation."""
    total, mass = weighted_sum(items, weights)
    return _ratio(total, mass)


def _ratio(total: Floats, mass: Weight) -> Floats:
    if isinstance(mass, float):
        return total / mass if mass > 0 else np.full(total.shape, np.nan)
    return np.asarray(total / np.where(mass > 0, mass, np.nan), dtype=np.float64)


def geometric(items: Sequence[Floats], weights: Sequence[Weight]) -> Floats:
    """exp(Σ w ln x / Σ w); 0 where a part is 0, NaN where one is negative."""
    return _refusing_negative(np.exp(arithmetic([_log(item) for item in items], weights)), items)


def _refusing_negative(result: Floats, items: Sequence[Floats]) -> Floats:
    """A negative part has no such mean; it must not drop out as if it were a gap."""
    for item in items:
        negative = item < 0
        if negative.any():
            result = np.where(negative, np.nan, result)
    return result


def _log(item: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(item), dtype=np.float64)


def harmonic(items: Sequence[Floats], weights: Sequence[Weight]) -> Floats:
    """Σ w / Σ (w/x), for x > 0; 0 where a part is 0, NaN where one is negative."""
    with np.errstate(divide="ignore"):
        inverse = [np.where(item >= 0, 1.0 / np.abs(item), np.nan) for item in items]
        return _refusing_negative(1.0 / arithmetic(inverse, weights), items)


def generalised(items: Sequence[Floats], weights: Sequence[Weight], power: float) -> Floats:
    """(Σ w x^p / Σ w)^(1/p); p = 1, 0 and -1 are the three means above; x is not negative."""
    if power == 0:
        return geometric(items, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = [np.where(item >= 0, np.abs(item) ** power, np.nan) for item in items]
        return _refusing_negative(arithmetic(powers, weights) ** (1.0 / power), items)


def product(items: Sequence[Floats], weights: Sequence[Weight]) -> Floats:
    """Π x^w, weights not rescaled; x is not negative."""
    total, _ = weighted_sum([_log(item) for item in items], weights)
    return _refusing_negative(np.exp(total), items)


def smallest(items: Sequence[Floats], weights: Sequence[Weight]) -> Floats:
    """The smallest part: no compensation, weights only say which parts count."""
    held = [np.where(np.asarray(weight) > 0, item, np.nan) for item, weight in zip(items, weights, strict=True)]
    result = held[0]
    for item in held[1:]:
        result = np.fmin(result, item)
    return result


def mazziotta_pareto(items: Sequence[Floats], weights: Sequence[Weight], penalty: str) -> Floats:
    """M - S*cv ("minus", more is better) or M + S*cv ("plus"), cv = S/M, S the spread of the parts with n.

    Mazziotta and Pareto, on scores of mean 100 and spread 10. Weighted moments when weights differ.
    """
    mean = arithmetic(items, weights)
    square = arithmetic([(item - mean) ** 2 for item in items], weights)
    unevenness = square / np.where(mean == 0, np.nan, mean)
    return np.asarray(mean + unevenness if penalty == "plus" else mean - unevenness, dtype=np.float64)


def copeland(items: Sequence[Floats], weights: Sequence[Weight]) -> Floats:
    """+1, 0 or -1 by weighted majority against every other city, summed: between -(n-1) and n-1.

    Weights are numbers here. A pair is judged on the parts both have; a city without any part gets NaN.
    """
    scores = np.stack([np.broadcast_to(item, items[0].shape) for item in items])
    mass = np.array([float(np.asarray(weight).reshape(-1)[0]) for weight in weights])
    wins = np.empty(scores.shape[1])
    for city in range(scores.shape[1]):
        signs = np.sign(scores[:, city : city + 1] - scores)
        margin = np.where(np.isnan(signs), 0.0, signs * mass[:, None]).sum(axis=0)
        # Sums of weights such as 0.1 + 0.2 - 0.3 leave dust that is not a majority.
        wins[city] = np.sign(np.where(np.abs(margin) < 1e-12 * mass.sum(), 0.0, margin)).sum()
    return np.where(np.isnan(scores).all(axis=0), np.nan, wins)


def combined(node: Node, items: Sequence[Floats], weights: Sequence[Weight]) -> Floats:
    """The node's mean over its scored parts, before its coverage rule, rounding and multiplier."""
    with np.errstate(invalid="ignore"):
        return _combined(node, items, weights)


def _combined(node: Node, items: Sequence[Floats], weights: Sequence[Weight]) -> Floats:
    if node.mean == "generalised":
        return generalised(items, weights, node.power)
    if node.mean == "mazziotta_pareto":
        return mazziotta_pareto(items, weights, node.penalty)
    if node.mean == "sum":
        return weighted_sum(items, weights)[0]
    return _PLAIN[node.mean](items, weights)


_PLAIN: dict[str, Callable[[Sequence[Floats], Sequence[Weight]], Floats]] = {
    "arithmetic": arithmetic,
    "geometric": geometric,
    "harmonic": harmonic,
    "product": product,
    "min": smallest,
    "copeland": copeland,
}
