"""What a score promises: properties that hold for every table, and a clear answer where there is no score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.composite.framework import Framework
from app.domain.composite.normalise import goalposted_block, normalised
from app.domain.composite.score import score
from tests.app.domain.composite.frames import bundled, small

TWO = """
[nodes.I]
mean = "{mean}"
children = ["P", {{ code = "c", goalposts = {{ worst = 10, best = 0 }} }}]
[nodes.P]
children = [{{ code = "a", goalposts = [0, 10] }}, {{ code = "b", weight = 2, goalposts = [0, 10] }}]
"""
MEANS = ["arithmetic", "geometric", "harmonic", "min"]


def two(mean: str = "arithmetic") -> Framework:
    return small(TWO.format(mean=mean), "minimum_coverage = 0.5\n[defaults]\nscale = [1, 100]")


def cities(rows: list[tuple[float, ...]]) -> pd.DataFrame:
    index = [f"c{at}" for at in range(len(rows))]
    return pd.DataFrame(rows, columns=["a", "b", "c"], index=index, dtype=float)


value = st.floats(0, 10, allow_nan=False)
table = st.lists(st.tuples(value, value, value), min_size=2, max_size=8)


@given(table, st.sampled_from(MEANS), st.randoms())
@settings(deadline=None, max_examples=40)
def test_the_order_of_cities_changes_nothing(rows: list[tuple[float, ...]], mean: str, random: object) -> None:
    frame = cities(rows)
    frame.iloc[0, 0] = np.nan
    shuffled = frame.sample(frac=1, random_state=1)
    straight, other = score(frame, two(mean)).table(), score(shuffled, two(mean)).table()
    pd.testing.assert_frame_equal(straight, other.loc[frame.index], check_exact=True)


@given(table, st.sampled_from(MEANS), st.sampled_from(["a", "b", "c"]), st.floats(0.01, 5))
@settings(deadline=None, max_examples=40)
def test_a_better_value_never_lowers_the_score(
    rows: list[tuple[float, ...]], mean: str, column: str, step: float
) -> None:
    frame = cities(rows)
    better = frame.copy()
    better.loc["c0", column] += -step if column == "c" else step
    before, after = (score(which, two(mean)).index_score for which in (frame, better))
    assert after[0] >= before[0] - 1e-9
    np.testing.assert_array_equal(after[1:], before[1:])


@given(table, st.sampled_from(MEANS))
@settings(deadline=None, max_examples=40)
def test_a_node_lies_between_its_parts_and_the_index_on_its_scale(rows: list[tuple[float, ...]], mean: str) -> None:
    parts = score(cities(rows), two(mean)).parts
    assert ((parts["I"] >= 1 - 1e-9) & (parts["I"] <= 100 + 1e-9)).all()
    low, high = np.minimum(parts["P"], parts["c"]), np.maximum(parts["P"], parts["c"])
    assert ((parts["I"] >= low - 1e-9) & (parts["I"] <= high + 1e-9)).all()


@given(table, st.floats(0.001, 1000))
@settings(deadline=None, max_examples=40)
def test_goalposted_scores_do_not_depend_on_the_unit(rows: list[tuple[float, ...]], unit: float) -> None:
    body = TWO.format(mean="arithmetic").replace("[0, 10] }", f"[0, {10 * unit!r}] }}", 1)
    other = small(body, "minimum_coverage = 0.5\n[defaults]\nscale = [1, 100]")
    frame = cities(rows)
    scaled = frame.assign(a=frame["a"] * unit)
    np.testing.assert_allclose(score(scaled, other).index_score, score(frame, two()).index_score, rtol=1e-9)


@given(table, st.floats(0.01, 100), st.floats(-100, 100))
@settings(deadline=None, max_examples=40)
def test_min_max_does_not_depend_on_scale_and_shift(
    rows: list[tuple[float, ...]], scale: float, shift: float
) -> None:
    recipe = small("[nodes.I]\nchildren = [{ code = 'a', normalise = 'minmax' }]")
    frame = cities([(round(row[0], 3), row[1], row[2]) for row in rows])
    moved = frame.assign(a=frame["a"] * scale + shift)
    np.testing.assert_allclose(
        score(moved, recipe).index_score, score(frame, recipe).index_score, rtol=1e-6, atol=1e-6
    )


def test_a_goalposted_score_does_not_depend_on_the_other_cities() -> None:
    frame = cities([(1, 2, 3), (4, 5, 6), (9, 9, 0)])
    whole, alone = score(frame, two()), score(frame.iloc[[1]], two())
    assert alone.index_score[0] == whole.index_score[1]


def test_the_block_of_goalposts_gives_the_same_bits_as_one_indicator_at_a_time() -> None:
    framework = bundled("citymark-5p")
    rng = np.random.default_rng(3)
    values = rng.uniform(0, 120, (len(framework.leaves), 300))
    values[rng.random(values.shape) < 0.1] = np.nan
    block = goalposted_block(framework.leaves, values)
    assert len(block) == 50
    for row, leaf in enumerate(framework.leaves):
        np.testing.assert_array_equal(block[row], normalised(values[row], leaf))


def plain_score(row: dict[str, float]) -> float | None:
    """The tree TWO by hand for one city: no arrays, no shared code."""
    leaves = {code: row[code] for code in "abc"}
    points = {"a": leaves["a"] / 10, "b": leaves["b"] / 10, "c": 1 - leaves["c"] / 10}
    points = {code: 1 + 99 * share for code, share in points.items() if share == share}
    pillar = [(points[code], weight) for code, weight in (("a", 1), ("b", 2)) if code in points]
    top = [points["c"]] if "c" in points else []
    if pillar:
        top.append(sum(point * weight for point, weight in pillar) / sum(weight for _, weight in pillar))
    return sum(top) / len(top) if top else None


def test_the_engine_agrees_with_the_plain_reading_of_the_tree() -> None:
    rng = np.random.default_rng(5)
    frame = cities([tuple(row) for row in rng.uniform(0, 10, (60, 3))]).mask(rng.random((60, 3)) < 0.3)
    ours = score(frame, two()).index_score
    for row, found in zip(frame.to_dict("records"), ours, strict=True):
        expected = plain_score({str(code): cell for code, cell in row.items()})
        assert found == pytest.approx(expected, rel=1e-12) if expected is not None else np.isnan(found)


def test_below_the_coverage_rule_the_share_and_the_gaps_are_named() -> None:
    recipe = small(
        "[nodes.I]\nminimum_coverage = 0.65\nchildren = ["
        + ", ".join(f'{{ code = "{code}", goalposts = [0, 1] }}' for code in "abcdefgh")
        + "]"
    )
    frame = pd.DataFrame({code: [0.5, 0.5] for code in "abcdefgh"}, index=["x", "y"])
    frame.loc["y", ["a", "d", "f"]] = np.nan
    answer = score(frame, recipe)
    assert answer.ranks.tolist() == [1, 0]
    assert answer.reasons == [
        None,
        "not ranked: 62 % reported; missing: a, d, f; I has 5 of 8 parts and needs 65 %",
    ]


def test_what_cannot_exist_in_a_city_leaves_numerator_and_denominator() -> None:
    recipe = small("[nodes.I]\nchildren = [{ code = 'a', goalposts = [0, 10] }, { code = 'b', goalposts = [0, 10] }]")
    frame = cities([(5, 5, 0), (5, np.nan, 0)])
    exists = pd.DataFrame({"b": [True, False]}, index=frame.index)
    answer = score(frame, recipe, exists)
    assert answer.coverage.tolist() == [1.0, 1.0]
    assert answer.index_score.tolist() == [50.0, 50.0]
    assert answer.ranks.tolist() == [1, 1]


def test_three_policies_for_one_gap_give_three_answers() -> None:
    body = (
        "[nodes.I]\nminimum_coverage = {least}\nchildren = ["
        "{{ code = 'a', goalposts = [0, 10] }}, {{ code = 'b', {how}goalposts = [0, 10] }}]"
    )
    frame = cities([(6, 6, 0), (9, np.nan, 0), (8, 8, 0)])
    skip = score(frame, small(body.format(least=0.5, how="")))
    mean = score(frame, small(body.format(least=1, how="impute = 'mean', ")))
    none = score(frame, small(body.format(least=1, how="")))
    assert skip.ranks.tolist() == [3, 1, 2]
    assert mean.ranks.tolist() == [3, 1, 1]
    assert none.ranks.tolist() == [2, 0, 1]
    assert mean.imputed().loc["c1", "b"]
    assert mean.coverage.tolist() == [1.0, 0.5, 1.0]


def only(answer: list[str | None]) -> str:
    assert len(set(answer)) == 1
    assert answer[0] is not None
    return answer[0]


def test_zero_under_a_geometric_mean_is_refused_by_name_unless_the_framework_settles_it() -> None:
    body = (
        "[nodes.I]\nmean = 'geometric'\n{zeros}children = ["
        "{{ code = 'a', goalposts = [0, 10] }}, {{ code = 'b', goalposts = [0, 10] }}]"
    )
    frame = cities([(0, 5, 0)])
    refused = score(frame, small(body.format(zeros="")))
    assert only(refused.reasons).endswith("I: a geometric mean needs parts above zero, and a is not")
    assert score(frame, small(body.format(zeros="zeros = 'zero'\n"))).index_score.tolist() == [0.0]


def test_a_constant_column_under_min_max_has_no_score_and_says_so() -> None:
    recipe = small("[nodes.I]\nchildren = [{ code = 'a', normalise = 'minmax' }]")
    for method in ("minmax", "zscore"):
        recipe = small(f"[nodes.I]\nchildren = [{{ code = 'a', normalise = '{method}' }}]")
        assert "the value is the same in every city (0/0)" in only(score(cities([(0.1, 0, 0)] * 3), recipe).reasons)


def test_one_city_is_first_under_goalposts_and_has_no_relative_score() -> None:
    assert score(cities([(5, 5, 5)]), two()).ranks.tolist() == [1]
    recipe = small("[nodes.I]\nchildren = [{ code = 'a', normalise = 'minmax' }]")
    assert "only one city with a value" in only(score(cities([(5, 5, 5)]), recipe).reasons)


@pytest.mark.parametrize("method", ["percentile", "zscore", "rank", "place", "borda", "fraction_of_max"])
def test_no_city_has_no_relative_score_either(method: str) -> None:
    recipe = small(f"[nodes.I]\nchildren = [{{ code = 'a', normalise = '{method}' }}]")
    assert score(cities([(1, 1, 1)]).iloc[:0], recipe).table().empty


@pytest.mark.parametrize("code", ["citymark-5p", "hdi", "kz-ahp", "minstroy", "asem"])
def test_no_city_gives_an_answer_without_rows(code: str) -> None:
    framework = bundled(code)
    columns = {leaf.source_column for leaf in framework.leaves} | {"EurAsia_group", "Area", "Energy", "GDP"}
    empty = pd.DataFrame({name: np.array([], dtype=float) for name in columns | {"Population"}})
    assert score(empty, framework).table().empty


def test_all_missing_ranks_nobody_and_names_every_gap() -> None:
    nan = float("nan")
    answer = score(cities([(nan, nan, nan)] * 2), two())
    assert only(answer.reasons).startswith("not ranked: 0 % reported; missing: a, b, c")


def test_a_missing_column_and_a_repeated_city_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="column c of indicator c is not in the data"):
        score(cities([(1, 2, 3)]).drop(columns="c"), two())
    with pytest.raises(ValueError, match="stands twice in the data: x"):
        score(cities([(1, 2, 3), (1, 2, 3)]).set_axis(["x", "x"]), two())


def test_panel_and_period_scales_are_never_mixed_silently() -> None:
    index = pd.MultiIndex.from_tuples([("x", "2023"), ("y", "2023"), ("x", "2024"), ("y", "2024")])
    frame = pd.DataFrame({"a": [0.0, 10.0, 10.0, 20.0]}, index=index)
    body = "[nodes.I]\nchildren = [{ code = 'a', normalise = 'minmax' }]"
    with pytest.raises(ValueError, match="several periods"):
        score(frame, small(body))
    assert score(frame, small(body, 'over = "panel"')).index_score.tolist() == [0, 50, 50, 100]
    assert score(frame, small(body, 'over = "period"')).index_score.tolist() == [0, 100, 0, 100]
    assert score(frame, small(body, 'over = "panel"')).ranks.tolist() == [2, 1, 2, 1]


def test_scores_within_groups_are_ranked_within_groups() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 10.0, 30.0], "size": ["s", "s", "l", "l"]}, index=list("wxyz"))
    recipe = small("[nodes.I]\nchildren = [{ code = 'a', normalise = 'minmax' }]", 'within = "size"')
    assert score(frame, recipe).index_score.tolist() == [0, 100, 0, 100]
    assert score(frame, recipe).ranks.tolist() == [2, 1, 2, 1]


@given(st.lists(st.integers(0, 10), min_size=3, max_size=3), st.permutations([0, 1, 2]))
@settings(deadline=None, max_examples=60)
def test_the_same_parts_in_another_order_share_a_rank(parts: list[int], order: list[int]) -> None:
    """0.1 + 0.7 + 0.3 and 0.3 + 0.7 + 0.1 differ in the last bit; that is not a difference between cities."""
    recipe = small(
        "[nodes.I]\nmean = 'arithmetic'\nchildren = ["
        + ", ".join(f"{{ code = '{code}', goalposts = [0, 3] }}" for code in "abc")
        + "]"
    )
    frame = cities([(*(part / 10 for part in parts),), (*(parts[at] / 10 for at in order),), (0.0, 0.0, 0.0)])
    ranks = score(frame, recipe).ranks
    assert ranks[0] == ranks[1] == 1


def test_a_sum_of_places_is_won_by_the_lowest() -> None:
    place = "normalise = 'place'"
    body = f"[nodes.I]\nmean = 'sum'\nchildren = [{{ code = 'a', {place} }}, {{ code = 'b', {place} }}]"
    answer = score(cities([(9, 9, 0), (5, 7, 0), (1, 8, 0)]), small(body, 'best = "lowest"'))
    assert answer.index_score.tolist() == [2, 5, 5]
    assert answer.ranks.tolist() == [1, 2, 2]


def test_a_gap_is_filled_from_the_sample_of_its_own_period() -> None:
    index = pd.MultiIndex.from_product([["x", "y", "z"], ["2023", "2024"]])
    frame = pd.DataFrame({"a": [2.0, 6.0, 4.0, 8.0, np.nan, np.nan]}, index=index)
    body = "[nodes.I]\nchildren = [{ code = 'a', impute = 'mean', goalposts = [0, 100] }]"
    apart = score(frame, small(body, 'over = "period"')).index_score
    assert apart.round(9).tolist() == [2, 6, 4, 8, 3, 7]
    together = score(frame, small(body, 'over = "panel"')).index_score
    assert together.round(9).tolist() == [2, 6, 4, 8, 5, 5]
    with pytest.raises(ValueError, match="several periods"):
        score(frame, small(body))


def test_a_city_screened_out_moves_nobodys_scale() -> None:
    head = "[screening]\nminimum_availability = 0.66"
    recipe = small(
        "[nodes.I]\nminimum_coverage = 0.3\nchildren = [{ code = 'a', normalise = 'minmax' }, "
        "{ code = 'b', normalise = 'minmax' }, { code = 'c', normalise = 'minmax' }]",
        head,
    )
    nan = float("nan")
    answer = score(cities([(0, 0, 0), (10, 10, 10), (1000, nan, nan)]), recipe)
    assert answer.index_score[:2].tolist() == [0.0, 100.0]
    assert answer.reasons[2] is not None
    assert "screened out" in answer.reasons[2]


def test_text_categories_have_declared_scores() -> None:
    recipe = small("[nodes.I]\nchildren = [{ code = 'a', categories = { yes = 100, no = 0 } }]")
    frame = pd.DataFrame({"a": ["yes", "no", None]}, index=list("xyz"))
    np.testing.assert_array_equal(score(frame, recipe).index_score, [100, 0, np.nan])
    with pytest.raises(ValueError, match="category 'maybe' is not one of yes, no"):
        score(frame.replace("no", "maybe"), recipe)
