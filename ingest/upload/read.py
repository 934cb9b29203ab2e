"""Bytes and a name to records of cells: container, encoding, separator, sheet, header, layout, period of a title."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ingest.findings import Finding, Findings
from ingest.upload.container import container
from ingest.upload.delimited import delimited
from ingest.upload.encoding import decoded
from ingest.upload.header import Header, find_header, header_score
from ingest.upload.known import Known
from ingest.upload.layout import Records, records
from ingest.upload.limits import UploadLimits
from ingest.upload.model import Cell, Choices, Decimals, Detected, Place, Reading, Sheet, text_of
from ingest.upload.names import Names
from ingest.upload.numbers import style_of
from ingest.upload.periods import quarters_in
from ingest.upload.texts import noticed
from ingest.upload.workbook import workbook

SHOWN_NAMES = 12


@dataclass
class _Source:
    """One upload on its way: what is asked of it and what was noticed."""

    content: bytes
    file_name: str
    choices: Choices
    names: Names
    limits: UploadLimits
    findings: Findings


def read_upload(
    content: bytes,
    file_name: str,
    choices: Choices | None = None,
    *,
    known: Known,
    limits: UploadLimits | None = None,
) -> Reading:
    """The records of a file with what was detected; a file that cannot be read gives findings and no records.

    `choices` fixes what a person decided; `known` gives the names by which columns and rows are recognised.
    """
    source = _Source(content, file_name, choices or Choices(), Names(known), limits or UploadLimits(), Findings())
    kind = container(content, file_name, source.limits)
    _note(source.findings, kind.findings)
    if kind.kind == "text":
        return _of_text(source)
    if kind.kind == "xlsx":
        return _of_workbook(source)
    return _reading(source, None)


def _note(findings: Findings, found: Sequence[Finding]) -> None:
    for finding in found:
        findings.add(finding)


def _reading(source: _Source, detected: Detected | None, table: Records | None = None) -> Reading:
    sheet = table.sheet if table else None
    return Reading(
        file_name=source.file_name,
        sha256=hashlib.sha256(source.content).hexdigest(),
        detected=detected,
        records=table.records if table else [],
        findings=source.findings,
        lines=dict(zip(sheet.excel_rows, sheet.lines, strict=True)) if sheet else {},
        headers={at + 1: column.text for at, column in enumerate(table.header.columns)} if table else {},
        choices=source.choices,
    )


def _of_text(source: _Source) -> Reading:
    text = decoded(source.content, source.choices.encoding)
    _note(source.findings, text.findings)
    if text.text is None:
        return _reading(source, Detected("csv", encoding=text.encoding))
    if not text.text.strip("\x00\x1a \t\r\n;,|\"'"):
        source.findings.add(noticed("empty-file"))
        return _reading(source, Detected("csv", encoding=text.encoding))
    found = delimited(
        text.text,
        text.bad_lines,
        source.choices.delimiter,
        lambda row: header_score(row, source.names),
        source.limits,
    )
    source.findings.extend(found.findings)
    detected = Detected("csv", encoding=text.encoding, delimiter=found.delimiter)
    if found.sheet is None:
        return _reading(source, detected)
    return _of_sheet(source, found.sheet, detected)


def _of_workbook(source: _Source) -> Reading:
    book = workbook(source.content, source.limits)
    _note(source.findings, book.findings)
    detected = Detected("xlsx", sheets=tuple(sheet.name or "" for sheet in book.sheets))
    if not book.sheets:
        return _reading(source, detected)
    sheet = _chosen_sheet(source, book.sheets)
    if sheet is None:
        return _reading(source, detected)
    _note(source.findings, book.of_sheet(sheet.name or ""))
    return _of_sheet(source, sheet, replace(detected, sheet=sheet.name))


def _chosen_sheet(source: _Source, sheets: Sequence[Sheet]) -> Sheet | None:
    """The sheet that is chosen, or the only one that holds a table; several are a question."""
    wanted = source.choices.sheet
    if wanted is not None:
        for sheet in sheets:
            if sheet.name == wanted:
                return sheet
        seen = ", ".join(sheet.name or "" for sheet in sheets)
        source.findings.add(noticed("sheet-unknown", text=wanted, seen=seen))
        return None
    tables = [sheet for sheet in sheets if (header := find_header(sheet.rows, source.names)) and header.layout]
    if len(tables) > 1:
        names = tuple(sheet.name or "" for sheet in tables)
        source.findings.add(noticed("several-sheets", readings=names))
        return None
    return (tables or list(sheets))[0]


def _of_sheet(source: _Source, sheet: Sheet, detected: Detected) -> Reading:
    chosen = _chosen_header(source, sheet)
    header = find_header(sheet.rows, source.names, chosen)
    if header is None or header.layout is None:
        source.findings.add(_no_header(sheet, header))
        return _reading(source, detected)
    if repeated := _repeated(header, sheet):
        source.findings.add(repeated)
        return _reading(source, detected)
    _note(source.findings, _about_header(header, sheet))
    fill_down = bool(source.choices.fill_down)
    table = Records(sheet, header, source.names, detected.delimiter, fill_down, source.limits)
    records(table)
    source.findings.extend(table.findings)
    if not table.records and not source.findings.total("error"):
        source.findings.add(noticed("no-rows"))
    detected = replace(
        detected,
        header_row=sheet.excel_rows[header.first],
        header_rows=header.count,
        layout=header.layout,
        fill_down=fill_down,
        decimal=_decimal(source, table),
    )
    return _reading(source, _with_title(source, sheet, header, detected), table)


def _decimal(source: _Source, table: Records) -> Decimals | None:
    """What separates the fraction, when the numbers of the file say so."""
    texts = {text for record in table.records if isinstance(text := record.cells.get("value"), str)}
    style, _ = style_of(texts, source.choices.decimal)
    if style.comma == "decimal":
        return "comma"
    return "point" if style.point == "decimal" else None


def _chosen_header(source: _Source, sheet: Sheet) -> int | None:
    wanted = source.choices.header_row
    return sheet.excel_rows.index(wanted) if wanted in sheet.excel_rows else None


def _no_header(sheet: Sheet, header: Header | None) -> Finding:
    if header is None:
        rows = [" | ".join(filter(None, (text_of(cell).strip() for cell in row)))[:80] for row in sheet.rows[:3]]
        return noticed("no-header", seen=" / ".join(rows))
    roles = {column.code for column in header.columns if column.kind == "role"}
    missing = [name for name in ("indicator", "value") if name not in roles]
    seen = ", ".join(column.text for column in header.columns if column.text)
    russian = {"indicator": "показатель", "value": "значение"}
    names = (", ".join(missing), ", ".join(russian[name] for name in missing))
    return noticed("missing-columns", Place(sheet.excel_rows[header.first], 1, sheet.lines[header.first], sheet.name), names=names, seen=seen[:300])  # noqa: E501 # fmt: skip


def _repeated(header: Header, sheet: Sheet) -> Finding | None:
    """Columns that say the same: which of them is meant cannot be known."""
    seen: dict[tuple[str, str], list[int]] = {}
    for at, column in enumerate(header.columns):
        if column.kind in ("period", "indicator", "city") or (column.kind == "role" and column.code != "unused"):
            seen.setdefault((column.kind, column.code), []).append(at)
    for places in seen.values():
        if len(places) > 1:
            row, line = sheet.excel_rows[header.first], sheet.lines[header.first]
            cells = ", ".join(Place(row, at + 1, line).cell for at in places)
            return noticed("duplicate-columns", Place(row, places[1] + 1, line, sheet.name), names=header.columns[places[0]].text, cells=cells)  # noqa: E501 # fmt: skip
    return None


def _about_header(header: Header, sheet: Sheet) -> list[Finding]:
    row, line = sheet.excel_rows[header.first], sheet.lines[header.first]
    place = Place(row, 1, line, sheet.name)
    found = []
    if header.first:
        found.append(noticed("title-lines", place, count=header.first))
    if header.count > 1:
        found.append(noticed("joined-header", place, count=header.count))
    unused = []
    for at, column in enumerate(header.columns):
        if column.is_spelled:
            found.append(noticed("column-name-read", place.at(at + 1), text=column.text, role=column.code))
        if column.kind == "unknown":
            unused.append(column.text)
            if _holds_figures(header, sheet, at) and header.layout != "long":
                found.append(noticed("column-unclear", place.at(at + 1), text=column.text))
    if unused:
        names = ", ".join(unused[:SHOWN_NAMES]) + (" …" if len(unused) > SHOWN_NAMES else "")
        found.append(noticed("extra-columns", place, names=names))
    return found


def _holds_figures(header: Header, sheet: Sheet, at: int) -> bool:
    body = sheet.rows[header.first + header.count :][:20]
    texts = [text_of(row[at]).strip() for row in body if at < len(row)]
    filled = [text for text in texts if text]
    return bool(filled) and all(text[0].isdigit() or text[0] in "-−+(," for text in filled)


def _with_title(source: _Source, sheet: Sheet, header: Header, detected: Detected) -> Detected:
    """The period that no column gives: of the title, the sheet's name or the file's, when they name one alone."""
    has_column = header.layout == "by_period" or header.at("period") is not None or header.at("year") is not None
    if source.choices.period is not None:
        return replace(detected, period=source.choices.period)
    name = PurePosixPath(source.file_name.replace("\\", "/")).stem
    title: list[Cell] = [cell for row in sheet.rows[: header.first] for cell in row]
    sources = {
        ("the title", "заголовок"): [quarter for cell in title[:200] for quarter in quarters_in(text_of(cell)[:300])],
        ("the name of the sheet", "название листа"): quarters_in((sheet.name or "")[:100]),
        ("the name of the file", "название файла"): quarters_in(name[:200]),
    }
    found = {where: list(dict.fromkeys(quarters)) for where, quarters in sources.items() if quarters}
    single = {where: quarters[0] for where, quarters in found.items() if len(quarters) == 1}
    if len(set(single.values())) > 1 and not has_column:
        (where, first), second = next(iter(single.items())), list(dict.fromkeys(single.values()))[1]
        source.findings.add(noticed("periods-disagree", where=where, found=first, expected=second))
        return detected
    if has_column or not single:
        return replace(detected, named_periods=tuple(single.values()))
    where, period = next(iter(single.items()))
    source.findings.add(noticed("period-in-title", period=period, where=where))
    return replace(detected, period=period, named_periods=(period,))
