"""The command `citymark export`: a vintage as a folder of files with descriptions, whole or not at all.

The figures stand as partitioned Parquet (`observations/indicator=…/part-0.parquet`) and as one CSV; cities,
indicators, periods and vintages as CSV beside them. The same vintage gives the same bytes of figures again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db import connect, reading
from app.domain.period import period_of_number
from app.errors import CitymarkError, NotFound
from app.formats import package
from app.formats.arrow import parquet_chunks
from app.formats.csv import csv_chunks
from app.formats.package import About, File, Table
from app.formats.table import Column
from app.queries import reference, vintages
from app.queries.rows import OBSERVATION_COLUMNS, observation_rows
from app.queries.selection import Selection

if TYPE_CHECKING:
    from app.models import Vintage
    from app.settings import Settings

OBSERVATIONS = Table(
    "observations",
    "Figures",
    "Значения",
    OBSERVATION_COLUMNS,
    ("city", "indicator", "period"),
    {"city": ("cities", "code"), "indicator": ("indicators", "code"), "period": ("periods", "code")},
)
# The partition says which indicator: readers put the column back from the path.
OF_ONE_INDICATOR = Table(
    "observations",
    "Figures of one indicator",
    "Значения одного показателя",
    tuple(column for column in OBSERVATION_COLUMNS if column.name != "indicator"),
    ("city", "period"),
    {},
)
CITIES = Table(
    "cities",
    "Cities",
    "Города",
    (
        Column("code", "text"),
        *(Column(name, "text") for name in ("name_en", "name_ru", "country", "region", "kind", "climate")),
        *(Column(name, "whole") for name in ("population", "population_year")),
        *(Column(name, "number") for name in ("latitude", "longitude")),
    ),
    ("code",),
    {},
)
INDICATORS = Table(
    "indicators",
    "Indicators",
    "Показатели",
    (
        Column("code", "text"),
        Column("principle", "text"),
        *(Column(name, "text") for name in ("name_en", "name_ru", "definition_en", "definition_ru", "unit")),
        Column("direction", "text", "Whether higher or lower is better"),
        Column("decimals", "whole"),
    ),
    ("code",),
    {},
)
PERIODS = Table(
    "periods",
    "Periods",
    "Периоды",
    (Column("code", "text"), Column("frequency", "text"), Column("starts_on", "text"), Column("ends_on", "text")),
    ("code",),
    {},
)
VINTAGES = Table(
    "vintages",
    "Vintages",
    "Выпуски",
    (
        Column("number", "whole"),
        Column("published_at", "text"),
        *(Column(name, "text") for name in ("kind", "source", "reason")),
        *(Column(name, "whole") for name in ("new", "revised", "withdrawn")),
        Column("is_simulated", "flag"),
    ),
    ("number",),
    {},
)
Row = tuple[object, ...]
# A folder has this in its name until it is whole.
PART = ".part-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--vintage", type=int, metavar="N", help="the vintage (default: the newest)")
    parser.add_argument("--all", action="store_true", help="every vintage whose folder is missing")
    parser.add_argument("--to", type=Path, metavar="DIR", help="the folder (default: under CITYMARK_FILES_DIR)")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")


def run_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the folders; 2 where a folder is in the way or there is no such vintage."""
    if arguments.all and (arguments.to or arguments.vintage is not None):
        raise CitymarkError("--all writes under CITYMARK_FILES_DIR: leave --to and --vintage out")
    engine = connect(settings.database_url)
    address = f"{settings.public_url.rstrip('/')}/files"
    try:
        numbers = _missing(engine, settings.files_dir) if arguments.all else [arguments.vintage]
        for number in numbers:
            vintage = vintage_of(engine, number)
            folder = arguments.to or settings.files_dir / str(vintage.number)
            files = export(engine, vintage, folder, f"{address}/{vintage.number}/")
            _print(vintage.number, folder, files, is_json=arguments.json)
    finally:
        engine.dispose()
    return 0


def _print(number: int, folder: Path, files: list[File], *, is_json: bool) -> None:
    size = sum(file.bytes for file in files)
    if is_json:
        told = [{"path": file.path, "bytes": file.bytes, "sha256": file.sha256} for file in files]
        sys.stdout.write(json.dumps({"vintage": number, "folder": str(folder), "files": told}) + "\n")
    else:
        sys.stdout.write(f"vintage {number}: {len(files)} files, {size / 1e6:.1f} MB in {folder}\n")


def _missing(engine: Engine, files_dir: Path) -> list[int]:
    with reading(engine) as session:
        numbers = [vintage.number for vintage in vintages.vintages(session)]
    return [number for number in sorted(numbers) if not (files_dir / str(number)).exists()]


def vintage_of(engine: Engine, number: int | None) -> Vintage:
    """The vintage of this number, or the newest; NotFound where there is none."""
    with reading(engine) as session:
        vintage = vintages.as_known(session, number)
        if vintage is None:
            raise NotFound("nothing is published yet")
        session.expunge(vintage)
        return vintage


def export(
    engine: Engine, vintage: Vintage, folder: Path, address: str, *, go_on: Callable[[], None] = lambda: None
) -> list[File]:
    """Write the vintage into `folder`, which is there whole or not at all; the files with sizes and digests.

    `go_on` is called between files: what it raises ends the writing.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CitymarkError(f"{folder} is not empty: name another folder or remove it first")
    unfinished = folder.with_name(f"{folder.name}{PART}{os.getpid()}")
    try:
        files = []
        for file in chain(_tables(engine, vintage, unfinished), _figures(engine, vintage.number, unfinished)):
            files.append(file)
            go_on()
        about = _about(engine, vintage, address)
        _describe(unfinished, about, files)
        if folder.exists():
            folder.rmdir()
        unfinished.replace(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return files


def _tables(engine: Engine, vintage: Vintage, folder: Path) -> Iterator[File]:
    with reading(engine) as session:
        for table, rows in (
            (CITIES, _cities(session)),
            (INDICATORS, _indicators(session)),
            (PERIODS, _periods(session)),
            (VINTAGES, _vintages(session, vintage.number)),
        ):
            yield _written(folder, f"{table.name}.csv", table, csv_chunks(table.columns, rows))


def _figures(engine: Engine, number: int, folder: Path) -> Iterator[File]:
    whole = csv_chunks(OBSERVATION_COLUMNS, observation_rows(engine, Selection(), number, None))
    yield _written(folder, "observations.csv", OBSERVATIONS, whole)
    with reading(engine) as session:
        entries = [(entry.id, entry.code) for entry in reference.indicators(session)]
    for indicator_id, code in entries:
        rows = observation_rows(engine, Selection(indicator_ids=(indicator_id,)), number, None)
        first = next(rows, None)
        if first is None:
            continue
        table, cut = OF_ONE_INDICATOR, map(_without_indicator, chain([first], rows))
        chunks = parquet_chunks(table.columns, cut, {"vintage": str(number)})
        yield _written(folder, f"observations/indicator={code}/part-0.parquet", table, chunks)


def _without_indicator(row: Row) -> Row:
    return row[:1] + row[2:]


def _written(folder: Path, path: str, table: Table, chunks: Iterable[bytes]) -> File:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with file.open("wb") as out:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return File(path, table, size, digest.hexdigest())


def _describe(folder: Path, about: About, files: list[File]) -> None:
    dataset = package.dcat_dataset(about, files)
    described: dict[str, dict[str, Any]] = {
        "datapackage.json": package.data_package(about, files),
        "dataset.jsonld": package.dcat_catalogue(about.address, [dataset]),
        **{f"{file.path}-metadata.json": package.csv_metadata(file) for file in files if file.format == "csv"},
    }
    for name, body in described.items():
        text = json.dumps(body, ensure_ascii=False, indent=1, sort_keys=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    sums = "".join(f"{file.sha256}  {file.path}\n" for file in files)
    (folder / "SHA256SUMS").write_text(sums, encoding="ascii")


def _about(engine: Engine, vintage: Vintage, address: str) -> About:
    with reading(engine) as session:
        spans = [period_of_number(entry.number) for entry in reference.periods(session)]
        is_simulated = vintages.shows_simulated(session, vintage.number)
    return About(
        vintage.number,
        vintage.published_at.isoformat().replace("+00:00", "Z"),
        is_simulated,
        min(span.starts_on for span in spans).isoformat(),
        max(span.ends_on for span in spans).isoformat(),
        address,
    )


def _cities(session: Session) -> Iterator[Row]:
    for entry in reference.cities(session):
        yield tuple(getattr(entry.city, column.name) for column in CITIES.columns)


def _indicators(session: Session) -> Iterator[Row]:
    for entry in reference.indicators(session):
        named = {"code": entry.code, "principle": entry.principle}
        yield tuple(named.get(column.name) or getattr(entry.definition, column.name) for column in INDICATORS.columns)


def _periods(session: Session) -> Iterator[Row]:
    for entry in reference.periods(session):
        period = period_of_number(entry.number)
        yield period.code, period.frequency, period.starts_on.isoformat(), period.ends_on.isoformat()


def _vintages(session: Session, newest: int) -> Iterator[Row]:
    """Without who published: names of people are not for files."""
    for vintage in reversed(vintages.vintages(session)):
        if vintage.number <= newest:
            at = vintage.published_at.isoformat().replace("+00:00", "Z")
            named = {"published_at": at}
            yield tuple(named.get(column.name) or getattr(vintage, column.name) for column in VINTAGES.columns)
