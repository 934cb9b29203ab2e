"""Contributions add up under every mean, changes add up under every cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.domain.composite.explain import CONSTANT, contributions, strengths
from app.domain.composite.framework import Framework
from app.domain.composite.moves import ORDER, Table, is_complete, move
from app.domain.composite.multivariate import (
    alphas,
    correlation,
    correlations,
    cronbach_alpha,
    effective_weights,
    pairs,
    principal_components,
    with_own_pillar,
)
from app.domain.composite.score import score
from tests.app.domain.composite.frames import bundled, small

TREE = """
[nodes.I]
mean = "{mean}"
{power}
children = ["P", {{ code = "d", weight = 2, goalposts = [0, 10] }}]
[nodes.P]
mean = "{mean}"
{power}
children = [{{ code = "a", goalposts = [0, 10] }}, {{ code = "b", goalposts = [0, 10] }}, {{ code = "c", goalposts = {{ worst = 10, best = 0 }} }}]
"""  # noqa: E501
MEANS = ["arithmetic", "geometric", "harmonic", "generalised", "min", "mazziotta_pareto", "sum", "product"]


def tree(mean: str = "arithmetic") -> Framework:
    power = "power = 0.5" if mean == "generalised" else ""
    whole = mean in ("sum", "product")
    head = f"minimum_coverage = {1 if whole else 0.5}\n[defaults]\nscale = [1, 100]"
    return small(TREE.format(mean=mean, power=power), head)


def table(missing: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(rng.uniform(0, 10, (25, 4)), columns=list("abcd"), index=[f"c{at}" for at in range(25)])
    return frame.mask(rng.random(frame.shape) < missing)


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_contributions_add_up_to_the_score_under_every_mean(mean: str, missing: float) -> None:
    scored = score(table(missing), tree(mean))
    found = contributions(scored)
    ranked = scored.ranks > 0
    assert ranked.any()
    np.testing.assert_allclose(found.sum(axis=1)[ranked], scored.index_score[ranked], rtol=1e-12)
    assert (found[CONSTANT][ranked] == 0).all()
    assert found[~ranked].isna().all().all()


def test_copeland_contributions_add_up_to_the_balance_of_wins() -> None:
    recipe = small(
        "[nodes.I]\nmean = 'copeland'\nchildren = ["
        + ", ".join(f"{{ code = '{code}', goalposts = [-1, 10] }}" for code in "abc")
        + "]"
    )
    scored = score(table(), recipe)
    np.testing.assert_allclose(contributions(scored).sum(axis=1), scored.index_score, atol=1e-9)


def test_an_arithmetic_contribution_is_effective_weight_times_score() -> None:
    scored = score(table(), tree())
    found = contributions(scored)
    weights = effective_weights(scored.framework)
    assert weights == pytest.approx({"a": 1 / 9, "b": 1 / 9, "c": 1 / 9, "d": 2 / 3})
    for code, weight in weights.items():
        np.testing.assert_allclose(found[code], scored.parts[code] * weight)


def test_rounding_is_no_indicators_doing() -> None:
    recipe = small(
        "[nodes.I]\nround = 0\nchildren = [{ code = 'a', goalposts = [0, 10] }, { code = 'b', goalposts = [0, 10] }]"
    )
    found = contributions(score(pd.DataFrame({"a": [1.23], "b": [4.0]}), recipe))
    assert found[CONSTANT].round(9).tolist() == [-0.15]
    assert found.sum(axis=1).round(9).tolist() == [26.0]


def test_contributions_to_the_hdi_of_norway_add_up() -> None:
    frame = pd.DataFrame(
        [[83.2339, 18.1852, 13.0036, 64660.11]], columns=["le", "eys", "mys", "gnipc"], index=["NOR"]
    )
    found = contributions(score(frame, bundled("hdi")))
    assert round(float(found.loc["NOR"].sum()), 3) == 0.961
    assert found.loc["NOR", "le"] == pytest.approx(found.loc["NOR", "gnipc"])


def test_strengths_compare_with_the_peers_given() -> None:
    frame = pd.DataFrame({"a": [9.0, 1, 1, 5], "b": [5.0, 5, 5, 5], "c": [9.0, 1, 1, 1], "d": [5.0, 6, 6, 0]})
    found = strengths(score(frame, tree()), 0, np.array([True, True, True, False]))
    assert found.index.tolist() == ["a", "b", "d", "c"]
    assert found.loc["a", ["place", "of"]].tolist() == [1, 3]
    assert found.loc["c", "points"] == pytest.approx(-8 * 9.9 / 9)


def periods() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    first = table(0.1)
    revised = first.copy()
    revised.iloc[:, 0] += 0.3
    second = (revised + 0.5).mask(np.random.default_rng(1).random(first.shape) < 0.1)
    return first, revised, second.drop(index="c7")


@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
def test_the_parts_of_a_change_add_up_to_it_for_every_city(mean: str) -> None:
    first, revised, second = periods()
    then, now = (
        tree(mean),
        small(
            TREE.format(mean=mean, power="").replace("weight = 2", "weight = 1"),
            "minimum_coverage = 0.5\n[defaults]\nscale = [1, 100]\nnormalise = 'goalposts'",
        ),
    )
    complete = 0
    for city in first.index:
        found = move(Table(first), Table(revised), Table(second), city=city, frameworks=(then, now))
        assert [step.cause for step in found.steps] == list(ORDER)
        if found.reason is None:
            assert is_complete(found)
            complete += 1
        else:
            assert city == "c7" or found.reason.startswith("not ranked")
    assert complete >= 15


def test_each_cause_moves_only_its_own_part() -> None:
    frame = pd.DataFrame({"a": [5.0, 1.0], "b": [5.0, 9.0], "c": [5.0, 5.0], "d": [5.0, 5.0]}, index=["x", "y"])
    recipe = tree()

    def parts(first_now: pd.DataFrame, second: pd.DataFrame) -> dict[str, float]:
        steps = move(Table(frame), Table(first_now), Table(second), city="x", frameworks=(recipe, recipe)).steps
        return {step.cause: step.score for step in steps if step.score}

    own = frame.copy()
    own.loc["x", "d"] = 6.0
    others = frame.copy()
    others.loc["y", "d"] = 6.0
    gap = frame.copy()
    gap.loc["x", "a"] = np.nan
    assert set(parts(frame, own)) == {"own"}
    assert set(parts(own, own)) == {"revisions"}
    assert parts(frame, others) == {}
    assert set(parts(frame, gap)) <= {"coverage"}
    steps = move(Table(frame), Table(frame), Table(others), city="x", frameworks=(recipe, recipe)).steps
    assert {step.cause: step.rank for step in steps if step.rank} == {"others": 1}


def test_a_city_that_was_not_ranked_says_so() -> None:
    first, revised, second = periods()
    found = move(Table(first), Table(revised), Table(second), city="c7", frameworks=(tree(), tree()))
    assert found.reason == "not ranked after"
    assert not is_complete(found)
    with pytest.raises(KeyError):
        move(Table(first), Table(revised), Table(second), city="nowhere", frameworks=(tree(), tree()))


def test_what_cannot_exist_is_no_gap_on_the_way() -> None:
    """City x never had d: without that knowledge it would lack a quarter of its indicators and have no rank."""
    frame = pd.DataFrame({"a": [5.0, 1.0], "b": [5.0, 9.0], "c": [5.0, 5.0], "d": [np.nan, 5.0]}, index=["x", "y"])
    exists = frame.notna()
    later = frame.assign(a=[6.0, 1.0])
    recipe = small(TREE.format(mean="arithmetic", power=""), "minimum_coverage = 1\n[defaults]\nscale = [1, 100]")
    tables = (Table(frame, exists), Table(frame, exists), Table(later, exists))
    found = move(*tables, city="x", frameworks=(recipe, recipe))
    assert {step.cause for step in found.steps if step.score} == {"own"}
    bare = move(Table(frame), Table(frame), Table(later), city="x", frameworks=(recipe, recipe))
    assert bare.reason == "not ranked before"


def test_cronbach_alpha_by_hand() -> None:
    """Parts 1 2 3 and 2 4 6: variances 1 and 4, of the sum 9, so 2/1 * (1 - 5/9)."""
    block = np.array([[1.0, 2, 3, np.nan], [2.0, 4, 6, 1]])
    assert cronbach_alpha(block) == pytest.approx(8 / 9)
    assert np.isnan(cronbach_alpha(block[:1]))


def test_redundant_and_opposing_indicators_are_flagged() -> None:
    frame = table()
    frame["b"] = frame["a"] * 0.9 + 0.01 * frame["b"]
    frame["c"] = frame["a"]
    scored = score(frame, tree())
    verdicts = {(pair.first, pair.second): pair.verdict for pair in pairs(scored)}
    assert verdicts == {("a", "b"): "redundant", ("a", "c"): "opposing", ("b", "c"): "opposing"}
    own = with_own_pillar(scored)
    assert own.loc["c", "verdict"] == "contradiction"
    assert own.loc["d", "pillar"] == "I"
    assert alphas(scored)["P"] < alphas(score(frame.assign(c=10 - frame["a"]), tree()))["P"]
    assert correlations(scored, "P").loc["a", "c"] == pytest.approx(-1)
    assert principal_components(scored, "P")[0] > 0.99


def test_a_correlation_needs_three_cities_and_some_variation() -> None:
    assert np.isnan(correlation(np.array([1.0, 2, np.nan]), np.array([1.0, 2, 3])))
    assert np.isnan(correlation(np.ones(5), np.arange(5.0)))
