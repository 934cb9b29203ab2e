"""Transforms before scaling: the shape of a scale, never its direction.

A value outside a transform's domain gives NaN here and a named reason in the score; goalposts are transformed too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FORMULAS: dict[str, tuple[float, bool, Callable[[Floats], Floats]]] = {
    # name: lowest admissible value, whether that value itself is admissible, formula
    "none": (-np.inf, True, lambda x: x),
    "log": (0.0, False, np.log),
    "log10": (0.0, False, np.log10),
    "log1p": (-1.0, False, np.log1p),
    "sqrt": (0.0, True, np.sqrt),
    "cube_root": (-np.inf, True, np.cbrt),
    "fourth_root": (0.0, True, lambda x: np.sqrt(np.sqrt(x))),
    "square": (0.0, True, np.square),
    "reciprocal": (0.0, False, lambda x: 1.0 / x),
}


def in_domain(values: Floats, transform: str) -> NDArray[np.bool_]:
    """Where the transform is defined; NaN is not. Any shape; the same shape comes back."""
    lowest, closed, _ = _FORMULAS[transform]
    inside: NDArray[np.bool_] = values >= lowest if closed else values > lowest
    return inside


def transformed(values: Floats, transform: str) -> Floats:
    """`values` (any shape) under the named transform; NaN where it is undefined.

    log, log10, log1p, square root, cube root, fourth root, square (of values that are not negative), reciprocal.
    """
    if transform == "none":
        return values
    inside = in_domain(values, transform)
    if inside.all():
        return _FORMULAS[transform][2](values)
    result = np.full(values.shape, np.nan)
    result[inside] = _FORMULAS[transform][2](values[inside])
    return result


def transformed_post(post: float, transform: str) -> float:
    """One goalpost under the transform; NaN where it is undefined."""
    return float(transformed(np.array([float(post)]), transform)[0])


_INVERSES: dict[str, Callable[[Floats], Floats]] = {
    "none": lambda y: y,
    "log": np.exp,
    "log10": lambda y: np.power(10.0, y),
    "log1p": np.expm1,
    "sqrt": np.square,
    "cube_root": lambda y: y**3,
    "fourth_root": lambda y: np.square(np.square(y)),
    "square": np.sqrt,
    "reciprocal": lambda y: 1.0 / y,
}


def restored(value: float, transform: str) -> float:
    """The value whose transform this is."""
    return float(_INVERSES[transform](np.array([value]))[0])
