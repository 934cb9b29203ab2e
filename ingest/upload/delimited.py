"""Text to a sheet: the separator whose header is recognised, every row of one width, nothing shifted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from app.pauses import LongList
from ingest.findings import Finding, Findings
from ingest.upload.limits import UploadLimits
from ingest.upload.model import Cell, Place, Sheet
from ingest.upload.texts import noticed

DELIMITERS = (";", "\t", ",", "|")
HEAD_ROWS = 60
# A header is looked for among so many cells: a line of a hundred thousand of them is none.
HEAD_CELLS = 20_000
MOST_HEADER_CELLS = 5_000
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
# Control characters, non-characters, lone surrogates and marks that turn the direction of writing.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_LINE_END = re.compile(r"\r\n|\r|\n")
# How well a row names the columns: the more cells are recognised, the higher; 0 when it is no header.
Score = Callable[[list[Cell]], int]


@dataclass
class Delimited:
    """What came of a text: its sheet, or a refusal among the findings."""

    sheet: Sheet | None
    delimiter: str | None
    findings: Findings = field(default_factory=Findings)


def delimited(text: str, bad_lines: frozenset[int], chosen: str | None, score: Score, limits: UploadLimits) -> Delimited:  # noqa: E501 # fmt: skip
    """The rows of a text; `score` says how good a header a row is."""
    findings = Findings()
    text = _plain(text)
    skipped = 0
    if first := _SEPARATOR_LINE.match(text):
        findings.add(noticed("separator-line", text=first.group(1)))
        chosen, skipped, text = chosen or first.group(1), 1, text[first.end() :]
    if _is_too_long(text, limits, findings):
        return Delimited(None, chosen, findings)
    delimiter = chosen or _best_delimiter(text, score)
    if delimiter is None:
        seen = " | ".join(filter(None, (line.strip()[:60] for line in text.splitlines()[:3])))
        findings.add(noticed("no-header", seen=seen))
        return Delimited(None, None, findings)
    sheet = _rows(text, delimiter, limits, findings, skipped)
    if sheet is None:
        return Delimited(None, delimiter, findings)
    places = zip(sheet.excel_rows, sheet.lines, strict=True)
    bad = frozenset(row for row, line in places if line in bad_lines)
    return Delimited(replace(sheet, bad_rows=bad), delimiter, findings)


def _plain(text: str) -> str:
    """Without the end mark of old systems; the Unicode line separator ends lines where nothing else does."""
    text = text.rstrip("\x1a\x00")
    if "\n" not in text and "\r" not in text:
        text = text.replace("\u2028", "\n")
    return text.replace("\u2028", " ").replace("\u2029", " ")


def _is_too_long(text: str, limits: UploadLimits, findings: Findings) -> bool:
    start = 0
    for number, end in enumerate(_LINE_END.finditer(text), start=1):
        if end.start() - start > limits.max_line_characters:
            size = end.start() - start
            findings.add(noticed("line-too-long", number=number, size=size, limit=limits.max_line_characters))
            return True
        start = end.end()
    if len(text) - start > limits.max_line_characters:
        size = len(text) - start
        findings.add(noticed("line-too-long", number=1, size=size, limit=limits.max_line_characters))
        return True
    return False


def _best_delimiter(text: str, score: Score) -> str | None:
    head = "\n".join(_LINE_END.split(text, maxsplit=HEAD_ROWS * 4)[: HEAD_ROWS * 4])
    best, best_score = None, 0
    for delimiter in DELIMITERS:
        rows = _head(head, delimiter)
        found = max((score(list(row)) for row in rows if len(row) <= MOST_HEADER_CELLS), default=0)
        if found > best_score:
            best, best_score = delimiter, found
    return best


def _head(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(_taken_apart(row, delimiter))
            cells += len(row)
            if len(rows) >= HEAD_ROWS or cells > HEAD_CELLS:
                break
    except csv.Error:
        pass  # An open quote at the end of the sample; what came before it is enough to judge.
    return rows


def _taken_apart(row: list[str], delimiter: str) -> list[str]:
    """A row that was quoted as a whole, as its cells."""
    if len(row) == 1 and delimiter in row[0] and "\n" not in row[0]:
        return next(csv.reader([row[0]], delimiter=delimiter))
    return row


def _rows(text: str, delimiter: str, limits: UploadLimits, findings: Findings, skipped: int) -> Sheet | None:
    """Every row that is not blank; None when the file is refused."""
    found = Sheet(None, LongList(), [], [])
    line = 1 + skipped
    row = 0
    for cells, lines, fault in _parsed(text, delimiter):
        row += 1
        place = Place(row, 1, line)
        if fault == "unclosed-quote":
            findings.add(noticed(fault, place, number=line))
            return None
        if fault:
            findings.add(noticed(fault, place, size=csv.field_size_limit(), limit=limits.max_cell_characters))
        whole = _taken_apart(cells, delimiter)
        if whole is not cells:
            findings.add(noticed("rejoined-row", place))
        if any(cell.strip() for cell in whole):
            found.rows.append([] if fault else list(whole))
            found.excel_rows.append(row)
            found.lines.append(line)
        line += lines
        if refusal := _beyond(len(found.rows), whole, limits):
            findings.add(refusal)
            return None
    return found


def _beyond(rows: int, cells: list[str], limits: UploadLimits) -> Finding | None:
    # Title lines and the header count little beside the limit; it is the rows of figures that are meant.
    if rows > limits.max_upload_rows + HEAD_ROWS:
        return noticed("too-many-rows", limit=limits.max_upload_rows)
    if len(cells) > limits.max_upload_columns:
        return noticed("too-many-columns", limit=limits.max_upload_columns)
    return None


def _parsed(text: str, delimiter: str) -> Iterator[tuple[list[str], int, str]]:
    """(cells, lines taken, fault) of each record: an unclosed quote ends the file."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    before = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            taken = reader.line_num - before
            if "unexpected end" in str(error) or taken > 1:
                yield [], taken, "unclosed-quote"
                return
            yield [], taken, "field-too-long" if "limit" in str(error) else "stray-quote"
            # After an error the reader is in the middle of a cell: a new one begins with the next line.
            reader, before = csv.reader(lines, delimiter=delimiter, strict=True), 0
            continue
        yield cells, reader.line_num - before, ""
        before = reader.line_num
