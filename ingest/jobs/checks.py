"""What is looked at once figures are read: repeated rows, valid ranges, outliers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import pandas as pd

from ingest.findings import Finding, Findings, Severity

KEY = ["city", "indicator", "period"]
CONTENT = ["value", "status", "note", "attributes"]
# For normal data a MAD times this is a standard deviation.
MAD_TO_SD = 1.4826
Range = tuple[Decimal | None, Decimal | None]


def without_repeats(frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Each figure once: equal repeats collapse with a notice, of contradicting ones none is loaded."""
    repeated = frame[frame.duplicated(KEY, keep=False)]
    if repeated.empty:
        return frame
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
    unique = frame[["indicator", "value"]].dropna().drop_duplicates()
    wrong = {
        (indicator, value)
        for indicator, value in unique.itertuples(index=False)
        if not _is_inside(Decimal(value), ranges.get(indicator, (None, None)))
    }
    if not wrong:
        return frame
    outside = pd.Series([key in wrong for key in zip(frame["indicator"], frame["value"], strict=True)], frame.index)
    for row in _rows(frame[outside]):
        low, high = ranges[str(row["indicator"])]
        span = f"{'…' if low is None else low} to {'…' if high is None else high}"
        _report(findings, "outside-range", "error", row, f"{_key(row)}: {row['value']} is outside the range {span}")
    return frame[~outside]


def flag_outliers(frame: pd.DataFrame, limit_mad: float, findings: Findings) -> None:
    """A warning for every value far from the median of its indicator and period; it is loaded all the same."""
    values = frame["value"].astype(float)
    groups = [frame["indicator"], frame["period"]]
    away = (values - values.groupby(groups).transform("median")).abs()
    mad = away.groupby(groups).transform("median") * MAD_TO_SD
    far = (mad > 0) & (away > limit_mad * mad)
    for row in _rows(frame[far.fillna(False)]):
        _report(findings, "outlier", "warning", row, f"{_key(row)}: {row['value']} is far from the other cities")


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
    return sorted(set(np.unique(frame["indicator"].astype(str)).tolist()) - known.keys())
