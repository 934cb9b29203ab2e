"""Names of cities in files to the codes of the register: exactly, never by likeness."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.names import folded
from app.models import City as CityRow
from app.models import CityAlias, Region, RegionAlias
from ingest.jobs.description import City
from ingest.jobs.texts import SEPARATOR, Reader

Key = TypeVar("Key")


@dataclass(frozen=True)
class Register:
    """Every spelling that leads to a city or a region."""

    codes: frozenset[str]
    by_oktmo: Mapping[str, frozenset[str]]
    # (folded name, region's code or None, country) of every name and alias.
    by_name: Mapping[tuple[str, str | None, str], frozenset[str]]
    regions: Mapping[tuple[str, str], str]
    any_region: Mapping[str, frozenset[str]]

    def region(self, text: str, country: str) -> str | None:
        """The code of a region by its code or any spelling of its name, in the country before any other."""
        wanted = folded(text)
        if found := self.regions.get((wanted, country)):
            return found
        everywhere = self.any_region.get(wanted, frozenset())
        return next(iter(everywhere)) if len(everywhere) == 1 else None

    def named(self, name: str, region: str | None, country: str) -> frozenset[str]:
        """The codes of the cities of this name in the region; without a region in the whole country."""
        return self.by_name.get((folded(name), region, country), frozenset())


def read_register(session: Session, kinds: Collection[str]) -> Register:
    """The register as it stands; names and OKTMO lead to units of these kinds alone, codes to any."""
    everyone = list(session.scalars(select(CityRow)))
    cities = [city for city in everyone if city.kind in kinds]
    aliases: dict[int, list[str]] = {}
    for alias in session.scalars(select(CityAlias)):
        aliases.setdefault(alias.city_id, []).append(alias.alias)
    by_name: dict[tuple[str, str | None, str], set[str]] = {}
    by_oktmo: dict[str, set[str]] = {}
    for city in cities:
        for name in {folded(each) for each in (city.name_ru, city.name_en, *aliases.get(city.id, ()))}:
            for region in {city.region, None}:
                by_name.setdefault((name, region, city.country), set()).add(city.code)
        if city.oktmo:
            by_oktmo.setdefault(city.oktmo, set()).add(city.code)
    regions, any_region = _regions(session)
    return Register(
        frozenset(city.code for city in everyone), _frozen(by_oktmo), _frozen(by_name), regions, any_region
    )


def _regions(session: Session) -> tuple[dict[tuple[str, str], str], dict[str, frozenset[str]]]:
    spellings: dict[str, list[str]] = {}
    for alias in session.scalars(select(RegionAlias)):
        spellings.setdefault(alias.region, []).append(alias.alias)
    regions: dict[tuple[str, str], str] = {}
    everywhere: dict[str, set[str]] = {}
    for region in session.scalars(select(Region)):
        for name in (region.code, region.name_ru, region.name_en, *spellings.get(region.code, ())):
            regions[folded(name), region.country] = region.code
            everywhere.setdefault(folded(name), set()).add(region.code)
    return regions, _frozen(everywhere)


def _frozen(sets: dict[Key, set[str]]) -> dict[Key, frozenset[str]]:
    return {key: frozenset(codes) for key, codes in sets.items()}


def city_reader(spec: City, register: Register) -> Reader:
    """Text of the city column to a code; with a region's column the text is name, SEPARATOR, region.

    ValueError says that nothing is registered under it, or what the choice would be.
    """
    by = {"code": _by_code, "oktmo": _by_oktmo, "name": _by_name}[spec.by]

    def read(text: str) -> str | None:
        written = text.strip()
        if written in spec.aliases:
            return _one(frozenset({spec.aliases[written]}) & register.codes, written)
        return _one(by(spec, register, written), written)

    return read


def _by_code(spec: City, register: Register, text: str) -> Iterable[str]:
    code = spec.code.replace("{}", text.lower()) if spec.code else text
    return {code} & register.codes


def _by_oktmo(_spec: City, register: Register, text: str) -> Iterable[str]:
    digits = text.replace("-", "").replace(" ", "")
    return register.by_oktmo.get(digits, frozenset())


def _by_name(spec: City, register: Register, text: str) -> Iterable[str]:
    name, _, where = text.partition(SEPARATOR)
    country = spec.country or ""
    if not where:
        return register.named(name, None, country)
    region = register.region(where, country)
    if region is None:
        raise ValueError(f"region {where!r} is not registered: add the spelling to the region's aliases")
    return register.named(name, region, country)


def _one(codes: Iterable[str], text: str) -> str:
    found = sorted(codes)
    written = text.replace(SEPARATOR, ", ")
    if not found:
        raise ValueError(f"city {written!r} is not registered: load its register first, or give it an alias")
    if len(found) > 1:
        raise ValueError(f"city {written!r} may be {' or '.join(found)}: name the region's column")
    return found[0]
