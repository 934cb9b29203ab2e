from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, select

import migrations
from app.db import connect, reading
from app.errors import Conflict, Invalid
from app.models import City, Indicator, Observation, ReferencePeriod, Vintage
from app.queries.reference import indicators
from app.settings import Settings
from ingest.demo import Summary, add_arguments, build_demo, run_command
from ingest.demo.dice import Floats
from ingest.demo.parameters import PARAMETERS_FILE, Cities, Parameters, Shape, read_parameters
from ingest.demo.reports import Reports
from ingest.demo.series import shown_values
from ingest.demo.world import Measure, Place, World, choose_places
from ingest.reference import REFERENCE

CONTENT = (Observation.vintage, Observation.value, Observation.status, Observation.note, Observation.is_withdrawn)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def few_parameters() -> Parameters:
    """The two largest cities of every country, seven quarters, the rare things less rare."""
    whole = read_parameters()
    return replace(
        whole,
        time=replace(whole.time, first_quarter="2024-Q3", last_quarter="2026-Q1"),
        cities=replace(whole.cities, all_of=[], largest=2, joined_later_share=0.2, joined_within_quarters=4),
        reporting=replace(whole.reporting, correction_share=0.01, outlier_share=0.005),
        events=tuple(replace(event, city="ru-moscow") for event in whole.events),
    )


def edited(folder: Path, edits: dict[str, str]) -> Path:
    """The file of parameters with some words exchanged."""
    words = PARAMETERS_FILE.read_text(encoding="utf-8")
    for right, wrong in edits.items():
        assert right in words
        words = words.replace(right, wrong)
    (folder / "demo.toml").write_text(words, encoding="utf-8")
    return folder / "demo.toml"


def quiet(**shape: Any) -> Parameters:
    """Without trend, noise and outliers; one indicator of middle level, shaped as asked."""
    whole = read_parameters()
    return replace(
        whole,
        noise={"default": 0.0},
        reporting=replace(whole.reporting, outlier_share=0.0),
        trend={},
        effects=replace(whole.effects, trend_sd=0.0),
        indicators={"X_RATIO": Shape(level=0.5, **shape)},
    )


def measure(code: str = "TI_SMART_LIGHTING", **overrides: Any) -> Measure:
    usual = Measure(code, "infrastructure", False, "stock_end_quarter", 1, 0.0, 100.0, "none", 0.0, 100.0)
    return replace(usual, **overrides)


def place(code: str, **overrides: Any) -> Place:
    usual = Place(code, code[:2].upper(), frozenset({"cis"}), 400_000, 55.0, False)
    return replace(usual, **overrides)


def simulated(parameters: Parameters, *measures: Measure, places: tuple[Place, ...] = (place("ru-perm"),)) -> Floats:
    return shown_values(World(places, measures, parameters=parameters))


def build(engine: Engine, parameters: Parameters, now: datetime = NOW) -> Summary:
    return build_demo(engine, seed=None, now=now, reference_folder=REFERENCE, parameters=parameters)


def rows(engine: Engine) -> pd.DataFrame:
    """Every row ever published, by codes."""
    entities = {"city": City.code, "indicator": Indicator.code, "period": ReferencePeriod.code}
    query = (
        select(*(column.label(name) for name, column in entities.items()), *CONTENT)
        .join(City, City.id == Observation.city_id)
        .join(Indicator, Indicator.id == Observation.indicator_id)
        .join(ReferencePeriod, ReferencePeriod.number == Observation.period)
    )
    with reading(engine) as session:
        result = session.execute(query)
        frame = pd.DataFrame(result.all(), columns=list(result.keys())).astype({"value": object})
    return frame.sort_values(["city", "indicator", "period", "vintage"], ignore_index=True)


def fingerprint(engine: Engine) -> str:
    """A hash of every row and every vintage."""
    with reading(engine) as session:
        vintages = [(v.number, v.published_at, v.reason, v.new, v.revised) for v in session.scalars(select(Vintage))]
    lines = [repr(line) for line in sorted(vintages)]
    lines += ["\t".join(map(str, row)) for row in rows(engine).itertuples(index=False)]
    return sha256("\n".join(lines).encode()).hexdigest()


def sqlite_at(path: Path) -> Engine:
    engine = connect(f"sqlite:///{path}")
    migrations.upgrade(engine)
    return engine


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A small demonstration database, for reading."""
    engine = sqlite_at(tmp_path_factory.mktemp("demo") / "few.db")
    build(engine, few_parameters())
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def reports(few: Engine) -> pd.DataFrame:
    return rows(few)


def test_every_build_on_every_engine_gives_the_same_rows(database: Engine, few: Engine) -> None:
    build(database, few_parameters())
    assert fingerprint(database) == fingerprint(few)


def test_another_seed_gives_other_figures() -> None:
    other = replace(read_parameters(), seed=7)
    assert (simulated(other, measure()) != simulated(read_parameters(), measure())).all()


def test_a_database_with_figures_is_left_alone(database: Engine) -> None:
    first = build(database, few_parameters())
    before = fingerprint(database)
    second = build(database, few_parameters())
    assert (first.built, second.built) == (True, False)
    assert (second.new, second.vintages) == (0, first.vintages)
    assert second.message == f"the database has {first.vintages} vintages already: nothing was built"
    assert fingerprint(database) == before


def test_every_vintage_says_that_it_is_simulated(few: Engine) -> None:
    with reading(few) as session:
        vintages = list(session.scalars(select(Vintage).order_by(Vintage.number)))
    assert {(vintage.kind, vintage.is_simulated) for vintage in vintages} == {("demo", True)}
    assert all("simulated / модельные данные" in vintage.reason for vintage in vintages)
    assert vintages[0].reason == "Release of 2024-Q3 / Выпуск за 2024-Q3 (simulated / модельные данные)"
    assert vintages[0].published_at == datetime(2024, 11, 14, 9, 0, tzinfo=UTC)
    assert vintages[-1].published_at == datetime(2026, 5, 15, 9, 0, tzinfo=UTC)


def test_a_clock_behind_the_calendar_puts_nothing_into_the_future(database: Engine) -> None:
    early = datetime(2025, 1, 1, tzinfo=UTC)
    build(database, few_parameters(), now=early)
    with reading(database) as session:
        assert max(session.scalars(select(Vintage.published_at))) < early


def test_periods_are_quarters_and_the_years_they_close(reports: pd.DataFrame) -> None:
    shown = "2024 2024-Q3 2024-Q4 2025 2025-Q1 2025-Q2 2025-Q3 2025-Q4 2026-Q1"
    assert " ".join(sorted(reports["period"].unique())) == shown
    assert reports.loc[reports["indicator"] == "HC_LIFE_EXP", "period"].unique().tolist() == ["2024", "2025"]


def test_every_kind_of_status_occurs(reports: pd.DataFrame) -> None:
    assert set(reports["status"]) == {"A", "B", "E", "L", "M", "O", "P", "Q", "U"}
    assert reports.loc[reports["status"].isin(["L", "M", "O", "Q", "U", "E", "B"]), "note"].notna().all()


def test_a_city_without_district_heating_has_no_incidents_to_count(reports: pd.DataFrame) -> None:
    heat = reports[reports["indicator"] == "QM_HEAT_INCIDENTS"].set_index("city")["status"]
    assert set(heat["in-mumbai"]) == {"M"}
    assert "M" not in set(heat["ru-moscow"])


def test_zeros_are_values(reports: pd.DataFrame) -> None:
    zeros = reports[reports["value"] == 0]
    assert "CE_DEBT_SERVICE" in set(zeros["indicator"])


def test_a_provisional_figure_becomes_final_with_the_next_release(reports: pd.DataFrame) -> None:
    history = reports.groupby(["city", "indicator", "period"])["status"].agg("".join)
    quarterly = history[history.index.get_level_values("period").str.contains("Q")]
    last = quarterly.index.get_level_values("period") == "2026-Q1"
    assert set(quarterly[quarterly.str.startswith("P") & ~last]) == {"PA"}
    assert set(quarterly[quarterly.str.startswith("P") & last]) == {"P"}


def test_revisions_are_small_and_corrections_are_large_with_a_reason(reports: pd.DataFrame) -> None:
    corrected = reports["note"].str.startswith(("исправлено", "corrected"), na=False)
    assert corrected.sum() > 20
    before = reports.shift(1)
    change = (reports["value"].astype(float) / before["value"].astype(float).replace(0, np.nan) - 1).abs()
    revised = (reports["status"] == "A") & (before["status"] == "P") & (reports["period"] == before["period"])
    assert change[revised].median() < 0.02
    assert 0.08 < change[corrected].median() < 0.5


def test_a_gap_may_be_filled_later(reports: pd.DataFrame) -> None:
    filled = reports[reports["note"].isin(["получено после выпуска", "received after the release"])]
    before = reports.loc[filled.index - 1]
    assert len(filled) > 10
    assert set(before["status"]) == {"L", "O"}


def test_the_unit_slip_is_published_and_corrected(reports: pd.DataFrame) -> None:
    slip = reports.query("city == 'ru-moscow' and indicator == 'QM_REQUEST_DAYS' and period == '2025-Q1'")
    wrong, right = slip["value"]
    assert wrong == 10 * right
    assert slip["note"].tolist()[1].startswith("ошибка единицы")


def test_one_figure_is_withdrawn_and_stays_in_the_past(reports: pd.DataFrame) -> None:
    gone = reports[reports["is_withdrawn"]]
    [key] = gone[["city", "indicator", "period", "status"]].to_numpy().tolist()
    assert key == ["ru-moscow", "QM_WATER_LOSS", "2025-Q3", "O"]
    assert reports.loc[gone.index[0] - 1, "value"] > 0


def test_breaks_stand_in_their_quarter_only(reports: pd.DataFrame) -> None:
    breaks = reports[reports["status"] == "B"]
    assert set(breaks["period"]) == {"2024-Q3", "2025-Q1", "2025-Q2"}
    assert breaks["note"].str.startswith("разрыв ряда").all()


def test_late_reports_make_the_past_differ_from_today(reports: pd.DataFrame) -> None:
    first_report = reports.drop_duplicates(["city", "indicator", "period"])
    of_quarter = first_report[first_report["period"] == "2025-Q4"]
    assert of_quarter["vintage"].nunique() == 2
    last = reports.loc[reports["period"] == "2026-Q1"].drop_duplicates(["city", "indicator"])
    assert 0.6 * len(of_quarter) < len(last) < 0.95 * len(of_quarter)


def test_some_cities_joined_later(reports: pd.DataFrame) -> None:
    first_quarter = reports[reports["period"].str.contains("Q")].groupby("city")["period"].min()
    assert first_quarter["ru-moscow"] == "2024-Q3"
    assert (first_quarter > "2024-Q3").sum() >= 2


def test_outliers_stand_far_from_their_neighbours(reports: pd.DataFrame) -> None:
    final = reports.drop_duplicates(["city", "indicator", "period"], keep="last")
    stocks = final[final["indicator"] == "TI_SMART_LIGHTING"].astype({"value": float})
    typical = stocks.groupby("city")["value"].transform("median")
    assert ((stocks["value"] / typical > 1.8) | (stocks["value"] / typical < 0.55)).any()


def test_the_full_build_covers_the_catalogue_and_keeps_the_valid_ranges(tmp_path: Path) -> None:
    engine = sqlite_at(tmp_path / "full.db")
    summary = build(engine, read_parameters())
    full = rows(engine)
    with reading(engine) as session:
        definitions = {entry.code: entry.definition for entry in indicators(session)}
    engine.dispose()
    quarters = full["period"].str.contains("Q")
    assert full["indicator"].nunique() == summary.indicators == 50
    assert full["city"].nunique() == summary.cities >= 170
    assert full.loc[quarters, "period"].nunique() == 17
    assert full["city"].str.startswith("ru-").sum() > 0.5 * len(full)
    assert len(full) == summary.new + summary.revised + summary.withdrawn
    for code, part in full.dropna(subset="value").groupby("indicator"):
        words = definitions[str(code)]
        low, high = float(words.valid_min or 0), float(words.valid_max or 0)
        assert part["value"].astype(float).between(low, high).all(), code
        assert (part["value"] == part["value"].map(lambda value, d=words.decimals: round(value, d))).all(), code
    assert 0 < (full.loc[full["indicator"] == "CE_UTILITY_COLLECTION", "value"] > 100).mean() < 0.25


def test_a_new_city_or_indicator_changes_no_other_figures() -> None:
    alone = simulated(read_parameters(), measure())
    places = (place("ru-omsk"), place("ru-perm"))
    more = simulated(read_parameters(), measure("TI_PUBLIC_WIFI"), measure(), places=places)
    assert (alone[0, 0] == more[1, 1]).all()


def test_a_later_last_quarter_changes_no_earlier_figures() -> None:
    parameters = read_parameters()
    longer = replace(parameters, time=replace(parameters.time, last_quarter="2027-Q2"))
    assert (simulated(parameters, measure()) == simulated(longer, measure())[:, :, :-3]).all()


def test_a_cumulative_figure_starts_anew_in_january() -> None:
    values = simulated(quiet(season="budget"), measure("X_RATIO", period_rule="cumulative_from_january"))[0, 0]
    assert (np.diff(values[8:12]) > 0).all()
    assert values[12] == pytest.approx(values[8])


@pytest.mark.parametrize(("rule", "has_season"), [("rolling_4q", False), ("mean_quarter", True)])
def test_a_rolling_year_has_no_season(rule: str, has_season: bool) -> None:
    values = simulated(quiet(season="winter"), measure("X_RATIO", period_rule=rule))
    assert (np.ptp(values[0, 0, 3:]) > 1) == has_season


def test_the_season_turns_south_of_the_equator() -> None:
    parameters = quiet(season="winter")
    parameters = replace(parameters, effects=replace(parameters.effects, own=0.0, country=0.0, quality=0.0))
    places = (place("br-north", latitude=5.0), place("br-south", latitude=-25.0))
    values = simulated(parameters, measure("X_RATIO"), places=places)
    assert values[0, 0, 0] == pytest.approx(values[1, 0, 2])
    assert values[0, 0, 0] < values[1, 0, 0]


@pytest.mark.parametrize(
    ("transform", "worst", "best", "middle"),
    [("none", 0, 50, 25), ("log", 100, 1, 10), ("fourth_root", 81, 1, 16), ("log1p", 0, 99, 9)],
)
def test_the_middle_level_lies_between_the_transformed_goalposts(
    transform: str, worst: float, best: float, middle: float
) -> None:
    scale = measure("X_RATIO", transform=transform, worst=worst, best=best)
    assert simulated(quiet(spread=0.0), scale)[0, 0, -1] == pytest.approx(middle)


def test_small_cities_hide_small_counts() -> None:
    deaths = measure("HC_U5_MORTALITY", principle="human_capital")
    places = (place("ru-large", population=900_000), place("ru-small", population=40_000))
    large, small = Reports(World(places, (deaths,), parameters=read_parameters())).status
    assert ("Q" in large, "Q" in small) == (False, True)


def test_cities_are_chosen_by_country_then_capital_then_size() -> None:
    cities = Cities(["RU"], ["cis"], 2, 0.0, 1, [])
    sizes = {"ru-a": 1, "kz-small": 10, "kz-large": 20}
    places = [place(code, population=size) for code, size in sizes.items()]
    places += [place("kz-capital", population=5, is_capital=True), place("fr-paris", groups=frozenset({"oecd"}))]
    assert [chosen.code for chosen in choose_places(places, cities)] == ["kz-capital", "kz-large", "ru-a"]


def test_the_parameters_name_only_what_the_catalogue_knows() -> None:
    parameters = read_parameters()
    catalogue = pd.read_csv(REFERENCE / "indicators.csv")
    register = pd.read_csv(REFERENCE / "cities.csv")
    assert set(parameters.indicators) == set(catalogue["code"])
    assert set(parameters.trend) == set(catalogue["principle"])
    assert set(parameters.noise) - {"default"} <= set(catalogue["period_rule"])
    for event in parameters.events:
        assert event.city in set(register["code"])
        assert set(event.indicators) <= set(catalogue["code"])


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("largest = 6", "largest = 6\nsmallest = 1", "unknown in cities: smallest"),
        ("largest = 6", "", "missing in cities: largest"),
        ("largest = 6", "largest = true", "largest = True"),
        ("gap_share = 0.012", "gap_share = 1.2", "gap_share = 1.2"),
        ("level = 0.85", "level = 1.0", "level = 1.0"),
        ('kind = "slip"', 'kind = "trip"', "'trip' is not one of slip, withdrawal, break"),
        ('season = "water"', 'season = "rain"', "there is no season 'rain'"),
        ("[-0.45, -0.10, 0.10, 0.45]", "[0.1]", "season.budget: a pattern has four quarters"),
        ("[notes.filled]", "[notes.fulfilled]", "missing in notes or noise: filled"),
        ("seed = 20261", "seed = ", "demo.toml cannot be read"),
    ],
)
def test_a_wrong_parameter_is_named(right: str, wrong: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=words.replace("[", r"\[")):
        read_parameters(edited(tmp_path, {right: wrong}))


def test_a_quarter_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="2026 is not a quarter"):
        World((), (), parameters=read_parameters(edited(tmp_path, {'"2026-Q3"': '"2026"'})))


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_the_command_builds_once_and_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = edited(tmp_path, {'"2022-Q3"': '"2026-Q1"', 'all_of = ["RU"]': "all_of = []", "largest = 6": "largest = 1"})
    settings, options = Settings(database_url=f"sqlite:///{tmp_path}/new/demo.db"), ("--parameters", str(few))
    assert run_command(arguments(*options, "--json"), settings) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["built"], summary["first_period"], summary["seed"]) == (True, "2026-Q1", 20261)
    assert run_command(arguments(*options), settings) == 0
    assert capsys.readouterr().out == f"the database has {summary['vintages']} vintages already: nothing was built\n"
    run_command(arguments(*options, "--seed", "5"), Settings(database_url=f"sqlite:///{tmp_path}/other.db"))
    printed = capsys.readouterr().out
    assert "(seed 5)" in printed.split("simulated figures: they describe no real city")[1]


def test_the_command_leaves_a_database_of_another_schema_alone(tmp_path: Path) -> None:
    engine = sqlite_at(tmp_path / "old.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '2026_11_24'")
    engine.dispose()
    with pytest.raises(Conflict, match="run `citymark migrate`"):
        run_command(arguments(), Settings(database_url=f"sqlite:///{tmp_path}/old.db"))
