"""A file worked out against the database: read, checked, and what it would change. Same bytes, same answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import BoundedSemaphore
from typing import Any

from sqlalchemy.orm import Session

from app.errors import Busy
from ingest.submissions.plan import Plan, figures_of, plan_of
from ingest.upload import Checked, Choices, Known, Reading, UploadLimits, check, read_upload

# Workbooks are taken apart in child processes: so many at once, and a wait before the rest are told to come back.
AT_ONCE = 2
LONGEST_WAIT_S = 20.0
_TURNS = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Worked:
    """A file read and checked, with its plan; without errors the plan is what may be published."""

    reading: Reading
    known: Known
    checked: Checked
    plan: Plan

    @property
    def verdict(self) -> str:
        """refused, errors, confirm or ready."""
        return self.checked.verdict

    def findings(self) -> list[dict[str, Any]]:
        """Every kept finding, the gravest kinds first, each with its number."""
        ordered = [finding for severity in _ORDER for finding in self.checked.of(severity)]
        return [{"number": number, **asdict(finding)} for number, finding in enumerate(ordered, start=1)]

    def counts(self) -> list[dict[str, Any]]:
        """How many findings of each kind, kept or not."""
        return [
            {"check": code, "severity": severity, "count": count}
            for (code, severity), count in sorted(self.checked.findings.counts.items())
        ]


_ORDER = ("error", "confirm", "warning", "notice")


def read_in_turn(content: bytes, file_name: str, choices: Choices, known: Known, limits: UploadLimits) -> Reading:
    """The file as records of cells; Busy when too many are being read at once."""
    with _turn():
        return read_upload(content, file_name, choices, known=known, limits=limits)


def worked_out(session: Session, reading: Reading, known: Known) -> Worked:
    """A file that was read, against what is known now."""
    checked = check(reading, known)
    rows = checked.rows if checked.verdict in ("ready", "confirm") else []
    return Worked(reading, known, checked, plan_of(session, figures_of(rows, known)))


def nothing_to_report(session: Session, known: Known) -> Worked:
    """The explicit statement that there is nothing to report: no file, no figures, nothing to ask."""
    reading = Reading("", "", None)
    return Worked(reading, known, Checked([], reading.findings), plan_of(session, figures_of([], known)))


@contextmanager
def _turn() -> Iterator[None]:
    if not _TURNS.acquire(timeout=LONGEST_WAIT_S):
        raise Busy("other files are being read: try again in a moment", retry_after_s=10)
    try:
        yield
    finally:
        _TURNS.release()
