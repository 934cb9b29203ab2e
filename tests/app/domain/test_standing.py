"""The quartiles of a group are those that numpy gives, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest

from app.domain.standing import spread


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 101, 280])
def test_a_spread_is_what_numpy_says_of_the_values_that_are_there(count: int) -> None:
    dice = np.random.default_rng(count)
    for decimals in range(4):
        values = np.round(dice.normal(50, 20, count), decimals)
        low, median, high = np.percentile(values, [25, 50, 75])
        found = spread(np.append(values, np.nan))
        assert found is not None
        assert (found.count, found.low, found.median, found.high) == (count, low, median, high)
        assert found.mad == np.median(np.abs(values - median))
        assert (found.least, found.most) == (values.min(), values.max())


def test_nothing_has_no_spread() -> None:
    assert spread(np.array([np.nan])) is None
