"""The cells of a table file before anything is made of them: CSV, TSV, XLSX or Parquet, each row with its line.

A ragged row, a repeated column or a formula without a value is an error of the file, told with its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import openpyxl
import pyarrow
import pyarrow.parquet
from openpyxl.utils.exceptions import InvalidFileException

from ingest.findings import Finding
from ingest.upload.encoding import decoded


class TableError(ValueError):
    """A table that cannot be used; `errors` lists every fault with its line and column."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = tuple(errors)


@dataclass(frozen=True)
class Grid:
    """Cells as read: a header, rows each with its line, whether a comma may be a decimal sign, what was found out."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[object, ...]], ...]
    decimal_comma: bool = False
    notes: tuple[str, ...] = ()


def read_grid(path: Path, sheet: str | None = None, encoding: str | None = None) -> Grid:
    """The cells of a .csv, .tsv, .txt, .xlsx or .parquet file; TableError when it cannot be read as one."""
    kind = path.suffix.lower()
    if kind in (".csv", ".tsv", ".txt"):
        return csv_grid(path.read_bytes(), encoding)
    if kind == ".xlsx":
        return _xlsx_grid(path, sheet)
    if kind == ".parquet":
        return _parquet_grid(path)
    raise TableError([f"{path.name}: the kind of file must be .csv, .tsv, .xlsx or .parquet"])


def csv_grid(content: bytes, encoding: str | None = None) -> Grid:
    """Cells of a CSV in UTF-8, UTF-16 or a Russian one-byte encoding, separated by comma, semicolon or TAB."""
    text, notes = _decoded(content, encoding)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, tuple[object, ...]]] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as fault:
        raise TableError([f"line {line}: {fault}"]) from None
    return replace(_headed(rows, decimal_comma=delimiter != ","), notes=notes)


def _decoded(content: bytes, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    """The text, and the encoding when it had to be found out; a line that may be another encoding is an error."""
    found = decoded(content, encoding)
    faults = [
        f"line {finding.line or 1}: {finding.message}{_advice(finding)}"
        for finding in found.findings
        if finding.severity == "error"
    ]
    if found.text is None or faults:
        raise TableError(faults or ["the text is in no encoding that is known; save the table as UTF-8"])
    if "\x00" in found.text:
        raise TableError(["the file holds zero bytes and is not a text table"])
    is_plain = found.encoding in ("utf-8", "utf-8-sig")
    return found.text, () if is_plain else (f"read as {found.encoding}",)


def _advice(finding: Finding) -> str:
    return f" Say which: --encoding {finding.readings[0]}" if finding.readings else ""


def _delimiter(text: str) -> str:
    """The separator of the header line, outside quotes; a single column has none and reads as a comma."""
    header = re.sub(r'"[^"]*"', "", next((line for line in text.splitlines() if line.strip()), ""))
    counts = {mark: header.count(mark) for mark in (";", "\t", ",")}
    return max(counts, key=lambda mark: counts[mark]) if any(counts.values()) else ","


def _headed(rows: list[tuple[int, tuple[object, ...]]], *, decimal_comma: bool = False) -> Grid:
    if not rows:
        raise TableError(["the table is empty: not even a header"])
    header = tuple("" if cell is None else str(cell).strip() for cell in rows[0][1])
    grid = Grid(header, tuple(rows[1:]), decimal_comma)
    faults = [f"line {rows[0][0]}: column {name!r} stands twice" for name, n in Counter(header).items() if n > 1]
    for line, cells in grid.rows:
        if len(cells) != len(header):
            faults.append(f"line {line}: {len(cells)} cells under a header of {len(header)}")
    if faults:
        raise TableError(faults)
    return grid


def _xlsx_grid(path: Path, sheet: str | None) -> Grid:
    """Cached values of formulas are read; a formula that was never computed is an error, not a gap."""
    try:
        computed = openpyxl.load_workbook(path, read_only=True, data_only=True)
        written = openpyxl.load_workbook(path, read_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as fault:
        raise TableError([f"{path.name} is not a workbook that can be read: {fault}"]) from None
    try:
        if sheet is not None and sheet not in computed.sheetnames:
            raise TableError([f"{path.name} has no sheet {sheet!r}; sheets: {', '.join(computed.sheetnames)}"])
        name = sheet or computed.sheetnames[0]
        pairs = zip(
            computed[name].iter_rows(values_only=True), written[name].iter_rows(values_only=True), strict=True
        )
        return _headed(_filled_rows(pairs))
    finally:
        computed.close()
        written.close()


def _filled_rows(
    pairs: Iterator[tuple[tuple[object, ...], tuple[object, ...]]],
) -> list[tuple[int, tuple[object, ...]]]:
    rows, faults = [], []
    for line, (cells, written) in enumerate(pairs, start=1):
        for at, (cell, formula) in enumerate(zip(cells, written, strict=True)):
            if cell is None and isinstance(formula, str) and formula.startswith("="):
                faults.append(f"line {line}, column {at + 1}: the formula {formula!r} holds no computed value")
        if any(cell is not None and str(cell).strip() for cell in cells):
            rows.append((line, cells))
    if faults:
        raise TableError(faults)
    width = max((at + 1 for _, cells in rows[:1] for at, cell in enumerate(cells) if cell is not None), default=0)
    return [(line, _cut(cells, width)) for line, cells in rows]


def _cut(cells: tuple[object, ...], width: int) -> tuple[object, ...]:
    """A sheet's rows are as wide as its widest; empty cells beyond the header are nothing."""
    return cells[:width] if all(cell is None for cell in cells[width:]) else cells


def _parquet_grid(path: Path) -> Grid:
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as fault:
        raise TableError([f"{path.name} is not a Parquet file that can be read: {fault}"]) from None
    columns = [column.to_pylist() for column in table.columns]
    rows = [(line, tuple(cells)) for line, cells in enumerate(zip(*columns, strict=True), start=1)]
    return _headed([(0, tuple(table.column_names)), *rows])
