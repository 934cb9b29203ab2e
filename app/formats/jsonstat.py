"""Figures as a JSON-stat 2.0 dataset: a cube of indicator, city and period, sparse, with a status beside each value.

https://json-stat.org/full/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

MEDIA_TYPE = "application/json"
#: More places than this are no answer for one reader.
MOST_PLACES = 5_000_000


@dataclass(frozen=True)
class Cell:
    """One figure of the cube: exact decimal text or None, and its status."""

    indicator: str
    city: str
    period: str
    value: str | None
    status: str
    vintage: int
    note: str | None


@dataclass(frozen=True)
class Labels:
    """Names by code, and units by indicator."""

    indicators: Mapping[str, str]
    cities: Mapping[str, str]
    units: Mapping[str, tuple[str, int]]


def jsonstat(
    cells: Sequence[Cell], labels: Labels, *, title: str, updated: str | None, extension: Mapping[str, Any]
) -> dict[str, Any]:
    """The dataset; ValueError when the cube would have too many places."""
    listed = {
        "indicator": list(dict.fromkeys(cell.indicator for cell in cells)),
        "city": list(dict.fromkeys(cell.city for cell in cells)),
        "period": sorted({cell.period for cell in cells}),
    }
    sizes = [len(codes) for codes in listed.values()]
    places = prod(sizes)
    if places > MOST_PLACES:
        raise ValueError(f"{places} places: at most {MOST_PLACES}; ask for fewer indicators, cities or periods")
    places_of = _places(cells, listed)
    values = {place: float(cell.value) for place, cell in places_of.items() if cell.value is not None}
    notes = {place: cell.note for place, cell in places_of.items() if cell.note}
    return {
        "version": "2.0",
        "class": "dataset",
        "label": title,
        "updated": updated,
        "id": list(listed),
        "size": sizes,
        "role": {"time": ["period"], "geo": ["city"], "metric": ["indicator"]},
        "dimension": _dimensions(listed, labels),
        "value": values,
        "status": {place: cell.status for place, cell in places_of.items()},
        # The standard has no place for them: by the same places as values and statuses.
        "extension": {
            **extension,
            "known_since": {place: cell.vintage for place, cell in places_of.items()},
            "notes": notes,
        },
    }


def _places(cells: Sequence[Cell], listed: Mapping[str, list[str]]) -> dict[str, Cell]:
    """Cells by place, row-major: the last dimension turns fastest."""
    at = {name: {code: number for number, code in enumerate(codes)} for name, codes in listed.items()}
    found: dict[str, Cell] = {}
    for cell in cells:
        row = at["indicator"][cell.indicator] * len(listed["city"]) + at["city"][cell.city]
        found[str(row * len(listed["period"]) + at["period"][cell.period])] = cell
    return found


def _dimensions(listed: Mapping[str, list[str]], labels: Labels) -> dict[str, Any]:
    names: dict[str, Mapping[str, str]] = {"indicator": labels.indicators, "city": labels.cities, "period": {}}
    return {
        name: {"label": name, "category": _category(codes, names[name], labels if name == "indicator" else None)}
        for name, codes in listed.items()
    }


def _category(codes: list[str], names: Mapping[str, str], units: Labels | None) -> dict[str, Any]:
    found: dict[str, Any] = {"index": codes, "label": {code: names.get(code, code) for code in codes}}
    if units is not None:
        found["unit"] = {
            code: {"label": units.units[code][0], "decimals": units.units[code][1]}
            for code in codes
            if code in units.units
        }
    return found
