"""Figures as columns, as every answer holds them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.domain.block import Ints, Objects
from app.domain.period import period_of_number

# City, indicator, period: what a cursor remembers.
RowKey = tuple[int, int, int]


@dataclass(frozen=True)
class Figures:
    """Figures as columns in ORDER: ids and period numbers, `value` as text of its exact digits or None."""

    city_id: Ints
    indicator_id: Ints
    period: Ints
    vintage: Ints
    value: Objects
    status: Objects
    note: Objects
    attributes: Objects
    is_withdrawn: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.city_id)

    def head(self, rows: int) -> Figures:
        """The first rows."""
        return self.take(np.arange(min(rows, len(self))))

    def key(self, row: int) -> RowKey:
        """The key of one row, which a cursor remembers."""
        return int(self.city_id[row]), int(self.indicator_id[row]), int(self.period[row])

    def after(self, key: RowKey) -> Figures:
        """The rows behind the key; the figures stand in ORDER."""
        city, indicator, period = self.city_id, self.indicator_id, self.period
        is_later = (city > key[0]) | (
            (city == key[0]) & ((indicator > key[1]) | ((indicator == key[1]) & (period > key[2])))
        )
        return self.take(np.flatnonzero(is_later))

    def with_status(self, letters: Sequence[str]) -> Figures:
        """The rows with one of these statuses."""
        return self.take(np.flatnonzero(np.isin(self.status.astype("U1"), list(letters))))

    def ordered(self) -> Figures:
        """The same rows in ORDER."""
        return self.take(np.lexsort((self.period, self.indicator_id, self.city_id)))

    def take(self, rows: NDArray[np.intp]) -> Figures:
        """These rows, in this order."""
        return Figures(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def joined(parts: list[Figures]) -> Figures:
    """The parts together, in ORDER."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return figures_of([])[0]
    names = Figures.__dataclass_fields__
    return Figures(*(np.concatenate([getattr(part, name) for part in parts]) for name in names)).ordered()


def figures_of(rows: Sequence[Sequence[object]]) -> tuple[Figures, Objects]:
    """Rows of selection.columns() as figures, and the confidentiality of each."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 10
    city, indicator, period, vintage = (np.asarray(column, dtype=np.int32) for column in columns[:4])
    value, status, confidentiality, note, attributes = (np.asarray(column, dtype=object) for column in columns[4:9])
    is_withdrawn = np.asarray(columns[9], dtype=np.bool_)
    return Figures(city, indicator, period, vintage, value, status, note, attributes, is_withdrawn), confidentiality


def period_codes(numbers: Ints) -> Objects:
    """The codes of period numbers."""
    found, places = np.unique(numbers, return_inverse=True)
    codes = np.asarray([_period_code(number) for number in found.tolist()], dtype=object)
    return np.asarray(codes[places], dtype=object)


@lru_cache(maxsize=65_536)
def _period_code(number: int) -> str:
    return period_of_number(number).code
