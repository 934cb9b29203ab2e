"""Templates: filled in they read back without a finding, and Excel's own rules are those of the checks."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import openpyxl
import pytest

from ingest.error_report import error_report
from ingest.templates import Language, Template, schema_json, table_schema, template_csv, template_xlsx
from ingest.upload import check, read_upload, reference_known

KNOWN = reference_known(city="ru-kazan", period="2024-Q3")


def template(language: Language = "ru", period: str = "2024-Q3") -> Template:
    previous = {"TI_SMART_STOPS": Decimal("41.5")}
    return Template(KNOWN.cities["ru-kazan"], period, list(KNOWN.indicators.values()), previous, language)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_filled_workbook_reads_back_without_a_finding(language: Language) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template_xlsx(template(language))))
    sheet = book.worksheets[0]
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, 7).value = 50.5
    sheet.cell(2, 7).value = 51
    buffer = io.BytesIO()
    book.save(buffer)
    checked = check(read_upload(buffer.getvalue(), "t.xlsx", known=KNOWN), KNOWN)
    assert not checked.findings.counts
    assert len(checked.rows) == sum(facts.frequency == "Q" for facts in KNOWN.indicators.values())


def test_codes_are_locked_and_values_open() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(template_xlsx(template()))).worksheets[0]
    assert sheet.protection.sheet
    assert sheet["A2"].protection.locked
    assert not sheet["G2"].protection.locked


def test_excel_checks_the_range_of_the_catalogue() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(template_xlsx(template()))).worksheets[0]
    line = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 2).value == "CE_UTILITY_COLLECTION")
    rules = [rule for rule in sheet.data_validations.dataValidation if f"G{line}" in rule.sqref]
    assert [(rule.type, float(rule.formula1), float(rule.formula2)) for rule in rules] == [("decimal", 0, 150)]


def test_the_csv_opens_in_russian_excel() -> None:
    content = template_csv(template())
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[0][:2] == ["город", "показатель"]
    assert [row[5] for row in rows if row[1] == "TI_SMART_STOPS"] == ["41,5"]


def test_a_filled_csv_reads_back() -> None:
    text = template_csv(template()).decode("utf-8-sig")
    lines = text.split("\r\n")
    at = next(number for number, line in enumerate(lines) if ";TI_SMART_STOPS;" in line)
    lines[at] = lines[at].replace(";41,5;;", ";41,5;45,2;")
    checked = check(read_upload("\r\n".join(lines).encode("utf-8"), "t.csv", known=KNOWN), KNOWN)
    assert [(row.indicator, row.value) for row in checked.rows] == [("TI_SMART_STOPS", Decimal("45.2"))]


def test_an_annual_template_asks_for_annual_indicators() -> None:
    assert {facts.frequency for facts in template(period="2024").asked} == {"A"}


def test_the_schema_names_the_columns_of_the_csv_and_the_pattern_of_a_quarter() -> None:
    schema = table_schema(template())
    names = [field["name"] for field in schema["fields"]]
    assert names == template_csv(template()).decode("utf-8-sig").split("\r\n")[0].split(";")
    period = next(field for field in schema["fields"] if field["name"] == "период")
    assert period["constraints"]["pattern"] == r"^\d{4}-Q[1-4]$"
    assert schema["citymark:ranges"]["TI_SMART_STOPS"] == {"minimum": 0, "maximum": 100, "unit": "%"}
    assert schema_json(template()) == schema_json(template())


def test_the_error_report_says_row_period_and_what_to_do_and_holds_no_formula() -> None:
    content = "Город;Показатель;Период;Значение\nКазань;TI_SMART_STOPS;2024-Q3;=1+1\n".encode()
    checked = check(read_upload(content, "f.csv", known=KNOWN), KNOWN)
    sheet = openpyxl.load_workbook(io.BytesIO(error_report(checked, KNOWN, "ru"))).worksheets[0]
    assert [cell.value for cell in sheet[1]][:3] == ["строка", "период", "что не так и что сделать"]
    row = [cell.value for cell in sheet[2]]
    assert row[0] == 2
    assert "формулой или командой" in row[2]
    assert (row[3], row[4], row[6]) == ("ошибка", "D2", "=1+1")
    assert sheet["G2"].data_type == "s"
