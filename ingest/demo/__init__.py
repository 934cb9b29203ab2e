"""Job: simulated figures for real cities, so a fresh installation has something to show (docs/demo-data.md).

What the figures are like stands in data/demo/demo.toml; the same file and seed give the same figures everywhere.
"""

from __future__ import annotations

from ingest.demo.build import Summary, build_demo
from ingest.demo.command import add_arguments, ensure_demo, run_command

__all__ = ["Summary", "add_arguments", "build_demo", "ensure_demo", "run_command"]
