"""Two indicators of Compare together: the pairs, the words, the correlation beside SciPy's."""

from __future__ import annotations

from html import unescape

import numpy as np
import pytest
from scipy import stats
from sqlalchemy import Engine

from app.db import reading
from app.domain.period import parse_period
from app.domain.standing import rank_correlation, spread
from app.queries.comparison import Figure, Row
from dashboard.components.still import at_rest
from dashboard.figures.scatter import paired, scatter
from dashboard.locale import Locale
from dashboard.pages import compare
from dashboard.pages.compare_pair import summary
from dashboard.view import CityView, IndicatorView, View

Q1 = parse_period("2026-Q1")
ACROSS = IndicatorView("A", "Доля <b>А</b>", "", "%", "higher", None, 1)
UP = IndicatorView("B", "Показатель " * 9, "", "ед.", "lower", None, 0)
KAZAN = CityView("ru-kazan", "Казань", "", 0, is_peer=False)


def row(code: str, peers: dict[str, float], kazan: float | None) -> Row:
    values = np.array(list(peers.values()))
    return Row(code, Q1, False, spread(values), peers, (Figure("ru-kazan", kazan, "A"),), None)


def view(language: str = "ru") -> View:
    names = {"ru-ufa": "Уфа", "ru-omsk": "Омск", "ru-perm": "Пермь"}
    return View(Locale(language), (KAZAN,), "все", 3, Q1, has_change=False, names=names)


@pytest.mark.parametrize("seed", range(20))
def test_the_rank_correlation_is_scipys(seed: int) -> None:
    dice = np.random.default_rng(seed)
    first, second = dice.integers(0, 6, 30).astype(float), dice.normal(size=30).round(1)
    expected = stats.spearmanr(first, second).statistic
    assert rank_correlation(first.tolist(), second.tolist()) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("pairs", [[], [(1, 2)], [(1, 2), (2, 3)], [(1, 2), (1, 3), (1, 4)]])
def test_no_correlation_is_made_up(pairs: list[tuple[float, float]]) -> None:
    assert rank_correlation([a for a, _ in pairs], [b for _, b in pairs]) is None


def test_only_cities_with_both_are_drawn_and_zero_is_a_value() -> None:
    first = row("A", {"ru-ufa": 0.0, "ru-omsk": 5.0, "ru-perm": 7.0}, 3.0)
    second = row("B", {"ru-ufa": 4.0, "ru-omsk": 1.0}, 0.0)
    pairs = paired(first, second)
    assert pairs == {"ru-ufa": (0.0, 4.0), "ru-omsk": (5.0, 1.0), "ru-kazan": (3.0, 0.0)}
    chart = scatter(pairs, ACROSS, UP, view())
    grey, kazan = chart["data"]
    assert (grey["x"], grey["y"]) == ([0.0, 5.0], [4.0, 1.0])
    assert (kazan["x"], kazan["y"]) == ([3.0], [0.0])
    assert kazan["hovertext"] == ["Казань: 3,0 %; 0 ед."]
    assert chart["layout"]["xaxis"]["title"]["text"] == "Доля &lt;b&gt;А&lt;/b&gt;, %"
    assert len(chart["layout"]["yaxis"]["title"]["text"]) <= 60


def test_a_chosen_city_without_a_figure_is_left_out() -> None:
    pairs = paired(row("A", {"ru-ufa": 1.0}, None), row("B", {"ru-ufa": 2.0}, 3.0))
    assert pairs == {"ru-ufa": (1.0, 2.0)}


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ([1, 2, 3, 4, 5, 6], "mostly high in the other (rank correlation 1.00)"),
        ([6, 5, 4, 3, 2, 1], "mostly low in the other (rank correlation −1.00)"),
        ([1, 6, 2, 5, 3, 4], "slightly more often high in the other (rank correlation 0.26)"),
        ([5, 5, 5, 5, 5, 5], "6 cities have both figures"),
    ],
)
def test_the_summary_says_how_they_go_together(second: list[int], words: str) -> None:
    pairs = {str(n): (float(n), float(value)) for n, value in enumerate(second)}
    said = summary(pairs, view("en"))
    assert words in said
    assert "proves no cause" in said


@pytest.mark.parametrize(
    ("query", "left_out"),
    [
        ("x=QM_PM25", ["Fine particles"]),
        ("x=TI_SMART_LIGHTING&y=QM_PM25", ["Fine particles"]),
        ("x=QM_PM25&y=QM_PM25", ["Fine particles"]),
        ("p=all&x=QM_PM25&y=TI_SMART_LIGHTING", []),
        # Not even two indicators to draw: the section is not there, and what was asked of it is said.
        ("i=TI_SMART_LIGHTING&x=TI_SMART_LIGHTING&y=QM_PM25", ["Fine particles"]),
    ],
)
@pytest.mark.parametrize(("language", "words"), [("en", "is not among the"), ("ru", "нет среди показанных")])
def test_an_indicator_of_the_address_that_is_not_shown_is_named(
    demo: Engine, language: str, words: str, query: str, left_out: list[str]
) -> None:
    with reading(demo) as session:
        _, page = compare.draw(session, language=language, search=f"?c=ru-kazan~ru-ufa&{query}")
    text = at_rest(page)
    assert text.count(words) == len(left_out)
    if language == "en":
        assert all(f"“{name}" in unescape(text) for name in left_out)
