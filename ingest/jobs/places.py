"""A register of cities, or of whatever unit reports, from a table: known ones are recognised, new ones get a code.

A city is known by its code, its OKTMO, or its name within its region. What another register says of it stays; a
population gives way only to one of a later year.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.names import folded
from app.errors import Invalid
from app.models import City, CityAlias, Country
from ingest.edition import settle_edition
from ingest.findings import Finding, Findings, Severity
from ingest.jobs.description import Places
from ingest.jobs.latin import latin, slug
from ingest.jobs.matching import Register, read_register
from ingest.jobs.table import Table
from ingest.jobs.texts import number_reader
from ingest.reference import listed

OKTMO_LENGTHS = (8, 11)
LONGEST_KIND = 40
LONGEST_CODE = 80
Row = Mapping[str, str]


@dataclass(frozen=True)
class Loaded:
    """What became of a register: rows read, cities added, recognised, left out."""

    read: int
    new: int
    known: int
    rejected: int


@dataclass(frozen=True)
class Place:
    """One unit of the register as read; `region` is a code."""

    line: int
    name_ru: str
    name_en: str
    region: str | None
    kind: str
    latitude: float | None
    longitude: float | None
    population: int | None
    oktmo: str | None
    code: str | None
    aliases: tuple[str, ...]


def load_places(
    session: Session, spec: Places, table: Table, *, register: str, spellings: Mapping[str, str], findings: Findings
) -> Loaded:
    """Add and update the cities of the table; rows that cannot be read are left out and reported."""
    _ensure_country(session, spec)
    known = read_register(session, (spec.kind,))
    reader = _PlaceReader(spec, table, known, spellings, findings)
    places = [place for place in map(reader.place, _newest(_rows(table), spec)) if place is not None]
    codes = _codes(places, spec, known)
    cities = {city.code: city for city in session.scalars(select(City))}
    new = sum(code not in cities for code in codes)
    for place, code in zip(places, codes, strict=True):
        _put(session, cities, place, code=code, spec=spec, register=register)
    session.flush()
    settle_edition(session)
    return Loaded(len(table.lines), new, len(codes) - new, reader.rejected)


def _ensure_country(session: Session, spec: Places) -> None:
    if session.get(Country, spec.country) is not None:
        return
    if not (spec.country_name_en and spec.country_name_ru):
        raise Invalid(f"country {spec.country} is not known: give places.country_name_en and country_name_ru")
    words = {"name_en": spec.country_name_en, "name_ru": spec.country_name_ru}
    session.add(Country(code=spec.country, groups="", **words))
    session.flush()


def _rows(table: Table) -> list[tuple[int, Row]]:
    columns = {name: column.texts[column.codes].tolist() for name, column in table.columns.items()}
    return [
        (int(line), {name: str(texts[number] or "") for name, texts in columns.items()})
        for number, line in enumerate(table.lines)
    ]


def _newest(rows: list[tuple[int, Row]], spec: Places) -> list[tuple[int, Row]]:
    """Of rows with one code the one that is newest; all rows where the job does not say."""
    if spec.newest_by is None or spec.code is None:
        return rows
    newest: dict[str, tuple[int, Row]] = {}
    for line, row in sorted(rows, key=lambda item: float(item[1][spec.newest_by or ""] or 0)):
        newest[_filled(spec.code, row)] = (line, row)
    return sorted(newest.values(), key=lambda item: item[0])


class _PlaceReader:
    """Rows of a table as places, counting those that cannot be read."""

    def __init__(
        self, spec: Places, table: Table, known: Register, spellings: Mapping[str, str], findings: Findings
    ) -> None:
        self.spec = spec
        self.file = table.file
        self.known = known
        self.spellings = spellings
        self.findings = findings
        self.rejected = 0
        self._population = number_reader(spec.population) if spec.population else None
        self._seen: dict[str, int] = {}
        for column in self._columns():
            table.column(column)

    def _columns(self) -> list[str]:
        spec = self.spec
        optional = (spec.name_en, spec.kind_column, spec.latitude, spec.longitude, spec.oktmo)
        return [
            spec.name_ru,
            *filter(None, optional),
            *spec.aliases,
            *(spec.region.columns if spec.region else ()),
            *([spec.population.column] if spec.population else ()),
        ]

    def place(self, item: tuple[int, Row]) -> Place | None:
        line, row = item
        try:
            return self._place(line, row)
        except ValueError as error:
            self.rejected += 1
            self._report("unreadable-place", "error", line, str(error), row[self.spec.name_ru])
            return None

    def _place(self, line: int, row: Row) -> Place | None:
        spec = self.spec
        name = row[spec.name_ru].strip()
        if not name:
            raise ValueError("the name is empty")
        code = _filled(spec.code, row).lower() if spec.code else None
        kind = (row[spec.kind_column].strip() if spec.kind_column else "") or spec.kind
        if len(kind) > LONGEST_KIND or len(code or "") > LONGEST_CODE:
            raise ValueError(
                f"kind {kind!r} or code {code!r} is longer than {LONGEST_KIND} or {LONGEST_CODE} characters"
            )
        if code is not None and code in self._seen:
            # The same unit stands once a figure in long tables: once is enough.
            return None
        self._seen[code or f"line {line}"] = line
        right = self.spellings.get(name, name)
        others = {name} - {right}
        return Place(
            line=line,
            name_ru=right,
            name_en=row[spec.name_en].strip() if spec.name_en else latin(right),
            region=self._region(row),
            kind=kind,
            latitude=_degrees(row, spec.latitude),
            longitude=_degrees(row, spec.longitude),
            population=self._people(row),
            oktmo=self._oktmo(line, row),
            code=code,
            aliases=tuple(sorted(others | {alias for column in spec.aliases for alias in listed(row[column])})),
        )

    def _region(self, row: Row) -> str | None:
        if self.spec.region is None:
            return None
        text = next((row[column].strip() for column in self.spec.region.columns if row[column].strip()), "")
        region = self.known.region(text, self.spec.country)
        if region is None:
            raise ValueError(f"region {text!r} is not registered")
        return region

    def _people(self, row: Row) -> int | None:
        if self._population is None or self.spec.population is None:
            return None
        digits = self._population(row[self.spec.population.column])
        return None if digits is None else round(float(digits))

    def _oktmo(self, line: int, row: Row) -> str | None:
        if self.spec.oktmo is None or not row[self.spec.oktmo].strip():
            return None
        digits = row[self.spec.oktmo].replace("-", "").replace(" ", "")
        if len(digits) + 1 in OKTMO_LENGTHS:
            self._report("lost-zero", "notice", line, f"OKTMO {digits} is one digit short: read as 0{digits}", digits)
            digits = f"0{digits}"
        if not digits.isdigit() or len(digits) not in OKTMO_LENGTHS:
            raise ValueError(f"OKTMO {digits!r} has neither 8 nor 11 digits")
        return digits

    def _report(self, check: str, severity: Severity, line: int, message: str, text: str) -> None:
        self.findings.add(Finding(check, severity, message, line, None, text, self.file))


def _degrees(row: Row, column: str | None) -> float | None:
    return float(row[column]) if column and row[column].strip() else None


def _filled(template: str, row: Row) -> str:
    for name, text in row.items():
        template = template.replace("{" + name + "}", text.strip())
    return template


def _codes(places: list[Place], spec: Places, known: Register) -> list[str]:
    """Each place's code: its own, that of the city it is recognised as, or one from its name.

    Where several would get one code, each gets its region behind it, so the order of the file does not matter.
    """
    found = [place.code or _recognised(place, spec, known) for place in places]
    wanted = [f"{spec.country.lower()}-{slug(place.name_en)}" for place in places]
    taken = Counter(code for code, mine in zip(wanted, found, strict=True) if mine is None)
    codes = []
    for place, mine, code in zip(places, found, wanted, strict=True):
        is_shared = taken[code] > 1 or code in known.codes
        region = (place.region or "").rpartition("-")[2].lower()
        codes.append(mine or (f"{code}-{region}" if is_shared and region else code))
    _refuse_shared(codes, places)
    return codes


def _recognised(place: Place, spec: Places, known: Register) -> str | None:
    by_oktmo = known.by_oktmo.get(place.oktmo or "", frozenset())
    by_name = known.named(place.name_ru, place.region, spec.country)
    for codes in (by_oktmo & by_name, by_name, by_oktmo):
        if len(codes) == 1:
            return next(iter(codes))
    return None


def _refuse_shared(codes: list[str], places: list[Place]) -> None:
    shared = {code for code, count in Counter(codes).items() if count > 1}
    if shared:
        lines = [place.line for place, code in zip(places, codes, strict=True) if code in shared]
        raise Invalid(
            f"several rows would be one city ({', '.join(sorted(shared)[:5])}): "
            f"lines {', '.join(map(str, lines[:20]))}; name the region's column or a code"
        )


def _put(session: Session, cities: dict[str, City], place: Place, *, code: str, spec: Places, register: str) -> None:
    city = cities.get(code)
    if city is None:
        city = cities[code] = City(code=code, register=register, country=spec.country)
        session.add(city)
    if city.register == register:
        own: dict[str, Any] = {"name_ru": place.name_ru, "name_en": place.name_en, "kind": place.kind}
        for name, content in {**own, "region": place.region}.items():
            setattr(city, name, content)
    _complete(city, place, spec, is_own=city.register == register)
    session.flush()
    _add_aliases(session, city, place)


def _complete(city: City, place: Place, spec: Places, *, is_own: bool) -> None:
    for name in ("latitude", "longitude", "oktmo"):
        told = getattr(place, name)
        if told is not None and (is_own or getattr(city, name) is None):
            setattr(city, name, told)
    if place.population is not None and (is_own or (city.population_year or 0) < (spec.population_year or 0)):
        city.population, city.population_year = place.population, spec.population_year


def _add_aliases(session: Session, city: City, place: Place) -> None:
    named = {folded(name) for name in (city.name_ru, city.name_en)}
    for alias in sorted({place.name_ru, *place.aliases}):
        if folded(alias) not in named and session.get(CityAlias, (city.id, alias)) is None:
            session.add(CityAlias(city_id=city.id, alias=alias))
