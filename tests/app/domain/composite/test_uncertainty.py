"""Rank intervals: reproducible, equal to the plain way of getting them, and honest when nothing is varied."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.domain.composite.draws import alternative, concentration, drawn, drawn_ranks, droppable, settled
from app.domain.composite.framework import Framework, Uncertainty, reweighted, scored_children, with_value_errors
from app.domain.composite.score import Scored, score
from app.domain.composite.uncertainty import rank_intervals
from tests.app.domain.composite.frames import small

TREE = """
[nodes.I]
mean = "{mean}"
children = ["P", "Q"]
[nodes.P]
children = [{{ code = "a", goalposts = [0, 10] }}, {{ code = "b", weight = 2, goalposts = [0, 10], value_sd = 0.5 }}]
[nodes.Q]
children = [{{ code = "c", goalposts = {{ worst = 10, best = 0 }} }}, {{ code = "d", goalposts = [0, 10] }}]
"""
FULL = Uncertainty(
    normalisations=("as_given", "minmax", "percentile"), means=("as_given", "geometric"), leave_one_out=True
)


def tree(mean: str = "arithmetic") -> Framework:
    return small(TREE.format(mean=mean), "minimum_coverage = 0.5")


def scored(count: int = 40, missing: float = 0.1, mean: str = "arithmetic") -> Scored:
    rng = np.random.default_rng(11)
    values = rng.uniform(0, 10, (count, 4))
    frame = pd.DataFrame(values, columns=list("abcd"), index=[f"c{at:03d}" for at in range(count)])
    return score(frame.mask(rng.random(frame.shape) < missing), tree(mean))


@pytest.mark.parametrize("mean", ["arithmetic", "geometric", "harmonic", "mazziotta_pareto", "copeland"])
def test_draws_give_the_ranks_of_the_plain_score_of_each_alternative_framework(mean: str) -> None:
    base = scored(mean=mean)
    frame = pd.DataFrame(base.stages.reported.T, index=base.stages.index, columns=list("abcd"))
    draws = drawn(base.framework, FULL, 60, seed=4)
    seen = 0
    for places, ranks in drawn_ranks(base, draws):
        for place, row in zip(places, ranks, strict=True):
            other = alternative(
                base.framework,
                draws.normalisations[draws.normalisation[place]],
                draws.means[draws.mean[place]],
                int(draws.dropped[place]),
            )
            plain = score(frame, reweighted(other, weights_of(base, draws.weights, int(place), other)))
            comparable = (base.ranks > 0) == (plain.ranks > 0)
            if comparable.all():
                np.testing.assert_array_equal(row, plain.ranks)
                seen += 1
    assert seen >= 30


def weights_of(
    base: Scored, drawn_weights: dict[str, np.ndarray], place: int, other: Framework
) -> dict[str, dict[str, float]]:
    """The weights of one draw by code, without the part that was left out."""
    left = {child.code for node in other.nodes for child in scored_children(node)}
    result = {}
    for node in base.framework.nodes:
        codes = [child.code for child in scored_children(node)]
        drawn_row = drawn_weights[node.code][place]
        found = {code: float(weight) for code, weight in zip(codes, drawn_row, strict=True) if code in left}
        if found:
            result[node.code] = found
    return result


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others() -> None:
    base = scored()
    first, again, other = (rank_intervals(base, 300, seed, plan=FULL) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.table(), again.table())
    assert (first.drawn != other.drawn).any()


def test_the_order_of_cities_changes_no_interval() -> None:
    base = scored()
    frame = pd.DataFrame(base.stages.reported.T, index=base.stages.index, columns=list("abcd"))
    plan = Uncertainty(values=True, leave_one_out=True)
    shuffled = score(frame.sample(frac=1, random_state=3), base.framework)
    straight, other = (
        rank_intervals(base, 100, 1, plan=plan).table(),
        rank_intervals(shuffled, 100, 1, plan=plan).table(),
    )
    pd.testing.assert_frame_equal(straight, other.loc[straight.index])


def test_when_nothing_is_varied_the_interval_is_the_nominal_rank() -> None:
    base = scored(missing=0.0)
    found = rank_intervals(base, 50, 1, plan=Uncertainty(weight_spread=0.0))
    assert found.assumptions == ()
    for summary in (found.low, found.high, found.median):
        np.testing.assert_array_equal(summary, base.ranks)
    np.testing.assert_array_equal(found.tier, base.ranks)
    assert found.p_top10.sum() == 10


def test_equal_cities_share_their_interval_and_their_tier() -> None:
    frame = pd.DataFrame({"a": [5.0, 5, 1], "b": [5.0, 5, 1], "c": [5.0, 5, 9], "d": [5.0, 5, 1]}, index=list("xyz"))
    found = rank_intervals(score(frame, tree()), 200, 1, plan=Uncertainty())
    assert found.low.tolist() == [1, 1, 3]
    assert found.high.tolist() == [1, 1, 3]
    assert found.tier.tolist() == [1, 1, 2]
    assert found.ahead(0, 1) == 0.5
    assert found.ahead(0, 2) == 1.0


def test_the_interval_agrees_with_an_independent_count() -> None:
    """Two indicators, one weight: x (1, 0) is ahead of y (0, 1) when the first weight is above one half."""
    recipe = small(
        "[nodes.I]\nchildren = [{ code = 'a', weight = 3, goalposts = [0, 1] }, "
        "{ code = 'b', weight = 2, goalposts = [0, 1] }]"
    )
    frame = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0]}, index=["x", "y"])
    plan = Uncertainty(concentration=10.0)
    found = rank_intervals(score(frame, recipe), 20_000, 5, plan=plan)
    reference = np.random.default_rng(99).beta(6.0, 4.0, 400_000)
    assert found.ahead(0, 1) == pytest.approx((reference > 0.5).mean(), abs=0.01)


def test_the_spread_is_the_coefficient_of_variation_of_an_average_weight() -> None:
    recipe = small(
        "[nodes.I]\nchildren = [" + ", ".join(f"{{ code = '{c}', goalposts = [0, 1] }}" for c in "abcde") + "]"
    )
    assert concentration(recipe.root, Uncertainty(weight_spread=0.25)) == 63.0
    weights = drawn(recipe, Uncertainty(weight_spread=0.25), 50_000, 1).weights["I"]
    assert (weights.std(axis=0) / weights.mean(axis=0)).mean() == pytest.approx(0.25, rel=0.02)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    with pytest.raises(ValueError, match="too wide"):
        concentration(recipe.root, Uncertainty(weight_spread=3.0))


def test_every_assumption_varied_is_listed() -> None:
    plan = Uncertainty(normalisations=FULL.normalisations, means=FULL.means, leave_one_out=True, values=True)
    listed = rank_intervals(scored(), 5, 1, plan=plan).assumptions
    assert [line.split(":")[0] for line in listed] == [
        "weights in P",
        "weights in Q",
        "weights in I",
        "normalisation",
        "mean",
        "indicators",
        "values",
    ]


def test_unranked_cities_have_no_interval_and_take_no_place() -> None:
    base = scored()
    frame = pd.DataFrame(base.stages.reported.T, index=base.stages.index, columns=list("abcd"))
    frame.iloc[3] = np.nan
    found = rank_intervals(score(frame, tree()), 50, 1, plan=FULL)
    assert found.table().iloc[3].isna().all()
    assert np.isnan(found.ahead(0, 3))
    assert found.drawn.max() <= 39


def test_no_city_and_no_draw_are_answered() -> None:
    empty = score(pd.DataFrame({code: np.array([], dtype=float) for code in "abcd"}), tree())
    assert rank_intervals(empty, 10, 1).table().empty
    with pytest.raises(ValueError, match="at least one"):
        rank_intervals(scored(), 0, 1)


def test_weights_from_the_data_are_settled_before_they_are_varied() -> None:
    recipe = small("[nodes.I]\nweights = 'pca'\nchildren = ['P', 'Q']\n" + TREE.format(mean="x").split('"Q"]')[1])
    base = score(pd.DataFrame(scored(missing=0.0).stages.reported.T, columns=list("abcd")), recipe)
    framework = settled(base)
    assert sum(child.weight for child in framework.root.children) == pytest.approx(1)
    assert rank_intervals(base, 20, 1).drawn.shape == (20, 40)


def test_errors_of_values_widen_the_interval() -> None:
    base = scored(missing=0.0)
    frame = pd.DataFrame(base.stages.reported.T, index=base.stages.index, columns=list("abcd"))
    widths = []
    for error in (0.01, 3.0):
        other = score(frame, with_value_errors(base.framework, {"a": error, "b": error, "elsewhere": 9.0}))
        found = rank_intervals(other, 200, 1, plan=Uncertainty(weight_spread=0.0, values=True))
        widths.append(float((found.high - found.low).mean()))
    assert widths[0] < 1 < widths[1]


def test_a_lone_indicator_cannot_be_left_out() -> None:
    assert droppable(small("[nodes.I]\nchildren = [{ code = 'a', goalposts = [0, 1] }]")) == []
