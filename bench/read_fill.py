"""What readers are measured over: 1,117 cities × 47 indicators × 42 quarters, a vintage a year, and their index."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy import Engine, select

from app.db import writing
from app.models import Methodology
from bench import bench_load
from bench.growth_fill import Size, fill
from ingest.frameworks import load_frameworks
from ingest.scoring import bring_up_to_date

SIZE = Size(2.2)
PRINCIPLES = ("human_capital", "infrastructure", "management", "safety", "cost_effectiveness")
HEAD = """code = "bench"
version = "1"
name = { en = "Bench", ru = "Замер" }
index = "index"

[defaults]
goalposts = { worst = 0, best = 100 }

[nodes.index]
children = [%s]
"""


def build(engine: Engine) -> None:
    """Figures of every city, indicator and quarter, and the stored scores of the newest quarter."""
    fill(engine, SIZE)
    with tempfile.TemporaryDirectory() as name, writing(engine) as session:
        (Path(name) / "bench.toml").write_text(_framework(), encoding="utf-8")
        methodology = session.scalars(select(Methodology)).one()
        load_frameworks(session, Path(name), {}, methodology)
    bring_up_to_date(engine, newest=1)


def _framework() -> str:
    """All indicators, dealt out to the five principles."""
    codes = [f"BENCH_{number:02d}" for number in range(bench_load.INDICATORS)]
    text = HEAD % _quoted(PRINCIPLES)
    for place, principle in enumerate(PRINCIPLES):
        text += f"\n[nodes.{principle}]\nchildren = [{_declared(codes[place :: len(PRINCIPLES)])}]\n"
    return text


def _quoted(codes: tuple[str, ...]) -> str:
    return ", ".join(f'"{code}"' for code in codes)


def _declared(codes: list[str]) -> str:
    return ", ".join(f'{{ code = "{code}" }}' for code in codes)
