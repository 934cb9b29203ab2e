"""Tables as a workbook: one native table with numbers as numbers, and a sheet of notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter

from app.formats.table import Column, Notes
from app.pauses import give_way

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Beyond this many rows a workbook helps nobody, and a cell takes 60 bytes of disk while it is made.
MOST_ROWS = 200_000
#: A native table is held in memory; longer ones are a plain sheet with a filter, written row by row.
MOST_TABLE_ROWS = 20_000
MADE_AT = datetime(2026, 1, 1)
PIECE_BYTES = 262_144
# Some milliseconds of work.
ROWS_AT_ONCE = 100


def xlsx_chunks(columns: Sequence[Column], rows: Iterable[Sequence[object]], notes: Notes) -> Iterator[bytes]:
    """The workbook in pieces; the same table gives the same bytes. Texts are never formulas.

    It is made on disk, so memory stays flat however long the table is.
    """
    remaining = iter(rows)
    first = list(islice(remaining, MOST_TABLE_ROWS + 1))
    is_table = len(first) <= MOST_TABLE_ROWS
    with TemporaryFile() as file:
        _make(file, columns, chain(first, remaining), notes, is_table=is_table)
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece


def _make(
    file: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[object]], notes: Notes, *, is_table: bool
) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, {**options, "constant_memory": not is_table}) as book:
        book.set_properties({"title": notes.title, "created": MADE_AT})
        sheet = book.add_worksheet("data")
        sheet.set_column(0, len(columns) - 1, 16)
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            sheet.write_string(0, at, column.name)
        last = 0
        for last, row in enumerate(rows, start=1):
            if last % ROWS_AT_ONCE == 0:
                give_way()
            for at, (cell, column) in enumerate(zip(row, columns, strict=True)):
                _write(sheet, last, at, cell, column.kind)
        area = (0, 0, max(last, 1), len(columns) - 1)
        if is_table:
            head: list[dict[str, Any]] = [{"header": column.name} for column in columns]
            sheet.add_table(*area, {"columns": head, "autofilter": False, "name": "data"})
        else:
            sheet.autofilter(*area)
        _write_notes(book, columns, notes)


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, at: int, cell: object, kind: str) -> None:
    if cell is None:
        return
    if kind == "flag":
        sheet.write_boolean(row, at, bool(cell))
    elif kind in ("number", "whole"):
        sheet.write_number(row, at, float(str(cell)))
    else:
        sheet.write_string(row, at, str(cell))


def _write_notes(book: xlsxwriter.Workbook, columns: Sequence[Column], notes: Notes) -> None:
    sheet = book.add_worksheet("notes")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    bold = book.add_format({"bold": True})
    sheet.write_string(0, 0, notes.title, bold)
    lines = [*notes.lines.items(), *((column.name, column.title) for column in columns if column.title)]
    for row, (name, text) in enumerate(lines, start=2):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, text)
