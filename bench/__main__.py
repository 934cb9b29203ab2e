"""Every benchmark in one run: a table, and `bench/results/latest.json`. Read ratios, not seconds: machines differ."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

from bench import bench_index, bench_load

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Print figures beside their targets; 1 when a target is missed."""
    found = [row for bench in (bench_index, bench_load) for row in bench.rows()]
    for row in found:
        target = "" if row["target"] is None else f"   target <= {row['target']}"
        print(f"{row['name']:<60}{row['value']:>12} {row['unit']:<4}{target}")
    RESULTS.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "cores": os.cpu_count()}
    body = json.dumps({"machine": machine, "rows": found}, ensure_ascii=False, indent=1) + "\n"
    (RESULTS / "latest.json").write_text(body, encoding="utf-8")
    return int(
        any(row["target"] is not None and float(str(row["value"])) > float(str(row["target"])) for row in found)
    )


if __name__ == "__main__":
    sys.exit(main())
