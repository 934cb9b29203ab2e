"""One Citymark feeds another: by CSV, JSON-stat and SDMX from a running server, and the figures are the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

import migrations
from app.api.app import create_api
from app.api.deps import Limits
from app.db import connect, writing
from tests import tiny
from tests.conftest import Databases
from tests.ingest.jobs.conftest import Run
from tests.makers import make_city, make_indicator
from tests.servers import running

OWN = """
title = "Figures of another Citymark"
[figures.source.fetch]
allow_private = true
min_interval_s = 0
"""
REST = """
[figures.city]
column = "{city}"
[figures.indicator]
column = "{indicator}"
codes = {{ HC_LIFE = "HC_LIFE", HC_JOBLESS = "HC_JOBLESS", TI_LIGHTS = "TI_LIGHTS" }}
[figures.period]
column = "{period}"
[figures.value]
column = "{value}"
missing = ["", "NaN"]
[figures.status]
column = "{status}"
sdmx = true
"""
PLAIN = REST.format(city="city", indicator="indicator", period="period", value="value", status="status")
SDMX = REST.format(
    city="REF_AREA", indicator="INDICATOR", period="TIME_PERIOD", value="OBS_VALUE", status="OBS_STATUS"
)
SOURCES = {
    "csv": '[figures.source]\nurl = "SITE/api/v1/observations?format=csv"\nformat = "csv"\n' + PLAIN,
    "jsonstat": '[figures.source]\nurl = "SITE/api/v1/observations?format=jsonstat"\nformat = "jsonstat"\n' + PLAIN,
    "sdmx 1": '[figures.source.sdmx]\nurl = "SITE/sdmx"\nflow = "FIGURES"\n' + SDMX,
    "sdmx 2": '[figures.source.sdmx]\nurl = "SITE/sdmx"\nflow = "CITYMARK,FIGURES,1.0"\napi = "2"\n' + SDMX,
    "sdmx ml": '[figures.source.sdmx]\nurl = "SITE/sdmx"\nflow = "FIGURES"\nform = "xml"\n' + SDMX,
}
# Of the tiny index: vintage 4 puts Kazan's lights of 2025-Q4 under embargo, so they are seen nowhere.
FIGURES = {
    ("ru-kazan", "HC_LIFE", "2024", 75, "A"),
    ("ru-oryol", "HC_LIFE", "2024", 70, "A"),
    ("ru-oryol", "HC_LIFE", "2023", 65, "A"),
    ("ru-kazan", "HC_JOBLESS", "2025-Q4", 5, "A"),
    ("ru-oryol", "HC_JOBLESS", "2025-Q4", None, "M"),
    ("ru-oryol", "TI_LIGHTS", "2025-Q4", 90, "A"),
    ("ru-ufa", "TI_LIGHTS", "2025-Q4", 99, "F"),
    ("ru-kazan", "HC_JOBLESS", "2026-Q1", 4, "A"),
    ("ru-kazan", "TI_LIGHTS", "2026-Q1", 70, "A"),
}


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """One engine: what is tested here speaks HTTP, and the API behind it is tested on both."""
    return Databases("sqlite", tmp_path_factory.mktemp("databases"), None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("other")
    url = f"sqlite:///{folder / 'other.db'}"
    engine = connect(url)
    migrations.upgrade(engine)
    tiny.build(engine, folder)
    engine.dispose()
    with running(url) as address:
        yield address


@pytest.mark.parametrize("kind", SOURCES)
def test_the_figures_of_one_are_those_of_the_other(
    kind: str, site: str, run: Run, database: Engine, tmp_path: Path
) -> None:
    with writing(database) as session:
        for code in ("ru-kazan", "ru-oryol", "ru-ufa"):
            make_city(session, code)
        for code in ("HC_LIFE", "HC_JOBLESS", "TI_LIGHTS"):
            make_indicator(session, code)
    file = tmp_path / "other.toml"
    file.write_text(OWN + SOURCES[kind].replace("SITE", site), encoding="utf-8")
    report = run(file)
    assert (report.message, report.rejected) == ("", 0)
    assert (report.state, report.new) == ("published", len(FIGURES))
    with TestClient(create_api(database, Limits(max_page_rows=50))) as client:
        rows = client.get("/v1/observations").json()["data"]
    names = ("city", "indicator", "period", "value", "status")
    assert {tuple(row[name] for name in names) for row in rows} == FIGURES
    assert run(file).state == "unchanged"
