"""Run as a process of its own: a workbook on standard input, its visible cells as lines of JSON on standard output.

It limits its own memory, processor time and files before the first byte is parsed, imports nothing of the product
and never evaluates a formula. Arguments: memory in bytes, processor seconds, most rows, columns and characters.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

# openpyxl imports numpy when it is there, for types that no workbook needs: a tenth of a second for nothing.
sys.modules["numpy"] = None  # type: ignore[assignment]


class Refused(Exception):
    """The workbook is not read on: a check and its words."""

    def __init__(self, check: str, **words: object) -> None:
        super().__init__(check)
        self.answer = {"refused": check, "words": words}


def limit(memory_bytes: int, cpu_s: int) -> None:
    """No more memory, time or files than this for whatever the workbook makes of the parser."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(content: bytes, most_rows: int, most_columns: int, most_characters: int) -> dict[str, Any]:
    """Every visible sheet as rows of cells with their numbers; a cell is a text, or a text with its kind."""
    from openpyxl import load_workbook
    from openpyxl.xml import DEFUSEDXML

    if not DEFUSEDXML:
        raise Refused("unsafe-workbook", why=["defusedxml is not installed", "не установлен defusedxml"])
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    percents = {
        number
        for number, style in enumerate(book._cell_styles)
        if "%" in _format_of(book._number_formats, style.numFmtId)
    }
    room = [most_characters]
    sheets, hidden = [], []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            hidden.append(sheet.title)
        else:
            sheets.append(_sheet(book, sheet, percents, (most_rows, most_columns, room)))
    return {"sheets": sheets, "hidden": hidden}


def _format_of(formats: list[str], number: int) -> str:
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    return str(BUILTIN_FORMATS.get(number, "") if number < 164 else formats[number - 164])


def _sheet(book: Any, sheet: Any, percents: set[int], limits: tuple[int, int, list[int]]) -> dict[str, Any]:
    from openpyxl.worksheet._reader import WorkSheetParser

    most_rows, most_columns, room = limits

    class Parser(WorkSheetParser):  # type: ignore[misc]
        def parse_cell(self, element: Any) -> Any:
            return _cell(super().parse_cell(element), element, percents)

    with sheet._get_source() as source:
        parser = Parser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        rows: list[list[Any]] = []
        hidden_rows = 0
        hidden_columns: set[int] = set()
        for number, cells in parser.parse():
            filled = [(column, cell) for column, cell in cells if cell is not None]
            if not filled:
                continue
            if parser.row_dimensions.pop(str(number), {}).get("hidden") in ("1", "true"):
                hidden_rows += 1
                continue
            rows.append([number, _row(_visible(filled, _hidden(parser), hidden_columns), most_columns, room)])
            if len(rows) > most_rows:
                raise Refused("too-many-rows", limit=most_rows)
    return {
        "name": sheet.title,
        "rows": rows,
        "hidden_rows": hidden_rows,
        "hidden_columns": sorted(hidden_columns),
    }


def _row(filled: Iterator[Any], most_columns: int, room: list[int]) -> list[Any]:
    """The cells of a row at their columns; `room` is how many characters may still come."""
    row: list[Any] = []
    for column, cell in filled:
        if column > most_columns:
            raise Refused("too-many-columns", limit=most_columns)
        room[0] -= len(cell) if isinstance(cell, str) else len(cell[0])
        row.extend([""] * (column - 1 - len(row)))
        row.append(cell)
    if room[0] < 0:
        raise Refused("workbook-too-heavy", resource=["text", "текст"])
    return row


def _hidden(parser: Any) -> list[tuple[int, int]]:
    spans = parser.column_dimensions.values()
    return [(int(span["min"]), int(span["max"])) for span in spans if span.get("hidden") in ("1", "true")]


def _visible(filled: list[Any], hidden: list[tuple[int, int]], seen: set[int]) -> Iterator[Any]:
    for column, cell in filled:
        if any(first <= column <= last for first, last in hidden):
            seen.add(column)
        else:
            yield column, cell


def _cell(parsed: dict[str, Any], element: Any, percents: set[int]) -> tuple[int, Any]:
    """(column, cell): None for an empty one, a text, or a text with its kind."""
    has_formula = any(child.tag.endswith("}f") for child in element)
    return parsed["column"], _content(parsed, parsed["value"], has_formula, parsed["style_id"] in percents)


def _content(parsed: dict[str, Any], value: Any, has_formula: bool, is_percent: bool) -> Any:
    kind = parsed["data_type"]
    if value is None:
        return ["=", "uncached"] if has_formula else None
    if kind == "e":
        return [str(value), "error"]
    if kind == "d":
        return [value.isoformat() if hasattr(value, "isoformat") else str(value), "date"]
    if kind == "b":
        return ["true" if value else "false", "boolean"]
    if kind == "s":
        return [str(value), "formula"] if has_formula else str(value)
    text = repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
    if is_percent:
        return [text, "percent"]
    return [text, "formula" if has_formula else "number"]


def main(words: list[str]) -> None:
    """One workbook, one answer; whatever goes wrong is an answer too, or the end of this process."""
    memory_bytes, cpu_s, most_rows, most_columns, most_characters = map(int, words)
    warnings.simplefilter("ignore")
    content = sys.stdin.buffer.read()
    limit(memory_bytes, cpu_s)
    try:
        answer = read(content, most_rows, most_columns, most_characters)
    except Refused as refusal:
        answer = refusal.answer
    except MemoryError:
        answer = {"refused": "workbook-too-heavy", "words": {"resource": ["memory", "память"]}}
    except (zipfile.BadZipFile, OSError, EOFError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, SyntaxError, RuntimeError) as error:  # noqa: E501 # fmt: skip
        # This is the outermost edge of the process: a broken workbook breaks the parser in many ways.
        answer = {"refused": "broken-workbook", "words": {"why": type(error).__name__}}
    _say(answer)


def _say(answer: dict[str, Any]) -> None:
    """The answer with the number of each sheet's rows, then each row on a line: read at once it would stop others."""
    rows = [row for sheet in answer.get("sheets", ()) for row in sheet["rows"]]
    for sheet in answer.get("sheets", ()):
        sheet["rows"] = len(sheet["rows"])
    for part in (answer, *rows):
        sys.stdout.write(f"{json.dumps(part)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
