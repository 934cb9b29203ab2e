"""What an office fills in: a workbook and a CSV for one city and period, and the Table Schema of both.

All three are made of the catalogue alone; what they allow is what the checks allow, and filled in they read back
without a finding. The same catalogue gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import xlsxwriter

from app.domain.period import parse_period
from app.domain.status import OBS_STATUS
from app.formats.csv import as_text
from ingest.upload.known import CityFacts, IndicatorFacts

Language = Literal["ru", "en"]
VERSION = "1"
MADE_AT = datetime(2026, 1, 1)
COLUMNS: dict[str, tuple[str, str, int]] = {
    "city": ("city", "город", 14),
    "indicator": ("indicator", "показатель", 28),
    "indicator_name": ("indicator name", "наименование показателя", 58),
    "unit": ("unit", "единица измерения", 22),
    "period": ("period", "период", 10),
    "previous": ("previous value", "прошлое значение", 16),
    "value": ("value", "значение", 14),
    "status": ("status", "статус", 9),
    "note": ("note", "примечание", 40),
}
TO_FILL = ("value", "status", "note")
_HELP = {
    "ru": (
        "Как заполнить",
        "Заполните столбец «значение» числами. Разделитель дробной части любой, единица измерения указана в строке.",
        "Если значения нет, напишите н/д или поставьте статус и поясните в примечании. Ноль означает ноль.",
        "Пустая строка ничего не меняет. Строки и столбцы можно удалять, коды менять нельзя.",
        "Проверить файл до подачи: citymark check ФАЙЛ",
        "Статусы",
    ),
    "en": (
        "How to fill in",
        "Write numbers into the column “value”, in the unit of the row, with a comma or a point before the fraction.",
        "Where there is no figure, write n/a or a status, and say why in the note. Zero means zero.",
        "A row left blank changes nothing. Rows and columns may be deleted, codes may not be changed.",
        "To check the file before sending it: citymark check FILE",
        "Statuses",
    ),
}


@dataclass(frozen=True)
class Template:
    """What a template is of; `previous` are the values of the period before, by indicator."""

    city: CityFacts
    period: str
    indicators: Sequence[IndicatorFacts]
    previous: Mapping[str, Decimal | None] = field(default_factory=dict)
    language: Language = "ru"

    @property
    def asked(self) -> list[IndicatorFacts]:
        """The indicators that are reported for such a period."""
        frequency = parse_period(self.period).frequency
        return [facts for facts in self.indicators if facts.frequency == frequency]


def header(language: Language) -> list[str]:
    """The names of the columns, as the reader knows them."""
    return [russian if language == "ru" else english for english, russian, _ in COLUMNS.values()]


def _cells(template: Template, facts: IndicatorFacts) -> dict[str, Any]:
    is_ru = template.language == "ru"
    return {
        "city": template.city.code,
        "indicator": facts.code,
        "indicator_name": facts.name_ru if is_ru else facts.name_en,
        "unit": facts.unit_label_ru if is_ru else facts.unit_label_en,
        "period": template.period,
        "previous": template.previous.get(facts.code),
    }


def template_csv(template: Template) -> bytes:
    """A CSV that opens in Excel by a double click: a mark before UTF-8, semicolons, in Russian decimal commas."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header(template.language))
    for facts in template.asked:
        cells = {
            name: as_text(text) if isinstance(text, str) else text for name, text in _cells(template, facts).items()
        }
        previous = "" if cells["previous"] is None else format(cells["previous"], "f")
        cells["previous"] = previous.replace(".", ",") if template.language == "ru" else previous
        writer.writerow([cells.get(name, "") for name in COLUMNS])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def template_xlsx(template: Template) -> bytes:
    """A workbook with locked codes, a list of statuses, and the valid range of every value as Excel's own check."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": f"{template.city.code} {template.period}", "created": MADE_AT})
        book.set_custom_property("citymark_template", VERSION)
        _fill_sheet(book, template)
        _help_sheet(book, template)
    return buffer.getvalue()


def _fill_sheet(book: Any, template: Template) -> None:
    sheet = book.add_worksheet(template.period.replace("/", " "))
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#E7EEF4", "border": 1, "text_wrap": True}),
        "locked": book.add_format({"num_format": "@", "font_color": "#444444", "text_wrap": True, "valign": "top"}),
        "number": book.add_format({"font_color": "#444444", "valign": "top"}),
        "value": book.add_format({"locked": False, "bg_color": "#FFFBE6", "border": 1, "valign": "top"}),
        "free": book.add_format(
            {"locked": False, "num_format": "@", "border": 1, "text_wrap": True, "valign": "top"}
        ),
    }
    for at, (name, names) in enumerate(COLUMNS.items()):
        sheet.set_column(at, at, names[2])
        sheet.write_string(0, at, header(template.language)[at], formats["head"])
        if name == "value":
            sheet.set_column(at, at, names[2], formats["value"])
    for line, facts in enumerate(template.asked, start=1):
        _fill_row(sheet, line, (template, facts), formats)
    sheet.freeze_panes(1, list(COLUMNS).index("indicator_name"))
    sheet.protect("", {"format_columns": True, "format_rows": True, "delete_rows": True, "select_locked_cells": True})


def _fill_row(sheet: Any, line: int, row: tuple[Template, IndicatorFacts], formats: Mapping[str, Any]) -> None:
    template, facts = row
    cells = _cells(template, facts)
    for at, name in enumerate(COLUMNS):
        if name == "value":
            sheet.write_blank(line, at, None, formats["value"])
            sheet.data_validation(line, at, line, at, _range_rule(facts, template.language))
        elif name in TO_FILL:
            sheet.write_blank(line, at, None, formats["free"])
            if name == "status":
                sheet.data_validation(line, at, line, at, _status_rule(template.language))
        elif name == "previous":
            if cells[name] is not None:
                sheet.write_number(line, at, float(cells[name]), formats["number"])
        else:
            sheet.write_string(line, at, cells[name], formats["locked"])
    definition = facts.definition_ru if template.language == "ru" else facts.definition_en
    if definition:
        at = list(COLUMNS).index("indicator_name")
        sheet.write_comment(line, at, definition, {"x_scale": 2.5, "author": "Citymark"})


def _range_rule(facts: IndicatorFacts, language: Language) -> dict[str, Any]:
    """The valid range in Excel's words; text such as н/д stays possible, so the rule warns and does not stop."""
    low, high = facts.valid_min, facts.valid_max
    unit = facts.unit_label_ru if language == "ru" else facts.unit_label_en
    span = f"{'…' if low is None else low} – {'…' if high is None else high} {unit}"
    ru, en = f"Допустимо: {span}. Если данных нет, напишите н/д.", f"Allowed: {span}. Without a figure write n/a."
    message = (ru if language == "ru" else en)[:250]
    rule: dict[str, Any] = {"validate": "decimal", "error_type": "warning", "error_message": message}
    rule |= {"input_title": facts.code[:32], "input_message": message}
    if low is not None and high is not None:
        return rule | {"criteria": "between", "minimum": float(low), "maximum": float(high)}
    if low is None and high is None:
        return rule | {"criteria": "between", "minimum": -1e15, "maximum": 1e15}
    bound = low if low is not None else high
    return rule | {"criteria": "<=" if low is None else ">=", "value": float(bound or 0)}


def _statuses(language: Language) -> list[str]:
    """What the column of statuses takes: the letters, and the word that withdraws a published figure."""
    return [*OBS_STATUS, "отозвано" if language == "ru" else "withdrawn"]


def _status_rule(language: Language) -> dict[str, Any]:
    message = "Выберите букву; значения на листе «Справка»." if language == "ru" else "Choose a letter; see Help."
    return {"validate": "list", "source": _statuses(language), "error_message": message, "input_message": message}


def _help_sheet(book: Any, template: Template) -> None:
    is_ru = template.language == "ru"
    sheet = book.add_worksheet("Справка" if is_ru else "Help")
    sheet.set_column(0, 0, 100, book.add_format({"text_wrap": True}))
    bold = book.add_format({"bold": True})
    name = template.city.name_ru if is_ru else template.city.name_en
    sheet.write_string(0, 0, f"{name}, {template.period}", bold)
    for line, text in enumerate(_HELP[template.language], start=1):
        sheet.write_string(line, 0, text, bold if line in (1, len(_HELP[template.language])) else None)
    for line, status in enumerate(OBS_STATUS.values(), start=len(_HELP[template.language]) + 1):
        sheet.write_string(line, 0, f"{status.code} — {status.name_ru if is_ru else status.name_en}")
    withdrawn = "отозвано — отозвать опубликованное значение" if is_ru else "withdrawn — take a published figure back"
    sheet.write_string(len(OBS_STATUS) + len(_HELP[template.language]) + 1, 0, withdrawn)
    sheet.protect()


def table_schema(template: Template) -> dict[str, Any]:
    """The Table Schema (Frictionless) of the CSV, with the valid ranges beside it by indicator."""
    asked = template.asked
    frequency = parse_period(template.period).frequency
    pattern = {"Q": r"^\d{4}-Q[1-4]$", "A": r"^\d{4}$"}.get(frequency, ".*")
    required = {"required": True}
    constraints: dict[str, dict[str, Any]] = {
        "city": {**required, "enum": [template.city.code]},
        "indicator": {**required, "enum": [facts.code for facts in asked]},
        "period": {**required, "pattern": pattern, "enum": [template.period]},
        "status": {"enum": _statuses(template.language)},
    }
    is_ru = template.language == "ru"
    fields = []
    for (name, _), title in zip(COLUMNS.items(), header(template.language), strict=True):
        described: dict[str, Any] = {"name": title, "type": "string", "citymark:role": name}
        if name in ("value", "previous"):
            described |= {"type": "number", "decimalChar": "," if is_ru else ".", "bareNumber": True}
        if name in constraints:
            described["constraints"] = constraints[name]
        fields.append(described)
    titles = dict(zip(COLUMNS, header(template.language), strict=True))
    keys = [titles[name] for name in ("city", "indicator", "period")]
    ranges = {
        facts.code: {"minimum": _plain(facts.valid_min), "maximum": _plain(facts.valid_max), "unit": facts.unit}
        for facts in asked
    }
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": fields,
        "primaryKey": keys,
        "missingValues": ["", "н/д", "нет данных", "n/a", "-"],
        "citymark:template": VERSION,
        "citymark:ranges": ranges,
    }


def _plain(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def schema_json(template: Template) -> bytes:
    """The Table Schema as bytes."""
    return (json.dumps(table_schema(template), ensure_ascii=False, indent=1) + "\n").encode("utf-8")
