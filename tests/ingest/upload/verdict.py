"""Whether anything of a draft was changed or lost without a word."""

from __future__ import annotations

from ingest.findings import Finding
from ingest.upload import Checked
from tests.ingest.upload.clean import Draft

# Rows may vanish with one of these notices; every other loss needs an error or a warning.
SKIPPED = {"text-rows", "totals-skipped", "left-blank", "missing-mark", "hidden-rows"}


def silent(draft: Draft, checked: Checked) -> list[str]:
    """The figures that differ from the draft's without a finding that says so, each with what was read."""
    if checked.verdict == "refused":
        return []
    grave = [finding for finding in checked.findings if finding.severity != "notice"]
    found = []
    for row in checked.rows:
        expected = draft.truth.get(row.key)
        if expected != row.value and not any(_speaks_of(finding, row.line, row.key) for finding in grave):
            at_cell = {finding.check for finding in checked.findings if finding.cell == row.cell}
            said = "long-fraction" in at_cell or (row.value is None and "missing-mark" in at_cell)
            if not said:
                found.append(f"{row.key} is {row.value} and was {expected}")
    lost = set(draft.truth) - {row.key for row in checked.rows}
    if lost and not any(finding.severity == "error" or finding.check in SKIPPED for finding in checked.findings):
        found += [f"{key} is lost" for key in sorted(lost)]
    return found


def _speaks_of(finding: Finding, line: int, key: tuple[str, str, str]) -> bool:
    """Whether a finding is about the row, or about all rows of its city and period, or about the whole file."""
    if finding.line is not None:
        return finding.line == line
    return finding.city in (None, key[0]) and finding.indicator in (None, key[1])
