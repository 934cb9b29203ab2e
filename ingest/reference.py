"""Job: reference data of a folder into the database: countries, regions, cities, principles, indicators, frameworks.

Loading again changes nothing. A text may be corrected in place; what gives a figure its meaning (unit, direction,
ranges, goalposts) is fixed by the methodology's version, and another content under the same version is refused.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid, Problem
from app.models import (
    City,
    CityAlias,
    Country,
    Indicator,
    IndicatorDefinition,
    Methodology,
    Principle,
    Region,
    RegionAlias,
)
from ingest.edition import settle_edition
from ingest.frameworks import load_frameworks

Row = Mapping[str, str]
REFERENCE = Path(__file__).parents[1] / "data" / "reference"
BUNDLED = "citymark"
CROSS_REFERENCES = ("iso37120_2018", "iso37120_2014", "iso37122_2019", "u4ssc", "iq_item")
_EXACT = ("target", "valid_min", "valid_max", "soft_change_pct", "soft_mad", "goalpost_min", "goalpost_max")
# What a value means; everything else of a definition is words.
_MEANING = ("unit", "direction", *_EXACT, "transform", "frequency", "period_rule", "decimals")
_WORDS = ("name", "definition", "unit_label", "numerator", "denominator", "note")


def load_reference(session: Session, folder: Path = REFERENCE) -> None:
    """Everything the folder holds, in the order in which one part refers to another; Invalid names what is wrong."""
    load_places(session, folder)
    load_principles(session, read_rows(folder / "principles.csv"))
    methodology = load_catalogue(session, folder)
    rows = {row["code"]: row for row in read_rows(folder / "indicators.csv")}
    load_frameworks(session, folder / "frameworks", rows, methodology)


def load_places(session: Session, folder: Path) -> None:
    """Countries, regions and the register of cities."""
    load_countries(session, read_rows(folder / "countries.csv"))
    load_regions(session, read_rows(folder / "regions.csv"))
    load_cities(session, read_rows(folder / "cities.csv"), register=BUNDLED)
    settle_edition(session)


def read_rows(path: Path) -> list[dict[str, str]]:
    """A CSV of ours (UTF-8, comma) as rows of text."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{path.name} cannot be read: {error}") from error


def load_countries(session: Session, rows: Iterable[Row]) -> None:
    """Countries by their ISO 3166-1 code."""
    for row in rows:
        _put(session, Country, row["code"], {name: row[name] for name in ("name_en", "name_ru", "groups")})
    session.flush()


def load_regions(session: Session, rows: Iterable[Row]) -> None:
    """Regions by their ISO 3166-2 code, with every other spelling of their names."""
    spellings: dict[str, set[str]] = {}
    for alias in session.scalars(select(RegionAlias)):
        spellings.setdefault(alias.region, set()).add(alias.alias)
    for row in rows:
        _put(session, Region, row["code"], {name: row[name] for name in ("country", "name_en", "name_ru")})
        new = set(listed(row.get("aliases", ""))) - spellings.get(row["code"], set())
        session.add_all(RegionAlias(region=row["code"], alias=alias) for alias in sorted(new))
    session.flush()


def load_cities(session: Session, rows: Iterable[Row], *, register: str) -> None:
    """Cities by code with their aliases; a city of another register keeps belonging to it."""
    known = {city.code: city for city in session.scalars(select(City))}
    spellings: dict[int, set[str]] = {}
    for alias in session.scalars(select(CityAlias)):
        spellings.setdefault(alias.city_id, set()).add(alias.alias)
    for row in rows:
        city = known.get(row["code"]) or City(code=row["code"], register=register)
        _set(city, _city_content(row))
        session.add(city)
        session.flush()
        new = set(listed(row.get("aliases", ""))) - spellings.get(city.id, set())
        session.add_all(CityAlias(city_id=city.id, alias=alias) for alias in sorted(new))
    session.flush()


def _city_content(row: Row) -> dict[str, Any]:
    return {
        "name_en": row["name_en"],
        "name_ru": row["name_ru"],
        "country": row["country"],
        "region": row["region"] or None,
        "latitude": _read(float, row, "latitude"),
        "longitude": _read(float, row, "longitude"),
        "population": _read(int, row, "population"),
        "population_year": _read(int, row, "population_year"),
        "climate": row.get("climate") or None,
        "geonames_id": _read(int, row, "geonames_id"),
        "oktmo": row.get("oktmo") or None,
        "is_capital": row.get("is_capital") == "true",
    }


def load_principles(session: Session, rows: Iterable[Row]) -> None:
    """The principles by code."""
    words = ("name_en", "name_ru", "description_en", "description_ru")
    for row in rows:
        _put(session, Principle, row["code"], {name: row[name] for name in words} | {"position": int(row["order"])})
    session.flush()


def load_catalogue(session: Session, folder: Path, code: str = BUNDLED) -> Methodology:
    """The methodology of `methodology.toml` with the indicators of `indicators.csv`.

    Raises Invalid when the version is known with another meaning: that would change what published figures say.
    """
    rows = read_rows(folder / "indicators.csv")
    methodology = _methodology(session, _read_toml(folder / "methodology.toml"), code, _meaning_sha256(rows))
    known = {indicator.code: indicator for indicator in session.scalars(select(Indicator))}
    for row in rows:
        indicator = known.get(row["code"]) or Indicator(code=row["code"])
        indicator.principle = row["principle"]
        session.add(indicator)
        session.flush()
        key = (methodology.id, indicator.id)
        definition = session.get(IndicatorDefinition, key)
        if definition is None:
            definition = IndicatorDefinition(methodology_id=methodology.id, indicator_id=indicator.id)
        _set(definition, _definition_content(row))
        session.add(definition)
    session.flush()
    settle_edition(session)
    return methodology


def _methodology(session: Session, table: dict[str, Any], code: str, sha256: str) -> Methodology:
    version = str(table["version"])
    known = session.scalar(select(Methodology).where(Methodology.code == code, Methodology.version == version))
    if known is not None and known.sha256 != sha256:
        raise Invalid(
            f"methodology {code} {version} is known with other units, ranges or goalposts: "
            "give the changed catalogue a new version in methodology.toml"
        )
    methodology = known or Methodology(code=code, version=version, sha256=sha256)
    titles = {"title_en": table["title"]["en"], "title_ru": table["title"]["ru"]}
    _set(methodology, {"valid_from": table.get("valid_from", date(1900, 1, 1)), **titles})
    session.add(methodology)
    session.flush()
    return methodology


def _meaning_sha256(rows: Iterable[Row]) -> str:
    meaning = sorted([row["code"], row["principle"], *(row.get(name, "") for name in _MEANING)] for row in rows)
    return hashlib.sha256(json.dumps(meaning, ensure_ascii=False).encode()).hexdigest()


def _definition_content(row: Row) -> dict[str, Any]:
    texts = {f"{name}_{language}": row.get(f"{name}_{language}", "") for name in _WORDS for language in ("en", "ru")}
    exact = {name: _read(Decimal, row, name) for name in _EXACT}
    plain = {name: row[name] for name in ("unit", "direction", "frequency", "period_rule")}
    references = {name: row[name] for name in CROSS_REFERENCES if row.get(name)}
    return {
        **texts,
        **exact,
        **plain,
        "decimals": int(row["decimals"]),
        "transform": row.get("transform") or "none",
        "goalpost_source": row.get("goalpost_source", ""),
        "goalpost_source_ru": row.get("goalpost_source_ru", ""),
        "cross_references": references,
        "source": row.get("source", ""),
    }


def listed(cell: str) -> list[str]:
    """The values of a cell that holds several, separated by `|`."""
    return [part.strip() for part in cell.split("|") if part.strip()]


def _read(kind: Callable[[str], Any], row: Row, name: str) -> Any:
    text = row.get(name, "")
    if text == "":
        return None
    try:
        return kind(text)
    except (ValueError, InvalidOperation) as error:
        where = f"{row['code']}.{name}"
        raise Invalid(f"{where}: {text!r} is not a number", problems=(Problem(where, text),)) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"{path.name} cannot be read: {error}") from error


def _put(session: Session, kind: type[Any], code: str, content: dict[str, Any]) -> None:
    thing = session.get(kind, code) or kind(code=code)
    _set(thing, content)
    session.add(thing)


def _set(thing: Any, content: dict[str, Any]) -> None:
    for name, value in content.items():
        setattr(thing, name, value)
