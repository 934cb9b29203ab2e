from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ingest.jobs.description import read_job
from ingest.jobs.run import Report, Setting, run_job
from ingest.jobs.source import Limits
from tests.makers import MORNING

LIMITS = Limits(max_bytes=100_000_000, max_rows=1_000_000, max_columns=1_000, timeout_s=5)
Run = Callable[..., Report]


@pytest.fixture
def run(database: Engine, tmp_path: Path) -> Run:
    """Runs a job file; sources lie beside it or in the folder given."""

    def run_file(path: Path, sources: Path = tmp_path, *, is_dry_run: bool = False) -> Report:
        setting = Setting(sources, LIMITS, run_by="tester", now=MORNING, is_dry_run=is_dry_run)
        return run_job(database, read_job(path), setting)

    return run_file
