"""Rows for tests: every maker has a default for everything, so a test names only what matters to it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

import migrations
from app.db import connect, writing
from app.models import City, Country, Indicator, IndicatorDefinition, Methodology, Principle, Region
from ingest.publish import Provenance, Published, figures, publish

MORNING = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def make_city(session: Session, code: str = "ru-kazan", **overrides: Any) -> City:
    """A city, with its country and region when they are not there yet."""
    country = overrides.get("country", code[:2].upper())
    if session.get(Country, country) is None:
        session.add(Country(code=country, name_en=country, name_ru=country, groups=""))
        session.flush()
    region = overrides.get("region")
    if region and session.get(Region, region) is None:
        session.add(Region(code=region, country=country, name_en=region, name_ru=region))
        session.flush()
    name = code[3:].replace("-", " ").title()
    defaults = {"name_en": name, "name_ru": name, "country": country, "population": 500_000, "register": "test"}
    city = City(code=code, **{**defaults, **overrides})
    session.add(city)
    session.flush()
    return city


def make_indicator(session: Session, code: str = "TI_SMART_LIGHTING", **overrides: Any) -> Indicator:
    """An indicator with a definition, under a principle and a methodology made when missing."""
    principle = overrides.pop("principle", "infrastructure")
    if session.get(Principle, principle) is None:
        position = len(session.query(Principle).all()) + 1
        session.add(Principle(code=principle, position=position, name_en=principle, name_ru=principle))
        session.flush()
    methodology = session.query(Methodology).first()
    if methodology is None:
        methodology = Methodology(
            code="test", version="1", valid_from=date(2026, 1, 1), title_en="Test", title_ru="Тест", sha256="0" * 64
        )
        session.add(methodology)
        session.flush()
    indicator = Indicator(code=code, principle=principle)
    session.add(indicator)
    session.flush()
    defaults = {
        "name_en": code.title(),
        "name_ru": code.title(),
        "unit": "%",
        "unit_label_en": "percent",
        "unit_label_ru": "процент",
        "direction": "higher",
        "frequency": "Q",
        "period_rule": "stock_end_quarter",
        "decimals": 1,
    }
    words = {**defaults, **overrides}
    session.add(IndicatorDefinition(methodology_id=methodology.id, indicator_id=indicator.id, **words))
    session.flush()
    return indicator


def publish_figures(
    session: Session, *rows: dict[str, Any], now: datetime = MORNING, is_simulated: bool = False
) -> Published:
    """Publish rows that name at least value; city, indicator and period have defaults."""
    usual = {"city": "ru-kazan", "indicator": "TI_SMART_LIGHTING", "period": "2024-Q3"}
    provenance = Provenance("job", "test", "tester", "a test", is_simulated=is_simulated)
    return publish(session, figures([{**usual, **row} for row in rows]), provenance=provenance, now=now)


def settle_one_figure(url: str) -> None:
    """Give an empty database the newest schema, one city, and one published figure of it."""
    engine = connect(url)
    migrations.upgrade(engine)
    with writing(engine) as session:
        make_city(session, "ru-kazan", name_ru="Казань", population=1_300_000)
        make_indicator(session, "TI_SMART_LIGHTING")
        publish_figures(session, {"value": "60"})
    engine.dispose()
