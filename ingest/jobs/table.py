"""Bytes as a table of texts, every text kept once; a row that does not fit is reported, never shifted. Pure."""

from __future__ import annotations

import io
import math
import zipfile
from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
from numpy.typing import NDArray
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from app.domain.block import Ints, Texts
from app.errors import Invalid
from ingest.coded import joined
from ingest.findings import Finding, Findings
from ingest.jobs.json_tables import ckan_table, jsonstat_table, worldbank_table
from ingest.jobs.sdmx_tables import is_sdmx_ml, sdmx_csv_delimiter, sdmx_ml_columns
from ingest.jobs.source import File, Limits
from ingest.jobs.source_keys import Source

# A part of a CSV, in bytes; no row is longer.
BLOCK_BYTES = 1 << 22
CHECKED_BYTES = 1 << 20
# Each text once, as it is read.
TEXT = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Table:
    """Columns of texts (None: an empty place of a typed file), with the line each row stands on."""

    file: str
    columns: dict[str, Texts]
    lines: Ints

    def column(self, name: str) -> Texts:
        """One column; Invalid names those there are."""
        if name not in self.columns:
            raise Invalid(f"{self.file} has no column {name!r}: it has {', '.join(self.columns)}")
        return self.columns[name]

    def where(self, filters: dict[str, str | list[str]]) -> Table:
        """The rows whose columns have these texts."""
        keep = np.ones(len(self.lines), dtype=np.bool_)
        for name, wanted in filters.items():
            column = self.column(name)
            allowed = {wanted} if isinstance(wanted, str) else set(wanted)
            keep &= np.asarray([text in allowed for text in column.texts], dtype=np.bool_)[column.codes]
        return self.take(np.flatnonzero(keep))

    def take(self, rows: NDArray[np.intp]) -> Table:
        """The rows of these numbers."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return Table(self.file, columns, self.lines[rows])


def read_table(file: File, source: Source, limits: Limits, findings: Findings) -> Table:
    """The table of a file; Invalid when it cannot be read as a whole, findings for rows that do not fit."""
    return stacked_tables(list(read_parts(file, source, limits, findings)))


def read_parts(file: File, source: Source, limits: Limits, findings: Findings) -> Iterator[Table]:
    """The same in parts of bounded size, at least one: a CSV is never whole in memory as a table."""
    suffix = Path(file.name).suffix.lower()
    kind = source.format or file.format or {".tsv": "csv", ".txt": "csv"}.get(suffix, suffix.lstrip("."))
    readers: dict[str, Callable[[File, Source, Limits, Findings], Table]] = {
        "xlsx": _xlsx,
        "parquet": _parquet,
        "sdmx": _sdmx,
        "jsonstat": _jsonstat,
        "ckan": _ckan,
        "worldbank": _worldbank,
    }
    if kind not in ("csv", *readers):
        raise Invalid(f"{file.name}: say source.format = {', '.join(('csv', *readers))}")
    if not file.content:
        raise Invalid(f"{file.name} is empty: there is nothing, or nothing for what was asked")
    tables = _csv(file, source, findings) if kind == "csv" else [readers[kind](file, source, limits, findings)]
    return _limited(tables, file, limits)


def _limited(tables: Iterable[Table], file: File, limits: Limits) -> Iterator[Table]:
    count = 0
    for table in tables:
        if len(table.columns) > limits.max_columns:
            raise Invalid(f"{file.name} has {len(table.columns)} columns, at most {limits.max_columns} are read")
        count += len(table.lines)
        if count <= limits.max_rows:
            yield table
    if count > limits.max_rows:
        raise Invalid(f"{file.name} has {count} rows, at most {limits.max_rows} are read")


def stacked_tables(tables: Sequence[Table]) -> Table:
    """Several tables as one of the columns they share."""
    if len(tables) == 1:
        return tables[0]
    names = [name for name in tables[0].columns if all(name in table.columns for table in tables)]
    columns = {name: joined([table.columns[name] for table in tables]) for name in names}
    return Table(tables[0].file, columns, np.concatenate([table.lines for table in tables]))


def _csv(file: File, source: Source, findings: Findings) -> Iterator[Table]:
    content = _as_utf8(file, source.encoding)
    if content.count(b'"') % 2:
        raise Invalid(f"{file.name}: a quote is opened and never closed")
    header = source.columns or _header(file, content, source)
    _refuse_repeated(file, header)
    wrong: list[int] = []

    def on_wrong_row(row: Any) -> str:
        wrong.append(row.number or 0)
        words = f"{row.actual_columns} cells where the header has {row.expected_columns}"
        findings.add(Finding("row-width", "error", words, row.number, None, row.text[:200], file.name))
        return "skip"

    first = source.skip_lines + (0 if source.columns else 1) + 1
    lines = _Lines(first, wrong, b'"' in content)
    try:
        with _opened(content, source, header, on_wrong_row) as reader:
            # A file without rows has columns all the same.
            for batch in chain(reader, [reader.schema.empty_table()]):
                part = Table(file.name, _encoded(batch), lines.of(batch))
                blank = _is_blank(part)
                yield part.take(np.flatnonzero(~blank)) if blank.any() else part
    except pa.ArrowInvalid as error:
        raise Invalid(f"{file.name} is not a CSV with these settings: {error}") from error


def _opened(
    content: bytes, source: Source, header: Sequence[str], on_wrong_row: Callable[[Any], str]
) -> arrow_csv.CSVStreamingReader:
    return arrow_csv.open_csv(
        # Parts of it are read ahead: of a buffer they are no copies.
        pa.BufferReader(content),
        arrow_csv.ReadOptions(
            use_threads=False, skip_rows=source.skip_lines, column_names=source.columns, block_size=BLOCK_BYTES
        ),
        arrow_csv.ParseOptions(
            delimiter=source.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=on_wrong_row,
        ),
        arrow_csv.ConvertOptions(column_types=dict.fromkeys(header, TEXT), strings_can_be_null=False),
    )


def _is_blank(table: Table) -> NDArray[np.bool_]:
    """Whether a row has no text in any column: an empty line of the file."""
    blank = np.ones(len(table.lines), dtype=np.bool_)
    for column in table.columns.values():
        blank &= np.asarray([not text for text in column.texts], dtype=np.bool_)[column.codes]
    return blank


def _as_utf8(file: File, encoding: str) -> bytes:
    """The content as UTF-8 without its mark; Invalid names the line of a byte that is not of the encoding."""
    is_utf8 = encoding.lower() in ("utf-8", "utf8")
    if is_utf8 and not file.content.startswith(BOM_UTF8) and _is_clean(file.content):
        return file.content
    try:
        text = file.content.decode("utf-8-sig" if is_utf8 else encoding)
    except UnicodeDecodeError as error:
        line = file.content[: error.start].count(b"\n") + 1
        raise Invalid(f"{file.name}, line {line}: not {encoding}; name the right one in source.encoding") from error
    except LookupError as error:
        raise Invalid(f"source.encoding: there is no encoding {encoding!r}; use utf-8 or cp1251") from error
    if "\0" in text:
        raise Invalid(f"{file.name}, line {text[: text.index(chr(0))].count(chr(10)) + 1}: a NUL character")
    return text.encode("utf-8")


def _is_clean(content: bytes) -> bool:
    """Whether it is UTF-8 throughout and has no NUL; looked at piece by piece."""
    decoder = getincrementaldecoder("utf-8")()
    pieces = memoryview(content)
    try:
        for first in range(0, len(content), CHECKED_BYTES):
            decoder.decode(pieces[first : first + CHECKED_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def _header(file: File, content: bytes, source: Source) -> list[str]:
    """The names of the columns as the reader itself finds them."""
    options = arrow_csv.ReadOptions(skip_rows=source.skip_lines, use_threads=False)
    layout = arrow_csv.ParseOptions(delimiter=source.delimiter, newlines_in_values=True, invalid_row_handler=_skipped)
    try:
        with arrow_csv.open_csv(pa.BufferReader(content), options, layout) as reader:
            return list(reader.schema.names)
    except pa.ArrowInvalid as error:
        raise Invalid(f"{file.name} has no header and rows that can be read: {error}") from error


def _skipped(_row: Any) -> str:
    return "skip"


class _Lines:
    """The lines of the rows of one part after the other."""

    def __init__(self, first: int, wrong: Sequence[int], has_quotes: bool) -> None:
        # `wrong` grows while the file is read.
        self._first, self._wrong, self._has_quotes = first, wrong, has_quotes
        self._seen = self._breaks = 0

    def of(self, part: pa.RecordBatch | pa.Table) -> Ints:
        """Rows that were left out and line ends inside cells (in quotes) count too."""
        numbers = np.arange(self._seen, self._seen + part.num_rows, dtype=np.int64)
        self._seen += part.num_rows
        # The reader counts rows from 1, the header included; each one left out moves those behind it.
        left_out = np.sort(np.asarray(self._wrong, dtype=np.int64)) - 2
        numbers += np.searchsorted(left_out - np.arange(len(left_out)), numbers, side="right")
        return np.asarray(self._first + numbers + self._before(part), dtype=np.int32)

    def _before(self, part: pa.RecordBatch | pa.Table) -> NDArray[np.int64]:
        """How many line ends stand inside cells before each row."""
        extra = np.zeros(part.num_rows, dtype=np.int64)
        for column in part.columns if self._has_quotes else ():
            extra += (
                pc.count_substring(column.cast(pa.string()), "\n").to_numpy(zero_copy_only=False).astype(np.int64)
            )
        before = self._breaks + np.cumsum(extra) - extra
        self._breaks += int(extra.sum())
        return before


def _parquet(file: File, _source: Source, _limits: Limits, _findings: Findings) -> Table:
    try:
        table = parquet.read_table(io.BytesIO(file.content))
    except (pa.ArrowInvalid, OSError) as error:
        raise Invalid(f"{file.name} is not a whole Parquet file: {error}") from error
    return Table(file.name, _encoded(table), np.arange(1, table.num_rows + 1, dtype=np.int32))


def _sdmx(file: File, source: Source, _limits: Limits, findings: Findings) -> Table:
    """SDMX-CSV of any version or SDMX-ML; rows that take a figure back are reported, a job cannot carry them out."""
    if file.content.lstrip().startswith(b"{"):
        raise Invalid(f"{file.name} is SDMX-JSON: ask for CSV, by sdmx.params or by Accept in fetch.headers")
    if is_sdmx_ml(file.content):
        columns, count = sdmx_ml_columns(file.name, file.content)
        return Table(file.name, columns, np.arange(1, count + 1, dtype=np.int32))
    described = source.model_copy(update={"delimiter": sdmx_csv_delimiter(file.content)})
    table = stacked_tables(list(_csv(file, described, findings)))
    if "ACTION" not in table.columns:
        return table
    action = table.columns["ACTION"]
    is_deletion = np.asarray([text == "D" for text in action.texts], dtype=np.bool_)[action.codes]
    for line in table.lines[is_deletion].tolist():
        message = "takes a figure back (ACTION D): withdraw it by a submission if that is right"
        findings.add(Finding("deletion", "warning", message, line, "ACTION", "D", file.name))
    return table.take(np.flatnonzero(~is_deletion))


def _jsonstat(file: File, _source: Source, _limits: Limits, _findings: Findings) -> Table:
    columns, lines = jsonstat_table(file.name, file.content)
    return Table(file.name, columns, np.asarray(lines, dtype=np.int32))


def _ckan(file: File, _source: Source, _limits: Limits, _findings: Findings) -> Table:
    return _numbered(file, ckan_table(file.name, file.content))


def _worldbank(file: File, _source: Source, _limits: Limits, _findings: Findings) -> Table:
    return _numbered(file, worldbank_table(file.name, file.content))


def _numbered(file: File, columns: dict[str, Texts]) -> Table:
    count = len(next(iter(columns.values())).codes) if columns else 0
    return Table(file.name, columns, np.arange(1, count + 1, dtype=np.int32))


def _xlsx(file: File, source: Source, limits: Limits, _findings: Findings) -> Table:
    try:
        book = load_workbook(io.BytesIO(file.content), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Invalid(f"{file.name} is not an XLSX workbook: {error}") from error
    if source.sheet is None and len(book.sheetnames) > 1:
        raise Invalid(f"{file.name} has sheets {', '.join(book.sheetnames)}: name one in source.sheet")
    if source.sheet is not None and source.sheet not in book.sheetnames:
        raise Invalid(f"{file.name} has no sheet {source.sheet!r}: it has {', '.join(book.sheetnames)}")
    sheet = book[source.sheet or book.sheetnames[0]]
    # The stated dimension may lie; without it every cell is read.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(min_row=source.skip_lines + 1, values_only=True, max_col=limits.max_columns + 1)
    return _sheet_table(file, source, limits, list(_bounded(rows, file, limits)))


def _bounded(rows: Iterable[tuple[Any, ...]], file: File, limits: Limits) -> Iterable[tuple[Any, ...]]:
    for number, row in enumerate(rows):
        if number > limits.max_rows:
            raise Invalid(f"{file.name} has more than {limits.max_rows} rows")
        yield row


def _sheet_table(file: File, source: Source, limits: Limits, rows: list[tuple[Any, ...]]) -> Table:
    header = source.columns or [str(cell).strip() for cell in (rows[0] if rows else ()) if cell is not None]
    body = rows if source.columns else rows[1:]
    if not header or len(header) > limits.max_columns:
        raise Invalid(f"{file.name} has {len(header)} columns in its header, 1 to {limits.max_columns} are read")
    _refuse_repeated(file, header)
    first = source.skip_lines + (1 if source.columns else 2)
    filled = [(first + n, row) for n, row in enumerate(body) if any(cell is not None for cell in row)]
    columns = {
        name: Texts.of([text_of(row[n]) if n < len(row) else None for _, row in filled])
        for n, name in enumerate(header)
    }
    return Table(file.name, columns, np.asarray([line for line, _ in filled], dtype=np.int32))


def _refuse_repeated(file: File, header: Sequence[str]) -> None:
    repeated = sorted({name for name in header if list(header).count(name) > 1})
    if repeated:
        raise Invalid(f"{file.name} has the column {', '.join(repeated)} more than once: which is meant?")


def _encoded(table: pa.Table | pa.RecordBatch) -> dict[str, Texts]:
    return {name: _column(column) for name, column in zip(table.schema.names, table.columns, strict=True)}


def _column(column: pa.ChunkedArray | pa.Array) -> Texts:
    encoded = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    codes = pc.fill_null(pc.add(pc.cast(encoded.indices, pa.int32()), 1), 0)
    texts = [None, *(text_of(value) for value in encoded.dictionary.to_pylist())]
    return Texts(cast(Ints, codes.to_numpy(zero_copy_only=False)), np.asarray(texts, dtype=object))


def text_of(value: Any) -> str | None:
    """A typed cell as text: the shortest digits that mean the number, ISO dates, NaN as `NaN`."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case float() if math.isnan(value):
            return "NaN"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date():
            return value.isoformat()
    return str(value)
