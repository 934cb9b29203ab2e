"""Tables as a workbook: one native table with numbers as numbers, and a sheet of notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

import xlsxwriter

from app.formats.table import Column, Notes

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Beyond this many rows a workbook helps nobody; CSV and Parquet take any number.
MOST_ROWS = 200_000
MADE_AT = datetime(2026, 1, 1)


def xlsx_file(columns: Sequence[Column], rows: Iterable[Sequence[object]], notes: Notes) -> bytes:
    """The workbook; the same table gives the same bytes. Texts are never formulas."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": notes.title, "created": MADE_AT})
        sheet = book.add_worksheet("data")
        last = 0
        for last, row in enumerate(rows, start=1):
            for at, (cell, column) in enumerate(zip(row, columns, strict=True)):
                _write(sheet, last, at, cell, column.kind)
        head = [{"header": column.name} for column in columns]
        sheet.add_table(0, 0, max(last, 1), len(columns) - 1, {"columns": head, "autofilter": False, "name": "data"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, 16)
        _write_notes(book, columns, notes)
    return buffer.getvalue()


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
