"""A workbook to sheets, opened only in a child process: a hostile one costs a refusal, not the server."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from app.pauses import LongList
from ingest.findings import Finding
from ingest.upload.delimited import HEAD_ROWS
from ingest.upload.limits import UploadLimits
from ingest.upload.model import Cell, Place, Sheet, Typed
from ingest.upload.texts import noticed

CHILD = Path(__file__).with_name("workbook_child.py")


@dataclass(frozen=True)
class Workbook:
    """The visible sheets; none of them when it is refused."""

    sheets: tuple[Sheet, ...] = ()
    findings: tuple[Finding, ...] = ()
    by_sheet: dict[str, tuple[Finding, ...]] = field(default_factory=dict)

    def of_sheet(self, name: str) -> tuple[Finding, ...]:
        """What is said of one sheet alone."""
        return self.by_sheet.get(name, ())


def workbook(content: bytes, limits: UploadLimits) -> Workbook:
    """The visible sheets of an XLSX file; a finding says why there are none."""
    answer = _asked(content, limits)
    if "refused" in answer:
        words: dict[str, Any] = {
            name: tuple(word) if isinstance(word, list) else word for name, word in answer["words"].items()
        }
        return Workbook(findings=(noticed(answer["refused"], **words),))
    sheets = [each["sheet"] for each in answer["sheets"] if each["rows"]]
    hidden = tuple(answer["hidden"])
    found = (noticed("hidden-sheets", names=", ".join(hidden)),) if hidden else ()
    if not sheets:
        return Workbook(findings=(*found, noticed("empty-file")))
    return Workbook(tuple(sheets), found, {each["name"]: _hidden(each) for each in answer["sheets"]})


def _asked(content: bytes, limits: UploadLimits) -> dict[str, Any]:
    """What the child answers; its death by a limit is an answer too."""
    bounds = (
        limits.max_workbook_memory_bytes,
        limits.max_workbook_cpu_s,
        limits.max_upload_rows + HEAD_ROWS,
        limits.max_upload_columns,
        limits.max_unpacked_bytes,
    )
    # -I: neither the environment nor the working directory can put another module in the child's way.
    command = [sys.executable, "-I", str(CHILD), *map(str, bounds)]
    try:
        child = subprocess.run(command, input=content, capture_output=True, timeout=limits.max_workbook_wait_s, check=False)  # noqa: E501 # fmt: skip
    except subprocess.TimeoutExpired:
        return _too_heavy("time", "время")
    if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return _too_heavy("time", "время")
    if child.returncode != 0:
        is_memory = b"MemoryError" in child.stderr[-2_000:]
        return _too_heavy("memory", "память") if is_memory else _broken(f"exit {child.returncode}")
    try:
        return _whole(child.stdout)
    except (ValueError, LookupError, TypeError, StopIteration):
        return _broken("no answer")


def _whole(said: bytes) -> dict[str, Any]:
    """The answer with its rows in place; a line at a time, so that other threads have their turn."""
    lines = io.BytesIO(said)
    answer: dict[str, Any] = json.loads(next(lines))
    for sheet in answer.get("sheets", ()):
        numbers: list[int] = []
        rows: list[list[Cell]] = LongList()
        for line in islice(lines, sheet["rows"]):
            number, cells = json.loads(line)
            numbers.append(number)
            rows.append([_cell(cell) for cell in cells])
        if len(rows) != sheet["rows"]:
            raise ValueError("the answer was cut")
        sheet["sheet"] = Sheet(sheet["name"], rows, numbers, numbers)
    return answer


def _too_heavy(en: str, ru: str) -> dict[str, Any]:
    return {"refused": "workbook-too-heavy", "words": {"resource": [en, ru]}}


def _broken(why: str) -> dict[str, Any]:
    return {"refused": "broken-workbook", "words": {"why": why}}


def _cell(cell: Any) -> Cell:
    return cell if isinstance(cell, str) else Typed(cell[0], cell[1])


def _hidden(answer: dict[str, Any]) -> tuple[Finding, ...]:
    found = []
    if answer["hidden_rows"]:
        found.append(noticed("hidden-rows", count=answer["hidden_rows"]))
    if answer["hidden_columns"]:
        letters = ", ".join(Place(1, column, 1).cell.rstrip("1") for column in answer["hidden_columns"])
        found.append(noticed("hidden-columns", names=letters))
    return tuple(found)
