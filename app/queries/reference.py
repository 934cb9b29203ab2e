"""What figures refer to: principles, indicators, cities, periods."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domain.names import folded
from app.domain.peers import PeerGroup, size_class
from app.domain.similar import Context, similar
from app.errors import NotFound
from app.models import (
    City,
    CityAlias,
    Country,
    Indicator,
    IndicatorDefinition,
    Methodology,
    Principle,
    ReferencePeriod,
    Region,
)
from app.queries.kept import Kept


@dataclass(frozen=True)
class IndicatorEntry:
    """An indicator as the newest methodology that knows it defines it."""

    id: int
    code: str
    principle: str
    definition: IndicatorDefinition
    methodology: Methodology


@dataclass(frozen=True)
class CityEntry:
    """A city with its region's names, its other names and its size class."""

    city: City
    region_en: str | None
    region_ru: str | None
    aliases: tuple[str, ...]
    size: str | None


# Beyond the session they were read in: what is kept of rows is read and never asked for more.
_CATALOGUE: Kept[list[IndicatorEntry]] = Kept(2)
_REGISTER: Kept[list[CityEntry]] = Kept(2)


def principles(session: Session) -> list[Principle]:
    """The five principles in their order."""
    return list(session.scalars(select(Principle).order_by(Principle.position)))


def indicators(session: Session) -> list[IndicatorEntry]:
    """The whole catalogue, by principle and then in the order of the catalogue."""
    return list(_CATALOGUE.get(session, None, lambda: _indicators(session)))


def _indicators(session: Session, *conditions: ColumnElement[bool]) -> list[IndicatorEntry]:
    newest = (
        select(IndicatorDefinition.indicator_id, func.max(IndicatorDefinition.methodology_id).label("methodology_id"))
        .group_by(IndicatorDefinition.indicator_id)
        .subquery()
    )
    query = (
        select(Indicator, IndicatorDefinition, Methodology)
        .join(newest, newest.c.indicator_id == Indicator.id)
        .join(
            IndicatorDefinition,
            (IndicatorDefinition.indicator_id == newest.c.indicator_id)
            & (IndicatorDefinition.methodology_id == newest.c.methodology_id),
        )
        .join(Methodology, Methodology.id == IndicatorDefinition.methodology_id)
        .join(Principle, Principle.code == Indicator.principle)
        .where(*conditions)
        .order_by(Principle.position, Indicator.id)
    )
    return [
        IndicatorEntry(indicator.id, indicator.code, indicator.principle, definition, methodology)
        for indicator, definition, methodology in session.execute(query)
    ]


def indicator(session: Session, code: str) -> IndicatorEntry:
    """One indicator; NotFound when no catalogue has it."""
    for entry in _indicators(session, Indicator.code == code):
        return entry
    raise NotFound(f"there is no indicator {code!r}: see /api/v1/indicators")


def cities(session: Session) -> list[CityEntry]:
    """The whole register in the order it was loaded."""
    return list(_REGISTER.get(session, None, lambda: _cities(session)))


def _cities(session: Session, *conditions: ColumnElement[bool]) -> list[CityEntry]:
    aliases: dict[int, list[str]] = {}
    named = select(CityAlias.city_id, CityAlias.alias).order_by(CityAlias.alias)
    if conditions:
        named = named.join(City, City.id == CityAlias.city_id).where(*conditions)
    for city_id, alias in session.execute(named):
        aliases.setdefault(city_id, []).append(alias)
    query = select(City, Region).outerjoin(Region, Region.code == City.region).where(*conditions).order_by(City.id)
    return [
        CityEntry(
            city=city,
            region_en=region.name_en if region else None,
            region_ru=region.name_ru if region else None,
            aliases=tuple(aliases.get(city.id, ())),
            size=size_class(city.population),
        )
        for city, region in session.execute(query)
    ]


def city(session: Session, code: str) -> CityEntry:
    """One city; NotFound when the register has no such code."""
    for entry in _cities(session, City.code == code):
        return entry
    raise NotFound(f"there is no city {code!r}: see /api/v1/cities?q=")


def search_cities(entries: list[CityEntry], text: str) -> list[CityEntry]:
    """Cities one of whose names holds `text`, those that begin with it first; case, ё and hyphens do not matter."""
    wanted = folded(text)
    found = []
    for entry in entries:
        names = [folded(name) for name in (entry.city.name_ru, entry.city.name_en, entry.city.code, *entry.aliases)]
        if any(wanted in name for name in names):
            found.append((not any(name.startswith(wanted) for name in names), entry))
    # The sort is stable: within each half the larger city comes first, as a reader expects.
    found.sort(key=lambda item: (item[0], -(item[1].city.population or 0)))
    return [entry for _, entry in found]


def in_peer_group(entries: list[CityEntry], group: PeerGroup) -> list[CityEntry]:
    """The cities that belong to the group, in the order given; none where it is near a city that is not there."""
    fitting = [
        entry
        for entry in entries
        if group.holds(
            size=entry.size,
            country=entry.city.country,
            region=entry.city.region,
            climate=entry.city.climate,
        )
    ]
    near = group.near
    if near is None:
        return fitting
    centre = next((entry for entry in entries if entry.city.code == near.city), None)
    if centre is None:
        return []
    alike = similar(context(centre), list(map(context, fitting)), near.count, near.by_aspect())
    codes = {near.city, *(each.code for each in alike)}
    return [entry for entry in entries if entry.city.code in codes]


def context(entry: CityEntry) -> Context:
    """What likeness is judged by."""
    city = entry.city
    return Context(city.code, city.population, city.latitude, city.longitude, city.country, city.climate)


def countries(session: Session) -> list[Country]:
    """All countries by code."""
    return list(session.scalars(select(Country).order_by(Country.code)))


def periods(session: Session) -> list[ReferencePeriod]:
    """Every period that figures exist for, in time order."""
    return list(session.scalars(select(ReferencePeriod).order_by(ReferencePeriod.number)))
