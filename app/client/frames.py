"""Answers as frames: dtypes that hold for empty answers too, and what an answer stands on in `attrs`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

OBSERVATION_COLUMNS = ("city", "indicator", "period", "value", "status", "vintage", "note", "attributes", "withdrawn")
NUMBERS = ("value", "before", "after", "score", "rank_median", "p_top10", "coverage", "latitude", "longitude")
WHOLE = (
    "vintage",
    "population",
    "population_year",
    "rank",
    "rank_low",
    "rank_high",
    "tier",
    "number",
    "new",
    "revised",
)
INSTANTS = ("published_at", "received_at", "submitted_at", "decided_at", "publish_at")


def frame_of(data: Sequence[Mapping[str, Any]] | Mapping[str, list[Any]], meta: Mapping[str, Any]) -> pd.DataFrame:
    """Rows or columns as a frame; numbers are float64, counts Int64, instants UTC, a blank is missing."""
    frame = pd.DataFrame(data)
    for name in frame.columns.intersection(list(NUMBERS)):
        if not any(isinstance(value, Decimal) for value in frame[name]):
            frame[name] = frame[name].astype("float64")
    for name in frame.columns.intersection(list(WHOLE)):
        frame[name] = frame[name].astype("Int64")
    for name in frame.columns.intersection(list(INSTANTS)):
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
    frame.attrs = {name: meta.get(name) for name in ("vintage", "as_of", "simulated")}
    return frame


def scores_frame(rows: Sequence[Mapping[str, Any]], meta: Mapping[str, Any]) -> pd.DataFrame:
    """Scores with the nodes' scores as columns of their own."""
    flat = [
        {**{name: value for name, value in row.items() if name != "parts"}, **_parts(row.get("parts") or {})}
        for row in rows
    ]
    frame = frame_of(flat, meta)
    frame.attrs["about"] = meta.get("about", [])
    return frame


def _parts(parts: Mapping[str, float | None]) -> dict[str, float | None]:
    return {f"score_{code}": value for code, value in parts.items()}
