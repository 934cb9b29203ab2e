"""What a check noticed: where, what, and what would be right; every one is counted, the first of each kind kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

# A notice says what was normalised; a warning is taken without asking; confirm asks to correct or to give a reason;
# an error blocks.
Severity = Literal["notice", "warning", "confirm", "error"]
SEVERITIES: tuple[Severity, ...] = ("error", "confirm", "warning", "notice")
KEPT_PER_KIND = 1_000


@dataclass(frozen=True)
class Finding:
    """One noticed thing; `line` is the line of the source as an editor or Excel counts it, from 1.

    Of an upload also: `cell` as Excel addresses it (`D7`), the sheet, the message in Russian, the figure meant
    (city, indicator, period, as far as they could be read), what is proposed in place of `text` when that can be
    computed, the readings between which a person chooses, and whether the whole file is refused for it.
    """

    check: str
    severity: Severity
    message: str
    line: int | None = None
    column: str | None = None
    text: str | None = None
    file: str = ""
    message_ru: str = ""
    cell: str | None = None
    sheet: str | None = None
    proposed: str | None = None
    readings: tuple[str, ...] = ()
    refuses_file: bool = False
    city: str | None = None
    indicator: str | None = None
    period: str | None = None

    def said(self, language: str) -> str:
        """The message in `ru` or `en`; English stands where no Russian is written."""
        return self.message_ru if language == "ru" and self.message_ru else self.message


@dataclass
class Findings:
    """Everything noticed in one run: every finding is counted, the first of each kind are kept."""

    kept: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[str, Severity]] = field(default_factory=Counter)

    def add(self, finding: Finding, times: int = 1) -> None:
        """Count `times` of it; keep it while its kind is below KEPT_PER_KIND."""
        kind = (finding.check, finding.severity)
        if self.counts[kind] < KEPT_PER_KIND:
            self.kept.append(finding)
        self.counts[kind] += times

    def is_counted(self, check: str, severity: Severity) -> bool:
        """Whether enough of a kind are kept: one more is counted here and need not be written."""
        kind = (check, severity)
        if self.counts[kind] < KEPT_PER_KIND:
            return False
        self.counts[kind] += 1
        return True

    def extend(self, other: Findings) -> None:
        """Take over what another part noticed, with its counts."""
        for finding in other.kept:
            self.add(finding, 0)
        self.counts.update(other.counts)

    def total(self, severity: Severity) -> int:
        """How many findings of one severity, kept or not."""
        return sum(count for (_, found), count in self.counts.items() if found == severity)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.kept)
