"""What stands behind a chart: the figures it shows, their hash, and how many of them have changed since."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
from sqlalchemy.orm import Session

from app.domain.period import parse_period
from app.queries import observations
from app.queries.codes import city_codes, indicator_codes
from app.queries.figures import period_codes
from app.queries.selection import Selection

#: City, indicator, period, exact value or None, status.
Shown = tuple[str, str, str, str | None, str]


@dataclass(frozen=True)
class Extract:
    """The figures of a chart, as an API address says them; a period or a range, a group or cities."""

    indicators: tuple[str, ...]
    period: str
    peer: str = ""
    cities: tuple[str, ...] = ()

    def api(self, vintage: int, **more: str) -> str:
        """The address that gives these figures as known with a vintage."""
        parts = {
            "indicator": ",".join(self.indicators),
            "period": self.period,
            "peer_group": self.peer,
            "city": ",".join(self.cities),
            "as_of": str(vintage),
            **more,
        }
        query = urlencode({name: part for name, part in parts.items() if part}, safe=",:.")
        return f"/api/v1/observations?{query}"


def shown(
    session: Session, extract: Extract, ids: tuple[tuple[int, ...], tuple[int, ...]], vintage: int
) -> list[Shown]:
    """The figures of an extract; `ids` are those of its indicators and of its cities."""
    first, _, last = extract.period.partition("..")
    span = (parse_period(first), parse_period(last or first))
    selection = Selection(indicator_ids=ids[0], city_ids=ids[1], periods=(span,))
    found = observations.every(session, selection, vintage)
    return list(
        zip(
            city_codes(session, found.city_id).tolist(),
            indicator_codes(session, found.indicator_id).tolist(),
            period_codes(found.period).tolist(),
            found.value.tolist(),
            found.status.tolist(),
            strict=True,
        )
    )


def hash_of(figures: list[Shown]) -> str:
    """SHA-256 of the figures in their order, as hexadecimal."""
    return hashlib.sha256(orjson.dumps(figures)).hexdigest()


def changed(then: list[Shown], now: list[Shown]) -> int:
    """How many figures have another value or status, or are new or gone."""
    before, after = ({row[:3]: row[3:] for row in rows} for rows in (then, now))
    return sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
