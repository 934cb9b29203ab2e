"""Requests a second of one web process beside its floors and Datasette: same machine, same file, same run, wrk.

1,117 cities × 47 indicators × 42 quarters (2.2 million figures). Floors: the very bytes of an answer from memory by
Starlette with nothing in between, and the smallest answer of bare FastAPI. Datasette (named by CITYMARK_DATASETTE)
asks the same SQLite file the same question in SQL.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import migrations
from app.db import connect, writing
from bench import bench_load
from bench.bench_pages import serving
from ingest.jobs.description import read_job
from ingest.jobs.run import Setting, run_job

ROOT = Path(__file__).parents[1]
QUARTERS = 42
SECONDS, CONNECTIONS = 4, 16
WARMING_S = 15
API = "/api/v1/observations"
CELLS = "indicator=BENCH_07&period=2025-Q1&limit=2000"
PATHS = {
    "one indicator, all cities, one quarter: rows": f"{API}?{CELLS}",
    "one indicator, all cities, one quarter: columns": f"{API}?{CELLS}&layout=columns",
    "one city, all indicators and quarters: rows": f"{API}?city=ru-city-0100&limit=2000",
    "the same as of vintage 1": f"{API}?{CELLS}&as_of=1",
    "nothing has this code (404)": "/api/v1/cities/nowhere",
}
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


def main() -> int:
    """Print the table; 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = build(folder)
        own, bodies, tag = _own(f"sqlite:///{file}")
        floors = {path: _floor(body, folder) for path, body in bodies.items()}
        least = _floor(b"{}", folder, "framework")
        unkept = _unkept(f"sqlite:///{file}")
        peer = _datasette(file)
    print(
        f"{'the first question with no answer kept':<50}{unkept.rps:>9.0f}{unkept.p50_ms:>9.2f}{unkept.p99_ms:>9.2f}"
    )
    return _told(own, floors, least, peer, tag)


def build(folder: Path) -> Path:
    """The SQLite file with 2.2 million figures in two vintages: forty-two quarters, and a revision of the last."""
    bench_load.QUARTERS = QUARTERS
    bench_load.write_source(folder)
    engine = connect(f"sqlite:///{folder / 'citymark.db'}")
    migrations.upgrade(engine)
    with writing(engine) as session:
        bench_load.register(session)
    run_job(
        engine,
        read_job(folder / "figures.toml"),
        Setting(folder, bench_load.LIMITS, run_by="bench", now=datetime.now(UTC)),
    )
    engine.dispose()
    return folder / "citymark.db"


def _own(url: str) -> tuple[dict[str, Rate], dict[str, bytes], Rate]:
    environment = {**os.environ, "CITYMARK_DATABASE_URL": url}
    command = [sys.executable, "-m", "ingest", "serve", "--port", "{port}"]
    with serving(command, environment, "/readyz") as address:
        # What is read often is fetched after the start; that is over before anything is measured.
        time.sleep(WARMING_S)
        rates, bodies = {}, {}
        for name, path in PATHS.items():
            bodies[name] = _body(address + path)
            rates[name] = wrk(address + path)
        found = urlopen(Request(address + PATHS[next(iter(PATHS))]))  # noqa: S310 - our own server
        unchanged = wrk(address + PATHS[next(iter(PATHS))], header=f"If-None-Match: {found.headers['etag']}")
    return rates, bodies, unchanged


def _unkept(url: str) -> Rate:
    """The first question computed anew each time, from the figures held in memory."""
    environment = {**os.environ, "CITYMARK_DATABASE_URL": url, "CITYMARK_MAX_KEPT_BYTES": "0"}
    command = [sys.executable, "-m", "ingest", "serve", "--port", "{port}"]
    with serving(command, environment, "/readyz") as address:
        time.sleep(WARMING_S)
        return wrk(address + next(iter(PATHS.values())))


def _body(address: str) -> bytes:
    try:
        return bytes(urlopen(address).read())  # noqa: S310 - our own server
    except OSError:
        return b'{"status": 404}'


def _floor(body: bytes, folder: Path, app: str = "static") -> Rate:
    """The same bytes from memory, by the same server."""
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
    with serving(command, dict(os.environ), "/-/versions.json") as address:
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


def _told(own: dict[str, Rate], floors: dict[str, Rate], least: Rate, peer: Rate | None, unchanged: Rate) -> int:
    print(f"{'one web process, wrk -t1 -c16':<50}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'floor':>9}{'of floor':>10}")
    for name, rate in own.items():
        _line(name, rate, floors[name].rps)
    _line("unchanged (304)", unchanged, least.rps)
    print(f"{'bare framework, smallest answer':<50}{least.rps:>9.0f}{least.p50_ms:>9.2f}{least.p99_ms:>9.2f}")
    rows, columns, city, earlier, _ = own
    checks = {
        f"{rows} of the static floor": (own[rows].rps / floors[rows].rps, 0.5),
        f"{columns} of the static floor": (own[columns].rps / floors[columns].rps, 0.5),
        "304 of the bare framework": (unchanged.rps / least.rps, 0.8),
        f"{earlier} of the static floor": (own[earlier].rps / floors[earlier].rps, 0.05),
    }
    if peer is None:
        print("Datasette was not measured: name its program by CITYMARK_DATASETTE (`make bench-read` does)")
    else:
        print(f"{'Datasette, the first question in SQL':<50}{peer.rps:>9.0f}{peer.p50_ms:>9.2f}{peer.p99_ms:>9.2f}")
        checks["times as fast as Datasette"] = (own[rows].rps / peer.rps, 40.0)
    for name, (found, target) in checks.items():
        print(f"{name:<70}{found:>8.2f}   target >= {target}{'' if found >= target else '   MISSED'}")
    return int(any(found < target for found, target in checks.values()))


def _line(name: str, rate: Rate, floor: float) -> None:
    numbers = f"{rate.rps:>9.0f}{rate.p50_ms:>9.2f}{rate.p99_ms:>9.2f}{floor:>9.0f}{rate.rps / floor:>10.2f}"
    print(f"{name:<50}{numbers}")


if __name__ == "__main__":
    sys.exit(main())
