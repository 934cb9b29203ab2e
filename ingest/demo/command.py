"""The command `citymark demo`: build the demonstration database if it is empty."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

import migrations
from app.db import connect, reading
from app.queries.vintages import newest
from ingest.demo.build import Summary, build_demo
from ingest.demo.parameters import PARAMETERS_FILE, Parameters, read_parameters
from ingest.reference import REFERENCE
from ingest.scoring import bring_up_to_date

if TYPE_CHECKING:
    from app.settings import Settings

# Of the demonstration a year and a quarter is scored at once; older quarters when they are asked for.
SCORED_QUARTERS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--seed", type=int, default=None, help="other figures of the same kind (default: the file's)")
    parser.add_argument("--parameters", type=Path, default=PARAMETERS_FILE, help="what to simulate (TOML)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Give an empty database its schema and simulated figures; 0 also when there is nothing to do."""
    parameters = read_parameters(arguments.parameters)
    engine = connect(settings.database_url)
    try:
        migrations.ensure_newest(engine)
        summary = _build(engine, parameters, arguments.seed)
    finally:
        engine.dispose()
    sys.stdout.write(_text(summary, as_json=arguments.json) + "\n")
    return 0


def ensure_demo(engine: Engine, announce: Callable[[str], None]) -> None:
    """Give a database without any figures the demonstration, saying so as it takes its time."""
    migrations.ensure_newest(engine)
    with reading(engine) as session:
        if newest(session) is not None:
            return
    announce("building the demonstration database: simulated figures of real cities (some 30 seconds, once)")
    announce(_text(_build(engine, read_parameters(), None), as_json=False))


def _build(engine: Engine, parameters: Parameters, seed: int | None) -> Summary:
    summary = build_demo(engine, seed=seed, now=datetime.now(UTC), reference_folder=REFERENCE, parameters=parameters)
    bring_up_to_date(engine, newest=SCORED_QUARTERS)
    return summary


def _text(summary: Summary, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(asdict(summary), ensure_ascii=False)
    if not summary.built:
        return summary.message
    return (
        f"{summary.message}\n{summary.cities} cities, {summary.indicators} indicators, "
        f"{summary.first_period} to {summary.last_period}: {summary.new} figures, {summary.revised} revisions, "
        f"{summary.withdrawn} withdrawn (seed {summary.seed})"
    )
