"""What an upload is checked against, as plain data: catalogue, cities, history, peers, rights, earlier answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from sqlalchemy.orm import Session

from app.queries import reference
from ingest.reference import REFERENCE, listed, read_rows


@dataclass(frozen=True)
class IndicatorFacts:
    """What the catalogue says of one indicator, as far as reading and checking need it."""

    code: str
    name_en: str
    name_ru: str
    unit: str = ""
    unit_label_en: str = ""
    unit_label_ru: str = ""
    principle: str = ""
    frequency: str = "Q"
    period_rule: str = "stock_end_quarter"
    decimals: int = 1
    valid_min: Decimal | None = None
    valid_max: Decimal | None = None
    soft_change_pct: Decimal | None = None
    soft_mad: Decimal | None = None
    definition_en: str = ""
    definition_ru: str = ""

    @property
    def is_yes_no(self) -> bool:
        """Whether only 0 and 1 are values, so that `да` and `нет` can be read."""
        return self.decimals == 0 and self.valid_min == 0 and self.valid_max == 1

    @property
    def is_stock(self) -> bool:
        """Whether a value is the state on one day."""
        return self.period_rule.startswith("stock")

    @property
    def is_cumulative(self) -> bool:
        """Whether a value runs from 1 January."""
        return self.period_rule.startswith("cumulative")


@dataclass(frozen=True)
class CityFacts:
    """A city of the register with every name it may be called by."""

    code: str
    name_en: str
    name_ru: str
    aliases: tuple[str, ...] = ()
    country: str = ""
    regions: tuple[str, ...] = ()
    oktmo: str | None = None


@dataclass(frozen=True)
class Confirmation:
    """What somebody confirmed before: this check of this figure at this value, and the reason."""

    check: str
    city: str
    indicator: str
    period: str
    value: str
    reason: str

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What has to be the same for the question not to come again."""
        return self.check, self.city, self.indicator, self.period, self.value


# Period code to value, of one city and indicator; None for a blank with a reason.
Series = Mapping[str, Decimal | None]


@dataclass(frozen=True)
class Known:
    """Everything a file is held against.

    `city` and `period` are what the sender says the file is of; `allowed_cities` None means every city. `history`
    gives published values by (city, indicator), `peers` the values of comparable cities by (indicator, period) and
    then city. `closed_periods` need a reason, `today` decides what lies in the future, `joined` since when a city
    reports. Names of `retired` indicators lead to the code that replaced them or to "".
    """

    indicators: Mapping[str, IndicatorFacts]
    cities: Mapping[str, CityFacts]
    city: str | None = None
    period: str | None = None
    allowed_cities: frozenset[str] | None = None
    closed_periods: frozenset[str] = frozenset()
    closed_reason: str | None = None
    today: date | None = None
    joined: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[tuple[str, str], Series] = field(default_factory=dict)
    peers: Mapping[tuple[str, str], Mapping[str, Decimal]] = field(default_factory=dict)
    confirmations: Sequence[Confirmation] = ()
    retired: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def confirmed(self) -> dict[tuple[str, str, str, str, str], str]:
        """Reasons by what they were given for."""
        return {confirmation.key: confirmation.reason for confirmation in self.confirmations}


def reference_known(
    folder: Path = REFERENCE, *, city: str | None = None, period: str | None = None, today: date | None = None
) -> Known:
    """What can be known without a database: the bundled catalogue and register, no history and no peers."""
    regions = {row["code"]: (row["code"], row["name_en"], row["name_ru"], *listed(row["aliases"]))
               for row in read_rows(folder / "regions.csv")}  # fmt: skip
    indicators = [_indicator(row) for row in read_rows(folder / "indicators.csv")]
    cities = [
        CityFacts(
            code=row["code"],
            name_en=row["name_en"],
            name_ru=row["name_ru"],
            aliases=tuple(listed(row["aliases"])),
            country=row["country"],
            regions=regions.get(row["region"], ()),
            oktmo=row["oktmo"] or None,
        )
        for row in read_rows(folder / "cities.csv")
    ]
    return Known(
        {each.code: each for each in indicators},
        {each.code: each for each in cities},
        city=city,
        period=period,
        today=today,
    )


def _indicator(row: Mapping[str, str]) -> IndicatorFacts:
    def exact(name: str) -> Decimal | None:
        return Decimal(row[name]) if row[name] else None

    texts = ("code", "name_en", "name_ru", "unit", "unit_label_en", "unit_label_ru", "principle", "frequency")
    more = ("period_rule", "definition_en", "definition_ru")
    return IndicatorFacts(
        **{name: row[name] for name in (*texts, *more)},
        decimals=int(row["decimals"]),
        valid_min=exact("valid_min"),
        valid_max=exact("valid_max"),
        soft_change_pct=exact("soft_change_pct"),
        soft_mad=exact("soft_mad"),
    )


def indicators_of(session: Session) -> dict[str, IndicatorFacts]:
    """The catalogue in the database, in its order."""
    found = {}
    for entry in reference.indicators(session):
        names = [name for name in IndicatorFacts.__dataclass_fields__ if name not in ("code", "principle")]
        facts = {name: getattr(entry.definition, name) for name in names}
        found[entry.code] = IndicatorFacts(code=entry.code, principle=entry.principle, **facts)
    return found


def cities_of(session: Session) -> dict[str, CityFacts]:
    """The register in the database."""
    return {
        entry.city.code: CityFacts(
            code=entry.city.code,
            name_en=entry.city.name_en,
            name_ru=entry.city.name_ru,
            aliases=entry.aliases,
            country=entry.city.country,
            regions=tuple(filter(None, (entry.city.region, entry.region_en, entry.region_ru))),
            oktmo=entry.city.oktmo,
        )
        for entry in reference.cities(session)
    }
