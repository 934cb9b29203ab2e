"""A table of texts as figures: who, what, when, how much; rows that cannot be read become findings. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from app.domain.block import Bools, Texts
from app.domain.period import parse_period
from app.domain.status import OBS_STATUS
from ingest.coded import coded, same, stacked
from ingest.findings import Finding, Findings
from ingest.jobs.description import Figures, Validity
from ingest.jobs.matching import Register, city_reader
from ingest.jobs.table import Table
from ingest.jobs.texts import SEPARATOR, Where, joined, meanings, number_reader, period_reader, plain_numbers
from ingest.publish import FIGURE_COLUMNS, MISSING, attributes_text

# What travels with a figure on its way: where it stands in the source.
ROW_COLUMNS = [*FIGURE_COLUMNS, "line", "file"]
# Years (first, last, both included) in which a unit exists, by the text of the city column.
Years = dict[str, list[tuple[int, int]]]


@dataclass(frozen=True)
class Part:
    """One column of values, with what its name says of every row in a wide layout."""

    column: str
    indicator: str | None
    period: str | None


def parts(spec: Figures) -> list[Part]:
    """The columns of values; one in the long layout."""
    if spec.indicator.columns:
        return [Part(column, code, spec.period.code) for column, code in spec.indicator.columns.items()]
    if spec.period.columns:
        return [Part(column, spec.indicator.code, code) for column, code in spec.period.columns.items()]
    return [Part(spec.value.column, spec.indicator.code, spec.period.code)]


def figures_of(table: Table, spec: Figures, register: Register, years: Years, findings: Findings) -> pd.DataFrame:
    """The figures of a table as ROW_COLUMNS; rows with something that cannot be read are left out and reported."""
    reading = _Reading(table, spec, findings)
    city, unknown = reading.cities(register)
    count = len(table.lines)
    usual: dict[str, Any] = {
        "confidentiality": same("F", count),
        "note": reading.notes(),
        "attributes": reading.attributes(),
    }
    usual |= {"is_withdrawn": np.zeros(count, dtype=np.bool_), "line": table.lines, "file": same(table.file, count)}
    frames = []
    for part in parts(spec):
        indicator, no_indicator = reading.indicators(part)
        period, no_period = reading.periods(part)
        wrong = unknown | no_indicator | no_period
        wrong |= reading.outside(years, period, wrong)
        value, no_number = reading.values(part, wrong)
        status, no_status = reading.statuses(value, wrong | no_number)
        wrong |= no_number | no_status
        read = {"city": city, "indicator": indicator, "period": period, "value": value, "status": status}
        frame = pd.DataFrame({**{name: coded(texts) for name, texts in read.items()}, **usual})[ROW_COLUMNS]
        frames.append(frame[~wrong] if wrong.any() else frame)
    return stacked(frames)


def years_of(table: Table, spec: Validity) -> Years:
    """When each unit exists, from the table of its history."""
    key, first, last = (table.column(name) for name in (spec.key, spec.year_from, spec.year_to))
    rows = np.arange(len(table.lines), dtype=np.int32)
    years: Years = {}
    for text, begins, ends in zip(key.at(rows), first.at(rows), last.at(rows), strict=True):
        years.setdefault(str(text), []).append((int(begins), int(ends)))
    return years


@dataclass(frozen=True)
class _Reading:
    """One table read by one description."""

    table: Table
    spec: Figures
    findings: Findings

    def _where(self, column: str) -> Where:
        return Where(self.table.file, column, self.table.lines)

    def cities(self, register: Register) -> tuple[Texts, Bools]:
        spec = self.spec.city
        texts = self.table.column(spec.column)
        if spec.by == "name" and spec.region:
            texts = joined([texts, self.table.column(spec.region)], SEPARATOR.join)
        found = Findings() if spec.unknown == "skip" else self.findings
        return meanings(texts, city_reader(spec, register), "unknown-city", self._where(spec.column), found)

    def indicators(self, part: Part) -> tuple[Texts, Bools]:
        spec = self.spec.indicator
        if part.indicator is not None or spec.column is None:
            return self._same(str(part.indicator)), self._none()

        def read(text: str) -> str | None:
            if text in spec.codes:
                return spec.codes[text]
            raise ValueError(f"indicator {text!r} is not in indicator.codes")

        return meanings(
            self.table.column(spec.column), read, "unknown-indicator", self._where(spec.column), self.findings
        )

    def periods(self, part: Part) -> tuple[Texts, Bools]:
        spec = self.spec.period
        if part.period is not None:
            return self._same(parse_period(part.period).code), self._none()
        texts, name = self._period_texts()
        return meanings(texts, period_reader(spec), "unreadable-period", self._where(name), self.findings)

    def _period_texts(self) -> tuple[Texts, str]:
        spec = self.spec.period
        if spec.template is None:
            return self.table.column(spec.column or ""), spec.column or ""
        template = spec.template
        names = [name for name in self.table.columns if "{" + name + "}" in template]
        columns = [self.table.column(name) for name in names]
        return joined(columns, lambda words: _filled(template, dict(zip(names, words, strict=True)))), template

    def outside(self, years: Years, period: Texts, ignored: Bools) -> Bools:
        """Rows of a unit that did not exist then."""
        outside = self._none()
        if not years:
            return outside
        names = self.table.column(self.spec.city.column)
        for row in np.flatnonzero(~ignored).tolist():
            unit, code = str(names.texts[names.codes[row]]), str(period.texts[period.codes[row]])
            spans = years.get(unit)
            year = int(code[:4])
            if spans is not None and not any(first <= year <= last for first, last in spans):
                outside[row] = True
                message = f"the unit did not exist in {year}, only in {_spans(spans)}"
                self._report("outside-its-years", "error", row, self.spec.city.column, message, unit)
        return outside

    def values(self, part: Part, ignored: Bools) -> tuple[Texts, Bools]:
        texts, spec = self.table.column(part.column), self.spec.value
        found = Findings()
        where, plain = self._where(part.column), plain_numbers(texts, spec)
        value, wrong = meanings(texts, number_reader(spec), "unreadable-number", where, found, is_plain=plain)
        # A row that is left out anyway is reported once, for what is wrong with it first.
        skipped = set(self.table.lines[ignored].tolist())
        for finding in found:
            if finding.line not in skipped:
                self.findings.add(finding)
        return value, wrong

    def statuses(self, value: Texts, ignored: Bools) -> tuple[Texts, Bools]:
        """The flag's status; without one `A`, or the reason that the job gives for a blank."""
        blank = value.is_none
        if self.spec.status is None:
            usual = np.asarray([None, "A", self.spec.value.missing_status], dtype=object)
            return Texts(blank.astype(np.int32) + np.int32(1), usual), self._none()
        spec, meaning = self.spec.status, self.spec.status.meanings

        def read(text: str) -> str | None:
            if not text.strip() or text.strip() in meaning:
                return meaning.get(text.strip())
            raise ValueError(f"flag {text!r} is not in status.codes")

        flag, wrong = meanings(
            self.table.column(spec.column), read, "unknown-flag", self._where(spec.column), self.findings
        )
        # Below, 0 stands for no letter: what the flag says, else what is usual.
        letters = [None, *OBS_STATUS]
        number = np.asarray([letters.index(letter) for letter in flag.texts], dtype=np.int32)[flag.codes]
        reason = letters.index(self.spec.value.missing_status)
        number = np.where(number > 0, number, np.where(blank, reason, letters.index("A")))
        is_missing = np.asarray([letter in MISSING for letter in letters], dtype=np.bool_)[number]
        # A blank whose flag is for values keeps the job's reason; a value whose flag is for blanks contradicts it.
        number = np.where(blank & ~is_missing, reason, number)
        contradiction = ~blank & is_missing & ~ignored
        for row in np.flatnonzero(contradiction).tolist():
            message = f"flag {flag.texts[flag.codes[row]]} is for a blank, and here stands a value"
            self._report("flag-and-value", "error", row, spec.column, message, str(value.texts[value.codes[row]]))
        return Texts(number.astype(np.int32), np.asarray(letters, dtype=object)), wrong | contradiction

    def notes(self) -> pd.Categorical:
        if self.spec.note is None:
            return same(None, len(self.table.lines))
        column = self.table.column(self.spec.note)
        words = np.asarray([text.strip() or None if text else None for text in column.texts], dtype=object)
        return coded(Texts(column.codes, words))

    def attributes(self) -> pd.Categorical:
        if not self.spec.attributes:
            return same(None, len(self.table.lines))
        names = list(self.spec.attributes)
        columns = [self.table.column(column) for column in self.spec.attributes.values()]

        def words(texts: tuple[str, ...]) -> str:
            present = {name: text.strip() or None for name, text in zip(names, texts, strict=True)}
            return attributes_text(present) or ""

        texts = joined(columns, words)
        return coded(Texts(texts.codes, np.asarray([text or None for text in texts.texts], dtype=object)))

    def _same(self, text: str) -> Texts:
        return Texts(np.ones(len(self.table.lines), dtype=np.int32), np.asarray([None, text], dtype=object))

    def _none(self) -> Bools:
        return np.zeros(len(self.table.lines), dtype=np.bool_)

    def _report(self, check: str, severity: str, row: int, column: str, message: str, text: str) -> None:
        line = int(self.table.lines[row])
        self.findings.add(Finding(check, severity, message, line, column, text, self.table.file))  # type: ignore[arg-type]


def _filled(template: str, words: dict[str, str]) -> str:
    for name, text in words.items():
        template = template.replace("{" + name + "}", text)
    return template


def _spans(spans: list[tuple[int, int]]) -> str:
    return ", ".join(f"{first}–{'' if last == 9999 else last}" for first, last in sorted(spans))
