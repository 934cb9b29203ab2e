"""How much figures are revised: what became of values between their first and their last publication. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.domain.block import Ints

Floats = NDArray[np.float64]


def typical_revision(city: Ints, period: Ints, value: Floats) -> float:
    """Root mean square of last minus first published value over all figures, in the indicator's unit.

    Rows stand by city, then period, then vintage; `value` is NaN where there is none. A figure that was never
    revised counts with zero. 0.0 without figures.
    """
    there = ~np.isnan(value)
    city, period, value = city[there], period[there], value[there]
    if not value.size:
        return 0.0
    starts = np.append(True, (city[1:] != city[:-1]) | (period[1:] != period[:-1]))
    ends = np.append(starts[1:], True)
    return float(np.sqrt(np.mean((value[ends] - value[starts]) ** 2)))
