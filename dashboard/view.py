"""What figures and components are told beside the numbers: who is shown, in which words, measured against whom."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.period import Period
from dashboard.locale import Locale


@dataclass(frozen=True)
class CityView:
    """A chosen city; its position in the choice decides its colour and its shape."""

    code: str
    name: str
    place: str
    position: int
    is_peer: bool


@dataclass(frozen=True)
class IndicatorView:
    """An indicator in the reader's language."""

    code: str
    name: str
    definition: str
    unit: str
    direction: str
    target: float | None
    decimals: int


@dataclass(frozen=True)
class View:
    """What one drawing of a page has in common: language, cities, peer group, period."""

    locale: Locale
    cities: tuple[CityView, ...]
    group: str
    group_count: int
    at: Period
    has_change: bool
    names: dict[str, str]
    # The same choice as the query of another page.
    query: str = ""

    def value(self, number: float, indicator: IndicatorView) -> str:
        """The number as it is printed for this indicator."""
        return self.locale.number(number, indicator.decimals)

    def city(self, code: str) -> CityView:
        """The chosen city of this code."""
        return next(city for city in self.cities if city.code == code)
