"""A table for the index tool, read strictly: a cell is a number, an announced gap, or an error with line and column.

Nothing is coerced and nothing is guessed; every error of the file is collected before any is reported.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

import numpy as np
import pandas as pd

from app.domain.composite.denominate import category_key
from app.domain.composite.framework import Framework
from ingest.index_grid import Grid, TableError

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+", re.ASCII)
# 1 234 567,8: groups of three set off by a space that an office program writes.
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?:[.,]\d*)?", re.ASCII)
_GROUP_SPACE = re.compile(r"[ \u00a0\u2009\u202f]")
_LONG = ("indicator", "value")


@dataclass(frozen=True)
class Reading:
    """What the reader was told: names of columns and the marks of a gap or of what cannot exist."""

    city: str | None = None
    period: str = "period"
    missing: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    sheet: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class Figures:
    """The values by city (or city and period), where they can exist, and what the reader wants to say."""

    values: pd.DataFrame
    applicable: pd.DataFrame | None
    notes: tuple[str, ...] = field(default=())


def figures(grid: Grid, framework: Framework, reading: Reading) -> Figures:
    """The columns a framework needs, typed. TableError lists every missing column and every cell that is neither a
    number nor an announced gap. Wide and long form (city, indicator, value) are told by the header."""
    notes: list[str] = list(grid.notes)
    if all(name in grid.header for name in _LONG):
        wide, keys = _long(grid, reading, framework, notes)
    else:
        wide, keys = _wide(grid, reading, framework, notes)
    numeric, text = _needed(framework)
    faults = _absent(numeric | text, wide, grid)
    columns: dict[str, list[object]] = {}
    exists: dict[str, list[bool]] = {}
    cells = _Cells(reading, framework, grid.decimal_comma)
    for name in sorted(numeric | text):
        if name in wide:
            typed = [cells.typed(place, cell, is_text=name in text) for place, cell in wide[name]]
            columns[name], exists[name] = [value for value, _ in typed], [there for _, there in typed]
    faults += cells.faults()
    if faults:
        raise TableError(faults)
    return _framed(columns, exists, keys, framework, notes)


def _needed(framework: Framework) -> tuple[set[str], set[str]]:
    """Columns of numbers and columns of text."""
    numeric: set[str] = set()
    text: set[str] = set()
    for leaf in framework.leaves:
        (text if leaf.scale.categories else numeric).add(leaf.source_column)
        if leaf.denominator is not None:
            numeric.add(leaf.denominator)
        if leaf.imputation.group is not None:
            text.add(leaf.imputation.group)
    if framework.within is not None:
        text.add(framework.within)
    return numeric - text, text


Place = str
Wide = Mapping[str, Sequence[tuple[Place, object]]]
Keys = Sequence[tuple[str, ...]]


def _wide(grid: Grid, reading: Reading, framework: Framework, notes: list[str]) -> tuple[Wide, Keys]:
    numeric, text = _needed(framework)
    city = _city_column(grid, reading, numeric)
    at_city = grid.header.index(city)
    at_period = grid.header.index(reading.period) if reading.period in grid.header else None
    keys = _keys(grid, at_city, at_period)
    _note_ignored(grid, {city, reading.period} | numeric | text, notes)
    places = [(name, at) for at, name in enumerate(grid.header)]
    return {
        name: [(f"line {line}, column {name!r}", cells[at]) for line, cells in grid.rows] for name, at in places
    }, keys


def _city_column(grid: Grid, reading: Reading, numeric: set[str]) -> str:
    if reading.city is not None:
        if reading.city not in grid.header:
            raise TableError([f"there is no column {reading.city!r}; columns: {', '.join(grid.header)}"])
        return reading.city
    if "city" in grid.header:
        return "city"
    if grid.header[0] in numeric:
        raise TableError([f"no column of cities: the first column, {grid.header[0]!r}, is an indicator's"])
    return grid.header[0]


def _keys(grid: Grid, at_city: int, at_period: int | None) -> Keys:
    keys, faults = [], []
    first: dict[tuple[str, ...], int] = {}
    for line, cells in grid.rows:
        places = (at_city,) if at_period is None else (at_city, at_period)
        key = tuple(_label(cells[at]) for at in places)
        if not all(key):
            faults.append(f"line {line}: the {'city' if not key[0] else 'period'} is empty")
        elif key in first:
            faults.append(f"line {line}: {' '.join(key)} stands twice, first on line {first[key]}")
        first.setdefault(key, line)
        keys.append(key)
    if faults:
        raise TableError(faults)
    return keys


def _label(cell: object) -> str:
    return "" if cell is None else category_key(cell)


def _note_ignored(grid: Grid, used: set[str], notes: list[str]) -> None:
    ignored = [name for name in grid.header if name not in used]
    if ignored:
        notes.append(f"columns ignored: {', '.join(name or '(no name)' for name in ignored)}")


def _long(grid: Grid, reading: Reading, framework: Framework, notes: list[str]) -> tuple[Wide, Keys]:
    at = {name: grid.header.index(name) for name in _LONG}
    city = _city_column(grid, reading, set())
    at_city = grid.header.index(city)
    at_period = grid.header.index(reading.period) if reading.period in grid.header else None
    _note_ignored(grid, {city, reading.period, *_LONG}, notes)
    found: dict[str, dict[tuple[str, ...], tuple[Place, object]]] = {}
    keys: dict[tuple[str, ...], None] = {}
    faults = []
    for line, cells in grid.rows:
        key = tuple(_label(cells[place]) for place in ((at_city,) if at_period is None else (at_city, at_period)))
        name = _label(cells[at["indicator"]])
        if not all(key) or not name:
            faults.append(f"line {line}: the city, period or indicator is empty")
        elif key in found.setdefault(name, {}):
            faults.append(f"line {line}: {' '.join(key)} has {name} twice, before in {found[name][key][0]}")
        else:
            found[name][key] = (f"line {line}, column 'value'", cells[at["value"]])
            keys[key] = None
    if faults:
        raise TableError(faults)
    numeric, text = _needed(framework)
    extra = [name for name in found if name not in numeric | text]
    if extra:
        notes.append(f"indicators ignored: {', '.join(extra)}")
    return {name: [cells.get(key, ("", None)) for key in keys] for name, cells in found.items()}, list(keys)


def _absent(needed: set[str], wide: Wide, grid: Grid) -> list[str]:
    faults = []
    for name in sorted(needed - set(wide)):
        near = [other for other in wide if other.strip().casefold() == name.strip().casefold()]
        hint = f"; is {near[0]!r} meant?" if near else f"; the table has {', '.join(wide)}"
        faults.append(f"column {name!r}, which the framework needs, is not in the table{hint}")
    return faults


class _Cells:
    """Types one cell at a time by the reading's marks, and keeps the faults."""

    def __init__(self, reading: Reading, framework: Framework, decimal_comma: bool) -> None:
        self.missing = {*reading.missing, *framework.missing_marks}
        self.not_applicable = {*reading.not_applicable, *framework.not_applicable_marks}
        self.decimal_comma = decimal_comma
        self.found: list[str] = []
        self.signs: dict[str, str] = {}

    def typed(self, place: Place, cell: object, *, is_text: bool) -> tuple[object, bool]:
        """The value (None for a gap) and whether it can exist in this city."""
        plain = cell.strip() if isinstance(cell, str) else cell
        if plain is None or plain == "" or plain in self.missing:
            return None, True
        if isinstance(plain, str) and plain in self.not_applicable:
            return None, False
        if is_text:
            return (category_key(plain) if not isinstance(plain, bool) else str(plain).lower()), True
        return self._number(place, plain), True

    def _number(self, place: Place, cell: object) -> float | None:
        is_grouped = isinstance(cell, str) and self.decimal_comma and _GROUPED.fullmatch(cell)
        text = _GROUP_SPACE.sub("", str(cell)) if is_grouped else cell
        if isinstance(text, str) and self.decimal_comma and _COMMA_NUMBER.fullmatch(text):
            self.signs.setdefault("comma", place)
            text = text.replace(",", ".")
        elif isinstance(text, str) and "." in text:
            self.signs.setdefault("point", place)
        number = _plain_number(text)
        if number is None:
            self.found.append(f"{place}: {_shown(cell)}{_advice(cell)}")
        return number

    def faults(self) -> list[str]:
        """Every cell that could not be read, and a table that writes decimals both ways."""
        if len(self.signs) == 2:
            both = f"decimal comma in {self.signs['comma']}, decimal point in {self.signs['point']}"
            return [*self.found, f"the table writes decimals two ways: {both}"]
        return self.found


def _plain_number(cell: object) -> float | None:
    if isinstance(cell, bool | date | datetime | time):
        return None
    if isinstance(cell, str):
        number = float(cell) if _NUMBER.fullmatch(cell) else math.nan
    else:
        try:
            number = float(cell)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None
    return number if math.isfinite(number) else None


def _shown(cell: object) -> str:
    return f"{str(cell)[:40]!r} is not a number"


def _advice(cell: object) -> str:
    if not isinstance(cell, str):
        return ""
    if _COMMA_NUMBER.fullmatch(cell):
        return "; a decimal comma is read only in a table separated by semicolons or TABs"
    return f"; if it marks a gap, say so: --missing '{cell[:20]}' or [cells] missing in the framework"


def _framed(
    columns: dict[str, list[object]],
    exists: dict[str, list[bool]],
    keys: Keys,
    framework: Framework,
    notes: list[str],
) -> Figures:
    index: pd.Index
    if keys and len(keys[0]) == 2:
        index = pd.MultiIndex.from_tuples(keys, names=["city", "period"])
    else:
        index = pd.Index([key[0] for key in keys], name="city", dtype=object)
    _, text = _needed(framework)
    series = {
        name: np.array(cells, dtype=object)
        if name in text
        else np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
        for name, cells in columns.items()
    }
    values = pd.DataFrame(series, index=index)
    there = {leaf.code: exists[leaf.source_column] for leaf in framework.leaves}
    applicable = None
    if any(not all(flags) for flags in there.values()):
        applicable = pd.DataFrame(there, index=index, dtype=bool)
    return Figures(values, applicable, tuple(notes))
