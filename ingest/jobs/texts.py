"""Texts of a file as values: each different text is read once, and what cannot be read is a finding a row. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np

from app.domain.block import Bools, Ints, Texts
from app.domain.number import canonical, parse_number
from app.domain.period import parse_period
from ingest.coded import are_canonical
from ingest.findings import Finding, Findings
from ingest.jobs.description import Number, Period

# A text's meaning, or None where it has none; ValueError says what is wrong with it.
Reader = Callable[[str], str | None]
SHOWN_CHARACTERS = 80
# Stands between texts of several columns that are read as one; no file holds it.
SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Where:
    """What findings say of a column: its file, its name, the line of every row."""

    file: str
    column: str
    lines: Ints


def joined(columns: Sequence[Texts], words: Callable[[tuple[str, ...]], str]) -> Texts:
    """Several columns as one: the texts of a row put together by `words`, each combination once."""
    codes = np.stack([column.codes for column in columns], axis=1)
    combinations, places = np.unique(codes, axis=0, return_inverse=True)
    texts = [
        words(tuple(str(column.texts[code] or "") for column, code in zip(columns, row, strict=True)))
        for row in combinations.tolist()
    ]
    return Texts((places.reshape(-1) + 1).astype(np.int32), np.asarray([None, *texts], dtype=object))


def meanings(
    texts: Texts, read: Reader, check: str, where: Where, findings: Findings, *, is_plain: Bools | None = None
) -> tuple[Texts, Bools]:
    """What each row's text means, and which rows cannot be read; every such row is counted, the first are kept.

    Texts that `is_plain` names mean themselves.
    """
    found: list[str | None] = texts.texts.tolist()
    wrong: dict[int, str] = {}
    asked = range(len(found)) if is_plain is None else np.flatnonzero(~is_plain).tolist()
    for code in asked:
        text = found[code]
        try:
            found[code] = read("" if text is None else text)
        except ValueError as error:
            found[code] = None
            wrong[code] = str(error)
    is_wrong = np.isin(np.arange(len(found)), list(wrong))[texts.codes]
    for row in np.flatnonzero(is_wrong).tolist():
        code = int(texts.codes[row])
        text = str(texts.texts[code] or "").replace(SEPARATOR, ", ")[:SHOWN_CHARACTERS]
        line = int(where.lines[row])
        findings.add(Finding(check, "error", wrong[code], line, where.column, text, where.file))
    meant = Texts.of(found)
    return Texts(meant.codes[texts.codes], meant.texts), is_wrong


def plain_numbers(texts: Texts, spec: Number) -> Bools:
    """The texts that `number_reader` gives back as they are, found without reading each."""
    plain = are_canonical(texts.texts)
    if spec.pattern or spec.grouping or spec.decimal != "." or Decimal(spec.factor) != 1:
        plain[:] = False
    missing = {mark.casefold() for mark in spec.missing}
    return plain & ~np.isin(texts.texts, np.asarray(list(missing), dtype=object))


def number_reader(spec: Number) -> Reader:
    """Text to the exact digits of the number times the factor; None for a missing mark."""
    missing = {mark.casefold() for mark in spec.missing}
    pattern = re.compile(spec.pattern) if spec.pattern else None
    factor = Decimal(spec.factor)

    def read(text: str) -> str | None:
        digits = text.strip()
        if digits.casefold() in missing:
            return None
        if pattern is not None:
            match = pattern.fullmatch(digits)
            if match is None:
                raise ValueError(f"{text[:SHOWN_CHARACTERS]!r} does not fit the pattern {spec.pattern}")
            digits = match.group(1)
        if spec.grouping:
            digits = digits.replace(spec.grouping, "")
        if spec.decimal == ",":
            digits = digits.replace(".", "x").replace(",", ".")
        try:
            return canonical(parse_number(digits, scientific=True) * factor)
        except (ValueError, InvalidOperation) as error:
            raise ValueError(f"{text[:SHOWN_CHARACTERS]!r} is not a number: {error}") from error

    return read


def period_reader(spec: Period) -> Reader:
    """Text to the code of its period, by the job's spellings; ISO dates mean the period the job says."""
    spellings = [(re.compile(pattern), code) for pattern, code in spec.spellings.items()]

    def read(text: str) -> str | None:
        written = text.strip()
        for pattern, code in spellings:
            if match := pattern.fullmatch(written):
                written = match.expand(code)
                break
        return _of_date(parse_period(written).code, spec.dates)

    return read


def _of_date(code: str, dates: str) -> str:
    """A single day as the period it stands for."""
    if dates == "day" or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", code):
        return code
    year, month = code[:4], int(code[5:7])
    return {"year": year, "month": code[:7], "quarter": f"{year}-Q{(month + 2) // 3}"}[dates]
