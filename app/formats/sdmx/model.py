"""What SDMX says of our figures: one flow, its dimensions, attributes, concepts and code lists. Pure.

SDMX information model: https://sdmx.org/standards-2/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.period import FREQUENCIES
from app.domain.status import CONF_STATUS, OBS_STATUS

AGENCY = "CITYMARK"
VERSION = "1.0"
FLOW = "FIGURES"
STRUCTURE = "CITY_FIGURES"
SCHEME = "CONCEPTS"
CONFIDENTIALITY = "F"
#: CL_FREQ has no letter for a span of days without a calendar unit: it is "other".
FREQUENCY_OF = {**{letter: letter for letter in FREQUENCIES}, "R": "_O"}

Names = Mapping[str, str]
Level = Literal["key", "time", "value", "series", "observation"]


@dataclass(frozen=True)
class Code:
    """A code and its names by language."""

    id: str
    names: Names


@dataclass(frozen=True)
class Codelist:
    """A list of codes."""

    id: str
    names: Names
    codes: Sequence[Code]


@dataclass(frozen=True)
class Component:
    """A dimension, the measure or an attribute: its concept's names, and its code list or kind of text."""

    id: str
    level: Level
    names: Names
    codelist: str | None = None
    text: str | None = None


COMPONENTS = (
    Component("FREQ", "key", {"en": "Frequency", "ru": "Периодичность"}, "CL_FREQ"),
    Component("REF_AREA", "key", {"en": "City", "ru": "Город"}, "CL_AREA"),
    Component("INDICATOR", "key", {"en": "Indicator", "ru": "Показатель"}, "CL_INDICATOR"),
    Component("TIME_PERIOD", "time", {"en": "Period", "ru": "Период"}, text="ObservationalTimePeriod"),
    Component("OBS_VALUE", "value", {"en": "Value", "ru": "Значение"}, text="Double"),
    Component("UNIT_MEASURE", "series", {"en": "Unit of measure", "ru": "Единица измерения"}, text="String"),
    Component("DECIMALS", "series", {"en": "Decimals", "ru": "Знаков после запятой"}, text="Integer"),
    Component("OBS_STATUS", "observation", {"en": "Status", "ru": "Статус"}, "CL_OBS_STATUS"),
    Component("CONF_STATUS", "observation", {"en": "Confidentiality", "ru": "Доступность"}, "CL_CONF_STATUS"),
    Component("VINTAGE", "observation", {"en": "Vintage", "ru": "Выпуск"}, text="Integer"),
    Component("COMMENT_OBS", "observation", {"en": "Note", "ru": "Примечание"}, text="String"),
)
KEY = tuple(component.id for component in COMPONENTS if component.level == "key")


def at(level: Level) -> list[Component]:
    """The components of a level, in their order."""
    return [component for component in COMPONENTS if component.level == level]


@dataclass(frozen=True)
class Observation:
    """One figure of a series: exact decimal text or None with a status that says why."""

    period: str
    value: str | None
    status: str
    vintage: int
    note: str | None

    @property
    def attributes(self) -> dict[str, str | None]:
        """Its attributes by component."""
        return {
            "OBS_STATUS": self.status,
            "CONF_STATUS": CONFIDENTIALITY,
            "VINTAGE": str(self.vintage),
            "COMMENT_OBS": self.note,
        }


@dataclass(frozen=True)
class Series:
    """The figures of one city and indicator of one frequency, in time order."""

    frequency: str
    city: str
    indicator: str
    unit: str
    decimals: int
    observations: Sequence[Observation]

    @property
    def key(self) -> dict[str, str]:
        """Its key by dimension."""
        return {"FREQ": self.frequency, "REF_AREA": self.city, "INDICATOR": self.indicator}

    @property
    def attributes(self) -> dict[str, str | None]:
        """Its attributes by component."""
        return {"UNIT_MEASURE": self.unit, "DECIMALS": str(self.decimals)}


@dataclass(frozen=True)
class Header:
    """What a message says of itself."""

    id: str
    prepared: str
    is_test: bool


def codelists(cities: Sequence[Code], indicators: Sequence[Code]) -> tuple[Codelist, ...]:
    """All code lists of the structure, those of cities and indicators as given."""
    frequencies = [Code(FREQUENCY_OF[letter], {"en": name}) for letter, name in FREQUENCIES.items()]
    statuses = [Code(each.code, {"en": each.name_en, "ru": each.name_ru}) for each in OBS_STATUS.values()]
    rights = [Code(letter, {"en": name}) for letter, name in CONF_STATUS.items()]
    return (
        Codelist("CL_FREQ", {"en": "Frequency", "ru": "Периодичность"}, frequencies),
        Codelist("CL_AREA", {"en": "Cities", "ru": "Города"}, cities),
        Codelist("CL_INDICATOR", {"en": "Indicators", "ru": "Показатели"}, indicators),
        Codelist("CL_OBS_STATUS", {"en": "Observation status", "ru": "Статус значения"}, statuses),
        Codelist("CL_CONF_STATUS", {"en": "Confidentiality status", "ru": "Доступность значения"}, rights),
    )


def urn(kind: str, identity: str, item: str | None = None) -> str:
    """The URN of something of ours; `kind` with its package, as in `codelist.Codelist`."""
    return f"urn:sdmx:org.sdmx.infomodel.{kind}={AGENCY}:{identity}({VERSION})" + (f".{item}" if item else "")
