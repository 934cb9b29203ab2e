"""Sobol indices against functions whose indices are known, and against an independent library."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import sobol as library

from app.domain.composite.framework import Uncertainty
from app.domain.composite.score import score
from app.domain.composite.sensitivity import _evaluated, leave_one_out, rank_sensitivity, sobol
from tests.app.domain.composite.frames import small

NAMES = ("one", "two", "three")


def ishigami(points: np.ndarray) -> np.ndarray:
    x = (2 * points - 1) * np.pi
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def additive(points: np.ndarray) -> np.ndarray:
    return points @ np.array([1.0, 2.0, 3.0])


def test_ishigami_has_its_published_indices() -> None:
    found = sobol(ishigami, NAMES, 32768, seed=1, resamples=20)
    np.testing.assert_allclose(found.first, [0.314, 0.442, 0.0], atol=0.01)
    np.testing.assert_allclose(found.total, [0.558, 0.442, 0.244], atol=0.01)
    assert (found.first_low <= found.first).all()
    assert (found.total_high >= found.total).all()


def test_an_additive_function_splits_by_squares_and_its_totals_are_its_first_orders() -> None:
    found = sobol(additive, NAMES, 2048, seed=2, resamples=0)
    expected = np.array([1, 4, 9]) / 14
    np.testing.assert_allclose(found.first, expected, atol=0.01)
    np.testing.assert_allclose(found.total, expected, atol=0.01)


@pytest.mark.parametrize("output", [ishigami, additive])
def test_the_same_runs_give_what_an_independent_library_gives(output: object) -> None:
    assert callable(output)
    size = 1024
    a, b, mixed = _evaluated(output, 3, size, 7)
    runs = np.column_stack([a, *mixed, b]).reshape(-1)
    problem = {"num_vars": 3, "names": list(NAMES), "bounds": [[0, 1]] * 3}
    theirs = library.analyze(problem, runs, calc_second_order=False, num_resamples=2, seed=1)
    ours = sobol(output, NAMES, size, seed=7, resamples=0)
    # The library centres on the mean of all runs, we on that of the two base samples.
    np.testing.assert_allclose(ours.first, theirs["S1"], atol=1e-6)
    np.testing.assert_allclose(ours.total, theirs["ST"], atol=1e-6)


def test_the_sample_size_is_a_power_of_two_and_something_must_vary() -> None:
    with pytest.raises(ValueError, match="power of two"):
        sobol(additive, NAMES, 1000, seed=1)
    with pytest.raises(ValueError, match="nothing to compare"):
        sobol(additive, (), 8, seed=1)
    assert sobol(lambda points: np.ones(len(points)), NAMES, 8, seed=1).total.tolist() == [0, 0, 0]


RECIPE = small(
    "[nodes.I]\nchildren = [" + ", ".join(f"{{ code = '{code}', goalposts = [0, 10] }}" for code in "abcd") + "]"
)


def table() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(rng.uniform(0, 10, (30, 4)), columns=list("abcd"))


def test_rank_changes_are_split_among_the_assumptions_varied() -> None:
    plan = Uncertainty(normalisations=("as_given", "percentile"), leave_one_out=True)
    found = rank_sensitivity(score(table(), RECIPE), 64, seed=3, plan=plan)
    assert found.names == ("weights", "normalisation", "left out")
    assert found.total[2] > found.total[1]
    again = rank_sensitivity(score(table(), RECIPE), 64, seed=3, plan=plan)
    np.testing.assert_array_equal(found.first, again.first)


def test_leaving_out_an_indicator_equals_scoring_without_it() -> None:
    base = score(table(), RECIPE)
    without = small(
        "[nodes.I]\nchildren = [" + ", ".join(f"{{ code = '{code}', goalposts = [0, 10] }}" for code in "bcd") + "]"
    )
    expected = np.abs(score(table(), without).ranks - base.ranks).mean()
    assert leave_one_out(base)["a"] == pytest.approx(expected)
