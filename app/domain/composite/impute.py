"""Fill gaps only where the framework says so, and mark every filled cell; an imputed value never looks reported.

Nothing is filled by default: a gap stays a gap and lowers the coverage.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.composite.framework import Leaf

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_PERIOD = re.compile(r"^(\d{4})(?:-(?:(Q)([1-4])|(S)([12])|(\d{2})))?$")


def imputed(
    values: Floats,
    leaves: Sequence[Leaf],
    table: pd.DataFrame,
    *,
    blocked: Flags | None = None,
    samples: Sequence[NDArray[np.intp]] | None = None,
) -> tuple[Floats, Flags]:
    """Filled values and the flags of what was filled, both indicators × rows.

    `table` gives the rows' group columns and, as an index of (city, period), their time. `blocked` cells (not
    applicable) are never filled. Means and medians are taken inside each of `samples` (all rows when None). A group
    without a single value fills nothing. Raises ValueError for an unknown group column and for `last` without
    periods.
    """
    chosen = [row for row, leaf in enumerate(leaves) if leaf.imputation.method != "none"]
    flags = np.zeros(values.shape, dtype=np.bool_)
    if not chosen:
        return values, flags
    filled = values.copy()
    for row in chosen:
        gaps = np.isnan(values[row])
        if blocked is not None:
            gaps &= ~blocked[row]
        filled[row, gaps] = _fills(values[row], leaves[row], (table, samples))[gaps]
        flags[row] = gaps & ~np.isnan(filled[row])
    return filled, flags


def _fills(values: Floats, leaf: Leaf, context: tuple[pd.DataFrame, Sequence[NDArray[np.intp]] | None]) -> Floats:
    """A candidate for every row, used only where there is a gap."""
    (table, samples), how = context, leaf.imputation
    if how.method == "constant":
        return np.full(values.shape, how.value)
    if how.method == "last":
        return _carried(values, table, how.maximum_gap)
    result = np.full(values.shape, np.nan)
    for rows in (np.arange(len(values)),) if samples is None else samples:
        result[rows] = _central(values[rows], leaf, table.iloc[rows])
    return result


def _central(values: Floats, leaf: Leaf, table: pd.DataFrame) -> Floats:
    """The mean or median of one sample, of all of it or of each group."""
    how = leaf.imputation
    centre = np.mean if how.method.endswith("mean") else np.median
    if how.group is None:
        return np.full(values.shape, _centre(values, centre))
    if how.group not in table.columns:
        raise ValueError(f"{leaf.code} is imputed by group, and column {how.group} is not in the data")
    result = np.full(values.shape, np.nan)
    groups = table[how.group].astype(object)
    for label in groups.dropna().unique():
        inside = (groups == label).to_numpy(dtype=np.bool_)
        result[inside] = _centre(values[inside], centre)
    return result


def _centre(values: Floats, centre: Callable[[Floats], np.floating]) -> float:
    present = values[~np.isnan(values)]
    return float(centre(present)) if present.size else float("nan")


def _carried(values: Floats, table: pd.DataFrame, maximum_gap: int) -> Floats:
    """The city's last value, at most `maximum_gap` periods old."""
    if not isinstance(table.index, pd.MultiIndex):
        raise ValueError("imputation by the last value needs data with periods")
    cities = table.index.get_level_values(0)
    times = np.array([ordinal(str(period)) for period in table.index.get_level_values(1)])
    result = np.full(values.shape, np.nan)
    for city in cities.unique():
        rows = np.flatnonzero(cities == city)
        ordered = rows[np.argsort(times[rows], kind="stable")]
        last_value, last_time = np.nan, 0
        for row in ordered:
            if not np.isnan(values[row]):
                last_value, last_time = values[row], times[row]
            elif times[row] - last_time <= maximum_gap:
                result[row] = last_value
    return result


def ordinal(period: str) -> int:
    """A period's place among periods of its kind: 2024, 2024-S1, 2024-Q3 or 2024-05; ValueError otherwise."""
    match = _PERIOD.match(period)
    if match is None:
        raise ValueError(f"{period!r} is not a period: write 2024, 2024-S1, 2024-Q3 or 2024-05")
    year = int(match[1])
    if match[2]:
        return year * 4 + int(match[3]) - 1
    if match[4]:
        return year * 2 + int(match[5]) - 1
    return year * 12 + int(match[6]) - 1 if match[6] else year
