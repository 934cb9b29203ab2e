"""The changes of a quarter that a reader should look at, and how much of it has been reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.domain.attention import Floats, Moved, moved
from app.domain.period import Period
from app.queries.grid import grid
from app.queries.reference import CityEntry, IndicatorEntry


@dataclass(frozen=True)
class Quarter:
    """What moved, and the values: cities × indicators, NaN where there is none."""

    moved: list[Moved]
    now: Floats

    def reported(self, columns: Sequence[int]) -> float | None:
        """The share of these indicators' values that are there, among the cities that reported any of them."""
        part = np.isfinite(self.now[:, columns]) if len(columns) else np.zeros((0, 0), dtype=bool)
        lines = part.any(axis=1)
        return float(part[lines].mean()) if lines.any() else None


def quarter(
    session: Session, at: Period, cities: Sequence[CityEntry], indicators: Sequence[IndicatorEntry], vintage: int
) -> Quarter:
    """The quarter `at` as known with a vintage; yearly indicators stay out of it."""
    now = grid(session, at, cities, indicators, vintage)
    before = grid(session, at.year_earlier(), cities, indicators, vintage)
    return Quarter(moved(now, before, [entry.size for entry in cities]), now)
