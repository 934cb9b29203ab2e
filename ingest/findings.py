"""What a check noticed: where, what, and what would be right; every one is counted, the first of each kind kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["notice", "warning", "error"]
KEPT_PER_KIND = 1_000


@dataclass(frozen=True)
class Finding:
    """One noticed thing; `line` is the line of the source as an editor or Excel counts it, from 1."""

    check: str
    severity: Severity
    message: str
    line: int | None = None
    column: str | None = None
    text: str | None = None
    file: str = ""


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

    def total(self, severity: Severity) -> int:
        """How many findings of one severity, kept or not."""
        return sum(count for (_, found), count in self.counts.items() if found == severity)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.kept)
