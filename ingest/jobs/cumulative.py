"""Figures that run from January as quarters: the differences of what was counted by the end of each quarter. Pure.

A sum: Q(k) = C(k) − C(k−1). A mean of the months so far: Q(k) = k·C(k) − (k−1)·C(k−1). Both in exact decimals; the
published means are rounded, so a quarter derived from them is an estimate (status E).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pandas as pd

from app.domain.number import canonical
from ingest.coded import coded

Rule = Literal["ytd_sum", "ytd_mean"]


def quarters(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Rows whose period is the last quarter counted, as rows of single quarters.

    The first quarter stays as it is. A later one needs itself and the one before; where either is blank the quarter
    is blank (status O) with a note that says which; where either was not reported there is no row.
    """
    texts = [str(name) for name, kind in frame.dtypes.items() if kind == "category"]
    frame = frame.astype(dict.fromkeys(texts, object))
    year, quarter = frame["period"].str[:4], frame["period"].str[-1].astype(int)
    before = frame.assign(period=year + "-Q" + (quarter + 1).astype(str))
    key = ["city", "indicator", "period"]
    joined = frame.merge(before[[*key, "value"]], on=key, how="left", suffixes=("", "_before"), indicator="reported")
    counted = joined[joined["period"].str.endswith("Q1") | (joined["reported"] == "both")].copy()
    counted["value"], counted["status"], counted["note"] = _derived(counted, rule)
    found = counted.drop(columns=["value_before", "reported"])
    return found.assign(**{name: coded(found[name]) for name in texts})


def _derived(frame: pd.DataFrame, rule: Rule) -> tuple[list[str | None], list[str], list[str | None]]:
    values: list[str | None] = []
    statuses: list[str] = []
    notes: list[str | None] = []
    for period, value, before, status, note in zip(
        frame["period"], frame["value"], frame["value_before"], frame["status"], frame["note"], strict=True
    ):
        k = int(period[-1])
        if k == 1:
            outcome = value, status, note
        elif pd.isna(value) or pd.isna(before):
            blank = k if pd.isna(value) else k - 1
            why = f"нет накопленного значения за {blank} кв. / no cumulative value to Q{blank}"
            outcome = None, "O", why
        else:
            outcome = difference(Decimal(value), Decimal(before), k, rule), "E", note
        values.append(outcome[0])
        statuses.append(outcome[1])
        notes.append(outcome[2])
    return values, statuses, notes


def difference(value: Decimal, before: Decimal, k: int, rule: Rule) -> str:
    """The k-th quarter from what was counted to its end and to the end of the one before, as canonical text."""
    return canonical(k * value - (k - 1) * before if rule == "ytd_mean" else value - before)
