"""What moved unusually: planted moves are found, noise alone is not."""

from __future__ import annotations

import numpy as np

from app.domain.attention import MOST_OF_ONE, RATE, moved


def noise(seed: int, cities: int = 200, indicators: int = 40) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    before = dice.normal(50, 10, (cities, indicators))
    return before + dice.normal(2, 1, (cities, indicators)), before


def test_a_planted_move_is_found_against_its_peers_and_against_the_common_drift() -> None:
    now, before = noise(1)
    now[17, 5] = before[17, 5] - 9
    found = moved(now, before, ["a"] * 200)
    assert [(each.city, each.indicator) for each in found] == [(17, 5)]
    assert found[0].score < -8
    assert found[0].peers == np.median((now - before)[:, 5])
    assert found[0].p_value < RATE


def test_noise_alone_is_mostly_no_news() -> None:
    # At a rate of 5 % about one drawing in twenty names something where nothing is.
    told = [bool(moved(*noise(seed), ["a"] * 200)) for seed in range(100, 140)]
    assert sum(told) <= 8


def test_one_city_and_one_indicator_do_not_fill_the_list() -> None:
    now, before = noise(2)
    now[3, :] += 40
    now[:10, 7] += 40
    found = moved(now, before, ["a"] * 200)
    assert len(found) >= 3
    assert max(sum(each.city == city for each in found) for city in range(200)) <= MOST_OF_ONE
    assert max(sum(each.indicator == one for each in found) for one in range(40)) <= MOST_OF_ONE


def test_few_peers_no_spread_and_gaps_say_nothing() -> None:
    now, before = noise(3, cities=5)
    assert moved(now, before, ["a"] * 5) == []
    assert moved(np.ones((20, 2)), np.zeros((20, 2)), ["a"] * 20) == []
    assert moved(np.full((20, 2), np.nan), np.zeros((20, 2)), [None] * 20) == []
