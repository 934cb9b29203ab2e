"""A tiny index for tests: three cities, three indicators, two quarters, four vintages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.db import writing
from app.models import Methodology
from ingest.frameworks import load_frameworks
from tests.makers import MORNING, make_city, make_indicator, publish_figures

FRAMEWORK = """
code = "tiny"
version = "{version}"
decimals = 1
minimum_coverage = 0.6
carry_years = 2
[defaults]
scale = 100
[uncertainty]
weight_spread = 0.3
values = true
[nodes.index]
children = ["people", "works"]
[nodes.people]
children = [
  {{ code = "HC_LIFE", goalposts = {{ worst = 60, best = {best} }} }},
  {{ code = "HC_JOBLESS", goalposts = {{ worst = 20, best = 0 }} }},
]
[nodes.works]
children = [{{ code = "TI_LIGHTS", goalposts = [0, 100] }}]
"""


def load(session: Session, folder: Path, *, version: str = "1", best: int = 80) -> None:
    (folder / "tiny.toml").write_text(FRAMEWORK.format(version=version, best=best), encoding="utf-8")
    methodology = session.scalars(select(Methodology)).first()
    assert methodology
    load_frameworks(session, folder, {}, methodology)


def row(city: str, indicator: str, period: str, value: str | None, **more: object) -> dict[str, object]:
    return {"city": f"ru-{city}", "indicator": indicator, "period": period, "value": value, **more}


VINTAGES = [
    [
        row("kazan", "HC_LIFE", "2024", "75"),
        row("oryol", "HC_LIFE", "2024", "70"),
        row("oryol", "HC_LIFE", "2023", "65"),
        row("kazan", "HC_JOBLESS", "2025-Q4", "5"),
        row("oryol", "HC_JOBLESS", "2025-Q4", None, status="M"),
        row("kazan", "TI_LIGHTS", "2025-Q4", "60"),
        row("oryol", "TI_LIGHTS", "2025-Q4", "50"),
        row("ufa", "TI_LIGHTS", "2025-Q4", "99", status="F"),
    ],
    [row("kazan", "HC_JOBLESS", "2026-Q1", "4"), row("kazan", "TI_LIGHTS", "2026-Q1", "70")],
    [row("oryol", "TI_LIGHTS", "2025-Q4", "90")],
    [row("kazan", "TI_LIGHTS", "2025-Q4", "100", confidentiality="E")],
]


def build(engine: Engine, folder: Path) -> Engine:
    """Vintage 1: 2025-Q4 and the year 2024. 2: 2026-Q1. 3: a revision of 2025-Q4. 4: an embargoed figure."""
    with writing(engine) as session:
        for code, population in (("ru-kazan", 1_300_000), ("ru-oryol", 290_000), ("ru-ufa", 1_100_000)):
            make_city(session, code, population=population)
        make_indicator(session, "HC_LIFE", principle="human_capital", frequency="A")
        make_indicator(session, "HC_JOBLESS", principle="human_capital", direction="lower")
        make_indicator(session, "TI_LIGHTS")
        load(session, folder)
        for number, rows in enumerate(VINTAGES):
            publish_figures(session, *rows, now=MORNING + timedelta(days=number))
    return engine
