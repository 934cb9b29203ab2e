"""Seeded dice: every city, series and figure has its own, keyed by code, so a new city changes no other's figures.

Only uniform doubles are drawn and only additions make them normal, so numbers are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# How many uniforms each draw takes: four make a bell of standard deviation 1 without far tails.
SERIES_DRAWS = {"own": 4, "trend": 4, "zero": 1, "provisional": 1, "uncollected": 1, "collected_from": 1}
QUARTER_DRAWS = {
    "noise": 4,
    "revision": 4,
    "gap": 1,
    "gap_kind": 1,
    "filled": 1,
    "estimated": 1,
    "correction": 1,
    "correction_size": 1,
    "outlier": 1,
    "suppressed": 1,
    "few_days": 1,
}


def uniforms(seed: int, *words: str, count: int) -> Floats:
    """`count` numbers in [0, 1) that belong to the words; more of them leave the first ones as they are."""
    digest = sha256("/".join((str(seed), *words)).encode()).digest()
    return Generator(PCG64(int.from_bytes(digest[:16], "big"))).random(count)


def normal(four: Floats) -> Floats:
    """A bell from the last axis, which holds four uniforms."""
    return np.asarray((four[..., 0] + four[..., 1] + four[..., 2] + four[..., 3] - 2.0) * np.sqrt(3.0))


class Dice:
    """What was thrown for every city and indicator, once a series and once a quarter."""

    def __init__(self, seed: int, cities: Sequence[str], indicators: Sequence[str], quarters: int) -> None:
        once, each = sum(SERIES_DRAWS.values()), sum(QUARTER_DRAWS.values())
        thrown = np.empty((len(cities), len(indicators), once + each * quarters))
        for c, city in enumerate(cities):
            for i, indicator in enumerate(indicators):
                thrown[c, i] = uniforms(seed, "series", city, indicator, count=thrown.shape[2])
        self._series = thrown[:, :, :once]
        self._quarters = thrown[:, :, once:].reshape(len(cities), len(indicators), quarters, each)

    def series(self, name: str) -> Floats:
        """One number a series: (city, indicator)."""
        return _draw(self._series, SERIES_DRAWS, name)

    def quarter(self, name: str) -> Floats:
        """One number a figure: (city, indicator, quarter)."""
        return _draw(self._quarters, QUARTER_DRAWS, name)


def _draw(thrown: Floats, draws: dict[str, int], name: str) -> Floats:
    names = list(draws)
    first = sum(draws[other] for other in names[: names.index(name)])
    if draws[name] == 1:
        return thrown[..., first]
    return normal(thrown[..., first : first + draws[name]])
