"""Job: scores of every framework and period that later figures touched, computed and stored after a publication.

Running again does nothing. What is stored is what a reader would get by having it computed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from typing import cast as typed

from sqlalchemy import Engine, Table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import migrations
from app.bulk import insert_columns
from app.db import connect, reading, writing
from app.models import FrameworkVersion, Score, ScoreRun
from app.queries import vintages
from app.queries.frameworks import framework_versions, not_in_database, resolved, spelled
from app.queries.scores import CityScore, Computed, Variant, city_scores, compute, periods_of, stored_run, variant_of

if TYPE_CHECKING:
    from app.settings import Settings

Progress = Callable[[str], None]
_JSON = ("missing", "parts")


@dataclass(frozen=True)
class Scoring:
    """One run that was stored."""

    framework: str
    period: str
    vintage: int
    cities: int
    ranked: int
    duration_s: float


def bring_up_to_date(
    engine: Engine, *, newest: int | None = None, progress: Progress = lambda _: None, now: datetime | None = None
) -> list[Scoring]:
    """Compute and store what is not stored yet, the newest period first; of each framework its newest version.

    `newest` takes only so many of the newest periods; the others are computed when they are asked for.
    """
    done = []
    for variant in _wanted(engine, newest):
        started = time.monotonic()
        with reading(engine) as session:
            found = compute(session, variant)
            is_simulated = vintages.is_simulated(session, found.inputs.used_vintages())
        progress(f"{variant.framework.code} {variant.period.code}")
        run = _run(variant, found, is_simulated=is_simulated, now=now or datetime.now(UTC))
        if _store(engine, run, found):
            duration_s = time.monotonic() - started
            name = spelled(variant.framework)
            done.append(
                Scoring(name, variant.period.code, variant.vintage, run.cities, run.ranked, round(duration_s, 3))
            )
    return done


def _wanted(engine: Engine, newest: int | None) -> list[Variant]:
    """The variants that have figures and no stored run."""
    with reading(engine) as session:
        return [
            variant
            for version in _current(session)
            for variant in _variants(session, version, newest)
            if variant.vintage and stored_run(session, variant) is None
        ]


def _current(session: Session) -> Iterator[FrameworkVersion]:
    """The newest version of every framework that this database can score."""
    seen = set()
    for version in framework_versions(session):
        if version.code not in seen and not not_in_database(session, resolved(version)):
            yield version
        seen.add(version.code)


def _variants(session: Session, version: FrameworkVersion, newest: int | None) -> Iterator[Variant]:
    current = vintages.newest(session)
    if current is None:
        return
    periods = periods_of(session, resolved(version), current.number)[::-1]
    for period in periods if newest is None else periods[:newest]:
        yield variant_of(session, version, period, current.number)


def _run(variant: Variant, found: Computed, *, is_simulated: bool, now: datetime) -> ScoreRun:
    return ScoreRun(
        framework_id=variant.framework.id,
        period=variant.period.number,
        vintage=variant.vintage,
        draws=variant.draws,
        seed=variant.seed,
        assumptions=[] if found.intervals is None else list(found.intervals.assumptions),
        cities=len(found.scored.ranks),
        ranked=int((found.scored.ranks > 0).sum()),
        is_simulated=is_simulated,
        computed_at=now,
    )


def _store(engine: Engine, run: ScoreRun, found: Computed) -> bool:
    """Write the run whole; False when another process has stored it meanwhile."""
    try:
        with writing(engine) as session:
            session.add(run)
            session.flush()
            insert_columns(session, typed(Table, Score.__table__), _columns(found, run.id))
            # Kept beyond the session: its id and counts are reported.
            session.refresh(run)
            session.expunge(run)
    except IntegrityError:
        return False
    return True


def _columns(found: Computed, run_id: int) -> dict[str, list[object]]:
    rows = city_scores(found)
    columns: dict[str, list[object]] = {
        "city_id": found.inputs.city_ids.tolist(),
        "run_id": [run_id] * len(rows),
    }
    for name in CityScore.__dataclass_fields__:
        if name == "city":
            continue
        cells = [getattr(row, name) for row in rows]
        columns[name] = [json.dumps(cell, ensure_ascii=False) for cell in cells] if name in _JSON else cells
    return columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `citymark score`."""
    parser.add_argument("--newest", type=int, metavar="N", help="only the newest N periods (default: all)")
    parser.add_argument("--json", action="store_true", help="print what was stored as JSON")


def run_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Store the scores that are missing; 0 also when none is, 2 for a number that makes no sense."""
    if arguments.newest is not None and arguments.newest < 1:
        sys.stderr.write(f"--newest {arguments.newest}: one period or more\n")
        return 2
    engine = connect(settings.database_url)
    try:
        migrations.ensure_newest(engine)
        done = bring_up_to_date(engine, newest=arguments.newest)
    finally:
        engine.dispose()
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(one) for one in done], ensure_ascii=False) + "\n")
        return 0
    for one in done:
        sys.stdout.write(
            f"{one.framework} {one.period}: {one.ranked} of {one.cities} cities ranked, "
            f"as known with vintage {one.vintage} ({one.duration_s:.1f} s)\n"
        )
    if not done:
        sys.stdout.write("every score is stored already\n")
    return 0
