"""From values to scores on one scale: by goalposts, or relative to a sample of cities.

Every function takes an array whose last axis is the sample, so one city moves along the last axis and simulated
draws along the axes before it. NaN stays NaN. A relative scale over a constant sample is 0/0: NaN, and the score
names the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.composite.framework import Goalposts, Leaf, Scale
from app.domain.composite.transform import transformed, transformed_post

Floats = NDArray[np.float64]


def between(values: Floats, worst: Floats | float, best: Floats | float) -> Floats:
    """Share of the way from `worst` to `best`: (x-worst)/(best-worst); the order of the posts is the direction."""
    # Differences beyond the largest number are infinite, and their share is NaN: a reason says so.
    with np.errstate(over="ignore", invalid="ignore"):
        width = np.asarray(best - worst, dtype=np.float64)
        return np.asarray((values - worst) / np.where(width == 0, np.nan, width), dtype=np.float64)


def clipped(values: Floats, worst: float, best: float, clip: str) -> Floats:
    """Values held between the posts; `clip` is both, top (only beyond best), bottom (only beyond worst) or none."""
    low, high = (worst, best) if worst < best else (best, worst)
    hold_low = clip == "both" or (clip == "bottom") == (worst < best) and clip != "none"
    hold_high = clip == "both" or (clip == "top") == (worst < best) and clip != "none"
    if hold_low and hold_high:
        return np.clip(values, low, high)
    if hold_low:
        return np.maximum(values, low)
    return np.minimum(values, high) if hold_high else values


def goalposted(values: Floats, posts: Goalposts, leaf: Leaf) -> Floats:
    """Share between goalposts, values and posts both under the leaf's transform, clipped before the transform.

    Clipping first gives the same share, and a zero beyond the best post is still full marks under a log.
    """
    worst, best = _post(posts.worst, values), _post(posts.best, values)
    if isinstance(worst, float) and isinstance(best, float):
        values = clipped(values, worst, best, leaf.scale.clip)
        worst, best = (transformed_post(post, leaf.transform) for post in (worst, best))
        return between(transformed(values, leaf.transform), worst, best)
    worst, best = (transformed(np.asarray(post), leaf.transform) for post in (worst, best))
    share = between(transformed(values, leaf.transform), worst, best)
    return clipped(share, 0.0, 1.0, leaf.scale.clip)


def goalposted_block(leaves: Sequence[Leaf], values: Floats) -> dict[int, Floats]:
    """Scores of every indicator with fixed, clipped goalposts in one step, by its place among the leaves.

    The same operations in the same order as `normalised`, so the same bits; indicators of another kind are absent.
    """
    places = [place for place, leaf in enumerate(leaves) if _is_blockable(leaf)]
    if not places:
        return {}
    raw = np.array([_fixed_posts(leaves[place]) for place in places])
    block = values if len(places) == len(leaves) else values[places]
    held = np.clip(block, raw.min(axis=1)[:, None], raw.max(axis=1)[:, None])
    posts = raw.copy()
    for row, place in enumerate(places):
        if leaves[place].transform != "none":
            held[row] = transformed(held[row], leaves[place].transform)
            posts[row] = [transformed_post(post, leaves[place].transform) for post in raw[row]]
    held -= posts[:, :1]
    held /= posts[:, 1:] - posts[:, :1]
    lower, upper = np.array([(leaves[place].scale.lower, leaves[place].scale.upper) for place in places]).T
    if (upper != 1).any() or lower.any():
        held *= (upper - lower)[:, None]
    if lower.any():
        held += lower[:, None]
    return dict(zip(places, held, strict=True))


def _is_blockable(leaf: Leaf) -> bool:
    scale = leaf.scale
    is_plain = scale.method == "goalposts" and scale.clip == "both" and leaf.round is None
    return is_plain and leaf.direction in ("higher", "lower") and scale.is_fixed


def _fixed_posts(leaf: Leaf) -> tuple[float, float]:
    posts = leaf.scale.goalposts
    if posts is None:
        raise ValueError(f"{leaf.code} has no goalposts")
    return float(posts.worst), float(posts.best)


def _post(post: float | str, values: Floats) -> float | Floats:
    if post == "min":
        return _least(values)
    if post == "max":
        return -_least(-values)
    return float(post)


def _least(values: Floats) -> Floats:
    """The smallest value of the sample, gaps dropped; NaN for an empty sample."""
    least = np.asarray(np.fmin.reduce(values, axis=-1, keepdims=True, initial=np.inf))
    return np.where(np.isinf(least), np.nan, least)


def minmax(values: Floats) -> Floats:
    """(x-min)/(max-min) over the sample."""
    return between(values, _least(values), -_least(-values))


def zscore(values: Floats, sd: str) -> Floats:
    """(x-mean)/sd; `sd` is "sample" (n-1) or "population" (n)."""
    present = ~np.isnan(values)
    n = present.sum(axis=-1, keepdims=True).astype(np.float64)
    n[n == 0] = np.nan
    centred = values - np.where(present, values, 0.0).sum(axis=-1, keepdims=True) / n
    freedom = n - 1 if sd == "sample" else n
    freedom = np.where(freedom == 0, np.nan, freedom)
    square = np.where(present, centred, 0.0) ** 2
    spread = np.sqrt(square.sum(axis=-1, keepdims=True) / freedom)
    constant = _least(values) == -_least(-values)
    return np.asarray(centred / np.where(constant, np.nan, spread), dtype=np.float64)


def ranked_up(values: Floats) -> Floats:
    """Rank from the smallest, 1, 2, 2, 4; gaps stay gaps."""
    # Taken where it is used: with it every process would be 70 MB larger from the start.
    from scipy import stats

    ranks = stats.rankdata(values, method="min", axis=-1, nan_policy="omit")
    return np.asarray(np.where(np.isnan(values), np.nan, ranks), dtype=np.float64)


def percentile(values: Floats) -> Floats:
    """(rank-1)/(n-1), n the values present; a single value is 0/0 and gives NaN."""
    others = (~np.isnan(values)).sum(axis=-1, keepdims=True) - 1.0
    return np.asarray((ranked_up(values) - 1) / np.where(others <= 0, np.nan, others), dtype=np.float64)


def fraction_of_best(values: Floats, *, lower_is_better: bool) -> Floats:
    """x/max, or min/x when lower is better; needs a true zero, so a value of zero or less gives NaN."""
    positive = np.where(values >= 0, values, np.nan)
    if not lower_is_better:
        top = -_least(-positive)
        return np.asarray(positive / np.where(top == 0, np.nan, top), dtype=np.float64)
    positive = np.where(values > 0, values, np.nan)
    return np.asarray(_least(positive) / positive, dtype=np.float64)


def to_reference(values: Floats, reference: Floats) -> Floats:
    """1-(ref-x)/(ref-min): 1 is the reference city; `reference` has a last axis of one."""
    width = reference - _least(values)
    return np.asarray(1 - (reference - values) / np.where(width == 0, np.nan, width), dtype=np.float64)


def against_reference(values: Floats, reference: Floats) -> Floats:
    """((x-min)/(max-min)) / ((ref-min)/(max-min)): min-max in units of the reference city."""
    low, high = _least(values), -_least(-values)
    unit = between(reference, low, high)
    return np.asarray(between(values, low, high) / np.where(unit == 0, np.nan, unit), dtype=np.float64)


def to_target(values: Floats, target: float) -> Floats:
    """(x-min)/(t-min): the share of the way from the lowest city to a target."""
    low = _least(values)
    width = target - low
    return np.asarray((values - low) / np.where(width == 0, np.nan, width), dtype=np.float64)


def target_ratio(values: Floats, target: float) -> Floats:
    """1 - |x-t|/|t|: nearness to an optimum (UN-Habitat, economic specialisation); the target is not 0."""
    return np.asarray(1 - np.abs(values - target) / abs(target), dtype=np.float64)


def piecewise(values: Floats, points: tuple[tuple[float, float], ...]) -> Floats:
    """Straight lines between declared (value, score) points, level beyond the ends."""
    at, score = np.array(points, dtype=np.float64).T
    return np.asarray(np.interp(values, at, score), dtype=np.float64)


def segmented(values: Floats, scale: Scale) -> Floats:
    """A curve declared in pieces: intercept + slope*x + rise*(1-exp(-(x-start)/decay)) up to each `upto`."""
    result = np.full(values.shape, np.nan)
    below = -np.inf
    for piece in scale.segments:
        inside = (values > below) & (values <= piece.upto)
        x = values[inside]
        bend = piece.rise * (1 - np.exp(-(x - piece.start) / piece.decay)) if piece.rise else 0.0
        result[inside] = piece.intercept + piece.slope * x + bend
        below = piece.upto
    return result


def normalised(values: Floats, leaf: Leaf, reference: int | None = None) -> Floats:
    """Scores of one indicator over one sample (last axis), on the leaf's scale.

    `reference` is the reference city's place in the sample. Raises ValueError when a method that needs it has none.
    """
    scale = leaf.scale
    if scale.method == "goalposts" and scale.goalposts is not None:
        return _spread(goalposted(_deviation(values, leaf), scale.goalposts, leaf), scale)
    if scale.method in ("piecewise", "categorical", "segments"):
        return _declared(values, scale)
    if scale.method == "target_ratio":
        return _spread(_held(target_ratio(values, _number(scale.target)), scale), scale)
    moved = transformed(_deviation(values, leaf), leaf.transform)
    if scale.method == "none":
        return moved
    if scale.method == "fraction_of_max":
        lower_is_better = leaf.direction in ("lower", "target")
        return _spread(fraction_of_best(moved, lower_is_better=lower_is_better), scale)
    return _relative(moved, leaf, reference)


def _deviation(values: Floats, leaf: Leaf) -> Floats:
    """The distance to the optimum when there is one: less of it is better."""
    return np.abs(values - _number(leaf.scale.target)) if leaf.direction == "target" else values


def _declared(values: Floats, scale: Scale) -> Floats:
    if scale.method == "piecewise":
        return piecewise(values, scale.points)
    return segmented(values, scale) if scale.method == "segments" else values


def _relative(values: Floats, leaf: Leaf, reference: int | None) -> Floats:
    """The sign is turned once, here, so every formula below reads as more is better."""
    scale, sign = leaf.scale, -1.0 if leaf.direction in ("lower", "target") else 1.0
    up = values if sign > 0 else -values
    if scale.method in ("minmax", "distance_to_max"):
        return _spread(minmax(up), scale)
    if scale.method == "zscore":
        return zscore(up, scale.sd) * scale.spread + scale.centre
    if scale.method == "place":
        return ranked_up(-up)
    if scale.method in ("rank", "borda"):
        return ranked_up(up) - (1.0 if scale.method == "borda" else 0.0)
    if scale.method == "percentile":
        return _spread(percentile(up), scale)
    if scale.method == "distance_to_target":
        target = sign * transformed_post(_number(scale.target), leaf.transform)
        return _spread(_held(to_target(up, target), scale), scale)
    return _spread(_held(_referred(up, scale, reference), scale), scale)


def _referred(values: Floats, scale: Scale, reference: int | None) -> Floats:
    if reference is None:
        raise ValueError(f"the reference city {scale.reference} is not among the cities scored")
    at = values[..., reference : reference + 1]
    return to_reference(values, at) if scale.method == "distance_to_reference" else against_reference(values, at)


def _held(shares: Floats, scale: Scale) -> Floats:
    return clipped(shares, 0.0, 1.0, scale.clip)


def _spread(shares: Floats, scale: Scale) -> Floats:
    """Shares of 0..1 onto the scale; 0..1 itself is left untouched."""
    if scale.lower == 0.0:
        return shares if scale.upper == 1.0 else shares * scale.upper
    return shares * (scale.upper - scale.lower) + scale.lower


def _number(value: float | None) -> float:
    if value is None:
        raise ValueError("this scale needs a target")
    return value
