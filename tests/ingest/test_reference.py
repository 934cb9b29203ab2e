"""Loading the reference: everything once, texts corrected in place, meanings only under a new version."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.models import City, CityAlias, Edition, IndicatorDefinition, Methodology, Region, RegionAlias
from app.queries import reference as queries
from ingest.reference import REFERENCE, load_reference


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled reference that a test may change."""
    return Path(shutil.copytree(REFERENCE, tmp_path / "reference"))


def change(folder: Path, name: str, before: str, after: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def counts(session: Session) -> list[int]:
    tables = (City, CityAlias, Region, RegionAlias, Methodology, IndicatorDefinition)
    return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def edition_of(session: Session) -> str | None:
    return session.scalar(select(Edition.sha256))


def test_the_bundled_reference_loads_whole(session: Session) -> None:
    load_reference(session)
    assert [principle.code for principle in queries.principles(session)] == [
        "human_capital",
        "infrastructure",
        "management",
        "safety",
        "cost_effectiveness",
    ]
    assert len(queries.indicators(session)) == 50
    kazan = queries.city(session, "ru-kazan")
    assert (kazan.city.name_ru, kazan.region_ru, kazan.city.oktmo) == (
        "Казань",
        "Республика Татарстан",
        "92701000001",
    )
    assert kazan.size == "over_1m"


def test_loading_again_changes_nothing(session: Session) -> None:
    load_reference(session)
    before = counts(session)
    load_reference(session)
    assert counts(session) == before


def test_a_register_of_before_gets_the_climates_of_now_and_another_edition(session: Session, folder: Path) -> None:
    change(folder, "cities.csv", "184769,2021,comfortable", "184769,2021,")
    load_reference(session, folder)
    before = edition_of(session)
    assert queries.city(session, "ru-abakan").city.climate is None
    load_reference(session)
    assert queries.city(session, "ru-abakan").city.climate == "comfortable"
    assert queries.city(session, "kz-almaty").city.climate is None
    assert edition_of(session) != before


def test_a_corrected_text_keeps_the_version(session: Session, folder: Path) -> None:
    load_reference(session)
    change(folder, "indicators.csv", "Capital spending share", "Share of capital spending")
    load_reference(session, folder)
    assert queries.indicator(session, "CE_CAPITAL_SPENDING").definition.name_en == "Share of capital spending"
    assert session.scalar(select(func.count()).select_from(Methodology)) == 1


def test_another_goalpost_under_the_same_version_is_refused(session: Session, folder: Path) -> None:
    load_reference(session)
    change(folder, "indicators.csv", ",40,95,5,3.5,20,85,none,UNDP", ",40,95,5,3.5,25,85,none,UNDP")
    with pytest.raises(Invalid, match=r"citymark 2026\.1 .* new version"):
        load_reference(session, folder)


def test_another_goalpost_under_a_new_version_stands_beside_the_old_one(session: Session, folder: Path) -> None:
    load_reference(session)
    change(folder, "indicators.csv", ",40,95,5,3.5,20,85,none,UNDP", ",40,95,5,3.5,25,85,none,UNDP")
    change(folder, "methodology.toml", '"2026.1"', '"2026.2"')
    load_reference(session, folder)
    assert queries.indicator(session, "HC_LIFE_EXP").definition.goalpost_min == 25
    assert session.scalar(select(func.count()).select_from(IndicatorDefinition)) == 100


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        (
            "indicators.csv",
            ",40,95,5,3.5,20,85,none,UNDP",
            ",40,95,5,3.5,low,85,none,UNDP",
            r"HC_LIFE_EXP\.goalpost_min",
        ),
        ("methodology.toml", "version =", "version", "methodology.toml cannot be read"),
        ("cities.csv", "1807000", "many", r"ae-abu-dhabi\.population: 'many'"),
    ],
)
def test_what_cannot_be_read_is_named(
    session: Session, folder: Path, name: str, before: str, after: str, message: str
) -> None:
    change(folder, name, before, after)
    with pytest.raises(Invalid, match=message):
        load_reference(session, folder)


def test_an_absent_file_is_named(session: Session, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"countries\.csv cannot be read"):
        load_reference(session, tmp_path)
