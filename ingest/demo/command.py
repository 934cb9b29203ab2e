"""The command `citymark demo`: build the demonstration database if it is empty."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

import migrations
from app.db import connect
from app.errors import Conflict
from ingest.demo.build import Summary, build_demo
from ingest.demo.parameters import PARAMETERS_FILE, read_parameters

if TYPE_CHECKING:
    from app.settings import Settings

REFERENCE_FOLDER = Path(__file__).parents[2] / "data" / "reference"


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
        _ensure_schema(engine)
        summary = build_demo(
            engine,
            seed=arguments.seed,
            now=datetime.now(UTC),
            reference_folder=REFERENCE_FOLDER,
            parameters=parameters,
        )
    finally:
        engine.dispose()
    sys.stdout.write(_text(summary, as_json=arguments.json) + "\n")
    return 0


def _ensure_schema(engine: Engine) -> None:
    """A database without a schema gets one; one with another schema may hold figures and is left alone."""
    revision = migrations.current_revision(engine)
    if revision is None:
        migrations.upgrade(engine)
    elif revision != migrations.newest_revision():
        raise Conflict("the database has another schema: run `citymark migrate`")


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
