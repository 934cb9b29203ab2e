"""The reference data keep the promises that the rest of the product builds on."""

import csv
import re
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from ingest import geonames

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"
CYRILLIC = re.compile("[А-Яа-яЁё]")
CSV_FILES = sorted(path.name for path in REFERENCE.glob("*.csv"))


def rows(name: str) -> list[dict[str, str]]:
    return geonames.read_rows((REFERENCE / name).read_text(encoding="utf-8"))


def by_code(name: str) -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in rows(name)}


def spellings(row: dict[str, str]) -> list[str]:
    return [row["name_en"], row["name_ru"], *filter(None, row["aliases"].split("|"))]


def folded(name: str) -> str:
    """What a reader takes for the same name: case, ё and hyphens do not tell two cities apart."""
    return re.sub(r"[\s\-‐–—]+", " ", name.casefold().replace("ё", "е")).strip()


def owners(places: list[dict[str, str]]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for place in places:
        for name in spellings(place):
            found[place["country"], folded(name)].add(place["code"])
    return found


INDICATORS = rows("indicators.csv")
CITIES = by_code("cities.csv")
REGIONS = by_code("regions.csv")


@pytest.mark.parametrize("name", CSV_FILES)
def test_files_are_utf8_with_unix_lines_and_no_byte_order_mark(name: str) -> None:
    content = (REFERENCE / name).read_bytes()
    content.decode("utf-8")
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert content.endswith(b"\n")


@pytest.mark.parametrize("name", CSV_FILES)
def test_files_are_sorted_by_unique_code_and_have_no_stray_spaces(name: str) -> None:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))
    codes = [row["code"] for row in rows(name)]
    assert codes == sorted(set(codes))
    assert {len(line) for line in table} == {len(table[0])}
    assert [cell for line in table for cell in line if cell != cell.strip()] == []


@pytest.mark.parametrize("name", CSV_FILES)
def test_every_text_exists_in_both_languages_and_russian_is_cyrillic(name: str) -> None:
    for row in rows(name):
        for english in (column for column in row if column.endswith("_en")):
            russian = row[english[:-3] + "_ru"]
            assert bool(row[english]) == bool(russian), (row["code"], english)
            assert not russian or CYRILLIC.search(russian), (row["code"], russian)
            assert not CYRILLIC.search(row[english]), (row["code"], row[english])


def test_principles_are_the_five_of_the_contract_in_order() -> None:
    ordered = sorted(rows("principles.csv"), key=lambda row: int(row["order"]))
    assert [row["code"] for row in ordered] == [
        "human_capital",
        "infrastructure",
        "management",
        "safety",
        "cost_effectiveness",
    ]


def test_fifty_indicators_by_frequency_direction_and_principle() -> None:
    assert len(INDICATORS) == 50
    assert Counter(row["frequency"] for row in INDICATORS) == {"Q": 40, "A": 10}
    assert Counter(row["direction"] for row in INDICATORS) == {"higher": 34, "lower": 16}
    assert Counter(row["principle"] for row in INDICATORS) == {
        "human_capital": 9,
        "infrastructure": 9,
        "management": 11,
        "safety": 10,
        "cost_effectiveness": 11,
    }


def test_period_rules_are_counted_as_in_the_catalogue() -> None:
    assert Counter(row["period_rule"] for row in INDICATORS) == {
        "stock_end_quarter": 14,
        "sum_quarter_ratio": 9,
        "rolling_4q": 7,
        "stock_end_year": 7,
        "cumulative_from_january": 3,
        "year_value": 2,
        "average_quarter": 2,
        "mean_quarter": 2,
        "sum_year": 1,
        "rolling_4q_station_mean": 1,
        "median_quarter": 1,
        "unique_rolling_4q": 1,
    }


def test_indicator_codes_fit_an_sdmx_key() -> None:
    assert [row["code"] for row in INDICATORS if not re.fullmatch("[A-Z][A-Z0-9_]{2,31}", row["code"])] == []


def test_closed_lists_hold() -> None:
    rules = by_code("period_rules.csv")
    for row in INDICATORS:
        assert row["period_rule"] in rules
        assert row["transform"] in {"none", "log", "log1p", "fourth_root"}
        assert row["direction"] in {"higher", "lower", "target", "none"}
        assert bool(row["target"]) == (row["direction"] == "target")
        assert row["decimals"] in {"0", "1", "2"}
        assert (row["frequency"] == "A") == (row["period_rule"] in {"stock_end_year", "year_value", "sum_year"})
    assert {rule["converts"] for rule in rules.values()} == {"none", "ytd_sum", "ytd_mean"}


@pytest.mark.parametrize("row", INDICATORS, ids=lambda row: row["code"])
def test_goalposts_are_ordered_and_inside_the_valid_range(row: dict[str, str]) -> None:
    low, high = float(row["goalpost_min"]), float(row["goalpost_max"])
    assert low < high <= float(row["valid_max"])
    # Posts that others publish may lie wider than what a city can have: life expectancy is scored from 20 years.
    assert float(row["valid_min"]) <= low or not row["goalpost_source"].startswith("proposal")
    assert row["transform"] != "log" or low > 0
    assert float(row["soft_change_pct"]) > 0
    assert float(row["soft_mad"]) > 0


@pytest.mark.parametrize("column", ["name", "definition", "unit_label", "numerator", "denominator"])
def test_indicators_leave_no_required_text_empty(column: str) -> None:
    assert [row["code"] for row in INDICATORS if not row[f"{column}_en"] or not row[f"{column}_ru"]] == []


def test_life_expectancy_keeps_its_published_goalposts() -> None:
    row = by_code("indicators.csv")["HC_LIFE_EXP"]
    assert (row["goalpost_min"], row["goalpost_max"], row["unit"], row["frequency"]) == ("20", "85", "a", "A")


def test_utility_collection_may_exceed_a_hundred_per_cent() -> None:
    row = by_code("indicators.csv")["CE_UTILITY_COLLECTION"]
    assert (row["unit"], row["valid_max"], row["goalpost_max"]) == ("%", "150", "100")


def test_country_groups() -> None:
    groups = {row["code"]: row["groups"].split() for row in rows("countries.csv")}
    assert sorted(code for code in groups if "cis" in groups[code]) == "AM AZ BY KG KZ MD RU TJ TM UZ".split()
    assert sorted(code for code in groups if "brics" in groups[code]) == "AE BR CN EG ET ID IN IR RU ZA".split()
    assert {group for values in groups.values() for group in values} == {"cis", "brics"}


def test_regions_carry_the_code_of_their_country() -> None:
    countries = by_code("countries.csv")
    for code, row in REGIONS.items():
        assert re.fullmatch("[A-Z]{2}-[A-Z0-9]{1,3}", code)
        assert row["country"] == code[:2]
        assert row["country"] in countries


def test_region_names_lead_to_one_region() -> None:
    assert {name: codes for name, codes in owners(rows("regions.csv")).items() if len(codes) > 1} == {}


def test_all_federal_subjects_with_an_iso_code_are_there() -> None:
    assert sum(code.startswith("RU-") for code in REGIONS) == 83
    assert sum(code.startswith("KZ-") for code in REGIONS) == 20


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("Кемеровская область - Кузбасс", "RU-KEM"),
        ("Кемеровская область", "RU-KEM"),
        ("Ханты-Мансийский автономный округ – Югра", "RU-KHM"),
        ("Югра", "RU-KHM"),
        ("Республика Карачаево-Черкесия", "RU-KC"),
        ("Якутия", "RU-SA"),
        ("Республика Северная Осетия — Алания", "RU-SE"),
        ("Московская обл.", "RU-MOS"),
        ("г. Москва", "RU-MOW"),
    ],
)
def test_spellings_of_real_tables_lead_to_their_region(spelling: str, code: str) -> None:
    assert [row["code"] for row in REGIONS.values() if spelling in spellings(row)] == [code]


def test_city_codes_are_ascii_and_begin_with_their_country() -> None:
    for code, row in CITIES.items():
        assert re.fullmatch("[a-z]{2}(-[a-z]+)+", code)
        assert code[:2].upper() == row["country"]


def test_the_register_covers_what_it_promises() -> None:
    counts = Counter(row["country"] for row in CITIES.values())
    assert len(CITIES) >= 230
    assert counts["RU"] >= 165
    assert set(counts) == {row["code"] for row in rows("countries.csv") if row["groups"]}
    capitals = Counter(row["country"] for row in CITIES.values() if row["is_capital"] == "true")
    assert capitals == dict.fromkeys(counts, 1)


def test_city_names_and_aliases_are_unambiguous_within_a_country() -> None:
    assert {name: codes for name, codes in owners(list(CITIES.values())).items() if len(codes) > 1} == {}


def test_cities_lie_on_the_globe_in_a_region_of_their_country() -> None:
    for code, row in CITIES.items():
        assert -90 <= float(row["latitude"]) <= 90, code
        assert -180 <= float(row["longitude"]) <= 180, code
        assert not row["region"] or REGIONS[row["region"]]["country"] == row["country"], code


def test_city_facts_have_their_form() -> None:
    for code, row in CITIES.items():
        assert int(row["population"]) > 0, code
        assert row["population_year"] in {"", "2021"}, code
        assert row["climate"] in ({"severe", "comfortable"} if row["country"] == "RU" else {""}), code
        assert row["is_capital"] in {"true", "false"}, code
        assert not row["oktmo"] or re.fullmatch("[0-9]{8}|[0-9]{11}", row["oktmo"]), code
        assert not row["oktmo"] or row["country"] == "RU", code
    for column in ("geonames_id", "oktmo"):
        filled = [row[column] for row in CITIES.values() if row[column]]
        assert len(filled) == len(set(filled))


# Government decree 1946 of 16 November 2021: what belongs to the Far North (its districts, not those equated to it).
FAR_NORTH = (
    "anadyr magadan murmansk naryan-mar norilsk novy-urengoy noyabrsk petropavlovsk-kamchatsky salekhard "
    "severodvinsk yakutsk"
)
OTHER_SEVERE = "khanty-mansiysk nefteyugansk nizhnevartovsk surgut ukhta"
CLIMATES = {"условно комфортный климат": "comfortable", "тяжелые климатические условия": "severe"}
SIZES = {"Крупнейший город": 1_000_000, "Крупный город": 250_000, "Большой город": 100_000}


def published_class(shared_data: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The rows of Minstroy's index by the names and the region of the city."""
    regions = {name: code for (_, name), codes in owners(rows("regions.csv")).items() for code in codes}
    text = (shared_data / "ru_minstroy_igs" / "cities.csv").read_text(encoding="utf-8")
    return {(folded(row["name"]), regions.get(folded(row["region"]), "")): row for row in geonames.read_rows(text)}


def test_every_russian_city_has_the_climate_that_minstroy_gives_it(shared_data: Path) -> None:
    published, unknown, other = published_class(shared_data), [], []
    for code, city in CITIES.items():
        if city["country"] == "RU":
            keys = [(folded(name), city["region"]) for name in spellings(city)]
            row = next((published[key] for key in keys if key in published), None)
            unknown += [code] if row is None else []
            other += [code] if row and CLIMATES[row["climat"]] != city["climate"] else []
    assert (unknown, other) == ([], [])


def test_every_city_of_the_far_north_is_severe_and_five_others_are() -> None:
    severe = {code for code, row in CITIES.items() if row["climate"] == "severe"}
    assert severe == {f"ru-{name}" for name in f"{FAR_NORTH} {OTHER_SEVERE}".split()}


def test_sizes_are_drawn_where_minstroy_draws_them_and_differ_only_by_the_census(shared_data: Path) -> None:
    published, moved = published_class(shared_data), {}
    for (name, _), row in published.items():
        number, unit = row["population"].replace(",", ".").split(maxsplit=1)
        people = float(number) * (1_000_000 if unit.startswith("млн") else 1_000)
        # Zelenodolsk is printed as a round hundred thousand and classed above it.
        assert people >= SIZES.get(row["size"], 0), name
        assert people <= {"Крупный город": 1e6, "Большой город": 250e3}.get(row["size"], 1e8), name
    for code, city in CITIES.items():
        row = published.get((folded(city["name_ru"]), city["region"]))
        least = SIZES.get(row["size"], 0) if row else 0
        own = max((bound for bound in SIZES.values() if int(city["population"]) >= bound), default=0)
        if row and own != least:
            moved[code] = own > least
    assert moved == {
        **dict.fromkeys(["ru-krasnodar", "ru-mytishchi", "ru-tobolsk", "ru-vidnoye"], True),
        **dict.fromkeys(["ru-novokuybyshevsk", "ru-petrozavodsk", "ru-yelets"], False),
    }


@pytest.mark.parametrize(
    ("code", "geonames_id"),
    [
        ("ru-moscow", "524901"),
        ("ru-saint-petersburg", "498817"),
        ("ru-kazan", "551487"),
        ("by-minsk", "625144"),
        ("kz-astana", "1526273"),
        ("kz-almaty", "1526384"),
        ("uz-tashkent", "1512569"),
        ("kg-bishkek", "1528675"),
        ("am-yerevan", "616052"),
        ("az-baku", "587084"),
        ("tj-dushanbe", "1221874"),
        ("cn-beijing", "1816670"),
        ("in-mumbai", "1275339"),
        ("in-delhi", "1273294"),
        ("in-new-delhi", "1261481"),
        ("br-sao-paulo", "3448439"),
        ("za-cape-town", "3369157"),
    ],
)
def test_known_geonames_ids(code: str, geonames_id: str) -> None:
    assert CITIES[code]["geonames_id"] == geonames_id


def test_kazan_and_vladivostok_are_right_in_every_code() -> None:
    kazan, vladivostok = CITIES["ru-kazan"], CITIES["ru-vladivostok"]
    assert (kazan["name_ru"], kazan["region"], kazan["oktmo"]) == ("Казань", "RU-TA", "92701000001")
    assert (vladivostok["region"], vladivostok["oktmo"]) == ("RU-PRI", "05701000001")


def test_former_names_are_aliases() -> None:
    assert "Нур-Султан" in CITIES["kz-astana"]["aliases"].split("|")
    assert "СПб" in CITIES["ru-saint-petersburg"]["aliases"].split("|")
    assert "Бомбей" in CITIES["in-mumbai"]["aliases"].split("|")


def test_the_register_is_reproduced_from_geonames_byte_for_byte() -> None:
    built = geonames.csv_text(geonames.register(rows("city_names.csv"), geonames.geonames_places()))
    assert built.encode() == (REFERENCE / "cities.csv").read_bytes()


def test_a_wrong_geonames_id_is_named() -> None:
    own = rows("city_names.csv")[0]
    place = {"countrycode": "XX"}
    with pytest.raises(geonames.UnknownPlaceError, match=own["geonames_id"]):
        geonames.place_of(own, {})
    with pytest.raises(geonames.UnknownPlaceError, match="is in XX"):
        geonames.place_of(own, {own["geonames_id"]: place})


def test_methodology_has_a_version_both_languages_and_licensed_sources() -> None:
    methodology = tomllib.loads((REFERENCE / "methodology.toml").read_text(encoding="utf-8"))
    assert methodology["version"] == "2026.1"
    assert CYRILLIC.search(methodology["title"]["ru"])
    assert CYRILLIC.search(methodology["description"]["ru"])
    assert "GeoNames" in methodology["sources"][0]["title_en"]
    assert {bool(source["licence"] and source["accessed"]) for source in methodology["sources"]} == {True}
