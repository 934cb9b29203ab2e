"""What a longer history costs: the same questions and the same quarter over ever more figures, on both engines.

CITYMARK_GROWTH holds the sizes in millions (default `2.2 22`), CITYMARK_GROWTH_ENGINES the engines. All sizes of an
engine stand at once and are asked in turn. Writes docs/growth.md and docs/growth.svg.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db import connect, reading, writing
from app.domain.period import Period, parse_period
from app.queries.counts import count, newest_period
from app.queries.figures import Figures
from app.queries.held import DEFAULT_BYTES, held_for, limit_memory, spans
from app.queries.observations import page
from app.queries.selection import Selection
from bench import bench_load, growth_page
from bench.growth_fill import Size, fill
from ingest.publish import Provenance, figures, publish
from tests.postgres import Postgres

# Of the disk, for one figure while its database is built: the row, its key and index, what sorting takes, the log.
BYTES_A_FIGURE = 200
QUESTIONS, ROUNDS = 60, 5
# So many indicators are held for the questions of what is.
HELD = 5
NEXT = ("2026-Q1", "2026-Q2", "2026-Q3")
ENGINES = ("SQLite", "PostgreSQL")
# What is larger is asked of PostgreSQL alone.
MOST_MILLIONS_OF_SQLITE = 30
# A server of some size, and one that writes no log of a table filled in the transaction that emptied it.
SERVER = {
    "shared_buffers": "1GB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "8GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def _page(session: Session, selection: Selection, vintage: int) -> Figures:
    return page(session, selection, vintage, limit=2000, after=None)


@dataclass(frozen=True)
class Asked:
    """A question of which every city, indicator and quarter may be asked."""

    name: str
    selection: Callable[[Size, Random], Selection]
    is_old: bool = False
    answer: Callable[[Session, Selection, int], Figures | Period | int | None] = _page


def main() -> int:
    """Measure, write the page, and say what grew; 1 when something grew by more than half."""
    sizes = [Size(float(word)) for word in os.environ.get("CITYMARK_GROWTH", "2.2 22").split()]
    needed = sum(size.figures for size in sizes) * BYTES_A_FIGURE
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if needed > free:
        raise SystemExit(
            f"{needed / 1e9:.0f} GB of disk are needed under {tempfile.gettempdir()}, {free / 1e9:.0f} are free"
        )
    found = {}
    for name in os.environ.get("CITYMARK_GROWTH_ENGINES", " ".join(ENGINES)).split():
        with ExitStack() as stack:
            wanted = [size for size in sizes if name != "SQLite" or size.millions <= MOST_MILLIONS_OF_SQLITE]
            filled = [_filled(size, *stack.enter_context(_database(name))) for size in wanted]
            found |= {(name, size): measured for size, measured in measure(filled).items()}
        growth_page.write(found)
    grown = growth_page.grown(found)
    for line in grown:
        print(line)
    return int(bool(grown))


@dataclass(frozen=True)
class Filled:
    """A database that stands, and the bytes of its figures."""

    size: Size
    engine: Engine
    bytes: int


def _filled(size: Size, url: str, bytes_of: Callable[[Engine], int]) -> Filled:
    engine = connect(url)
    start = time.perf_counter()
    fill(engine, size)
    print(f"{url}: {size.figures:,} figures in {time.perf_counter() - start:.0f} s", flush=True)
    return Filled(size, engine, bytes_of(engine))


def measure(databases: Sequence[Filled]) -> dict[Size, dict[str, float]]:
    """What each takes, every question asked of one after the other, so that all bear what else the machine does."""
    found: dict[Size, dict[str, float]] = {each.size: {"bytes": each.bytes / each.size.figures} for each in databases}
    for name, memory in (("database", 0), ("256 MB", DEFAULT_BYTES)):
        for each in databases:
            limit_memory(each.engine.pool, memory)
        _ask(databases, QUESTIONS_OF, name, found)
    _ask(databases, QUESTIONS_OF_ALL, "database", found)
    for each in databases:
        _hold(each.engine, each.size)
    _ask(databases, QUESTIONS_OF_HELD, "held", found)
    for each in databases:
        limit_memory(each.engine.pool, DEFAULT_BYTES)
    new = [[_publish(each.engine, code, 0) for each in databases] for code in NEXT]
    _note(found, "a new quarter", [min(taken) for taken in zip(*new, strict=True)])
    again = [[_publish(each.engine, NEXT[-1], 0) for each in databases] for _ in NEXT]
    _note(found, "the same again", [min(taken) for taken in zip(*again, strict=True)])
    revised = [[_publish(each.engine, NEXT[-1], shift) for each in databases] for shift in (1, 2)]
    _note(found, "every figure revised", [min(taken) for taken in zip(*revised, strict=True)])
    for each in databases:
        each.engine.dispose()
    return found


def _ask(
    databases: Sequence[Filled], questions: Sequence[Asked], memory: str, found: dict[Size, dict[str, float]]
) -> None:
    for asked in questions:
        _note(found, f"{asked.name}, {memory}", _median_ms(databases, asked))


def _note(found: dict[Size, dict[str, float]], name: str, taken: Sequence[float]) -> None:
    for measured, value in zip(found.values(), taken, strict=True):
        measured[name] = value
    print(f"{name}: {', '.join(f'{value:.2f}' for value in taken)}", flush=True)


@contextmanager
def _database(engine: str) -> Iterator[tuple[str, Callable[[Engine], int]]]:
    """The address of an empty database, and what says how large it is."""
    if engine == "SQLite":
        with tempfile.TemporaryDirectory() as name:
            yield f"sqlite:///{name}/citymark.db", lambda _: Path(name, "citymark.db").stat().st_size
        return
    postgres = Postgres().start(**SERVER)
    try:
        yield postgres.url(), _pg_bytes
    finally:
        postgres.stop()


def _pg_bytes(engine: Engine) -> int:
    with engine.connect() as connection:
        tables = "pg_total_relation_size('observation')"
        return int(connection.exec_driver_sql(f"SELECT {tables}").scalar_one())


def _one_indicator(size: Size, dice: Random) -> Selection:
    period = dice.choice(size.periods[-40:-4])
    return Selection(indicator_ids=(dice.randrange(1, bench_load.INDICATORS + 1),), periods=((period, period),))


def _one_held(size: Size, dice: Random) -> Selection:
    period = dice.choice(size.periods[-40:-4])
    return Selection(indicator_ids=(dice.randrange(1, HELD + 1),), periods=((period, period),))


def _whole_indicator(_size: Size, dice: Random) -> Selection:
    return Selection(indicator_ids=(dice.randrange(1, bench_load.INDICATORS + 1),))


def _hold(engine: Engine, size: Size) -> None:
    """Give the process as much memory as the whole history takes, and fill some of it."""
    limit_memory(engine.pool, 100 * size.figures + DEFAULT_BYTES)
    with reading(engine) as session:
        held = held_for(session)
        assert held is not None
        keys = [(number, span) for number in range(1, HELD + 1) for span in spans(session)]
        held.blocks(session, keys, size.vintages)


def _one_city(_size: Size, dice: Random) -> Selection:
    last = parse_period("2025-Q4")
    indicators = tuple(range(1, bench_load.INDICATORS + 1))
    return Selection((dice.randrange(1, bench_load.CITIES + 1),), indicators, ((last, last),))


QUESTIONS_OF = (
    Asked("one indicator, all cities, one quarter", _one_indicator),
    Asked("one city, 47 indicators, one quarter", _one_city),
    Asked("one indicator as of a year earlier", _one_indicator, is_old=True),
)

QUESTIONS_OF_ALL = (
    Asked("how many figures of an indicator", _whole_indicator, answer=count),
    Asked("newest period of a status", lambda *_: Selection(statuses=("A",)), answer=newest_period),
)

QUESTIONS_OF_HELD = (
    Asked("one indicator, all cities, one quarter", _one_held),
    Asked("one indicator as of a year earlier", _one_held, is_old=True),
)


def _median_ms(databases: Sequence[Filled], asked: Asked) -> list[float]:
    """Half of the questions take less; of each the best of some rounds counts, for machines are shared."""
    taken = np.full((len(databases), QUESTIONS), np.inf)
    for _ in range(ROUNDS):
        dice = [Random(1) for _ in databases]
        for number in range(QUESTIONS):
            for place, each in enumerate(databases):
                seconds = _seconds(each, asked, dice[place])
                taken[place, number] = min(taken[place, number], seconds)
    return [float(found) for found in 1000 * np.median(taken, axis=1)]


def _seconds(database: Filled, asked: Asked, dice: Random) -> float:
    selection, vintage = asked.selection(database.size, dice), database.size.vintages - asked.is_old
    start = time.perf_counter()
    with reading(database.engine) as session:
        found = asked.answer(session, selection, vintage)
    taken = time.perf_counter() - start
    assert found, selection
    return taken


def _publish(engine: Engine, code: str, shift: int) -> float:
    cities = [f"ru-city-{number:04d}" for number in range(bench_load.CITIES)]
    indicators = [f"BENCH_{number:02d}" for number in range(bench_load.INDICATORS)]
    numbers = np.arange(len(cities) * len(indicators)) % 977 + 1 + shift
    frame = figures(
        [
            {"city": city, "indicator": indicator, "period": code, "value": str(number)}
            for (city, indicator), number in zip(
                ((city, indicator) for city in cities for indicator in indicators), numbers.tolist(), strict=True
            )
        ]
    )
    start = time.perf_counter()
    with writing(engine) as session:
        _ = publish(session, frame, provenance=Provenance("job", "bench", "bench", "bench"), now=datetime.now(UTC))
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
