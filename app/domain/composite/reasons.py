"""Why a city has no rank, in words: the share reported, the gaps by name, and what could not be computed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from app.domain.composite.framework import Framework, Leaf, Node, scored_children
from app.domain.composite.prepare import Prepared
from app.domain.composite.transform import in_domain

Floats = NDArray[np.float64]


def reasons(
    framework: Framework, stages: Prepared, parts: Mapping[str, Floats], coverage: Floats
) -> list[str | None]:
    """One sentence a row without an index score, None for a row with one."""
    unranked = np.isnan(parts[framework.root.code])
    result: list[str | None] = [None] * len(unranked)
    for row in np.flatnonzero(unranked):
        share = "nothing applicable" if np.isnan(coverage[row]) else f"{_percent(coverage[row])} % reported"
        told = [f"not ranked: {share}", *_gaps(framework, stages, parts, int(row))]
        result[row] = "; ".join(told)
    return result


def _percent(share: float) -> int:
    """Rounded down, so that less than everything never reads as 100 %."""
    return math.floor(100 * share + 1e-9)


def _gaps(framework: Framework, stages: Prepared, parts: Mapping[str, Floats], row: int) -> Iterator[str]:
    if not stages.kept[row]:
        rule = framework.screening
        yield (
            f"screened out (at least {_percent(rule.minimum_availability)} % of the values and "
            f"{_percent(rule.minimum_nonzero)} % of them not zero are needed)"
        )
    missing = [leaf.code for at, leaf in enumerate(framework.leaves) if _is_missing(leaf, stages, at, row)]
    if missing:
        yield f"missing: {', '.join(missing)}"
    if stages.kept[row]:
        for at, leaf in enumerate(framework.leaves):
            yield from _no_score(leaf, stages, parts, (at, row))
        for node in framework.nodes:
            yield from _no_node(node, parts, row)


def _is_missing(leaf: Leaf, stages: Prepared, at: int, row: int) -> bool:
    there = stages.applicable is None or bool(stages.applicable[at, row])
    return leaf.is_scored and there and bool(np.isnan(stages.values[at, row]))


def _no_score(leaf: Leaf, stages: Prepared, parts: Mapping[str, Floats], at: tuple[int, int]) -> Iterator[str]:
    value = stages.values[at]
    if not leaf.is_scored or np.isnan(value) or not np.isnan(parts[leaf.code][at[1]]):
        return
    if not in_domain(np.array([value]), leaf.transform).all():
        yield f"{leaf.code}: {value:g} has no {leaf.transform}"
    else:
        yield f"{leaf.code}: no {leaf.scale.method} score, {_flaw(leaf, stages, at)}"


def _flaw(leaf: Leaf, stages: Prepared, at: tuple[int, int]) -> str:
    row, column = at
    for rows in stages.samples:
        present = stages.values[row, rows][~np.isnan(stages.values[row, rows])]
        if column in rows and len(present) == 1:
            return "there is only one city with a value (0/0)"
        if column in rows and present.size and present.min() == present.max():
            return "the value is the same in every city (0/0)"
    return f"{stages.values[at]:g} is outside what the method is defined for"


def _no_node(node: Node, parts: Mapping[str, Floats], row: int) -> Iterator[str]:
    if not np.isnan(parts[node.code][row]):
        return
    children = scored_children(node)
    there = {child.code: float(parts[child.code][row]) for child in children}
    present = {code: value for code, value in there.items() if not math.isnan(value)}
    if len(present) < len(there) and len(present) < node.minimum_coverage * len(there) + 1e-12:
        need = _percent(node.minimum_coverage)
        yield f"{node.code} has {len(present)} of {len(there)} parts and needs {need} %"
        return
    low = [code for code, value in present.items() if value <= 0]
    if low and node.mean not in ("arithmetic", "sum", "min", "copeland"):
        yield f"{node.code}: a {node.mean} mean needs parts above zero, and {', '.join(low)} is not"
