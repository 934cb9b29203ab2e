"""What is looked at once figures are read: repeated rows, valid ranges, outliers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.coded import PIECE, meant, parts_of, slices, used
from ingest.findings import Finding, Findings, Severity

KEY = ["city", "indicator", "period"]
CONTENT = ["value", "status", "note", "attributes"]
# For normal data a MAD times this is a standard deviation.
MAD_TO_SD = 1.4826
Range = tuple[Decimal | None, Decimal | None]


def without_repeats(frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Each figure once: equal repeats collapse with a notice, of contradicting ones none is loaded."""
    if not _has_repeats(frame):
        return frame
    is_repeated = frame.duplicated(KEY, keep=False)
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


def _has_repeats(frame: pd.DataFrame) -> bool:
    keys = np.zeros(len(frame), dtype=np.int64)
    for name in KEY:
        codes, texts = parts_of(frame[name])
        keys *= len(texts) + 1
        keys += codes
    # Most files stand in some order.
    if (keys[1:] > keys[:-1]).all():
        return False
    keys.sort()
    return bool((keys[1:] == keys[:-1]).any())


def inside_ranges(frame: pd.DataFrame, ranges: Mapping[str, Range], findings: Findings) -> pd.DataFrame:
    """The figures inside their indicator's valid range; the others are reported and left out."""
    doubtful = np.flatnonzero(_are_doubtful(frame, ranges))
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
    codes, numbers = meant(frame["value"], _float, np.float64)
    far = np.zeros(len(frame), dtype=np.bool_)
    for rows, groups in _groups(frame):
        values = pd.Series(numbers[codes[rows]])
        away = (values - values.groupby(groups).transform("median")).abs()
        mad = away.groupby(groups).transform("median") * MAD_TO_SD
        far[rows] = ((mad > 0) & (away > limit_mad * mad)).to_numpy()
    for row in _rows(frame[far]):
        _report(findings, "outlier", "warning", row, f"{_key(row)}: {row['value']} is far from the other cities")


def _groups(frame: pd.DataFrame) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int64]]]:
    """Rows with the number of their indicator and period, some groups at a time, each whole."""
    indicators, (periods, known) = parts_of(frame["indicator"])[0], parts_of(frame["period"])
    lots = len(frame) // PIECE + 1
    lot = np.zeros(len(frame), dtype=np.int32)
    for rows in slices(len(frame)):
        lot[rows] = (indicators[rows].astype(np.int64) * len(known) + periods[rows]) % lots
    for number in range(lots):
        chosen = np.flatnonzero(lot == number)
        yield chosen, indicators[chosen].astype(np.int64) * len(known) + periods[chosen]


def _are_doubtful(frame: pd.DataFrame, ranges: Mapping[str, Range]) -> NDArray[np.bool_]:
    """Floats keep the order of decimals, so only where they say no, or equal, the exact ones have to be asked."""
    values, numbers = meant(frame["value"], _float, np.float64)
    indicators, lowest = meant(frame["indicator"], lambda code: _limit(ranges, code, 0), np.float64)
    _, highest = meant(frame["indicator"], lambda code: _limit(ranges, code, 1), np.float64)
    doubtful = np.zeros(len(frame), dtype=np.bool_)
    for rows in slices(len(frame)):
        number, indicator = numbers[values[rows]], indicators[rows]
        doubtful[rows] = (number <= lowest[indicator]) | (number >= highest[indicator])
    return doubtful


def _float(text: str | None) -> float:
    return np.nan if text is None else float(text)


def _limit(ranges: Mapping[str, Range], code: str | None, which: int) -> float:
    """The lower or the upper limit of an indicator, infinite where there is none."""
    found = ranges.get(str(code), (None, None))[which]
    return (-np.inf, np.inf)[which] if found is None else float(found)


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
