"""Everything before scaling: denominate, screen, impute, treat; and which rows are one sample, which one ranking.

The published value stays in `reported`; what later steps use is in `values`, and every change to it is flagged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.composite.denominate import denominated
from app.domain.composite.framework import Framework
from app.domain.composite.impute import imputed
from app.domain.composite.treat import Treated, treated

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Prepared:
    """Indicators × rows before scaling, with what was done to them.

    `samples` are the row sets a relative scale is computed over; `fields` the row sets ranked together.
    """

    index: pd.Index
    reported: Floats
    values: Floats
    imputed: Flags
    applicable: Flags | None
    kept: Flags
    treatments: Mapping[str, tuple[Treated, ...]]
    samples: tuple[Rows, ...]
    fields: tuple[Rows, ...]


def prepared(values: pd.DataFrame, framework: Framework, applicable: pd.DataFrame | None = None) -> Prepared:
    """Stages before scaling of `values`: a row a city (or an index of city, period), a column an indicator,
    denominator or group, as the framework names them.

    `applicable` says, for some or all indicators, where an indicator can exist at all; elsewhere it leaves
    numerator and denominator alike. Raises ValueError for a missing column, a repeated row, an infinite value,
    or periods whose comparison the framework does not settle.
    """
    _refuse_repeats(values)
    reported = denominated(values, framework.leaves)
    mask = _applicable(values, framework, applicable)
    if mask is not None:
        reported = np.where(mask, reported, np.nan)
    _refuse_infinite(reported, framework)
    kept = _kept(reported, mask, framework)
    _refuse_mixing(values, framework)
    samples = _row_sets(values, framework, kept, by_period=framework.over == "period")
    kept_values, blocked = _of_kept(reported, kept), _blocked(reported, mask, kept)
    filled, flags = imputed(kept_values, framework.leaves, values, blocked=blocked, samples=samples)
    final, treatments = _treated(filled, framework, samples)
    everyone = np.ones_like(kept)
    fields = _row_sets(values, framework, everyone, by_period=True)
    return Prepared(values.index, reported, final, flags, mask, kept, treatments, samples, fields)


def _refuse_repeats(values: pd.DataFrame) -> None:
    if not values.index.is_unique:
        twice = values.index[values.index.duplicated()].unique().tolist()
        raise ValueError(f"a city stands twice in the data: {', '.join(map(str, twice))}")
    if not values.columns.is_unique:
        raise ValueError("a column stands twice in the data")


def _refuse_infinite(reported: Floats, framework: Framework) -> None:
    if not np.isinf(reported).any():
        return
    for row, leaf in enumerate(framework.leaves):
        if np.isinf(reported[row]).any():
            raise ValueError(f"{leaf.code} holds an infinite value")


def _applicable(values: pd.DataFrame, framework: Framework, applicable: pd.DataFrame | None) -> Flags | None:
    if applicable is None or bool(applicable.to_numpy(dtype=np.bool_).all()):
        return None
    mask = np.ones((len(framework.leaves), len(values)), dtype=np.bool_)
    aligned = applicable.reindex(values.index)
    for row, leaf in enumerate(framework.leaves):
        if leaf.code in aligned.columns:
            mask[row] = aligned[leaf.code].fillna(True).to_numpy(dtype=np.bool_)
    return mask


def _blocked(reported: Floats, mask: Flags | None, kept: Flags) -> Flags:
    """Cells no imputation may fill: not applicable, or of a city screened out."""
    blocked = np.broadcast_to(~kept, reported.shape)
    return blocked if mask is None else blocked | ~mask


def _kept(reported: Floats, mask: Flags | None, framework: Framework) -> Flags:
    rule = framework.screening
    if not rule.minimum_availability and not rule.minimum_nonzero:
        return np.ones(reported.shape[1], dtype=np.bool_)
    counted = np.array([leaf.is_scored for leaf in framework.leaves])
    present = ~np.isnan(reported[counted])
    expected = np.full(reported.shape[1], counted.sum()) if mask is None else mask[counted].sum(axis=0)
    nonzero = (present & (reported[counted] != 0)).sum(axis=0)
    share = present.sum(axis=0) / np.maximum(expected, 1)
    share_nonzero = nonzero / np.maximum(present.sum(axis=0), 1)
    enough = share >= rule.minimum_availability - 1e-12
    return np.asarray(enough & (share_nonzero >= rule.minimum_nonzero - 1e-12), dtype=np.bool_)


def _of_kept(reported: Floats, kept: Flags) -> Floats:
    return reported if kept.all() else np.where(kept, reported, np.nan)


def _refuse_mixing(values: pd.DataFrame, framework: Framework) -> None:
    """Relative scores of one period and of a panel are different things; the framework must say which it wants."""
    if framework.over is not None or framework.is_fixed or not isinstance(values.index, pd.MultiIndex):
        return
    if values.index.get_level_values(1).nunique() > 1:
        raise ValueError(
            "the data hold several periods and some scores depend on the other cities: the framework must say "
            'over = "panel" (all periods at once, comparable over time) or over = "period" (each by itself)'
        )


def _row_sets(values: pd.DataFrame, framework: Framework, kept: Flags, *, by_period: bool) -> tuple[Rows, ...]:
    keys = []
    if by_period and isinstance(values.index, pd.MultiIndex):
        keys.append(values.index.get_level_values(1).to_numpy())
    if framework.within is not None:
        if framework.within not in values.columns:
            raise ValueError(f"the framework scores within {framework.within}, a column not in the data")
        keys.append(values[framework.within].astype(str).to_numpy())
    rows = np.flatnonzero(kept)
    if not keys:
        return (rows,)
    sets: dict[tuple[object, ...], list[int]] = {}
    for row in rows:
        sets.setdefault(tuple(key[row] for key in keys), []).append(int(row))
    return tuple(np.array(found, dtype=np.intp) for found in sets.values())


def _treated(
    filled: Floats, framework: Framework, samples: tuple[Rows, ...]
) -> tuple[Floats, dict[str, tuple[Treated, ...]]]:
    chosen = [row for row, leaf in enumerate(framework.leaves) if leaf.treat]
    treatments: dict[str, tuple[Treated, ...]] = {}
    final = filled.copy() if chosen else filled
    for row in chosen:
        done = tuple(treated(filled[row, rows], framework.treatment) for rows in samples)
        for rows, one in zip(samples, done, strict=True):
            final[row, rows] = one.values
        treatments[framework.leaves[row].code] = done
    return final, treatments
