"""One database filled from `figures.csv` and asked to do so again; prints seconds and the memory it took as JSON.

`python -m bench.load_once URL FOLDER [once]`: with `once` it is filled and no more.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

import migrations
from app.db import connect, writing
from bench import bench_load
from ingest.jobs.description import read_job
from ingest.jobs.run import Setting, run_job


def main(url: str, folder: Path, *, is_once: bool) -> None:
    """Fill, fill again, and once more with one row changed; memory is the most of the first time."""
    engine = connect(url)
    migrations.upgrade(engine)
    with writing(engine) as session:
        bench_load.register(session)
    first = load(engine, folder, "published")
    found = {"first": first, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    if not is_once:
        found["again"] = load(engine, folder, "unchanged")
        found["one"] = load(engine, _revised(folder), "published")
        found["mib_of_all"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def load(engine: Engine, folder: Path, expected: str) -> float:
    """The seconds of one run of the job, which must end as expected."""
    setting = Setting(folder, bench_load.LIMITS, run_by="bench", now=datetime.now(UTC))
    start = time.perf_counter()
    report = run_job(engine, read_job(folder / "figures.toml"), setting)
    assert report.state == expected, report.message
    return time.perf_counter() - start


def _revised(folder: Path) -> Path:
    other = folder / "revised"
    other.mkdir(exist_ok=True)
    lines = (folder / "figures.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    lines[-1] = lines[-1].rpartition(",")[0] + ",100.01\n"
    (other / "figures.csv").write_text("".join(lines), encoding="utf-8")
    (other / "figures.toml").write_bytes((folder / "figures.toml").read_bytes())
    return other


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), is_once=sys.argv[3:] == ["once"])
