"""What the simulation is about: the cities that report, the indicators, and the quarters it runs through. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.domain.period import Period, parse_period
from app.errors import Invalid
from ingest.demo.dice import Dice, Floats
from ingest.demo.parameters import Cities, Parameters


@dataclass(frozen=True)
class Place:
    """A city as far as the simulation knows it."""

    code: str
    country: str
    groups: frozenset[str]
    population: int
    latitude: float
    is_capital: bool


@dataclass(frozen=True)
class Measure:
    """An indicator as far as the simulation knows it; `best` below `worst` where lower is better."""

    code: str
    principle: str
    is_annual: bool
    period_rule: str
    decimals: int
    worst: float
    best: float
    transform: str
    valid_min: float
    valid_max: float


def quarter_number(code: str) -> int:
    """`2024-Q3` as a count of quarters."""
    period = _quarter(code)
    return period.starts_on.year * 4 + (period.starts_on.month - 1) // 3


def _quarter(code: str) -> Period:
    try:
        period = parse_period(code)
    except ValueError as error:
        raise Invalid(f"demo parameters: {error}") from error
    if period.frequency != "Q":
        raise Invalid(f"demo parameters: {code} is not a quarter: write 2024-Q3")
    return period


def choose_places(places: Iterable[Place], cities: Cities) -> tuple[Place, ...]:
    """Every city of some countries; of the others in the groups the capital and the largest. By code."""
    chosen: list[Place] = []
    seen: dict[str, int] = {}
    for place in sorted(places, key=lambda place: (not place.is_capital, -place.population, place.code)):
        if place.country not in cities.all_of:
            seen[place.country] = seen.get(place.country, 0) + 1
            if seen[place.country] > cities.largest or place.groups.isdisjoint(cities.groups):
                continue
        chosen.append(place)
    return tuple(sorted(chosen, key=lambda place: place.code))


class World:
    """Places × measures × quarters, with the dice thrown for them.

    The axis of quarters begins with the January of the year before the first quarter, so rolling and cumulative
    figures of the first one are whole.
    """

    def __init__(self, places: tuple[Place, ...], measures: tuple[Measure, ...], *, parameters: Parameters) -> None:
        self.places = places
        self.measures = measures
        self.parameters = parameters
        self.first = quarter_number(parameters.time.first_quarter)
        self.last = quarter_number(parameters.time.last_quarter)
        self.quarters = np.arange((self.first // 4 - 1) * 4, self.last + 1)

    @cached_property
    def dice(self) -> Dice:
        """The dice of every city, indicator and quarter."""
        cities, indicators = [p.code for p in self.places], [m.code for m in self.measures]
        return Dice(self.parameters.seed, cities, indicators, len(self.quarters))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cities, indicators, quarters."""
        return len(self.places), len(self.measures), len(self.quarters)

    @cached_property
    def is_annual(self) -> NDArray[np.bool_]:
        """Which indicators come once a year."""
        return np.array([measure.is_annual for measure in self.measures])

    @cached_property
    def population(self) -> Floats:
        """Of every city."""
        return np.array([float(place.population) for place in self.places])

    def of_principle(self, by_principle: dict[str, Floats]) -> Floats:
        """Something a principle has, spread along the indicators (axis 1)."""
        return np.stack([by_principle[measure.principle] for measure in self.measures], axis=1)

    def principles(self) -> list[str]:
        """Codes of the principles that have indicators."""
        return sorted({measure.principle for measure in self.measures})

    def cells(self, code: str) -> NDArray[np.bool_]:
        """The indicators (one or none) that have this code, ready to meet (city, indicator, quarter)."""
        return np.array([measure.code == code for measure in self.measures])[None, :, None]

    def column(self, quarter: str) -> int:
        """The place of a quarter on the axis, negative when it does not lie within the shown ones."""
        number = quarter_number(quarter)
        return number - int(self.quarters[0]) if self.first <= number <= self.last else -1


def ends_on(quarter: int) -> date:
    """The last day of a quarter by its count."""
    return period_of(quarter, is_annual=False).ends_on


def period_of(quarter: int, *, is_annual: bool) -> Period:
    """The quarter itself, or the year it closes."""
    year, q = divmod(int(quarter), 4)
    return parse_period(f"{year}" if is_annual else f"{year}-Q{q + 1}")
