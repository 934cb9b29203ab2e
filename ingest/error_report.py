"""The error report of an upload as a workbook: in words, a row a finding, columns fitted, errors first."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import xlsxwriter
from sqlalchemy.orm import Session

from ingest.findings import SEVERITIES, Finding, Findings
from ingest.upload.known import Known, cities_of, indicators_of
from ingest.upload.model import Checked

Language = Literal["ru", "en"]
MADE_AT = datetime(2026, 1, 1)
# Record, period, message, then the field: the order in which readers of such reports found their way.
COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("row", "строка", 8),
    ("period", "период", 10),
    ("message", "что не так и что сделать", 80),
    ("kind", "вид", 14),
    ("cell", "ячейка", 9),
    ("column", "столбец", 26),
    ("it says", "написано", 26),
    ("proposed", "предлагается", 18),
    ("city", "город", 20),
    ("indicator", "показатель", 44),
)
KINDS: dict[str, tuple[str, str]] = {
    "error": ("error", "ошибка"),
    "confirm": ("correct or confirm", "исправить или подтвердить"),
    "warning": ("warning", "внимание"),
    "notice": ("notice", "заметка"),
}
_COLOURS = {"error": "#F9D9D6", "confirm": "#FDF0CF", "warning": "#FFF9E5", "notice": "#FFFFFF"}


def error_report_of(session: Session, findings: Sequence[Mapping[str, Any]], language: Language = "ru") -> bytes:
    """The report of findings as a submission keeps them."""
    kept = Findings()
    fields = Finding.__dataclass_fields__
    for item in findings:
        content = {name: value for name, value in item.items() if name in fields}
        kept.add(Finding(**{**content, "readings": tuple(content.get("readings") or ())}))
    known = Known(indicators_of(session), cities_of(session))
    return error_report(Checked([], kept), known, language)


def error_report(checked: Checked, known: Known, language: Language = "ru") -> bytes:
    """Every kept finding, the gravest first; a second sheet counts all of them by kind."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    half = int(language == "ru")
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": MADE_AT})
        sheet = book.add_worksheet(("Findings", "Замечания")[half])
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        wraps = {
            name: book.add_format({"text_wrap": True, "valign": "top", "bg_color": colour, "border": 4})
            for name, colour in _COLOURS.items()
        }
        for at, column in enumerate(COLUMNS):
            sheet.set_column(at, at, column[2])
            sheet.write_string(0, at, column[half], head)
        last = 0
        for last, finding in enumerate(_gravest_first(checked), start=1):
            _write_row(sheet, last, _cells(finding, known, language), wraps[finding.severity])
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(last, 1), len(COLUMNS) - 1)
        _write_counts(book, checked, half)
    return buffer.getvalue()


def _gravest_first(checked: Checked) -> Iterator[Finding]:
    for severity in SEVERITIES:
        yield from sorted(checked.of(severity), key=lambda finding: (finding.line or 0, finding.check))


def _cells(finding: Finding, known: Known, language: Language) -> list[object]:
    half = int(language == "ru")
    row = None if finding.cell is None else int("".join(filter(str.isdigit, finding.cell)))
    return [
        row,
        finding.period,
        finding.said(language),
        KINDS[finding.severity][half],
        finding.cell,
        finding.column,
        finding.text,
        finding.proposed or " / ".join(finding.readings),
        _name(finding.city, known.cities, language),
        _name(finding.indicator, known.indicators, language),
    ]


def _name(code: str | None, known: Mapping[str, Any], language: Language) -> str | None:
    facts = known.get(code or "")
    if facts is None:
        return code
    return str(facts.name_ru if language == "ru" else facts.name_en)


def _write_row(sheet: Any, line: int, cells: list[object], style: Any) -> None:
    for at, cell in enumerate(cells):
        if isinstance(cell, int):
            sheet.write_number(line, at, cell, style)
        else:
            sheet.write_string(line, at, "" if cell is None else str(cell), style)


def _write_counts(book: Any, checked: Checked, half: int) -> None:
    sheet = book.add_worksheet(("Counts", "Количество")[half])
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 28)
    for line, ((check, severity), count) in enumerate(sorted(checked.findings.counts.items())):
        sheet.write_string(line, 0, KINDS[severity][half])
        sheet.write_string(line, 1, check)
        sheet.write_number(line, 2, count)
