"""Each step by hand: small tables with results a reader can check."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.domain.composite import aggregate, normalise, treat, weights
from app.domain.composite.framework import Goalposts, Imputation, Leaf, Scale, Segment, Treatment
from app.domain.composite.impute import imputed, ordinal
from app.domain.composite.ranking import half_up, ranks
from app.domain.composite.transform import transformed

X = np.array([1.0, 2.0, 2.0, 4.0, np.nan])


def shares(leaf: Leaf, values: np.ndarray = X, reference: int | None = None) -> list[float | None]:
    found = normalise.normalised(values, leaf, reference)
    return [None if np.isnan(value) else round(float(value), 12) for value in found]


def by(method: str, **more: object) -> Leaf:
    direction = more.pop("direction", "higher")
    return Leaf("x", direction=direction, scale=Scale(method=method, upper=1.0, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (by("minmax"), [0, 0.333333333333, 0.333333333333, 1, None]),
        (by("minmax", direction="lower"), [1, 0.666666666667, 0.666666666667, 0, None]),
        (by("distance_to_max"), [0, 0.333333333333, 0.333333333333, 1, None]),
        (by("percentile"), [0, 0.333333333333, 0.333333333333, 1, None]),
        (by("rank"), [1, 2, 2, 4, None]),
        (by("place"), [4, 2, 2, 1, None]),
        (by("place", direction="lower"), [1, 2, 2, 4, None]),
        (by("borda"), [0, 1, 1, 3, None]),
        (by("borda", direction="lower"), [3, 1, 1, 0, None]),
        (by("fraction_of_max"), [0.25, 0.5, 0.5, 1, None]),
        (by("fraction_of_max", direction="lower"), [1, 0.5, 0.5, 0.25, None]),
        (by("distance_to_target", target=5.0), [0, 0.25, 0.25, 0.75, None]),
        (by("distance_to_target", target=3.0), [0, 0.5, 0.5, 1, None]),
        (by("distance_to_target", target=3.0, clip="none"), [0, 0.5, 0.5, 1.5, None]),
        (by("distance_to_target", target=0.0, direction="lower"), [0.75, 0.5, 0.5, 0, None]),
        (by("target_ratio", target=2.0, direction="target"), [0.5, 1, 1, 0, None]),
        (by("goalposts", goalposts=Goalposts(0.0, 2.0)), [0.5, 1, 1, 1, None]),
        (by("goalposts", goalposts=Goalposts(0.0, 2.0), clip="none"), [0.5, 1, 1, 2, None]),
        (by("goalposts", goalposts=Goalposts(2.0, 0.0), clip="none"), [0.5, 0, 0, -1, None]),
        (by("goalposts", goalposts=Goalposts(2.0, 0.0), clip="bottom"), [0.5, 0, 0, 0, None]),
        (by("goalposts", goalposts=Goalposts(2.0, 1.5), clip="bottom"), [2, 0, 0, 0, None]),
        (by("goalposts", goalposts=Goalposts(2.0, 1.5), clip="top"), [1, 0, 0, -4, None]),
        (by("goalposts", goalposts=Goalposts(0.0, "max")), [0.25, 0.5, 0.5, 1, None]),
        (by("piecewise", points=((0.0, 0.0), (2.0, 1.0), (4.0, 0.5))), [0.5, 1, 1, 0.5, None]),
        (by("segments", segments=(Segment(upto=2, slope=0.1), Segment(intercept=9))), [0.1, 0.2, 0.2, 9, None]),
    ],
)
def test_a_scale_gives_what_its_formula_says(leaf: Leaf, expected: list[float | None]) -> None:
    assert shares(leaf) == expected


def test_z_scores_say_which_deviation_they_divide_by() -> None:
    values = np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])
    population = by("zscore", sd="population", centre=100.0, spread=10.0)
    assert shares(population, values)[0] == 85.0
    assert shares(by("zscore"), values)[-1] == round(4 / (32 / 7) ** 0.5, 12)
    assert shares(by("zscore", direction="lower", sd="population"), values)[-1] == -2.0


def test_distance_to_a_reference_city_is_one_at_the_reference() -> None:
    assert shares(by("distance_to_reference", reference="b", clip="none"), reference=1) == [0, 1, 1, 3, None]
    assert shares(by("minmax_reference", reference="b", clip="none"), reference=1) == [0, 1, 1, 3, None]


def test_transforms_are_undefined_outside_their_domain_and_never_wrong() -> None:
    values = np.array([-1.0, 0.0, 16.0])
    assert np.isnan(transformed(values, "log")).tolist() == [True, True, False]
    assert transformed(values, "fourth_root")[2] == 2.0
    assert transformed(values, "cube_root")[0] == -1.0
    assert np.isnan(transformed(values, "log1p")).tolist() == [True, False, False]


def test_a_zero_beyond_the_best_post_is_full_marks_under_a_log() -> None:
    leaf = Leaf("x", "lower", "lower", "log", Scale(goalposts=Goalposts(100.0, 1.0)))  # type: ignore[arg-type]
    leaf = Leaf("x", direction="lower", transform="log", scale=leaf.scale)
    assert normalise.normalised(np.array([0.0, 1.0, 10.0, 100.0]), leaf).round(12).tolist() == [100, 100, 50, 0]


PAIR = [np.array([4.0, 4.0, np.nan]), np.array([9.0, 0.0, 9.0])]


@pytest.mark.parametrize(
    ("mean", "expected"),
    [
        (aggregate.arithmetic(PAIR, [1.0, 3.0]), [7.75, 1.0, 9.0]),
        (aggregate.geometric(PAIR, [1.0, 1.0]), [6.0, 0.0, 9.0]),
        (aggregate.harmonic(PAIR, [1.0, 1.0]), [72 / 13, 0.0, 9.0]),
        (aggregate.generalised(PAIR, [1.0, 1.0], 2.0), [(97 / 2) ** 0.5, 8**0.5, 9.0]),
        (aggregate.generalised(PAIR, [1.0, 1.0], 0.0), [6.0, 0.0, 9.0]),
        (aggregate.smallest(PAIR, [1.0, 1.0]), [4.0, 0.0, 9.0]),
        (aggregate.product(PAIR, [0.5, 1.0]), [18.0, 0.0, 9.0]),
        (aggregate.mazziotta_pareto(PAIR, [1.0, 1.0], "minus"), [6.5 - 6.25 / 6.5, 0.0, 9.0]),
        (aggregate.mazziotta_pareto(PAIR, [1.0, 1.0], "plus"), [6.5 + 6.25 / 6.5, 4.0, 9.0]),
    ],
)
def test_a_mean_gives_what_its_formula_says(mean: np.ndarray, expected: list[float]) -> None:
    np.testing.assert_allclose(mean, expected, rtol=1e-14)


def test_a_negative_part_has_no_geometric_mean_and_does_not_drop_out() -> None:
    parts = [np.array([-1.0]), np.array([4.0])]
    for mean in (aggregate.geometric, aggregate.harmonic, aggregate.product):
        assert np.isnan(mean(parts, [1.0, 1.0])).all()
    assert np.isnan(aggregate.generalised(parts, [1.0, 1.0], 3.0)).all()


def test_copeland_counts_weighted_majorities() -> None:
    """a beats b on two of three; b beats c on two of three; a and c: two of three for a."""
    parts = [np.array([3.0, 2.0, 1.0]), np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0])]
    assert aggregate.copeland(parts, [1.0, 1.0, 1.0]).tolist() == [2, 0, -2]
    assert aggregate.copeland(parts, [1.0, 1.0, 2.0]).tolist() == [0, 0, 0]
    assert aggregate.copeland(parts, [0.1, 0.2, 0.3]).tolist() == [0, 0, 0]


def test_weights_sum_to_one_or_are_refused() -> None:
    assert weights.equal(4).tolist() == [0.25] * 4
    assert weights.given([1, 3]).tolist() == [0.25, 0.75]
    for bad in ([], [0, 0], [-1, 2], [float("nan")]):
        with pytest.raises(ValueError, match="weights"):
            weights.given(bad)


def test_ahp_recovers_consistent_judgements_and_measures_contradiction() -> None:
    found, ratio = weights.ahp(weights.comparison_matrix([[2, 4], [2]]))
    np.testing.assert_allclose(found, [4 / 7, 2 / 7, 1 / 7], rtol=1e-12)
    assert ratio < 1e-12
    _, contradictory = weights.ahp(weights.comparison_matrix([[9, 1 / 9], [9]]))
    assert contradictory > 1


def test_pca_weights_follow_the_common_factor() -> None:
    rng = np.random.default_rng(1)
    factor = rng.standard_normal(500)
    block = np.stack([factor, factor + 0.1 * rng.standard_normal(500), rng.standard_normal(500)])
    found = weights.pca(block)
    assert found.sum() == pytest.approx(1)
    assert found[2] < 0.05 < 0.4 < found[0]
    with pytest.raises(ValueError, match="vary"):
        weights.pca(np.ones((2, 5)))


def test_skew_and_kurtosis_are_the_sample_adjusted_forms() -> None:
    """By hand for 0, 0, 0, 4: deviations -1, -1, -1, 3; S2 = 12, S3 = 24, S4 = 84."""
    values = np.array([0.0, 0.0, 0.0, 4.0])
    assert treat.skew(values) == pytest.approx(2.0)
    assert treat.kurtosis(values) == pytest.approx(4.0)
    assert np.isnan(treat.skew(np.ones(9)))
    assert np.isnan(treat.kurtosis(np.array([1.0, 2.0, 3.0])))


def test_winsorising_never_moves_more_points_than_allowed_even_with_ties() -> None:
    values = np.array([*np.linspace(0, 1, 40), 1000.0, 1000.0, 1000.0])
    done = treat.treated(values, Treatment(winmax=2))
    assert done.logged
    done = treat.treated(values, Treatment(winmax=3))
    assert (done.high, done.low, done.logged) == (3, 0, False)
    assert done.values.max() == 1.0


def test_a_constant_indicator_is_not_treated() -> None:
    assert treat.treated(np.ones(10), Treatment()).label == "none"


def filled(method: str, table: pd.DataFrame, **more: object) -> tuple[list[float], list[bool]]:
    leaf = Leaf("x", imputation=Imputation(method, **more))  # type: ignore[arg-type]
    values, flags = imputed(table[["x"]].to_numpy(dtype=float).T, [leaf], table)
    return values[0].tolist(), flags[0].tolist()


def test_gaps_are_filled_as_declared_and_flagged() -> None:
    table = pd.DataFrame({"x": [1.0, 3.0, np.nan, 8.0, np.nan], "g": ["a", "a", "a", "b", "c"]})
    np.testing.assert_equal(filled("none", table), ([1, 3, np.nan, 8, np.nan], [False] * 5))
    assert filled("mean", table) == ([1, 3, 4, 8, 4], [False, False, True, False, True])
    assert filled("median", table)[0] == [1, 3, 3, 8, 3]
    np.testing.assert_equal(filled("group_mean", table, group="g")[0], [1, 3, 2, 8, np.nan])
    assert filled("group_mean", table, group="g")[1] == [False, False, True, False, False]
    with pytest.raises(ValueError, match="column h is not in the data"):
        filled("group_mean", table, group="h")


def test_the_last_value_is_carried_no_further_than_allowed() -> None:
    index = pd.MultiIndex.from_product([["a"], ["2024-Q1", "2023-Q4", "2023-Q3", "2023-Q2"]])
    table = pd.DataFrame({"x": [np.nan, np.nan, np.nan, 5.0]}, index=index)
    np.testing.assert_equal(filled("last", table, maximum_gap=2)[0], [np.nan, 5, 5, 5])
    assert ordinal("2024-Q1") - ordinal("2023-Q4") == 1
    assert ordinal("2024-01") - ordinal("2023-12") == 1
    with pytest.raises(ValueError, match="is not a period"):
        ordinal("Q1 2024")


def test_ranks_share_the_best_place_and_skip_what_is_missing() -> None:
    assert ranks(np.array([5.0, 7.0, 5.0, np.nan, 1.0])).tolist() == [2, 1, 2, 0, 4]
    assert ranks(np.array([])).tolist() == []


def test_exact_halves_go_up() -> None:
    assert half_up(np.array([0.125, 0.285, 2.5, -2.5, 0.9344999]), 2).tolist() == [0.13, 0.29, 2.5, -2.5, 0.93]
    assert half_up(np.array([0.5, 1.5, 2.5, -0.5]), 0).tolist() == [1, 2, 3, -1]
