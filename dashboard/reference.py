"""What the register and the catalogue know, read once for a drawing: codes an address may name, and their names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.peers import FEWEST_PEERS, SIZE_CLASSES, PeerGroup, can_be_named, parse_peer_group
from app.domain.period import Period, parse_period
from app.queries import reference, vintages
from app.queries.comparison import newest_period, reporting_cities
from app.queries.kept import Kept
from app.queries.reference import CityEntry, IndicatorEntry
from dashboard.components.controls import Option, OptionGroup
from dashboard.locale import Locale, Named
from dashboard.state import EVERY, Known
from dashboard.view import IndicatorView

DEFAULT_PRINCIPLE = "infrastructure"
DEFAULT_CITIES = 4
# Those of the bundled register, the more common one first.
CLIMATES = ("comfortable", "severe")


@dataclass(frozen=True)
class Reference:
    """Register, catalogue and periods."""

    cities: dict[str, CityEntry]
    indicators: dict[str, IndicatorEntry]
    principles: dict[str, Named]
    countries: dict[str, Named]
    periods: tuple[Period, ...]
    newest_vintage: int

    def known(self, language: str) -> Known:
        """The codes that an address may name."""
        return Known(
            language=language,
            cities=frozenset(self.cities),
            indicators=frozenset(self.indicators),
            principles=frozenset(self.principles),
            periods=frozenset(period.code for period in self.periods),
            kinds_of_city=frozenset(map(_properties, self.cities.values())),
            newest_vintage=self.newest_vintage,
        )

    def principle(self, code: str | None) -> str:
        """The principle of this code; without one the default, or the first where the catalogue is another."""
        if code is not None:
            return code
        return DEFAULT_PRINCIPLE if DEFAULT_PRINCIPLE in self.principles else next(iter(self.principles), EVERY)

    def of_principle(self, code: str) -> tuple[IndicatorEntry, ...]:
        """The indicators of a principle, or all."""
        return tuple(entry for entry in self.indicators.values() if code in (EVERY, entry.principle))

    def peers(self, code: str) -> tuple[CityEntry, ...]:
        """The cities of a peer group."""
        group = PeerGroup(()) if code == EVERY else parse_peer_group(code)
        return tuple(reference.in_peer_group(list(self.cities.values()), group))


def _properties(entry: CityEntry) -> frozenset[tuple[str, str]]:
    """What a peer group may name of a city."""
    city = entry.city
    found = {"size": entry.size, "country": city.country, "region": city.region, "climate": city.climate}
    return frozenset((kind, value) for kind, value in found.items() if value and can_be_named(value))


_READ: Kept[Reference] = Kept(2)


def read_reference(session: Session) -> Reference:
    """Everything a page refers to; register and catalogue are read once an edition."""
    newest = vintages.newest(session)
    number = newest.number if newest else 0
    return _READ.get(session, number, lambda: _reference(session, number))


def _reference(session: Session, newest: int) -> Reference:
    return Reference(
        cities={entry.city.code: entry for entry in reference.cities(session)},
        indicators={entry.code: entry for entry in reference.indicators(session)},
        principles={principle.code: principle for principle in reference.principles(session)},
        countries={country.code: country for country in reference.countries(session)},
        periods=tuple(parse_period(period.code) for period in reference.periods(session)),
        newest_vintage=newest,
    )


def default_cities(session: Session, known: Reference, vintage: int) -> tuple[str, ...]:
    """The largest reporting cities of the country that most of them lie in: of one kind, so comparable."""
    reporting = reporting_cities(session, known.cities.values(), vintage)
    home = Counter(entry.city.country for entry in reporting).most_common(1)
    return tuple(entry.city.code for entry in reporting if entry.city.country == home[0][0])[:DEFAULT_CITIES]


def default_period(
    session: Session, known: Reference, indicators: tuple[IndicatorEntry, ...], vintage: int
) -> Period | None:
    """The newest period that most cities have reported; where these indicators have none, by the whole catalogue."""
    everything = tuple(known.indicators.values())
    found = newest_period(session, known.periods, indicators, vintage)
    return found or newest_period(session, known.periods, everything, vintage)


@dataclass(frozen=True)
class DefaultPeer:
    """The group that a page compares with when its address names none; `too_small` is a narrower one passed over."""

    code: str
    too_small: str = ""


def default_peer(first: CityEntry, known: Reference) -> DefaultPeer:
    """Size class and climate of a city as far as the register knows them; all cities where it knows neither.

    The size class alone where hardly any other city shares both.
    """
    properties = {"size": first.size, "climate": first.city.climate}
    parts = [f"{kind}:{value}" for kind, value in properties.items() if can_be_named(value)]
    code = "+".join(parts) or EVERY
    if len(parts) > 1 and len(known.peers(code)) <= FEWEST_PEERS:
        return DefaultPeer(parts[0], too_small=code)
    return DefaultPeer(code)


def place(entry: CityEntry, reference: Reference, locale: Locale) -> str:
    """Region or country of a city, which tells it from others of its name."""
    region = locale.own(entry, "region")
    return region or locale.name(reference.countries[entry.city.country])


def indicator_view(entry: IndicatorEntry, locale: Locale) -> IndicatorView:
    """An indicator in the reader's language."""
    words = entry.definition
    return IndicatorView(
        code=entry.code,
        name=locale.name(words),
        definition=locale.own(words, "definition"),
        unit=locale.own(words, "unit_label"),
        direction="none" if words.direction == "target" and words.target is None else words.direction,
        target=None if words.target is None else float(words.target),
        decimals=words.decimals,
    )


def group_name(code: str, reference: Reference, locale: Locale) -> str:
    """A peer group in words."""
    if code == EVERY:
        return locale.say("peer_all")
    return ", ".join(_part_name(kind, value, reference, locale) for kind, value in parse_peer_group(code).parts)


def _part_name(kind: str, value: str, reference: Reference, locale: Locale) -> str:
    if kind == "size":
        return locale.say(f"size:{value}")
    if kind == "country" and value in reference.countries:
        return locale.name(reference.countries[value])
    if kind == "region":
        entries = (entry for entry in reference.cities.values() if entry.city.region == value)
        names = (locale.own(entry, "region") for entry in entries)
        return next((name for name in names if name), value)
    if kind == "near":
        return _near_name(value, reference, locale)
    if kind == "climate":
        return climate_name(value, locale)
    return locale.say(kind, name=value) if locale.knows(kind) else value


def climate_name(value: str, locale: Locale) -> str:
    """A class of climate in words; another register may know others than the bundled one."""
    return locale.say(f"climate:{value}") if value in CLIMATES else locale.say("climate", name=value)


def _near_name(value: str, reference: Reference, locale: Locale) -> str:
    city, count, *weighed = value.split(":")
    named = locale.name(reference.cities[city].city) if city in reference.cities else city
    return locale.say("peer_near_weighed" if weighed else "peer_near", city=named, count=count)


def peer_options(reference: Reference, locale: Locale, *, default: str, chosen: str) -> list[Option | OptionGroup]:
    """The groups that can be chosen; a group that only the address names stands among them while it is chosen."""
    known = Counter((entry.size, entry.city.climate) for entry in reference.cities.values())
    sizes = [size for size, _ in SIZE_CLASSES if any(size == each for each, _ in known)]
    climates = [climate for climate in CLIMATES if any(climate == each for _, each in known)]
    both = [(size, climate) for size in sizes for climate in climates if known[size, climate] > FEWEST_PEERS]
    countries = Counter(entry.city.country for entry in reference.cities.values())
    by_name = sorted(countries, key=lambda code: locale.name(reference.countries[code]).casefold())
    groups = {
        "peer_sizes": [f"size:{size}" for size in sizes],
        "peer_climates": [f"climate:{climate}" for climate in climates],
        "peer_both": [f"size:{size}+climate:{climate}" for size, climate in both],
        "peer_countries": [f"country:{code}" for code in by_name if countries[code] > 1],
    }
    offered = {code for codes in groups.values() for code in codes}
    extra = [chosen] if chosen and chosen != EVERY and chosen not in offered else []
    return [
        Option("", locale.say("peer_default", group=group_name(default, reference, locale))),
        Option(EVERY, locale.say("peer_all")),
        *(Option(code, group_name(code, reference, locale)) for code in extra),
        *(
            OptionGroup(locale.say(key), [Option(code, group_name(code, reference, locale)) for code in codes])
            for key, codes in groups.items()
            if codes
        ),
    ]
