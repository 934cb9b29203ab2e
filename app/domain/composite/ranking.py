"""Ranks and rounding: rank on unrounded scores, equal scores share the best rank, round once for display."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ranks = NDArray[np.int32]


def ranks(scores: Floats) -> Ranks:
    """Ranks along the last axis, 1 the highest score, ties 1, 2, 2, 4; a NaN is not ranked and gets 0.

    Scores within 2**-40 of the largest are equal: sums of the same parts in another order differ by binary dust,
    and dust does not put one city ahead of another.
    """
    scores = without_dust(scores)
    order = np.argsort(-scores, axis=-1)
    ordered = np.take_along_axis(scores, order, axis=-1)
    place = np.zeros(scores.shape, dtype=np.int32)
    steps = np.arange(1, scores.shape[-1], dtype=np.int32)
    place[..., 1:] = np.where(ordered[..., 1:] != ordered[..., :-1], steps, 0)
    np.maximum.accumulate(place, axis=-1, out=place)
    result = np.empty(scores.shape, dtype=np.int32)
    np.put_along_axis(result, order, place + 1, axis=-1)
    result[np.isnan(scores)] = 0
    return result


def without_dust(scores: Floats) -> Floats:
    """Scores in whole steps of 2**-40 of the power of two above the largest of their row (about 12 digits)."""
    largest = np.fmax.reduce(np.abs(scores), axis=-1, keepdims=True, initial=0.0)
    _, exponent = np.frexp(largest)
    return np.asarray(np.rint(np.ldexp(scores, 40 - exponent)), dtype=np.float64)


def half_up(values: Floats, decimals: int) -> Floats:
    """Rounded half away from zero, as printed tables are; exact halves of decimal figures are halves here too.

    The scaled value is first cleaned of binary dust (0.285 is stored a little below), hence the inner rounding.
    """
    factor = 10.0**decimals
    scaled = np.abs(values) * factor
    return np.asarray(np.sign(values) * np.floor(np.round(scaled, 8) + 0.5) / factor, dtype=np.float64)
