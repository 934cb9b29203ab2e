"""Divide by the declared denominator before anything else; a missing denominator leaves a missing result.

Text categories become their declared scores here, so every later step sees numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.composite.framework import Leaf

Floats = NDArray[np.float64]


def missing_columns(values: pd.DataFrame, leaves: Sequence[Leaf]) -> list[str]:
    """What the indicators need and the table does not have, each as a sentence naming the column."""
    faults = []
    for leaf in leaves:
        if leaf.source_column not in values.columns:
            faults.append(f"column {leaf.source_column} of indicator {leaf.code} is not in the data")
        if leaf.denominator is not None and leaf.denominator not in values.columns:
            faults.append(f"column {leaf.denominator}, the denominator of {leaf.code}, is not in the data")
    return faults


def denominated(values: pd.DataFrame, leaves: Sequence[Leaf]) -> Floats:
    """Indicators × rows of `values`: x / denominator * per, NaN where either is missing or the denominator is 0.

    `values` has a row a city and the columns the leaves name; a missing column raises ValueError naming it.
    """
    block = _plain_block(values, leaves)
    if block is not None:
        return block
    faults = missing_columns(values, leaves)
    if faults:
        raise ValueError("; ".join(faults))
    result = np.empty((len(leaves), len(values)))
    for row, leaf in enumerate(leaves):
        result[row] = _one(values, leaf)
    return result


@lru_cache(maxsize=64)
def _names(columns: tuple[str, ...]) -> pd.Index:
    """Building an index of texts costs more than looking them all up."""
    return pd.Index(columns)


def _plain_block(values: pd.DataFrame, leaves: Sequence[Leaf]) -> Floats | None:
    """The whole table in one step when it is numbers and nothing is to be divided; None when it is not."""
    if any(leaf.denominator is not None or leaf.scale.categories for leaf in leaves):
        return None
    places = values.columns.get_indexer(_names(tuple(leaf.source_column for leaf in leaves)))
    if (places < 0).any() or set(values.dtypes) != {np.dtype(np.float64)}:
        return None
    return np.ascontiguousarray(values.to_numpy().T[places])


def _one(values: pd.DataFrame, leaf: Leaf) -> Floats:
    if leaf.scale.categories:
        return _categorised(values[leaf.source_column], leaf)
    numbers = values[leaf.source_column].to_numpy(dtype=np.float64, na_value=np.nan)
    if leaf.denominator is None:
        return numbers
    below = values[leaf.denominator].to_numpy(dtype=np.float64, na_value=np.nan)
    ratio = numbers / np.where(below == 0, np.nan, below)
    return ratio if leaf.per == 1.0 else ratio * leaf.per


def _categorised(column: pd.Series, leaf: Leaf) -> Floats:
    """The declared score of each category; an undeclared one raises ValueError with the city's row."""
    scores = np.full(len(column), np.nan)
    for row, cell in enumerate(column):
        if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
            continue
        key = category_key(cell)
        if key not in leaf.scale.categories:
            known = ", ".join(leaf.scale.categories)
            raise ValueError(f"{leaf.code}, row {row + 1}: category {key!r} is not one of {known}")
        scores[row] = leaf.scale.categories[key]
    return scores


def category_key(cell: object) -> str:
    """A cell as categories are spelt: whole numbers without a point, text without outer spaces."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
