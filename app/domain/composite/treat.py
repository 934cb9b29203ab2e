"""Outliers by skew and kurtosis: winsorise, then the log, only where the shape of the sample asks for it.

The treated value is for scoring only; the published value never changes. With clipped goalposts it is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.composite.framework import Treatment

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Treated:
    """Values after treatment, the points moved at each end, whether the log was taken, whether the shape passes."""

    values: Floats
    low: int = 0
    high: int = 0
    logged: bool = False
    passes: bool = True

    @property
    def label(self) -> str:
        """What is shown on the indicator's page."""
        if self.logged:
            return "log"
        moved = self.low + self.high
        return f"winsorised {moved} points" if moved else "none"


def skew(values: Floats) -> float:
    """Sample-adjusted skew G1 of one indicator, gaps dropped; NaN when constant or fewer than 3 values.

    G1 = sqrt(n)*S3/S2^1.5 * sqrt(n(n-1))/(n-2), Sk the sum of k-th powers of deviations.
    """
    deviations = _deviations(values)
    n, second = len(deviations), float((deviations**2).sum())
    if n < 3 or second == 0:
        return float("nan")
    third = float((deviations**3).sum())
    return float(np.sqrt(n) * third / second**1.5 * np.sqrt(n * (n - 1)) / (n - 2))


def kurtosis(values: Floats) -> float:
    """Sample-adjusted excess kurtosis G2, gaps dropped; NaN when constant or fewer than 4 values.

    G2 = ((n+1)(r-3)+6)(n-1)/((n-2)(n-3)), r = n*S4/S2^2.
    """
    deviations = _deviations(values)
    n, second = len(deviations), float((deviations**2).sum())
    if n < 4 or second == 0:
        return float("nan")
    r = n * float((deviations**4).sum()) / second**2
    return ((n + 1) * (r - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))


def _deviations(values: Floats) -> Floats:
    present = values[~np.isnan(values)]
    if present.size == 0 or present.min() == present.max():
        return np.zeros(present.size)
    return np.asarray(present - present.mean(), dtype=np.float64)


def passes(values: Floats, limits: Treatment) -> bool:
    """Whether the sample's shape needs no treatment; an undefined shape needs none."""
    g1, g2 = skew(values), kurtosis(values)
    if np.isnan(g1) or np.isnan(g2):
        return True
    return abs(g1) < limits.skew or g2 < limits.kurtosis


def treated(values: Floats, limits: Treatment) -> Treated:
    """One indicator over its sample (1-D, NaN for gaps), treated if it does not pass.

    Step 1 moves the extreme point to the next value, re-testing each time, at most `winmax` points; step 2, only
    if that fails, is ln(x - min + 0.01*(max-min)) of the original values.
    """
    if passes(values, limits):
        return Treated(values)
    moved = _winsorised(values, limits)
    if moved.passes:
        return moved
    logged = _logged(values)
    return Treated(logged, logged=True, passes=passes(logged, limits))


def _winsorised(values: Floats, limits: Treatment) -> Treated:
    """Points are counted one by one, ties included, so `winmax` is never exceeded."""
    order = np.argsort(values, kind="stable")[: int((~np.isnan(values)).sum())]
    current = values.copy()
    low = high = 0
    while low + high < limits.winmax and not passes(current, limits):
        if skew(current) >= 0:
            high += 1
            current[order[len(order) - high :]] = values[order[len(order) - high - 1]]
        else:
            low += 1
            current[order[:low]] = values[order[low]]
    return Treated(current, low=low, high=high, passes=passes(current, limits))


def _logged(values: Floats) -> Floats:
    low, high = np.nanmin(values), np.nanmax(values)
    return np.asarray(np.log(values - low + 0.01 * (high - low)), dtype=np.float64)
