"""How each kind of task is done. Every deed may be begun anew at any point: what is there is left as it is."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from ingest.bulk import PART, export, vintage_of
from ingest.scoring import bring_up_to_date
from ingest.tasks.kinds import StoreScores, Wanted, WriteFiles

if TYPE_CHECKING:
    from app.settings import Settings

GoOn = Callable[[], None]
# What a killed worker left half written is removed when it is surely nobody's any more.
LEFT_S = 86_400.0


@dataclass(frozen=True)
class Means:
    """What deeds work with; without `files_dir` nobody wants files."""

    engine: Engine
    files_dir: Path | None = None
    files_address: str = "/files"


def means_of(engine: Engine, settings: Settings) -> Means:
    """What this installation has."""
    address = f"{settings.public_url.rstrip('/')}/files"
    return Means(engine, settings.files_dir if settings.write_files else None, address)


def do(means: Means, wanted: Wanted, go_on: GoOn) -> None:
    """Do it. `go_on` is called between steps and raises where the worker has to stop."""
    if isinstance(wanted, StoreScores):
        bring_up_to_date(means.engine, progress=lambda _: go_on())
    else:
        _write_files(means, wanted, go_on)


def _write_files(means: Means, wanted: WriteFiles, go_on: GoOn) -> None:
    if means.files_dir is None:
        return
    _sweep(means.files_dir)
    folder = means.files_dir / str(wanted.vintage)
    if not folder.exists():
        vintage = vintage_of(means.engine, wanted.vintage)
        export(means.engine, vintage, folder, f"{means.files_address}/{wanted.vintage}/", go_on=go_on)


def _sweep(files_dir: Path) -> None:
    for left in files_dir.glob(f"*{PART}*"):
        if time.time() - left.stat().st_mtime > LEFT_S:
            shutil.rmtree(left, ignore_errors=True)
