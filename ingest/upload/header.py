"""Which row names the columns, and what every column holds: a part of a figure, a period, an indicator or a city."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.names import folded
from ingest.upload.model import Cell, text_of
from ingest.upload.names import Names, is_code, latin, name_key
from ingest.upload.periods import read_period

Layout = Literal["long", "by_period", "by_indicator", "by_city"]
SEARCHED_ROWS = 60
MOST_HEADER_ROWS = 3

# Names of columns as files write them, folded; the first of each is the one that messages use.
ALIASES: dict[str, tuple[str, ...]] = {
    "city": ("city", "город", "код города", "city code", "town", "муниципалитет", "муниципальное образование", "мо",
             "населенный пункт", "территория", "territory", "municipality", "городской округ", "geo", "ref area"),
    "city_name": ("city name", "название города", "наименование города", "наименование мо", "города",
                  "наименование муниципального образования", "наименование территории"),
    "oktmo": ("oktmo", "октмо", "код октмо", "code oktmo"),
    "region": ("region", "регион", "субъект", "субъект рф", "область", "субъект российской федерации"),
    "indicator": ("indicator", "показатель", "код показателя", "indicator code", "показатели", "индикатор"),
    "code": ("code", "код"),
    "indicator_name": ("indicator name", "наименование показателя", "название показателя", "наименование",
                       "наименования показателей"),
    "period": ("period", "период", "отчетный период", "дата", "date", "time period", "time", "год и квартал",
               "отчетная дата"),
    "year": ("year", "год", "отчетный год"),
    "quarter": ("quarter", "квартал", "кв", "кв.", "№ квартала"),
    "value": ("value", "значение", "факт", "фактическое значение", "obs value", "observation", "величина",
              "значение показателя", "данные", "значение за период", "фактическое значение показателя"),
    "status": ("status", "статус", "obs status", "flag", "флаг", "признак"),
    "note": ("note", "примечание", "комментарий", "comment", "comments", "notes", "пояснение", "примечания"),
    "unit": ("unit", "единица измерения", "ед изм", "ед. изм.", "ед.изм.", "единица", "units", "unit of measure",
             "единицы измерения"),
    "numerator": ("numerator", "числитель"),
    "denominator": ("denominator", "знаменатель"),
    "unused": ("№", "n", "no", "no п/п", "№ п/п", "п/п", "номер", "principle", "принцип", "направление", "definition",
               "определение", "previous", "прошлое значение", "предыдущее значение", "previous value", "unit label"),
}  # fmt: skip
_ROLE_OF = {name_key(alias): role for role, names in ALIASES.items() for alias in names}
_GENERIC = {"показатели", "период", "квартал", "кварталы", "значение", "значения", "факт", "отчетный период", "годы",
            "periods", "period", "quarters", "values", "value", "год", "year"}  # fmt: skip
_BRACKETS = re.compile(r"\s*[(\[].*[)\]]\s*$")
_MULTIPLIED = re.compile(r"тыс|млн|млрд|thousand|million|billion|10\s*\^", re.IGNORECASE)
_FIGURE = re.compile(r"[-−]?\d[\d\s.,]*")
_HAS_YEAR = re.compile(r"(?:19|20)\d{2}|\d\.\d\d?\.\d\d")
_YEAR_NUMBER = re.compile(r"(?:19|20)\d{2}(?:\.0)?")


@dataclass(frozen=True)
class Column:
    """What a column holds: `kind` role with its name, or period, indicator or city with its code, or nothing."""

    kind: Literal["role", "period", "indicator", "city", "unknown", "blank"]
    code: str
    text: str
    is_spelled: bool = False


@dataclass(frozen=True)
class Header:
    """The rows of a sheet that name the columns (`first` counts list positions), and what was made of them."""

    first: int
    count: int
    columns: tuple[Column, ...]
    layout: Layout | None
    score: int

    def at(self, role: str) -> int | None:
        """The position of the column with this role."""
        for place, column in enumerate(self.columns):
            if column.kind == "role" and column.code == role:
                return place
        return None

    def of_kind(self, kind: str) -> list[int]:
        """The positions of the columns of a kind."""
        return [place for place, column in enumerate(self.columns) if column.kind == kind]


def find_header(rows: Sequence[Sequence[Cell]], names: Names, chosen: int | None = None) -> Header | None:
    """The best header of a sheet among its first rows; `chosen` fixes the row (a list position)."""
    best: Header | None = None
    starts = range(min(len(rows), SEARCHED_ROWS)) if chosen is None else [chosen]
    for first in starts:
        for count in range(1, MOST_HEADER_ROWS + 1):
            if first + count > len(rows):
                break
            header = _header(rows, first, count, names)
            if header.score and (best is None or (header.score, -header.count) > (best.score, -best.count)):
                best = header
    return best


def names_a_column(text: str) -> bool:
    """Whether a text is one of the names that columns have."""
    return name_key(text) in _ROLE_OF


def header_score(row: Sequence[Cell], names: Names) -> int:
    """How well one row names the columns; 0 when it does not."""
    return _header([row], 0, 1, names).score


def _header(rows: Sequence[Sequence[Cell]], first: int, count: int, names: Names) -> Header:
    parts = rows[first : first + count]
    columns = _settled([_column(labels, names) for labels in _stacked(parts)])
    layout = _layout(columns)
    recognised = sum(column.kind in ("role", "period", "indicator", "city") for column in columns)
    if layout is None:
        # Half a header is still the best guess when nothing better comes: it lets us say what is missing.
        roles = sum(column.kind == "role" and column.code != "unused" for column in columns)
        return Header(first, count, columns, None, 1 if roles >= 2 and count == 1 else 0)
    # `2024` over `III кв.` is a quarter: a row that completes the periods above it belongs to the header.
    completed = sum(column.kind == "period" and column.text.count(" ") > 0 for column in columns) if count > 1 else 0
    return Header(first, count, columns, layout, 10 * recognised + min(completed, 9))


def _stacked(parts: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """The labels over every column from top to bottom; a label of an upper row spans the blanks to its right."""
    width = max((len(row) for row in parts), default=0)
    filled = []
    for depth, row in enumerate(parts):
        labels = [_label(row[place]) if place < len(row) else "" for place in range(width)]
        if depth < len(parts) - 1:
            for place in range(1, width):
                below = any(place < len(lower) and _label(lower[place]) for lower in parts[depth + 1 :])
                if not labels[place] and below:
                    labels[place] = labels[place - 1]
        filled.append(labels)
    return [[row[place] for row in filled] for place in range(width)]


def _label(cell: Cell) -> str:
    return re.sub(r"\s+", " ", text_of(cell)).strip()


def _column(labels: list[str], names: Names) -> Column:
    present = [label for label in labels if label]
    if not present:
        return Column("blank", "", "")
    if len(present) == 1:
        return _single(present[0], names)
    whole = " ".join(present)
    joined = _single(whole, names)
    if joined.kind != "unknown":
        return joined
    last = _single(present[-1], names)
    # A group's heading decides what a period below it is of: only one that says nothing may be left out.
    if last.kind == "period" and not all(name_key(label) in _GENERIC for label in present[:-1]):
        return Column("unknown", "", whole)
    return Column(last.kind, last.code, whole, last.is_spelled) if last.kind != "unknown" else joined


def _single(text: str, names: Names) -> Column:
    # A unit behind the name may go, unless it multiplies: `Значение, тыс.` is not the value in the indicator's unit.
    bare = () if _MULTIPLIED.search(text) else (_BRACKETS.sub("", text), text.split(",")[0])
    for written in (text, *bare):
        key = name_key(written)
        role = _ROLE_OF.get(key) or _ROLE_OF.get(folded(latin(written)))
        if role:
            return Column("role", role, text, is_spelled=key != folded(written) or written != text)
    return _of_thing(text, names)


def _of_thing(text: str, names: Names) -> Column:
    if _FIGURE.fullmatch(text) and not _HAS_YEAR.search(text):
        return Column("unknown", "", text)
    if is_code(text) and text.strip() in names.known.indicators:
        return Column("indicator", text.strip(), text)
    if _YEAR_NUMBER.fullmatch(text):
        return Column("period", text[:4], text)
    period = read_period(text)
    if len(period.codes) == 1 and period.how in ("code", "spelled", "cumulative", "date"):
        # A cumulative heading keeps its words: whether they suit depends on the indicator of the row.
        code = text if period.how == "cumulative" else period.codes[0]
        return Column("period", code, text, text != code)
    codes = names.indicators.get(name_key(text), set())
    if len(codes) == 1:
        return Column("indicator", next(iter(codes)), text, is_spelled=True)
    city = names.city(text) if text in names.known.cities or name_key(text) in names.cities else None
    if city and city.code:
        return Column("city", city.code, text, city.how != "exact")
    return Column("unknown", "", text)


def _settled(columns: list[Column]) -> tuple[Column, ...]:
    """Roles that depend on what else is there: a lone name is the thing itself, a code beside it comes first."""
    roles = {column.code for column in columns if column.kind == "role"}
    turned = _turned(roles)
    return tuple(
        Column("role", turned.get(column.code, column.code), column.text, column.is_spelled)
        if column.kind == "role"
        else column
        for column in columns
    )


def _turned(roles: set[str]) -> dict[str, str]:
    turned: dict[str, str] = {}
    if "oktmo" in roles:
        turned |= {"oktmo": "city", "city": "city_name"}
    elif "city" not in roles:
        turned["city_name"] = "city"
    if "code" in roles:
        turned |= {"code": "indicator", "indicator": "indicator_name"}
    elif "indicator" not in roles:
        turned["indicator_name"] = "indicator"
    if "year" not in roles:
        turned["quarter"] = "period"
    if not roles & {"quarter", "period"}:
        turned["year"] = "period"
    return turned


def _layout(columns: Sequence[Column]) -> Layout | None:
    roles = {column.code for column in columns if column.kind == "role"}
    # A row of figures may hold a code and its name: the same thing twice, which heads no columns.
    codes = {kind: {each.code for each in columns if each.kind == kind} for kind in ("period", "indicator", "city")}
    counts = {kind: len(found) for kind, found in codes.items()}
    if {"indicator", "value"} <= roles:
        return "long"
    if "indicator" in roles and counts["period"] and "value" not in roles:
        return "by_period"
    if "indicator" in roles and counts["city"] and "city" not in roles:
        return "by_city"
    is_headed = "city" in roles or (counts["indicator"] >= 2 and not counts["city"])
    if "indicator" not in roles and counts["indicator"] >= 1 and is_headed:
        return "by_indicator"
    return None
