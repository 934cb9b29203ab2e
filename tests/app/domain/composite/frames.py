"""Frameworks and tables the tests of the index share."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

from app.domain.composite.framework import Framework
from app.domain.composite.parse import parse

REFERENCE = Path(__file__).parents[4] / "data" / "reference"


def catalogue() -> dict[str, dict[str, str]]:
    with (REFERENCE / "indicators.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def bundled(code: str) -> Framework:
    text = (REFERENCE / "frameworks" / f"{code}.toml").read_text(encoding="utf-8")
    return parse(tomllib.loads(text), catalogue())


def small(body: str, head: str = "") -> Framework:
    """A framework from the part of its file that matters to a test."""
    return parse(tomllib.loads(f'code = "t"\nversion = "1"\n{head}\n{body}'), catalogue())
