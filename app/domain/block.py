"""One indicator's figures of every vintage as arrays, and which of them were known with a vintage. Pure.

Rows stand by period, then city, then vintage; figures never change within a vintage, so a block only grows.
Texts (exact values, notes, attributes) are kept once each and referred to by number; 0 stands for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.domain.status import PUBLIC

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]
Column = Sequence[Any] | NDArray[Any]
# The columns of the table, in this order; `value` is canonical decimal text.
FIELDS = ("city_id", "period", "vintage", "value", "status", "confidentiality", "note", "attributes", "is_withdrawn")


@dataclass(frozen=True)
class Texts:
    """A column of texts: `codes` a number a row, `texts` what each number says (0: None)."""

    codes: Ints
    texts: Objects

    @classmethod
    def of(cls, column: Column) -> Texts:
        """The column with every text kept once."""
        codes, texts = pd.factorize(np.asarray(column, dtype=object))
        return cls((codes + 1).astype(np.int32), np.asarray([None, *texts.tolist()], dtype=object))

    def at(self, rows: Ints) -> Objects:
        """The texts of these rows."""
        return np.asarray(self.texts[self.codes[rows]], dtype=object)

    def take(self, order: NDArray[np.intp]) -> Texts:
        """The column in another order."""
        return Texts(self.codes[order], self.texts)

    def joined(self, later: Texts) -> Texts:
        """Both columns; texts that both have are kept twice, which is cheaper than finding them."""
        shifted = np.where(later.codes == 0, 0, later.codes + np.int32(len(self.texts) - 1)).astype(np.int32)
        return Texts(np.concatenate([self.codes, shifted]), np.append(self.texts, later.texts[1:]))

    @property
    def is_none(self) -> Bools:
        """The rows that have no text."""
        return np.asarray([text is None for text in self.texts], dtype=np.bool_)[self.codes]

    @property
    def size_bytes(self) -> int:
        """Roughly what it takes in memory."""
        return self.codes.nbytes + sum(60 + len(text or "") for text in self.texts)


@dataclass(frozen=True)
class Rows:
    """Rows of one indicator as columns."""

    city: Ints
    period: Ints
    vintage: Ints
    value: Texts
    status: Texts
    note: Texts
    attributes: Texts
    is_public: Bools
    is_withdrawn: Bools

    def take(self, order: NDArray[np.intp]) -> Rows:
        """The rows in another order."""
        return Rows(
            self.city[order],
            self.period[order],
            self.vintage[order],
            self.value.take(order),
            self.status.take(order),
            self.note.take(order),
            self.attributes.take(order),
            self.is_public[order],
            self.is_withdrawn[order],
        )

    def joined(self, later: Rows) -> Rows:
        """The rows of both."""
        return Rows(
            np.concatenate([self.city, later.city]),
            np.concatenate([self.period, later.period]),
            np.concatenate([self.vintage, later.vintage]),
            self.value.joined(later.value),
            self.status.joined(later.status),
            self.note.joined(later.note),
            self.attributes.joined(later.attributes),
            np.concatenate([self.is_public, later.is_public]),
            np.concatenate([self.is_withdrawn, later.is_withdrawn]),
        )

    @property
    def size_bytes(self) -> int:
        """Roughly what they take in memory."""
        arrays = (self.city, self.period, self.vintage, self.is_public, self.is_withdrawn)
        texts = (self.value, self.status, self.note, self.attributes)
        return sum(array.nbytes for array in arrays) + sum(text.size_bytes for text in texts)


@dataclass(frozen=True)
class Block:
    """The rows of one indicator by period, city and vintage; `newest` is the last vintage that it knows of."""

    newest: int
    rows: Rows
    # Row numbers by city, then period, then vintage, and the cities in that order.
    by_city: Ints
    cities: Ints

    @property
    def size_bytes(self) -> int:
        """Roughly what it takes in memory."""
        return self.rows.size_bytes + self.by_city.nbytes + self.cities.nbytes

    def joined(self, later: Rows, newest: int) -> Block:
        """The block with rows of later vintages."""
        return _block(self.rows.joined(later), newest) if later.city.size else _same(self, newest)

    def known(self, vintage: int, *, cities: Ints | None = None, periods: Sequence[int] | None = None) -> Ints:
        """Numbers of the public rows known with `vintage`, by city and then period; None means any."""
        numbers = self._candidates(cities, periods)
        numbers = numbers[self.rows.vintage[numbers] <= vintage]
        if numbers.size == 0:
            return numbers
        # Of each figure the last row that was known: the next row is of another one.
        city, period = self.rows.city[numbers], self.rows.period[numbers]
        is_last = np.ones(len(numbers), dtype=np.bool_)
        is_last[:-1] = (city[1:] != city[:-1]) | (period[1:] != period[:-1])
        numbers = numbers[is_last]
        return np.asarray(numbers[self.rows.is_public[numbers]], dtype=np.int32)

    def public(self, vintage: int) -> Ints:
        """Numbers of all public rows of the vintages up to `vintage`, revised ones too."""
        return np.flatnonzero(self.rows.is_public & (self.rows.vintage <= vintage)).astype(np.int32)

    def _candidates(self, cities: Ints | None, periods: Sequence[int] | None) -> Ints:
        """Rows of any vintage, by city, period and vintage."""
        if periods is not None and len(periods) == 1:
            # Wider numbers would have the whole column made wider first.
            low, high = self.rows.period.searchsorted(np.asarray([periods[0], periods[0] + 1], dtype=np.int32))
            numbers: Ints = np.arange(low, high, dtype=np.int32)
            return numbers if cities is None else _of(cities, self.rows.city[low:high], numbers)
        numbers = self.by_city if cities is None else _of(cities, self.cities, self.by_city)
        if periods is None:
            return numbers
        return numbers[np.isin(self.rows.period[numbers], np.asarray(periods, dtype=np.int32))]


def _of(cities: Ints, column: Ints, numbers: Ints) -> Ints:
    """The row numbers of some cities; `column` is in order and says the city of each number."""
    low = column.searchsorted(cities, side="left").tolist()
    high = column.searchsorted(cities, side="right").tolist()
    parts = [numbers[first:last] for first, last in zip(low, high, strict=True)]
    return np.concatenate(parts) if parts else numbers[:0]


def rows_of(table: Sequence[Column]) -> Rows:
    """Columns of a table (FIELDS, rows in any order) as rows of a block."""
    columns = dict(zip(FIELDS, table, strict=True))
    return Rows(
        np.asarray(columns["city_id"], dtype=np.int32),
        np.asarray(columns["period"], dtype=np.int32),
        np.asarray(columns["vintage"], dtype=np.int32),
        Texts.of(columns["value"]),
        Texts.of(columns["status"]),
        Texts.of(columns["note"]),
        Texts.of(columns["attributes"]),
        np.asarray(columns["confidentiality"], dtype=object) == PUBLIC,
        np.asarray(columns["is_withdrawn"], dtype=np.bool_),
    )


def block_of(table: Sequence[Column], newest: int) -> Block:
    """The block of an indicator's whole table, as columns (FIELDS)."""
    return _block(rows_of(table), newest)


def _block(rows: Rows, newest: int) -> Block:
    ordered = rows.take(np.lexsort((rows.vintage, rows.city, rows.period)))
    by_city = np.lexsort((ordered.vintage, ordered.period, ordered.city)).astype(np.int32)
    return Block(newest, ordered, by_city, ordered.city[by_city])


def _same(block: Block, newest: int) -> Block:
    return Block(newest, block.rows, block.by_city, block.cities)
