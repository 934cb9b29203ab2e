"""Clean files that the faults are put into: what they say, how they are written, what is known beside them."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from ingest.upload import Choices, IndicatorFacts, Known, reference_known

PERIOD = "2024-Q3"
BEFORE = ("2023-Q3", "2023-Q4", "2024-Q1", "2024-Q2")
CITIES = {"ru-kazan": "Казань", "ru-ufa": "Уфа", "ru-tula": "Тула"}
# Indicator and the span from which clean values are drawn, with the digits after the point.
SPANS = {
    "TI_SMART_LIGHTING": (20, 80, 1),
    "TI_SMART_STOPS": (20, 80, 1),
    "TI_PUBLIC_WIFI": (30, 90, 2),
    "TI_MOBILE_COVERAGE": (60, 99, 1),
    "CE_PLATFORM_USERS": (1100, 4900, 1),
    "CE_PUBLIC_BLDG_ENERGY": (110, 400, 1),
    "CE_OWN_REVENUE": (30, 70, 1),
    "XX_HAS_PLATFORM": (0, 1, 0),
}
HEADER = ["city", "indicator", "period", "value", "status", "note"]
Key = tuple[str, str, str]


@lru_cache(maxsize=1)
def base_known() -> Known:
    """The bundled catalogue and register with one yes/no indicator more."""
    known = reference_known(today=date(2025, 2, 1))
    yes_no = IndicatorFacts(
        "XX_HAS_PLATFORM",
        "City platform",
        "Городская платформа",
        decimals=0,
        valid_min=Decimal(0),
        valid_max=Decimal(1),
    )
    return replace(known, indicators={**known.indicators, yes_no.code: yes_no})


@dataclass
class Draft:
    """A file before it is written: figures as texts under a header, and how they will be written."""

    truth: dict[Key, Decimal]
    header: list[str]
    rows: list[list[str]]
    delimiter: str = ";"
    decimal: str = ","
    encoding: str = "utf-8"
    newline: str = "\r\n"
    name: str = "figures.csv"
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    on_text: list[Callable[[str], str]] = field(default_factory=list)
    on_bytes: list[Callable[[bytes], bytes]] = field(default_factory=list)
    choices: Choices = field(default_factory=Choices)
    known: Known = field(default_factory=base_known)
    origins: list[tuple[list[str], Key]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.origins = list(zip(self.rows, self.truth, strict=True))

    def believe(self) -> None:
        """Take for true what the rows say now: a wrong figure that is written plainly is no fault of reading."""
        for row, key in self.origins:
            if len(row) > 3 and re.fullmatch(r"-?\d+(?:,\d+)?", row[3], re.ASCII):
                self.truth[key] = Decimal(row[3].replace(",", "."))

    def column(self, name: str) -> int:
        """The position of a column by its English name."""
        return HEADER.index(name)

    def written(self) -> bytes:
        """The bytes of the file."""
        lines = [*self.above, *(self._line(row) for row in [self.header, *self.rows]), *self.below]
        text = self.newline.join(lines) + self.newline
        for change in self.on_text:
            text = change(text)
        content = text.encode(self.encoding)
        for alter in self.on_bytes:
            content = alter(content)
        return content

    def _line(self, row: list[str]) -> str:
        return self.delimiter.join(self._cell(cell) for cell in row)

    def _cell(self, cell: str) -> str:
        if any(sign in cell for sign in (self.delimiter, '"', "\n", "\r")):
            return '"' + cell.replace('"', '""') + '"'
        return cell


def clean_draft(dice: random.Random, decimal: str = ",", delimiter: str = ";") -> Draft:
    """Three cities, eight indicators, one quarter: values drawn, history and peers to match."""
    truth: dict[Key, Decimal] = {}
    history: dict[tuple[str, str], dict[str, Decimal | None]] = {}
    rows = []
    for city in CITIES:
        for indicator, (low, high, digits) in SPANS.items():
            value = Decimal(dice.randint(low * 10**digits, high * 10**digits)).scaleb(-digits)
            if digits and value == value.to_integral_value():
                value += Decimal(1).scaleb(-digits)
            truth[city, indicator, PERIOD] = value
            history[city, indicator] = {
                period: (
                    value if not digits else round(value * Decimal(dice.randint(97, 103)) / 100 + Decimal("0.1"), 1)
                )
                for period in BEFORE
            }
            rows.append([city, indicator, PERIOD, str(value).replace(".", decimal), "", ""])
    peers = {
        (indicator, PERIOD): {f"c{n}": Decimal(low + (high - low) * n) / 9 for n in range(1, 10)}
        for indicator, (low, high, digits) in SPANS.items()
        if digits
    }
    peers = {key: {c: Decimal(SPANS[key[0]][0]) + Decimal(n) * (SPANS[key[0]][1] - SPANS[key[0]][0]) / 9 for n, c in enumerate(group)} for key, group in peers.items()}  # noqa: E501 # fmt: skip
    known = replace(base_known(), history=history, peers=peers)
    return Draft(truth, list(HEADER), rows, delimiter=delimiter, decimal=decimal, known=known)


def _workbook_cell(text: str) -> object:
    if re.fullmatch(r"\d{1,6},\d{1,6}|\d{1,4}", text, re.ASCII):
        return float(text.replace(",", "."))
    return ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)


def workbook_of(draft: Draft, touch: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    """The draft as a workbook with real numbers."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(draft.header)
    for row in draft.rows:
        sheet.append([_workbook_cell(cell) for cell in row])
    if touch:
        touch(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
