"""Workbooks: what Excel does to cells is read as it is declared, and hostile ones are refused by a child's limits."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from ingest.upload import Checked, Known, UploadLimits, check, read_upload, reference_known

KNOWN = reference_known()
HEAD = ["city", "indicator", "period", "value"]


def book_of(*rows: list[Any], touch: Callable[[Any], None] = lambda _sheet: None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (HEAD, *rows):
        sheet.append(row)
    touch(sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read(content: bytes, limits: UploadLimits | None = None, known: Known = KNOWN) -> Checked:
    return check(read_upload(content, "f.xlsx", known=known, limits=limits), known)


def checks(checked: Checked) -> set[str]:
    return {name for name, _ in checked.findings.counts}


def altered(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            part = old.read(entry)
            new.writestr(entry.filename, change(part) if entry.filename == name else part)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
GOOD = ["ru-kazan", "TI_SMART_STOPS", "2024-Q3", 45.2]


def test_a_number_keeps_its_shortest_digits() -> None:
    assert [row.value for row in read(book_of(GOOD)).rows] == [Decimal("45.2")]


@pytest.mark.parametrize(
    ("value", "check_code"),
    [("=1+1", "formula-without-value"), (date(2024, 5, 1), "number-became-date"), (True, "not-a-number")],
)
def test_cells_that_are_no_numbers_are_errors(value: Any, check_code: str) -> None:
    checked = read(book_of(["ru-kazan", "TI_SMART_STOPS", "2024-Q3", value]))
    assert [(finding.check, finding.cell) for finding in checked.of("error")] == [(check_code, "D2")]


def test_a_saved_result_of_a_formula_is_taken_with_a_warning() -> None:
    cell = b"<v>45.2</v>"
    content = altered(book_of(GOOD), SHEET, lambda part: part.replace(cell, b"<f>A1*2</f><v>45.2</v>"))
    checked = read(content)
    assert [row.value for row in checked.rows] == [Decimal("45.2")]
    assert checks(checked) == {"formula-value"}


def test_a_percent_format_is_read_as_it_is_shown() -> None:
    def as_percent(sheet: Any) -> None:
        sheet["D2"].number_format = "0%"

    checked = read(book_of(["ru-kazan", "TI_SMART_STOPS", "2024-Q3", 0.37], touch=as_percent))
    assert [(row.value, checks(checked)) for row in checked.rows] == [(Decimal(37), {"percent-format"})]


def test_a_date_in_the_period_is_the_quarter_it_ends() -> None:
    checked = read(book_of(["ru-kazan", "TI_SMART_STOPS", date(2024, 9, 30), 5]))
    assert [row.period for row in checked.rows] == ["2024-Q3"]


def test_hidden_rows_columns_and_sheets_are_counted() -> None:
    def hide(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet["E1"], sheet["E2"] = "note", "kept from view"
        sheet.column_dimensions["E"].hidden = True
        sheet.parent.create_sheet("old").sheet_state = "hidden"

    checked = read(book_of(GOOD, ["ru-ufa", *GOOD[1:]], touch=hide))
    assert [row.city for row in checked.rows] == ["ru-kazan"]
    assert {"hidden-rows", "hidden-columns", "hidden-sheets"} <= checks(checked)


def test_a_dimension_that_lies_loses_no_row() -> None:
    content = book_of(GOOD, ["ru-ufa", *GOOD[1:]])
    lied = altered(content, SHEET, lambda part: part.replace(b'ref="A1:D3"', b'ref="A1:A1"'))
    assert len(read(lied).rows) == 2


def test_the_two_cell_workbook_that_spans_the_sheet_is_refused() -> None:
    content = book_of(GOOD, touch=lambda sheet: sheet.cell(1_048_576, 16_384, 1))
    checked = read(content)
    assert (checked.verdict, checks(checked)) == ("refused", {"too-many-columns"})


def test_a_zip_bomb_is_refused_by_its_directory() -> None:
    content = altered(book_of(GOOD), SHEET, lambda part: part + b" " * 60_000_000)
    checked = read(content)
    assert (checked.verdict, checks(checked)) == ("refused", {"unsafe-workbook"})


def test_a_directory_that_lies_about_sizes_gains_nothing() -> None:
    content = bytearray(altered(book_of(GOOD), SHEET, lambda part: part + b" " * 60_000_000))
    at = content.rfind(b"PK\x01\x02")
    while at >= 0:
        if SHEET.encode() in content[at : at + 80]:
            content[at + 24 : at + 28] = (1_000).to_bytes(4, "little")
        at = content.rfind(b"PK\x01\x02", 0, at)
    assert read(bytes(content)).verdict == "refused"


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    content = altered(book_of(GOOD), SHEET, lambda part: bomb + part.replace(b"<sheetData>", b"<sheetData>&b;"))
    assert read(content).verdict == "refused"


def test_shared_text_repeated_past_the_limit_is_refused() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for row in range(80):
            sheet.write_string(row, 0, "x" * 30_000)
    checked = read(buffer.getvalue(), replace(UploadLimits(), max_unpacked_bytes=1_000_000))
    assert (checked.verdict, checks(checked)) == ("refused", {"workbook-too-heavy"})


def test_a_child_that_runs_out_of_memory_or_time_is_a_refusal() -> None:
    content = book_of(*([GOOD] * 3_000))
    for limits in (
        replace(UploadLimits(), max_workbook_memory_bytes=30_000_000),
        replace(UploadLimits(), max_workbook_wait_s=0),
    ):
        assert read(content, limits).verdict == "refused"


@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml"])
def test_a_broken_part_is_a_refusal(name: str) -> None:
    assert read(altered(book_of(GOOD), name, lambda part: part[: len(part) // 2])).verdict == "refused"


def test_rows_past_the_limit_are_refused_while_reading() -> None:
    checked = read(book_of(*([GOOD] * 90)), replace(UploadLimits(), max_upload_rows=20))
    assert checks(checked) == {"too-many-rows"}


def test_macros_old_formats_and_open_document_are_named() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "(.ods)" in next(iter(read(buffer.getvalue()).findings)).message
    macros = io.BytesIO(book_of(GOOD))
    with zipfile.ZipFile(macros, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    assert "(.xlsm)" in next(iter(read(macros.getvalue()).findings)).message
    assert "(.xls)" in next(iter(read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600).findings)).message
