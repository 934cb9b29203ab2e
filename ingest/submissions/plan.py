"""The plan of a submission: what publishing it would change, with a hash of the change and of what it changes.

A later publication that touches none of these figures leaves the hash as it is; one that does makes it another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from app.domain.number import canonical
from app.domain.period import parse_period
from app.queries import observations, vintages
from app.queries.codes import city_codes, city_ids, indicator_codes, indicator_ids
from app.queries.figures import period_codes
from app.queries.selection import Selection
from ingest import publish
from ingest.upload.known import Known
from ingest.upload.model import Row

LARGEST = 20


@dataclass(frozen=True)
class Change:
    """One figure that would change: exact values as text, None for a blank."""

    kind: str
    city: str
    indicator: str
    period: str
    before: str | None
    after: str | None
    status: str


@dataclass(frozen=True)
class Plan:
    """Counts, every change by city, indicator and period, and the hash that a decision is bound to."""

    new: int
    revised: int
    unchanged: int
    withdrawn: int
    changes: tuple[Change, ...]
    sha256: str

    def largest(self) -> tuple[Change, ...]:
        """The largest revisions, by the share of the value that changes."""
        revised = [change for change in self.changes if change.kind == "revised"]
        return tuple(sorted(revised, key=_share, reverse=True)[:LARGEST])

    def body(self) -> dict[str, Any]:
        """As it is kept and shown."""
        counts = {name: getattr(self, name) for name in ("new", "revised", "unchanged", "withdrawn")}
        return {**counts, "sha256": self.sha256, "largest": [asdict(change) for change in self.largest()]}


def _share(change: Change) -> float:
    if change.before is None or change.after is None:
        return float("inf")
    before, after = float(change.before), float(change.after)
    return abs(after - before) / (abs(before) or 1.0)


def figures_of(rows: Sequence[Row], known: Known) -> pd.DataFrame:
    """Rows as figures to publish; the reason a figure was confirmed with goes into its note."""
    reasons: dict[tuple[str, str, str, str], list[str]] = {}
    for answer in known.confirmations:
        reasons.setdefault((answer.city, answer.indicator, answer.period, answer.value), []).append(answer.reason)
    return publish.figures(
        [
            {
                "city": row.city,
                "indicator": row.indicator,
                "period": row.period,
                "value": _digits(row) or None,
                "status": row.status,
                "is_withdrawn": row.is_withdrawn,
                "note": _note(row, reasons.get((*row.key, _digits(row)), [])),
            }
            for row in rows
        ]
        or pd.DataFrame(columns=publish.FIGURE_COLUMNS)
    )


def _digits(row: Row) -> str:
    return "" if row.value is None else canonical(row.value)


def _note(row: Row, reasons: Sequence[str]) -> str | None:
    parts = [part for part in (row.note, *dict.fromkeys(reasons)) if part]
    return "; ".join(parts) or None


def plan_of(session: Session, figures: pd.DataFrame) -> Plan:
    """What publishing `figures` would change now."""
    if figures.empty:
        return Plan(0, 0, 0, 0, (), _sha256([]))
    found = publish.plan(session, figures)
    before = _known(session, figures)
    changes = [
        change
        for kind in ("new", "revised", "withdrawn")
        for change in _changes(session, kind, getattr(found, kind), before)
    ]
    changes.sort(key=lambda change: (change.city, change.indicator, change.period))
    counts = {kind: len(getattr(found, kind)) for kind in ("new", "revised", "withdrawn")}
    notes = [str(note) for note in found.rows["note"].tolist()]
    sha256 = _sha256([asdict(change) for change in changes], notes)
    return Plan(**counts, unchanged=found.unchanged, changes=tuple(changes), sha256=sha256)


def _changes(
    session: Session, kind: str, rows: pd.DataFrame, before: Mapping[tuple[str, str, str], str | None]
) -> list[Change]:
    cities = city_codes(session, rows["city_id"].to_numpy(dtype="int32")).tolist()
    indicators = indicator_codes(session, rows["indicator_id"].to_numpy(dtype="int32")).tolist()
    periods = period_codes(rows["period"].to_numpy(dtype="int32")).tolist()
    keys = list(zip(cities, indicators, periods, strict=True))
    return [
        Change(kind, *key, before.get(key), after, status)
        for key, after, status in zip(keys, rows["value"].tolist(), rows["status"].tolist(), strict=True)
    ]


def _known(session: Session, figures: pd.DataFrame) -> dict[tuple[str, str, str], str | None]:
    """The public values that stand now where the figures would."""
    newest = vintages.newest(session)
    if newest is None:
        return {}
    periods = tuple((parse_period(code), parse_period(code)) for code in sorted(figures["period"].unique()))
    selection = Selection(
        city_ids=tuple(city_ids(session, figures["city"].unique().tolist()).values()),
        indicator_ids=tuple(indicator_ids(session, figures["indicator"].unique().tolist()).values()),
        periods=periods,
    )
    found = observations.every(session, selection, newest.number)
    keys = zip(
        city_codes(session, found.city_id).tolist(),
        indicator_codes(session, found.indicator_id).tolist(),
        period_codes(found.period).tolist(),
        strict=True,
    )
    return dict(zip(keys, found.value.tolist(), strict=True))


def _sha256(*content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
