"""A sheet under its header to records of cells; rows that hold no figures are skipped and said, never lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.pauses import LongList
from ingest.findings import Findings
from ingest.upload.delimited import ILLEGAL
from ingest.upload.header import Header, header_score, names_a_column
from ingest.upload.limits import UploadLimits
from ingest.upload.model import Cell, Place, Record, Sheet, Typed, text_of
from ingest.upload.names import Names, name_key
from ingest.upload.numbers import Style, read_number
from ingest.upload.texts import noticed

MOST_RECORDS = 1_000_000
_TOTAL = re.compile(r"(?:итого|всего|в среднем|среднее|в целом|total|sum|average|mean|grand total)\b", re.IGNORECASE)
_SUM = re.compile(r"(?:итого|всего|total|sum|grand total)\b", re.IGNORECASE)
_FOOT = re.compile(
    r"(?:исп\b|исп\.|исполнитель|руководитель|начальник|директор|глава|главный|примечани|источник|телефон|тел\.|подпись"
    r"|м\.?\s?п\.|дата составления|source|note|prepared by|signed|\*|\d\)\s)",
    re.IGNORECASE,
)
_LETTERS_ROW = {"а", "б", "в", "a", "b"}
_CARRIED = ("city", "city_name", "region")


@dataclass
class Records:
    """What a table gave; `totals` are rows of sums kept for the cross-check, by column."""

    sheet: Sheet
    header: Header
    names: Names
    delimiter: str | None
    fill_down: bool
    limits: UploadLimits
    findings: Findings = field(default_factory=Findings)
    records: list[Record] = field(default_factory=LongList)
    width: int = 0
    carried: dict[str, Cell] = field(default_factory=dict)
    sums: dict[int, Decimal] = field(default_factory=dict)
    is_padded: bool = False
    columns_of: dict[int | None, dict[str, int]] = field(default_factory=dict)

    def place(self, index: int, column: int = 0) -> Place:
        """Where a cell stands, by positions in the sheet."""
        return Place(self.sheet.excel_rows[index], column + 1, self.sheet.lines[index], self.sheet.name)

    def columns(self, roles: dict[str, int], kind: str = "", at: int | None = None) -> dict[str, int]:
        """The columns of a record's parts: the same for every record of a table in long form, of a column in wide."""
        found = self.columns_of.get(at)
        if found is None:
            own = {} if at is None else {kind: at + 1, "value": at + 1}
            found = self.columns_of[at] = {role: number + 1 for role, number in roles.items()} | own
        return found


def records(table: Records) -> Records:
    """Every figure of the table under its header."""
    header, rows = table.header, table.sheet.rows
    table.width = _width(header)
    table.is_padded = all(len(row) == len(rows[header.first]) for row in rows[header.first :])
    roles = {column.code: at for at, column in enumerate(header.columns) if column.kind == "role"}
    for index in range(header.first + header.count, len(rows)):
        if index in table.sheet.bad_rows or not rows[index]:
            continue
        if _is_skipped(table, index, roles):
            continue
        if _fits(table, index):
            table.records.extend(_of_row(table, index, roles))
        if any(finding.refuses_file for finding in table.findings):
            break
        if len(table.records) > MOST_RECORDS or index - header.first > table.limits.max_upload_rows:
            table.findings.add(noticed("too-many-rows", limit=table.limits.max_upload_rows))
            break
    return table


def _width(header: Header) -> int:
    filled = [at for at, column in enumerate(header.columns) if column.kind != "blank"]
    return filled[-1] + 1 if filled else 0


def _is_skipped(table: Records, index: int, roles: dict[str, int]) -> bool:
    """Whether a row holds no figures: numbers of columns, totals, headings, notes; a second header refuses."""
    row = table.sheet.rows[index]
    filled = [at for at, cell in enumerate(row) if text_of(cell).strip()]
    first = text_of(row[filled[0]]).strip()
    if index - table.header.first - table.header.count < 2 and _numbers_columns(row, filled):
        table.findings.add(noticed("column-numbers", table.place(index)))
        return True
    if _TOTAL.match(first) and not _is_known(first, table.names):
        table.findings.add(noticed("totals-skipped", table.place(index, filled[0]), text=first))
        _cross_check(table, index, first)
        return True
    if _is_words(table, row, filled):
        table.findings.add(noticed("text-rows", table.place(index, filled[0])))
        _carry(table, row, filled, roles)
        return True
    return _is_header_again(table, index, row, filled)


def _numbers_columns(row: list[Cell], filled: list[int]) -> bool:
    """`1 2 3 4` or `А Б 1 2` under a header."""
    texts = [text_of(row[at]).strip().lower().removesuffix(".0") for at in filled]
    while texts and texts[0] in _LETTERS_ROW:
        texts = texts[1:]
    return len(filled) >= 3 and len(texts) >= 2 and texts == [str(n + 1) for n in range(len(texts))]


def _is_known(text: str, names: Names) -> bool:
    return name_key(text) in names.indicators or name_key(text) in names.cities


def _is_words(table: Records, row: list[Cell], filled: list[int]) -> bool:
    first = row[filled[0]]
    if isinstance(first, Typed) or any(letter.isdigit() for letter in text_of(first)[:1]) and len(filled) > 1:
        return False
    header = table.header
    values = [at for at in filled if at < len(header.columns) and _holds_values(header, at)]
    if len(filled) == 1 and len(row) == 1 and table.width > 1 and _holds_separators(text_of(first), table.width):
        return False
    if len(filled) == 1:
        # One cell with a number alone, or standing where figures stand, is no heading: it must be looked at.
        return not values and read_number(text_of(first), Style()).value is None
    return bool(_FOOT.match(text_of(first).strip())) and not any(_is_number(row[at]) for at in values)


def _holds_separators(text: str, width: int) -> bool:
    """A line that another separator than the file's takes apart: a row of figures, not a note."""
    return any(sign in text for sign in ";\t|") or text.count(",") >= max(2, width - 1)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, Typed) or read_number(text_of(cell), Style("decimal", "decimal")).value is not None


def _holds_values(header: Header, at: int) -> bool:
    column = header.columns[at]
    if header.layout == "long":
        return column.kind == "role" and column.code == "value"
    return column.kind in ("period", "indicator", "city")


def _carry(table: Records, row: list[Cell], filled: list[int], roles: dict[str, int]) -> None:
    """A row with the city alone heads its block."""
    if filled[0] == roles.get("city"):
        table.carried = {"city": row[filled[0]]}


def _is_header_again(table: Records, index: int, row: list[Cell], filled: list[int]) -> bool:
    # Rows of figures hold no names of columns: two such names are looked for before the row is judged as a whole.
    named = (at for at in filled if names_a_column(text_of(row[at])))
    if next(named, None) is None or next(named, None) is None or header_score(row, table.names) < 20:
        return False
    mine = [name_key(column.text) for column in table.header.columns[: table.width]]
    if [name_key(text_of(cell)) for cell in row[: table.width]] == mine:
        table.findings.add(noticed("text-rows", table.place(index)))
    else:
        table.findings.add(noticed("stacked-tables", table.place(index), row=table.sheet.excel_rows[index]))
    return True


def _fits(table: Records, index: int) -> bool:
    """Whether the row has the cells of the header: more or fewer are errors, never a shift."""
    row, place = table.sheet.rows[index], table.place(index)
    if table.sheet.name is not None:
        return True
    words: dict[str, Any] = {"row": place.row, "number": place.line, "found": len(row), "expected": table.width}
    if len(row) < table.width:
        table.findings.add(noticed("too-few-cells", place, **words))
        return False
    if len(row) > table.width and not _may_be_longer(table, index, words):
        return False
    if table.delimiter == "," and (text := _split_number(table, row)):
        table.findings.add(noticed("decimal-comma-splits", place, text=text))
        return False
    return True


def _may_be_longer(table: Records, index: int, words: dict[str, Any]) -> bool:
    """Empty cells behind the last column are left out; in a comma file an uneven row may hold a split number."""
    row, place = table.sheet.rows[index], table.place(index)
    is_filled = any(text_of(cell).strip() for cell in row[table.width :])
    if is_filled or (table.delimiter == "," and not table.is_padded):
        check = "decimal-comma-splits" if table.delimiter == "," and _is_split(row) else "too-many-cells"
        table.findings.add(noticed(check, place, text=",".join(map(text_of, row)), **words))
        return False
    if not table.is_padded:
        table.findings.add(noticed("uneven-row", place, **words))
    elif not table.findings.counts["trailing-cells", "notice"]:
        table.findings.add(noticed("trailing-cells", place))
    return True


def _is_split(row: list[Cell]) -> bool:
    texts = [text_of(cell).strip() for cell in row]
    return any(a.lstrip("-").isdigit() and b.isdigit() for a, b in zip(texts, texts[1:], strict=False))


def _split_number(table: Records, row: list[Cell]) -> str | None:
    """A whole number followed by digits where no number belongs: an unquoted decimal comma in a comma file."""
    header = table.header
    for at in range(min(len(row), table.width) - 1):
        if not _holds_values(header, at):
            continue
        after = header.columns[at + 1]
        is_number_too = _holds_values(header, at + 1) or after.code in ("numerator", "denominator")
        here, there = text_of(row[at]).strip(), text_of(row[at + 1]).strip()
        if not is_number_too and here.lstrip("-").isdigit() and there.isdigit():
            return f"{here},{there}"
    return None


def _of_row(table: Records, index: int, roles: dict[str, int]) -> Iterator[Record]:
    """The records of one row: one in long form, one a filled column in wide form."""
    row = table.sheet.rows[index]
    cells = {role: row[at] for role, at in roles.items() if at < len(row) and role != "unused"}
    if not _has_lawful_letters(table, index, row):
        return
    if not _filled_down(table, index, cells, roles):
        return
    excel_row = table.sheet.excel_rows[index]
    if table.header.layout == "long":
        yield Record(excel_row, cells, table.columns(roles))
        return
    kind = {"by_period": "period", "by_indicator": "indicator", "by_city": "city"}[table.header.layout or ""]
    blank = 0
    for at in table.header.of_kind(kind):
        cell = row[at] if at < len(row) else ""
        if not text_of(cell).strip():
            blank += 1
            continue
        _add_up(table, at, cell)
        named: dict[str, Cell] = {kind: table.header.columns[at].code, "value": cell}
        yield Record(excel_row, {**cells, **named}, table.columns(roles, kind, at))
    if blank:
        table.findings.add(noticed("left-blank", table.place(index)), blank)


def _has_lawful_letters(table: Records, index: int, row: list[Cell]) -> bool:
    """Whether no cell holds control characters or is longer than Excel allows."""
    is_lawful = True
    for at, cell in enumerate(row):
        text = text_of(cell)
        if match := ILLEGAL.search(text):
            code = f"U+{ord(match[0]):04X}"
            table.findings.add(noticed("illegal-character", table.place(index, at), code=code))
            is_lawful = False
        elif len(text) > table.limits.max_cell_characters:
            words: dict[str, Any] = {"size": len(text), "limit": table.limits.max_cell_characters}
            table.findings.add(noticed("field-too-long", table.place(index, at), **words))
            is_lawful = False
    return is_lawful


def _filled_down(table: Records, index: int, cells: dict[str, Cell], roles: dict[str, int]) -> bool:
    """Whether the row has its city; one that stands only above is carried down with consent alone."""
    if "city" not in roles:
        return True
    if text_of(cells.get("city", "")).strip():
        table.carried = {role: cells[role] for role in _CARRIED if role in cells}
        return True
    if not table.carried:
        return True  # No city above it either: the form's city stands, or the check says that it is missing.
    place = table.place(index, roles["city"])
    if not table.fill_down:
        table.findings.add(noticed("city-blank", place, readings=(text_of(table.carried["city"]),)))
        return False
    table.findings.add(noticed("filled-down", place))
    cells.update(table.carried)
    return True


def _add_up(table: Records, at: int, cell: Cell) -> None:
    number = read_number(text_of(cell), Style("decimal", "decimal")).value
    if number is not None:
        table.sums[at] = table.sums.get(at, Decimal(0)) + number


def _cross_check(table: Records, index: int, label: str) -> None:
    """A row of sums against the cities above it, where the table has one row a city."""
    if table.header.layout != "by_indicator" or not _SUM.match(label):
        return
    row = table.sheet.rows[index]
    for at, expected in table.sums.items():
        found = read_number(text_of(row[at]), Style("decimal", "decimal")).value if at < len(row) else None
        if found is not None and abs(found - expected) > abs(expected) * Decimal("0.005"):
            words: dict[str, Any] = {"heading": table.header.columns[at].text, "found": found, "expected": expected}
            table.findings.add(noticed("totals-differ", table.place(index, at), **words))
