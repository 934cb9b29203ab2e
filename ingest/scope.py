"""Which indicators and periods a publication touches, and how many more or fewer figures it shows of each. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.coded import slices, told
from ingest.diff import Changes, shown

# An indicator, a period and the letter of a status as one number.
Groups = NDArray[np.uint64]
INDICATOR, PERIOD = np.uint64(40), np.uint64(8)


def scope(changes: Changes, vintage: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of vintage_scope and of vintage_shown."""
    parts = [_part(changes, rows) for rows in slices(len(changes.rows))]
    groups, figures, more = (np.concatenate(column) for column in zip(*parts, strict=True))
    places, which = np.unique(groups >> PERIOD, return_inverse=True)
    touched = {**_named(places << PERIOD, vintage), "figures": _summed(which, figures)}
    groups, which = np.unique(groups, return_inverse=True)
    letters = np.asarray([chr(letter) for letter in (groups & np.uint64(255)).tolist()], dtype=object)
    return touched, {**_named(groups, vintage), "status": letters, "more": _summed(which, more)}


def _part(changes: Changes, part: slice) -> tuple[Groups, NDArray[np.int64], NDArray[np.int64]]:
    """Of each group in some of the rows how many figures come, and how many more are shown."""
    rows, before = changes.rows.iloc[part], changes.shown_before[part]
    period = rows["period"].to_numpy().astype(np.uint32).astype(np.uint64)
    place = (rows["indicator_id"].to_numpy().astype(np.uint64) << INDICATOR) | (period << PERIOD)
    was_shown = before > 0
    come, groups = pd.factorize(place | told(rows["status"], lambda code: ord(str(code)), np.uint64))
    gone, earlier = pd.factorize(place[was_shown] | before[was_shown])
    return (
        np.concatenate([groups, earlier]),
        np.concatenate([np.bincount(come, minlength=len(groups)), np.zeros(len(earlier), dtype=np.int64)]),
        np.concatenate([_summed(come, shown(rows) > 0), -np.bincount(gone, minlength=len(earlier))]),
    )


def _summed(which: NDArray[np.intp], weights: NDArray[Any]) -> NDArray[np.int64]:
    return np.bincount(which, weights).astype(np.int64)


def _named(groups: Groups, vintage: int) -> dict[str, Any]:
    period = (groups >> PERIOD).astype(np.uint32).astype(np.int32)
    indicator = (groups >> INDICATOR).astype(np.int64)
    return {"vintage": np.full(len(groups), vintage), "indicator_id": indicator, "period": period}
