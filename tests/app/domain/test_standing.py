"""How the values of a group lie, beside NumPy's own quantiles."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.domain.standing import spread

VALUES = st.floats(-1e9, 1e9) | st.sampled_from([0.0, -0.0, 0.1, 1.0, float("nan")])


@given(st.lists(VALUES, max_size=40))
def test_quartiles_and_deviation_are_numpys_to_the_last_digit(values: list[float]) -> None:
    given_values = np.array(values, dtype=np.float64)
    there = given_values[np.isfinite(given_values)]
    found = spread(given_values)
    if found is None:
        assert there.size == 0
        return
    assert [found.low, found.median, found.high] == np.percentile(there, [25, 50, 75]).tolist()
    assert found.mad == np.median(np.abs(there - np.percentile(there, 50)))
    assert (found.count, found.least, found.most) == (there.size, there.min(), there.max())
