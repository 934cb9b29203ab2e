"""Pages on the large installation: 1,117 cities × 50 indicators × 40 quarters, simulated, measured in Chromium.

Cities that the register lacks are made up beside it, each with the size and place of a real one; building takes some
minutes. CITYMARK_SCALE_DATABASE names a file that is kept and used again.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from playwright.sync_api import sync_playwright

import migrations
from app.db import connect
from bench.bench_pages import FLAGS, PAGES, measured, serving
from ingest.demo import build_demo
from ingest.demo.parameters import read_parameters
from ingest.reference import REFERENCE
from ingest.scoring import bring_up_to_date

CITIES = 1_117
QUARTERS = ("2016-Q4", "2026-Q3")


def main() -> int:
    """Print milliseconds until the figures are there; 1 when a page is later than 1.5 s cold or 0.5 s warm."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(os.environ.get("CITYMARK_SCALE_DATABASE", f"{name}/scale.db"))
        if not file.exists():
            build(file, Path(name) / "reference")
        environment = {**os.environ, "CITYMARK_DATABASE_URL": f"sqlite:///{file}"}
        command = [sys.executable, "-m", "ingest", "serve", "--port", "{port}"]
        with sync_playwright() as playwright, serving(command, environment, "/readyz") as address:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            found = {path: measured(chromium, address + path, seen) for path, seen in PAGES.items()}
    print(f"{'page':<44}{'first ms':>10}{'cold ms':>10}{'warm ms':>10}{'kB':>10}")
    for path, figures in found.items():
        print(f"{path:<44}" + "".join(f"{figure:>10.0f}" for figure in figures))
    return int(any(cold > 1_500 or warm > 500 for _, cold, warm, _ in found.values()))


def build(file: Path, folder: Path) -> None:
    """The database with simulated figures and their scores."""
    shutil.copytree(REFERENCE, folder)
    register = pd.read_csv(folder / "cities.csv", dtype=str, keep_default_na=False)
    russian = register[register["country"] == "RU"]
    wanted = CITIES - len(russian)
    made_up = russian.sample(wanted, replace=True, random_state=1).reset_index(drop=True)
    for column in ("code", "name_en", "name_ru"):
        made_up[column] = [f"{text}-{number}" for number, text in enumerate(made_up[column], start=2)]
    for column in ("geonames_id", "oktmo", "aliases"):
        if column in made_up:
            made_up[column] = ""
    pd.concat([register, made_up]).to_csv(folder / "cities.csv", index=False)
    engine = connect(f"sqlite:///{file}")
    migrations.upgrade(engine)
    whole = read_parameters()
    first, last = QUARTERS
    parameters = replace(
        whole,
        time=replace(whole.time, first_quarter=first, last_quarter=last),
        cities=replace(whole.cities, groups=(), largest=0),
    )
    summary = build_demo(engine, seed=None, now=datetime.now(UTC), reference_folder=folder, parameters=parameters)
    print(summary)
    bring_up_to_date(engine)
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
