"""Records to rows that may be published, and everything noticed on the way: the four tiers in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from app.domain.number import canonical
from app.domain.period import parse_period
from app.pauses import LongList
from ingest.findings import Finding, Findings
from ingest.upload.checks import CHECKS, Doubt
from ingest.upload.known import Confirmation, Known
from ingest.upload.model import Checked, Place, Reading, Row
from ingest.upload.texts import noticed
from ingest.upload.typed import typed_rows

SHOWN_NAMES = 8


def check(reading: Reading, known: Known) -> Checked:
    """The rows of a reading and every finding of format, validity, plausibility and between cities."""
    findings = Findings()
    findings.extend(reading.findings)
    if reading.is_refused:
        return Checked([], findings, reading.detected)
    rows = _without_repeats(typed_rows(reading, known, findings), findings)
    if refusal := _disagreement(reading, rows, known):
        findings.add(refusal)
    _say_closed(rows, known, findings)
    for each in CHECKS:
        for doubt in each(rows, known):
            _ask(doubt, known, findings, reading)
    _say_missing(rows, known, findings)
    return Checked(rows, findings, reading.detected)


def _place(row: Row, reading: Reading | None = None) -> Place:
    letters = row.cell.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    sheet = reading.detected.sheet if reading and reading.detected else None
    return Place(int(row.cell[len(letters) :]), column, row.line, sheet)


def _without_repeats(rows: list[Row], findings: Findings) -> list[Row]:
    """Each figure once: equal repeats collapse with a notice, of different ones none is taken."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.key].append(row)
    kept: list[Row] = LongList()
    for key in list(groups):
        same = groups.pop(key)
        if len(same) == 1 or len({(row.value, row.status) for row in same}) == 1:
            kept.append(same[0])
            for row in same[1:]:
                findings.add(noticed("duplicate-equal", _place(row), text=row.text, key=row.key, cells=same[0].cell))
            continue
        _say_conflict(same, findings)
    return kept


def _say_conflict(same: Sequence[Row], findings: Findings) -> None:
    cells = ", ".join(row.cell for row in same[:SHOWN_NAMES]) + (" …" if len(same) > SHOWN_NAMES else "")
    city, indicator, period = same[0].key
    words: dict[str, Any] = {"city": city, "indicator": indicator, "period": period, "cells": cells}
    for row in same:
        if not findings.is_counted("duplicate-conflict", "error"):
            findings.add(noticed("duplicate-conflict", _place(row), text=row.text, key=row.key, **words))


def _disagreement(reading: Reading, rows: Sequence[Row], known: Known) -> Finding | None:
    """The form, the file and its name must speak of one quarter: both readings are named, none is chosen."""
    periods = sorted({row.period for row in rows}, key=parse_period)
    named = reading.detected.named_periods if reading.detected else ()
    found = ", ".join(periods[:4])
    if known.period is not None and periods and known.period not in periods:
        return noticed("periods-disagree", where=("The file", "В файле"), found=found, expected=known.period)
    name = ("The title or name of the file", "Заголовок или имя файла")
    if known.period is not None and named and known.period not in named:
        return noticed("periods-disagree", where=name, found=", ".join(named), expected=known.period)
    if named and periods and not set(named) & set(periods) and known.period is None:
        return noticed("periods-disagree", where=name, found=", ".join(named), expected=found)
    return None


def _say_closed(rows: Sequence[Row], known: Known, findings: Findings) -> None:
    """A closed period asks for one reason a city, not for one a row."""
    if not known.closed_periods or known.closed_reason:
        return
    for city, period in sorted({(row.city, row.period) for row in rows if row.period in known.closed_periods}):
        reason = known.confirmed.get(("closed-period", city, "", period, ""))
        if reason is None:
            findings.add(noticed("closed-period", key=(city, None, period), period=period))
        else:
            findings.add(noticed("confirmed", key=(city, None, period), reason=reason))


def _ask(doubt: Doubt, known: Known, findings: Findings, reading: Reading) -> None:
    row = doubt.row
    place = _place(row, reading) if row else None
    key = (doubt.city or None, row.indicator if row else None, doubt.period)
    reason = known.confirmed.get(doubt.key)
    if reason is not None:
        findings.add(noticed("confirmed", place, text=row.text if row else None, key=key, reason=reason))
        return
    words = {"text": row.text, **doubt.words} if row else doubt.words
    column = reading.headers.get(place.column) if place else None
    findings.add(noticed(doubt.check, place, column=column, proposed=doubt.proposed, key=key, **words))


def _say_missing(rows: Sequence[Row], known: Known, findings: Findings) -> None:
    """What the catalogue expects for the chosen city and period and the file does not hold."""
    if known.city is None or known.period is None or not rows:
        return
    frequency = parse_period(known.period).frequency
    expected = [code for code, facts in known.indicators.items() if facts.frequency == frequency]
    there = {row.indicator for row in rows if row.period == known.period}
    missing = [code for code in expected if code not in there]
    if missing:
        names = ", ".join(missing[:SHOWN_NAMES]) + (" …" if len(missing) > SHOWN_NAMES else "")
        findings.add(noticed("missing-indicators", count=len(missing), expected=len(expected), names=names))


def confirmation(finding: Finding, rows: Sequence[Row], reason: str) -> Confirmation:
    """The answer to a finding of severity `confirm`: given again with `Known`, the same figure is not asked for."""
    key = (finding.city or "", finding.indicator or "", finding.period or "")
    value = next((row.value for row in rows if row.key == key), None)
    return Confirmation(finding.check, *key, "" if value is None else canonical(value), reason)
