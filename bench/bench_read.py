"""Requests a second of one web process beside its floors and Datasette: same machine, same file, same run, wrk.

Over 2.2 million figures on each engine (bench/read_fill.py). Floors: the very bytes of an answer from memory by
Starlette with nothing in between, and the smallest answer of bare FastAPI. Datasette (named by CITYMARK_DATASETTE)
asks the same SQLite file the same question in SQL. Every answer is looked at before it is measured: a peer that says
less is no peer.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import orjson

from app.db import connect
from bench.bench_load import CITIES, INDICATORS
from bench.bench_pages import serving
from bench.read_fill import SIZE, build
from tests.postgres import Postgres

SECONDS, CONNECTIONS = 4, 16
WARMING_S = 15
API = "/api/v1/observations"
CELLS = "indicator=BENCH_07&period=2025-Q1&limit=2000"
ROWS, COLUMNS, CITY, EARLIER, SCORES, NOTHING = (
    "one indicator, all cities, one quarter: rows",
    "one indicator, all cities, one quarter: columns",
    "one city, all indicators and quarters: rows",
    "the first as of an earlier vintage",
    "scores with ranks and their intervals",
    "nothing has this code (404)",
)
#: The address, and how many rows its answer has.
ASKED = {
    ROWS: (f"{API}?{CELLS}", CITIES),
    COLUMNS: (f"{API}?{CELLS}&layout=columns", CITIES),
    CITY: (f"{API}?city=ru-city-0100&limit=2000", INDICATORS * SIZE.quarters),
    EARLIER: (f"{API}?{CELLS.replace('2025', '2024')}&as_of={SIZE.vintages - 1}", CITIES),
    SCORES: ("/api/v1/scores?framework=bench&period=2025-Q4", CITIES),
    NOTHING: ("/api/v1/cities/nowhere", 0),
}
UNKEPT = (ROWS, COLUMNS, CITY, EARLIER, SCORES)
SQL = """SELECT c.code AS city, i.code AS indicator, p.code AS period, CAST(o.value AS REAL) AS value,
o.status, o.vintage FROM observation o JOIN city c ON c.id = o.city_id JOIN indicator i ON i.id = o.indicator_id
JOIN period p ON p.number = o.period WHERE i.code = 'BENCH_07' AND p.code = '2025-Q1'
AND o.vintage = (SELECT max(vintage) FROM observation x WHERE x.city_id = o.city_id
AND x.indicator_id = o.indicator_id AND x.period = o.period) ORDER BY c.id"""
WRK = re.compile(r"Requests/sec:\s+([\d.]+)")
PERCENTILES = re.compile(r"(50|99)%\s+([\d.]+)(us|ms|s)")
TO_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Rate(NamedTuple):
    """Requests a second, and the milliseconds that half and 99 in a hundred take."""

    rps: float
    p50_ms: float
    p99_ms: float


class Own(NamedTuple):
    """What one web process does: each question again and again, unchanged, and computed anew each time."""

    kept: dict[str, Rate]
    unchanged: Rate
    unkept: dict[str, Rate]


def main() -> int:
    """Print the tables; 1 when a target is missed."""
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not here: it makes the requests (Debian has it as the package wrk)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "citymark.db"
        floors: dict[str, Rate] = {}
        missed = 0
        for engine, url in (("SQLite", f"sqlite:///{file}"), ("PostgreSQL", "")):
            with _database(url) as at:
                own, bodies = _own(at)
            floors = floors or _floors(bodies, folder)
            missed += _told(engine, own, floors, _datasette(file) if url else None)
    return int(missed > 0)


@contextmanager
def _database(url: str) -> Iterator[str]:
    """The database filled; a PostgreSQL of its own where no address is given."""
    postgres = None if url else Postgres().start()
    try:
        at = url or (postgres.url() if postgres else "")
        engine = connect(at)
        build(engine)
        engine.dispose()
        yield at
    finally:
        if postgres:
            postgres.stop()


def _own(url: str) -> tuple[Own, dict[str, bytes]]:
    with _web(url) as address:
        bodies = {name: body(address + path, rows) for name, (path, rows) in ASKED.items()}
        kept = {name: wrk(address + path) for name, (path, _) in ASKED.items()}
        first = address + ASKED[ROWS][0]
        found = urlopen(Request(first))  # noqa: S310 - our own server
        unchanged = wrk(first, header=f"If-None-Match: {found.headers['etag']}")
    with _web(url, CITYMARK_MAX_KEPT_BYTES="0") as address:
        unkept = {name: wrk(address + ASKED[name][0]) for name in UNKEPT}
    return Own(kept, unchanged, unkept), bodies


@contextmanager
def _web(url: str, **more: str) -> Iterator[str]:
    """One web process; what is read often is fetched after the start, which is over before anything is measured."""
    environment = {**os.environ, "CITYMARK_DATABASE_URL": url, **more}
    command = [sys.executable, "-m", "ingest", "serve", "--port", "{port}"]
    with serving(command, environment, "/readyz") as address:
        time.sleep(WARMING_S)
        yield address


def body(address: str, rows: int) -> bytes:
    """The answer, which must have so many rows; SystemExit when it has others."""
    try:
        found = bytes(urlopen(address).read())  # noqa: S310 - our own server
    except HTTPError as error:
        found = bytes(error.read())
    if rows != (count := _count(orjson.loads(found))):
        raise SystemExit(f"{address} has {count} rows and not {rows}: {found[:200]!r}")
    return found


def _count(answer: object) -> int:
    data = answer.get("data", []) if isinstance(answer, dict) else answer
    if isinstance(data, dict):
        data = max(data.values(), key=lambda column: len(column) if isinstance(column, list) else 0)
    return len(data) if isinstance(data, list) else 0


def _floors(bodies: dict[str, bytes], folder: Path) -> dict[str, Rate]:
    """The same bytes from memory, by the same server, and the least that the framework does."""
    found = {name: _floor(body, folder) for name, body in bodies.items()}
    return {**found, "framework": _floor(b"{}", folder, "framework")}


def _floor(body: bytes, folder: Path, app: str = "static") -> Rate:
    (folder / "body").write_bytes(body)
    command = [sys.executable, "-m", "uvicorn", f"bench.pages.floors:{app}", "--log-level", "warning"]
    environment = {**os.environ, "STATIC_BODY": str(folder / "body")}
    with serving([*command, "--port", "{port}"], environment, "/") as address:
        return wrk(address + "/")


def _datasette(file: Path) -> Rate | None:
    program = os.environ.get("CITYMARK_DATASETTE")
    if not program:
        return None
    options = ["--setting", "max_returned_rows", "5000", "--setting", "sql_time_limit_ms", "20000"]
    command = [program, "serve", "--port", "{port}", *options, str(file)]
    query = urlencode({"sql": SQL, "_shape": "array"})
    with serving(command, dict(os.environ), "/-/versions.json", is_silent=True) as address:
        body(f"{address}/citymark.json?{query}", CITIES)
        return wrk(f"{address}/citymark.json?{query}")


def wrk(address: str, header: str | None = None) -> Rate:
    """One thread, CONNECTIONS connections, SECONDS seconds."""
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *(["-H", header] if header else [])]
    said = subprocess.run([*words, address], capture_output=True, text=True, check=True).stdout
    rate = WRK.search(said)
    if rate is None:
        raise SystemExit(f"wrk said nothing of {address}: {said[:300]}")
    latencies = {share: float(number) * TO_MS[unit] for share, number, unit in PERCENTILES.findall(said)}
    return Rate(float(rate[1]), latencies.get("50", 0.0), latencies.get("99", 0.0))


def _told(engine: str, own: Own, floors: dict[str, Rate], peer: Rate | None) -> int:
    """Print one engine's table; how many targets are missed."""
    print(f"{engine + ': one web process, wrk -t1 -c16':<60}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'of floor':>10}")
    least = floors["framework"]
    for name, rate in own.kept.items():
        _line(name, rate, floors[name])
    _line("the first unchanged (304), of the bare framework", own.unchanged, least)
    for name, rate in own.unkept.items():
        _line(f"no answer kept: {name}", rate, floors[name])
    for name, rate in floors.items():
        _line(f"floor: {name}", rate)
    checks = {
        f"{ROWS} / static floor": (own.kept[ROWS].rps / floors[ROWS].rps, 0.5),
        f"{COLUMNS} / static floor": (own.kept[COLUMNS].rps / floors[COLUMNS].rps, 0.5),
        "304 / bare framework": (own.unchanged.rps / least.rps, 0.8),
        f"{EARLIER} / static floor": (own.kept[EARLIER].rps / floors[EARLIER].rps, 0.05),
        f"no answer kept: {EARLIER} / static floor": (own.unkept[EARLIER].rps / floors[EARLIER].rps, 0.05),
    }
    if peer is not None:
        _line("Datasette, the first question in SQL", peer)
        checks["times as fast as Datasette"] = (own.kept[ROWS].rps / peer.rps, 40.0)
    elif engine == "SQLite":
        print("Datasette was not measured: name its program by CITYMARK_DATASETTE (`make bench-read` does)")
    for name, (found, target) in checks.items():
        print(f"{name:<70}{found:>8.2f}   target >= {target}{'' if found >= target else '   MISSED'}")
    return sum(found < target for found, target in checks.values())


def _line(name: str, rate: Rate, floor: Rate | None = None) -> None:
    ratio = f"{rate.rps / floor.rps:>10.2f}" if floor else ""
    print(f"{name:<60}{rate.rps:>9.0f}{rate.p50_ms:>9.2f}{rate.p99_ms:>9.2f}{ratio}")


if __name__ == "__main__":
    sys.exit(main())
