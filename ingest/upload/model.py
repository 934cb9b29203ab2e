"""What passes between the steps of an upload: sheets of cells, what was detected, records, typed rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, NamedTuple

from ingest.findings import Finding, Findings

Kind = Literal["number", "percent", "date", "boolean", "error", "formula", "uncached"]
Decimals = Literal["comma", "point"]
Verdict = Literal["ready", "confirm", "errors", "refused"]


class Typed(NamedTuple):
    """A workbook cell that is not plain text: what it says and what the workbook declares it to be.

    `formula` is a number that the workbook computed, `uncached` a formula whose result is not in the file.
    """

    text: str
    kind: Kind


Cell = str | Typed


def text_of(cell: Cell) -> str:
    """What the cell says, whatever its kind."""
    return cell.text if isinstance(cell, Typed) else cell


@dataclass(frozen=True)
class Sheet:
    """A table of cells. `rows[i]` is row `excel_rows[i]` in Excel and begins on line `lines[i]` of the text."""

    name: str | None
    rows: list[list[Cell]]
    excel_rows: list[int]
    lines: list[int]
    bad_rows: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Choices:
    """What a person fixes in place of what would be detected; None leaves it to detection."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: Decimals | None = None
    sheet: str | None = None
    header_row: int | None = None
    period: str | None = None
    city: str | None = None
    fill_down: bool | None = None
    day_first: bool | None = None


@dataclass(frozen=True)
class Detected:
    """What was found in a file: the chips a person can flip. `header_row` counts as Excel does, from 1."""

    format: Literal["csv", "xlsx"]
    encoding: str | None = None
    delimiter: str | None = None
    decimal: Decimals | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    header_row: int | None = None
    header_rows: int = 1
    layout: Literal["long", "by_period", "by_indicator", "by_city"] | None = None
    period: str | None = None
    fill_down: bool = False
    # Quarters that the title, the sheet or the file name mention, whatever the columns say.
    named_periods: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a cell stands: row and column as Excel counts them from 1, and the line of the text file."""

    row: int
    column: int
    line: int
    sheet: str | None = None

    @property
    def cell(self) -> str:
        """The address Excel shows, as `D7`."""
        letters, number = "", self.column
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{letters}{self.row}"

    def at(self, column: int) -> Place:
        """Another cell of the same row."""
        return replace(self, column=column)


# The parts of a record, in the order in which a file in long form has them.
ROLES = (
    "city",
    "city_name",
    "region",
    "indicator",
    "indicator_name",
    "period",
    "year",
    "quarter",
    "value",
    "status",
    "note",
    "unit",
    "numerator",
    "denominator",
)


class Record(NamedTuple):
    """One figure as the file writes it: a cell per role with the column it stands in (0: not in this file)."""

    row: int
    cells: dict[str, Cell]
    columns: dict[str, int]


@dataclass(frozen=True)
class Reading:
    """A file as records of cells, with what was detected and noticed; `is_refused` when nothing of it can be read."""

    file_name: str
    sha256: str
    detected: Detected | None
    records: list[Record] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    lines: dict[int, int] = field(default_factory=dict)
    headers: dict[int, str] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)

    @property
    def is_refused(self) -> bool:
        """Whether the file as a whole cannot be read."""
        return any(finding.refuses_file for finding in self.findings)

    def place(self, record: Record, role: str) -> Place:
        """Where a part of a record stands."""
        sheet = self.detected.sheet if self.detected else None
        return Place(record.row, record.columns.get(role) or 1, self.lines.get(record.row, record.row), sheet)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure that was read without error: codes, the exact value or the reason for its absence, and its cell."""

    city: str
    indicator: str
    period: str
    value: Decimal | None
    status: str
    note: str | None
    text: str
    cell: str
    line: int
    is_withdrawn: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What the figure is of."""
        return self.city, self.indicator, self.period


@dataclass(frozen=True)
class Checked:
    """Every row that was read, and everything noticed."""

    rows: list[Row]
    findings: Findings
    detected: Detected | None = None

    @property
    def verdict(self) -> Verdict:
        """`refused`: the file; `errors`: some rows; `confirm`: reasons are wanted; else `ready`."""
        if any(finding.refuses_file for finding in self.findings):
            return "refused"
        if self.findings.total("error"):
            return "errors"
        return "confirm" if self.findings.total("confirm") else "ready"

    def of(self, severity: str) -> list[Finding]:
        """The kept findings of one severity."""
        return [finding for finding in self.findings if finding.severity == severity]
