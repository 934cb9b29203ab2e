"""Spark over an exported vintage gives the aggregates of the API's own figures.

CITYMARK_SPARK_PYTHON names an interpreter that has pyspark; `make spark` makes one. Java is needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from urllib.request import urlopen

from bench.bench_pages import ROOT, serving


def main() -> int:
    """Print how many groups were compared; 1 when any differs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "CITYMARK_DATABASE_URL": f"sqlite:///{folder}/demo.db"}
        for words in (["demo"], ["export", "--to", f"{folder}/vintage"]):
            subprocess.run([sys.executable, "-m", "ingest", *words], cwd=ROOT, env=environment, check=True)
        job = [os.environ["CITYMARK_SPARK_PYTHON"], str(ROOT / "bench" / "spark_job.py")]
        subprocess.run([*job, f"{folder}/vintage", f"{folder}/found.json"], check=True)
        spark = {(row[0], row[1]): row[2:] for row in json.loads((folder / "found.json").read_text())}
        with serving(
            [sys.executable, "-m", "ingest", "serve", "--port", "{port}"], environment, "/readyz"
        ) as address:
            own = _of_the_api(address)
    wrong = [key for key in own.keys() | spark.keys() if not _equal(own.get(key), spark.get(key))]
    print(f"{len(own)} groups by the API, {len(spark)} by Spark, {len(wrong)} differ: {sorted(wrong)[:5]}")
    return int(bool(wrong) or not own)


def _of_the_api(address: str) -> dict[tuple[str, str], list[float]]:
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    cursor = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        with urlopen(f"{address}/api/v1/observations?limit=10000&layout=columns{more}") as answer:  # noqa: S310 - ours
            body = json.load(answer)
        data, cursor = body["data"], body["meta"]["next"]
        for indicator, period, value in zip(data["indicator"], data["period"], data["value"], strict=True):
            if value is not None:
                values[indicator, period].append(value)
    return {key: [len(each), sum(each), sum(each) / len(each)] for key, each in values.items()}


def _equal(left: list[float] | None, right: list[float] | None) -> bool:
    if left is None or right is None:
        return False
    return all(abs(a - b) <= 1e-9 * max(1.0, abs(a)) for a, b in zip(left, right, strict=True))


if __name__ == "__main__":
    sys.exit(main())
