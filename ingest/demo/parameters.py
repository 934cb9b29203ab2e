"""The parameters of the demonstration data: data/demo/demo.toml as frozen values, its mistakes named by key."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, dataclass, fields
from datetime import date, time
from pathlib import Path
from typing import Any, TypeVar

from app.errors import Invalid

PARAMETERS_FILE = Path(__file__).parents[2] / "data" / "demo" / "demo.toml"
EVENT_KINDS = ("slip", "withdrawal", "break")
NOTES = ("uncollected gap_L gap_O filled estimated correction no_heating suppressed unreliable few_days").split()
_KINDS: dict[str, type] = {"str": str, "bool": bool, "time": time, "date": date, "list": list, "dict": dict}
Section = TypeVar("Section")


@dataclass(frozen=True)
class Time:
    """Which quarters, and how many days after a period its figures come out."""

    first_quarter: str
    last_quarter: str
    published_at: time
    published_by: str
    source: str
    quarterly_release_days: int
    quarterly_late_days: int
    annual_release_days: int
    annual_late_days: int


@dataclass(frozen=True)
class Cities:
    """Which registered cities report, and who joined later."""

    all_of: list[str]
    groups: list[str]
    largest: int
    joined_later_share: float
    joined_within_quarters: int
    russian_notes: list[str]


@dataclass(frozen=True)
class Effects:
    """What a latent score is made of."""

    country: float
    quality: float
    own: float
    size: float
    reference_population: int
    trend_sd: float
    persistence: float
    small_city_noise_most: float
    stretch: float


@dataclass(frozen=True)
class Season:
    """Effects of the four quarters; a climatic one turns by half a year south of the equator."""

    pattern: list[float]
    climatic: bool


@dataclass(frozen=True)
class Shape:
    """What one indicator's figures look like."""

    level: float = 0.55
    spread: float = 1.0
    season: str = ""
    zero_share: float = 0.0
    stretch: float = 0.0


@dataclass(frozen=True)
class Reporting:
    """How often a figure is something else than on time, final and right."""

    provisional_share: float
    revision_sd: float
    late_city_share: float
    late_principle_share: float
    late_city_share_last: float
    late_principle_share_last: float
    uncollected_share: float
    uncollected_within_quarters: int
    gap_share: float
    gap_filled_share: float
    estimated_share: float
    correction_share: float
    correction_size: float
    outlier_share: float
    outlier_factor: float


@dataclass(frozen=True)
class Structure:
    """Figures that cannot exist, are suppressed or are unreliable in some cities."""

    heating_indicator: str
    without_heating: list[str]
    heating_from_latitude: float
    suppressed_indicator: str
    suppressed_below_population: int
    suppressed_share: float
    unreliable_indicator: str
    unreliable_below_population: int
    few_days_indicator: str
    few_days_share: float


@dataclass(frozen=True)
class Words:
    """One sentence in two languages."""

    en: str
    ru: str


@dataclass(frozen=True)
class Event:
    """One told event: a slip, a withdrawal or a break of some indicators of a city in a quarter."""

    kind: str
    city: str
    indicators: list[str]
    quarter: str
    size: float
    published_on: date
    en: str
    ru: str


@dataclass(frozen=True)
class Parameters:
    """The whole file."""

    seed: int
    time: Time
    cities: Cities
    effects: Effects
    trend: dict[str, float]
    noise: dict[str, float]
    season: dict[str, Season]
    indicators: dict[str, Shape]
    reporting: Reporting
    structure: Structure
    notes: dict[str, Words]
    events: tuple[Event, ...]


def read_parameters(path: Path = PARAMETERS_FILE) -> Parameters:
    """The parameters of a file; Invalid names the key that is unknown, missing or of the wrong kind."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"{path.name} cannot be read: {error}") from error
    for name, kind in {"time": Time, "cities": Cities, "effects": Effects}.items():
        table[name] = _section(kind, table.get(name), name)
    for name, kind in {"reporting": Reporting, "structure": Structure}.items():
        table[name] = _section(kind, table.get(name), name)
    for name, kind in {"season": Season, "indicators": Shape, "notes": Words}.items():
        table[name] = {key: _section(kind, part, f"{name}.{key}") for key, part in table.get(name, {}).items()}
    table["events"] = tuple(_section(Event, part, f"events[{n}]") for n, part in enumerate(table.get("events", [])))
    parameters = _section(Parameters, table, "the file")
    _refuse_what_does_not_fit(parameters)
    return parameters


def _section(kind: type[Section], table: Any, where: str) -> Section:
    if not isinstance(table, dict):
        raise Invalid(f"demo parameters: {where} is not a table")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type] # every kind is a dataclass
    needed = {name for name, field in known.items() if field.default is MISSING}
    for word, names in (("unknown", table.keys() - known.keys()), ("missing", needed - table.keys())):
        if names:
            raise Invalid(f"demo parameters: {word} in {where}: {', '.join(sorted(names))}")
    for name, content in table.items():
        if not _fits(str(known[name].type), name, content):
            raise Invalid(f"demo parameters: {where}: {name} = {content!r} is not {known[name].type} as meant")
    return kind(**table)


def _fits(kind: str, name: str, content: Any) -> bool:
    """Whether the content is of the declared kind; a share lies between 0 and 1, a level inside."""
    if kind == "int":
        return type(content) is int and content >= 0
    if kind == "float":
        low, high = (0.0, 1.0) if "share" in name or name in ("level", "persistence") else (-1e6, 1e6)
        return type(content) in (int, float) and low <= content <= high and (name != "level" or 0 < content < 1)
    return isinstance(content, _KINDS.get(kind.partition("[")[0], object))


def _refuse_what_does_not_fit(parameters: Parameters) -> None:
    """What only shows when parts are seen together."""
    for name, season in parameters.season.items():
        if len(season.pattern) != 4:
            raise Invalid(f"demo parameters: season.{name}: a pattern has four quarters")
    for code, shape in parameters.indicators.items():
        if shape.season and shape.season not in parameters.season:
            raise Invalid(f"demo parameters: indicators.{code}: there is no season {shape.season!r}")
    for event in parameters.events:
        if event.kind not in EVENT_KINDS:
            raise Invalid(f"demo parameters: events: {event.kind!r} is not one of {', '.join(EVENT_KINDS)}")
    absent = sorted(set(NOTES) - parameters.notes.keys()) + ["noise.default"] * ("default" not in parameters.noise)
    if absent:
        raise Invalid(f"demo parameters: missing in notes or noise: {', '.join(absent)}")
