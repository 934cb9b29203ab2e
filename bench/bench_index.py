"""The index beside the bare arithmetic it cannot do without, in one run on one core (neither side uses threads).

The bare side is hand-written numpy for
this one tree (scale, weigh, rank), with no checks, names, reasons or coverage by node.
"""

from __future__ import annotations

import csv
import time
import tomllib
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.composite.framework import Framework, Leaf, Uncertainty
from app.domain.composite.parse import parse
from app.domain.composite.score import score
from app.domain.composite.uncertainty import rank_intervals

ROOT = Path(__file__).parents[1]
CITIES = 1117
DRAWS = 1000
Floats = NDArray[np.float64]


def framework() -> Framework:
    """The five-principle index over the catalogue's 50 indicators."""
    reference = ROOT / "data" / "reference"
    with (reference / "indicators.csv").open(encoding="utf-8-sig", newline="") as file:
        catalogue = {row["code"]: row for row in csv.DictReader(file)}
    table = tomllib.loads((reference / "frameworks" / "citymark-5p.toml").read_text(encoding="utf-8"))
    return parse(table, catalogue)


def simulated(index: Framework, share_missing: float) -> pd.DataFrame:
    """Figures between the goalposts, seeded, with a share of gaps."""
    rng = np.random.default_rng(20240101)
    columns = {}
    for leaf in index.leaves:
        posts = leaf.scale.goalposts
        assert posts is not None
        low, high = sorted((float(posts.worst), float(posts.best)))
        columns[leaf.source_column] = rng.uniform(low, high, CITIES)
    frame = pd.DataFrame(columns, index=[f"city-{row:04d}" for row in range(CITIES)])
    return frame.mask(rng.random(frame.shape) < share_missing)


@dataclass(frozen=True)
class Bare:
    """What the arithmetic needs, prepared outside the clock: columns by transform, posts, weights, pillars."""

    shapes: list[tuple[Callable[[Floats], Floats], NDArray[np.intp]]]
    worst: Floats
    width: Floats
    weights: Floats
    pillars: list[slice]


def bare_plan(index: Framework) -> Bare:
    """The tree as arrays."""
    formulas = {"log": np.log, "log1p": np.log1p, "fourth_root": lambda x: x**0.25}
    names = [leaf.transform for leaf in index.leaves]
    posts = np.array([[_post(leaf, "worst"), _post(leaf, "best")] for leaf in index.leaves])
    shapes = [(formula, np.flatnonzero([name == own for own in names])) for name, formula in formulas.items()]
    for formula, columns in shapes:
        posts[columns] = formula(posts[columns])
    counts = np.cumsum([0, *(len(node.children) for node in index.nodes[:-1])])
    pillars = [slice(start, stop) for start, stop in zip(counts[:-1], counts[1:], strict=True)]
    weights = np.array([leaf.weight for leaf in index.leaves])
    return Bare(shapes, posts[:, 0], posts[:, 1] - posts[:, 0], weights, pillars)


def _post(leaf: Leaf, name: str) -> float:
    assert leaf.scale.goalposts is not None
    return float(getattr(leaf.scale.goalposts, name))


def bare(plan: Bare, values: Floats) -> NDArray[np.int64]:
    """Cities × indicators to ranks: transform, scale, clip, weighted means of what is there, order."""
    shaped = values.copy()
    for formula, columns in plan.shapes:
        shaped[:, columns] = formula(shaped[:, columns])
    scored = np.clip((shaped - plan.worst) / plan.width, 0, 1) * 100
    present = ~np.isnan(scored)
    filled = np.where(present, scored, 0)
    pillars = [
        (filled[:, part] @ plan.weights[part]) / (present[:, part] @ plan.weights[part]) for part in plan.pillars
    ]
    whole = np.mean(pillars, axis=0)
    return np.argsort(np.argsort(-whole)) + 1


def fastest(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of several runs."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def peak_mib(work: Callable[[], object]) -> float:
    """Most memory held at once, in MiB."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def rows() -> list[dict[str, object]]:
    """Figures with their targets: name, value, unit, target."""
    index = framework()
    table = simulated(index, 0.05)
    values = table[[leaf.source_column for leaf in index.leaves]].to_numpy()
    scored = score(table, index)
    plan = bare_plan(index)
    floor = fastest(lambda: bare(plan, values), 200)
    full = fastest(lambda: score(table, index), 200)
    shown = fastest(lambda: score(table, index).table(), 50)
    weights = fastest(lambda: rank_intervals(scored, DRAWS, 1, plan=Uncertainty()), 5)
    everything = fastest(lambda: rank_intervals(scored, DRAWS, 1), 3)
    small = peak_mib(lambda: rank_intervals(scored, 250, 1))
    large = peak_mib(lambda: rank_intervals(scored, DRAWS, 1))
    return [
        _row("bare numpy arithmetic", floor * 1e3, "ms", None),
        _row("full index 1,117 × 50", full * 1e3, "ms", None),
        _row("full index / bare", full / floor, "×", 5.0),
        _row("full index with its table / bare", shown / floor, "×", None),
        _row("1,000 draws of weights, ranks and intervals", weights, "s", 0.5),
        _row("1,000 draws of all assumptions of the framework", everything, "s", None),
        _row("peak memory, 250 draws", small, "MiB", None),
        _row("peak memory, 1,000 draws", large, "MiB", None),
        _row("draws × cities × indicators would be", DRAWS * CITIES * 50 * 8 / 2**20, "MiB", None),
    ]


def _row(name: str, value: float, unit: str, target: float | None) -> dict[str, object]:
    return {"bench": "index", "name": name, "value": round(value, 4), "unit": unit, "target": target}
