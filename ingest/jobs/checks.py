"""What is looked at once figures are read: repeated rows, valid ranges, outliers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.coded import parts_of, told, used
from ingest.findings import Finding, Findings, Severity

KEY = ["city", "indicator", "period"]
CONTENT = ["value", "status", "note", "attributes"]
# For normal data a MAD times this is a standard deviation.
MAD_TO_SD = 1.4826
Range = tuple[Decimal | None, Decimal | None]


def without_repeats(frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Each figure once: equal repeats collapse with a notice, of contradicting ones none is loaded."""
    is_repeated = frame.duplicated(KEY, keep=False)
    if not is_repeated.any():
        return frame
    repeated = frame[is_repeated].astype({name: object for name in [*KEY, *CONTENT, "file"]})
    same = repeated.duplicated([*KEY, *CONTENT], keep="first")
    for row in _rows(repeated[same]):
        _report(findings, "repeated", "notice", row, "the same figure stands more than once; it is loaded once")
    left = repeated[~same]
    conflicting = left[left.duplicated(KEY, keep=False)]
    lines = dict(conflicting.groupby(KEY)["line"].agg(lambda lines: ", ".join(map(str, lines))).items())
    for row in _rows(conflicting):
        where = lines[tuple(row[name] for name in KEY)]
        message = f"{_key(row)} has several values (lines {where}): none is loaded, say which is right"
        _report(findings, "conflict", "error", row, message)
    return frame.drop(index=repeated[same].index).drop(index=conflicting.index)


def inside_ranges(frame: pd.DataFrame, ranges: Mapping[str, Range], findings: Findings) -> pd.DataFrame:
    """The figures inside their indicator's valid range; the others are reported and left out."""
    lowest, highest = (_limits(frame, ranges, which) for which in (0, 1))
    numbers = told(frame["value"], lambda text: np.nan if text is None else float(text), np.float64)
    # Floats keep the order of decimals, so only where they say no, or equal, the exact ones have to be asked.
    doubtful = np.flatnonzero((numbers <= lowest) | (numbers >= highest))
    if not doubtful.size:
        return frame
    asked = frame.iloc[doubtful][["indicator", "value"]].astype(object)
    inside = {
        key: _is_inside(Decimal(key[1]), ranges.get(key[0], (None, None))) for key in _pairs(asked.drop_duplicates())
    }
    outside = np.zeros(len(frame), dtype=np.bool_)
    outside[doubtful] = [not inside[key] for key in _pairs(asked)]
    for row in _rows(frame[outside]):
        low, high = ranges[str(row["indicator"])]
        span = f"{'…' if low is None else low} to {'…' if high is None else high}"
        _report(findings, "outside-range", "error", row, f"{_key(row)}: {row['value']} is outside the range {span}")
    return frame[~outside]


def flag_outliers(frame: pd.DataFrame, limit_mad: float, findings: Findings) -> None:
    """A warning for every value far from the median of its indicator and period; it is loaded all the same."""
    values = pd.Series(told(frame["value"], lambda text: np.nan if text is None else float(text), np.float64))
    indicators, (periods, known) = parts_of(frame["indicator"])[0], parts_of(frame["period"])
    groups = indicators.astype(np.int64) * len(known) + periods
    away = (values - values.groupby(groups).transform("median")).abs()
    mad = away.groupby(groups).transform("median") * MAD_TO_SD
    far = ((mad > 0) & (away > limit_mad * mad)).to_numpy()
    for row in _rows(frame[far]):
        _report(findings, "outlier", "warning", row, f"{_key(row)}: {row['value']} is far from the other cities")


def _limits(frame: pd.DataFrame, ranges: Mapping[str, Range], which: int) -> NDArray[np.float64]:
    """The lower or the upper limit of each row's indicator, infinite where there is none."""

    def limit(code: str | None) -> float:
        found = ranges.get(str(code), (None, None))[which]
        return (-np.inf, np.inf)[which] if found is None else float(found)

    return told(frame["indicator"], limit, np.float64)


def _pairs(frame: pd.DataFrame) -> Iterator[tuple[str, str]]:
    return zip(frame["indicator"].tolist(), frame["value"].tolist(), strict=True)


def _is_inside(value: Decimal, span: Range) -> bool:
    low, high = span
    return (low is None or value >= low) and (high is None or value <= high)


def _key(row: Mapping[str, object]) -> str:
    return f"{row['city']} {row['indicator']} {row['period']}"


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def _report(findings: Findings, check: str, severity: Severity, row: Mapping[str, object], message: str) -> None:
    text = None if row["value"] is None else str(row["value"])
    findings.add(Finding(check, severity, message, int(str(row["line"])), None, text, str(row["file"])))


def missing_indicators(frame: pd.DataFrame, known: Mapping[str, Range]) -> list[str]:
    """Codes of indicators that no catalogue has."""
    return sorted({str(code) for code in used(frame["indicator"])} - known.keys())
