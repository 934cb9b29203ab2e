"""What moved unusually: changes on the year against those of the peers, with false discoveries held down. Pure.

Of each indicator the change on the year of every city is compared with the median change of its group and put in
units of the group's spread (1.4826 · MAD); the two-sided tail of the normal distribution gives a p-value, and the
procedure of Benjamini and Hochberg (1995, J. R. Stat. Soc. B 57, 289–300) holds the expected share of false findings
among those kept at `RATE`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RATE = 0.05
LEAST_PEERS = 8
MAD_TO_SD = 1.4826
MOST_OF_ONE = 2


@dataclass(frozen=True)
class Moved:
    """A city's change of one indicator: by line of the city and column of the indicator."""

    city: int
    indicator: int
    now: float
    before: float
    peers: float
    score: float
    p_value: float


def moved(now: Floats, before: Floats, groups: Sequence[str | None], *, most: int = 12) -> list[Moved]:
    """The most unusual changes (cities × indicators, NaN where there is none), the strongest first.

    At most MOST_OF_ONE of one city and of one indicator are named, so that one story does not fill the list.
    """
    change = now - before
    scores, medians = np.full(change.shape, np.nan), np.full(change.shape, np.nan)
    labels = np.array([group or "" for group in groups])
    for label in np.unique(labels):
        lines = labels == label
        scores[lines], medians[lines] = _against_peers(change[lines])
    tested = np.isfinite(scores)
    if not tested.any():
        return []
    # Taken where it is used: with it every process would be 70 MB larger from the start.
    from scipy.stats import false_discovery_control, norm

    chances = 2 * norm.sf(np.abs(scores[tested]))
    adjusted = np.full(change.shape, np.nan)
    adjusted[tested] = false_discovery_control(chances)
    lines, columns = np.nonzero(adjusted <= RATE)
    order = np.argsort(-np.abs(scores[lines, columns]), kind="stable")
    found = [
        Moved(
            int(i), int(j), float(now[i, j]), float(before[i, j]), float(medians[i, j]), float(scores[i, j]),
            float(adjusted[i, j]),
        )
        for i, j in zip(lines[order], columns[order], strict=True)
    ]  # fmt: skip
    return _varied(found, most)


def _against_peers(change: Floats) -> tuple[Floats, Floats]:
    """Robust scores and medians by indicator; none where there are few peers or no spread at all."""
    scores, medians = np.full(change.shape, np.nan), np.full(change.shape, np.nan)
    for column in range(change.shape[1]):
        values = change[:, column]
        there = values[np.isfinite(values)]
        if there.size < LEAST_PEERS:
            continue
        median = float(np.median(there))
        spread = MAD_TO_SD * float(np.median(np.abs(there - median)))
        if spread > 0:
            scores[:, column], medians[:, column] = (values - median) / spread, median
    return scores, medians


def _varied(found: Sequence[Moved], most: int) -> list[Moved]:
    cities: Counter[int] = Counter()
    indicators: Counter[int] = Counter()
    kept: list[Moved] = []
    for each in found:
        if cities[each.city] < MOST_OF_ONE and indicators[each.indicator] < MOST_OF_ONE and len(kept) < most:
            cities[each.city] += 1
            indicators[each.indicator] += 1
            kept.append(each)
    return kept
