"""Where a value stands among its peers: percentile, quartile band, higher or lower by one MAD. Pure.

Missing values are NaN and never count; zero is a value like any other. Ties share their places by half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# A value further than this many MADs from the median is drawn at the edge of a chart, with an arrow.
REACH_MAD = 3.0


class Verdict(StrEnum):
    """A value against the median of its peers; similar means within one MAD, both ends included."""

    HIGHER = "higher"
    SIMILAR = "similar"
    LOWER = "lower"


@dataclass(frozen=True)
class Spread:
    """How the values of a group lie: how many, quartiles, and the median absolute deviation from the median."""

    count: int
    low: float
    median: float
    high: float
    mad: float
    least: float
    most: float

    @property
    def limits(self) -> tuple[float, float]:
        """The stretch a chart shows: median ± 3 MAD, no further than the values go; never without length."""
        reach = REACH_MAD * self.mad
        low, high = max(self.least, self.median - reach), min(self.most, self.median + reach)
        if low < high:
            return low, high
        # No deviation at all: everything there is, or a little room round the one value.
        room = abs(self.median) * 0.05 or 1.0
        return (self.least, self.most) if self.least < self.most else (self.median - room, self.median + room)


def goodness(values: Floats, direction: str, target: float | None = None) -> Floats:
    """The values turned so that more is better; with direction `none`, more is only more."""
    if direction == "lower":
        return -values
    if direction == "target" and target is not None:
        return -np.abs(values - target)
    return values


def spread(values: Floats) -> Spread | None:
    """The spread of the values that are there; None when none is."""
    there = np.sort(values[np.isfinite(values)])
    if there.size == 0:
        return None
    low, median, high = (_quantile(there, share) for share in (0.25, 0.5, 0.75))
    away, middle = np.sort(np.abs(there - median)), there.size // 2
    # The mean of the two in the middle, as numpy.median.
    mad = float(away[middle] + away[-middle - 1]) / 2
    return Spread(there.size, low, median, high, mad, float(there[0]), float(there[-1]))


def _quantile(ordered: Floats, share: float) -> float:
    """What numpy.percentile gives of values in order, to the last digit, in a tenth of its time."""
    place = share * (ordered.size - 1)
    at = int(place)
    low, high = float(ordered[at]), float(ordered[min(at + 1, ordered.size - 1)])
    past = place - at
    return high - (high - low) * (1 - past) if past >= 0.5 else low + (high - low) * past


def percentile(value: float, others: Floats) -> float | None:
    """The percentage of `others` below `value`, equal ones by half; None without value or without others."""
    there = others[np.isfinite(others)]
    if not np.isfinite(value) or there.size == 0:
        return None
    return float(100 * (np.sum(there < value) + np.sum(there == value) / 2) / there.size)


def verdict(value: float, among: Spread) -> Verdict:
    """Higher, similar or lower than the group; whether that is good is for the indicator's direction to say."""
    away = value - among.median
    # One rounding error in the last digits of the sums must not turn the edge into the outside.
    if abs(away) <= among.mad or np.isclose(abs(away), among.mad, rtol=1e-9, atol=0):
        return Verdict.SIMILAR
    return Verdict.HIGHER if away > 0 else Verdict.LOWER


def quarter(place: float) -> int:
    """Which quarter of the group a percentile lies in: 1 the lowest, 4 the highest."""
    return min(4, int(place // 25) + 1)


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation of pairs, ties at their mean rank; None for fewer than three or without variation.

    Source: Spearman, The proof and measurement of association between two things, 1904.
    """
    if len(first) < 3:
        return None
    ranks = [pd.Series(values).rank().to_numpy(np.float64) for values in (first, second)]
    if any(np.ptp(each) == 0 for each in ranks):
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
