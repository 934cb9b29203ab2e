"""Tables as CSV: plain for programs (UTF-8, comma, point), or as Excel in Russia opens it by a double click."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from app.formats.table import Column

Dialect = Literal["plain", "excel"]
MEDIA_TYPE = "text/csv; charset=utf-8"
# A spreadsheet takes a text that begins so for a formula; a number is written as a number and is never touched.
_COMMANDS = ("=", "+", "-", "@", "\t", "\r", "\n")
ROWS_AT_ONCE = 5_000


def csv_chunks(
    columns: Sequence[Column], rows: Iterable[Sequence[object]], dialect: Dialect = "plain"
) -> Iterator[bytes]:
    """The table in pieces of some thousand rows; `excel` writes a mark, semicolons and decimal commas."""
    buffer = io.StringIO()
    is_excel = dialect == "excel"
    writer = csv.writer(buffer, delimiter=";" if is_excel else ",", lineterminator="\r\n" if is_excel else "\n")
    if is_excel:
        buffer.write("\ufeff")
    writer.writerow([column.name for column in columns])
    kinds = [column.kind for column in columns]
    for number, row in enumerate(rows, start=1):
        writer.writerow([_cell(cell, kind, is_excel) for cell, kind in zip(row, kinds, strict=True)])
        if number % ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cell(cell: object, kind: str, is_excel: bool) -> str:
    if cell is None:
        return ""
    if kind == "flag":
        return "true" if cell else "false"
    text = str(cell)
    if kind == "number":
        return text.replace(".", ",") if is_excel else text
    return as_text(text) if kind == "text" else text


def as_text(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_COMMANDS) else text
