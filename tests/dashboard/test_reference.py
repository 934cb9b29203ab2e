"""The first group to compare with: size and climate of the city, size alone where hardly anybody shares both."""

from __future__ import annotations

import csv

import pytest

from app.domain.peers import size_class
from app.models import City, Country
from app.queries.reference import CityEntry
from dashboard.locale import Locale
from dashboard.reference import DefaultPeer, Reference, default_peer, group_name, peer_options
from ingest.reference import REFERENCE


def entry(code: str, population: int | None, climate: str | None) -> CityEntry:
    city = City(code=code, country=code[:2].upper(), region=None, population=population, climate=climate)
    return CityEntry(city, None, None, (), size_class(population))


def register(*entries: CityEntry) -> Reference:
    countries = {code: Country(code=code, name_en=code, name_ru=code, groups="") for code in ("RU", "KZ")}
    return Reference({each.city.code: each for each in entries}, {}, {}, countries, (), 0)


def like(count: int, climate: str | None) -> list[CityEntry]:
    """So many cities of 300,000."""
    return [entry(f"ru-{climate}-{number}", 300_000, climate) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "found"),
    [
        (6, DefaultPeer("size:250k_1m+climate:severe")),
        (5, DefaultPeer("size:250k_1m", too_small="size:250k_1m+climate:severe")),
    ],
)
def test_five_others_of_the_same_size_and_climate_are_enough_and_four_are_not(count: int, found: DefaultPeer) -> None:
    severe = like(count, "severe")
    assert default_peer(severe[0], register(*severe, *like(9, "comfortable"))) == found


@pytest.mark.parametrize(
    ("population", "climate", "code"),
    [(300_000, None, "size:250k_1m"), (None, "severe", "climate:severe"), (None, None, "all"), (None, "a b", "all")],
)
def test_what_the_register_does_not_know_is_no_part_of_the_group(
    population: int | None, climate: str | None, code: str
) -> None:
    one = entry("kz-one", population, climate)
    assert default_peer(one, register(one)) == DefaultPeer(code)


def test_the_bundled_register_has_these_first_groups() -> None:
    with (REFERENCE / "cities.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    known = register(*(entry(row["code"], int(row["population"]), row["climate"] or None) for row in rows))
    first = {code: default_peer(each, known) for code, each in known.cities.items()}
    assert first["ru-kazan"].code == "size:over_1m+climate:comfortable"
    assert first["ru-norilsk"].code == "size:100k_250k+climate:severe"
    assert first["kz-almaty"] == DefaultPeer("size:over_1m")
    # Few as they are, the severe cities of these sizes are compared with all of their size.
    wide = {code for code, group in first.items() if group.too_small}
    large = {"ru-murmansk", "ru-nizhnevartovsk", "ru-surgut", "ru-yakutsk"}
    assert wide == large | {"ru-anadyr", "ru-magadan", "ru-naryan-mar", "ru-salekhard", "ru-ukhta"}


def test_groups_are_named_and_offered_in_words() -> None:
    known, say = register(*like(6, "severe"), *like(2, "comfortable"), *like(1, "dry")), Locale("ru")
    assert group_name("size:250k_1m+climate:severe", known, say) == (
        "250 тыс. – 1 млн жителей, тяжёлые климатические условия"
    )
    assert group_name("climate:dry", known, say) == "климат: dry"
    offered = [group for group in peer_options(known, say, default="all", chosen="") if hasattr(group, "options")]
    assert [option.value for group in offered for option in group.options] == [
        "size:250k_1m",
        "climate:comfortable",
        "climate:severe",
        "size:250k_1m+climate:severe",
        "country:RU",
    ]
