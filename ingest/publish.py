"""The only writer of figures: one transaction, append only, one vintage, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from typing import cast as typed

import numpy as np
import pandas as pd
from sqlalchemy import Table, Text, cast, func, select
from sqlalchemy.orm import Session

from app.db import fetch_columns, insert_columns, lock_for_publishing
from app.domain.fingerprint import ROWS, fingerprint
from app.domain.number import canonical
from app.domain.period import parse_period, period_of_number
from app.domain.status import CONF_STATUS, OBS_STATUS
from app.errors import Invalid, Problem
from app.models import City, Indicator, Observation, ReferencePeriod, Vintage, VintageScope
from ingest.diff import CONTENT, KEY, Changes, diff

# What a figure to be published consists of: codes, the exact value as text or None, and what travels with it.
FIGURE_COLUMNS = ["city", "indicator", "period", *CONTENT]
NAMED_AT_MOST = 20


@dataclass(frozen=True)
class Provenance:
    """Who publishes, from what, and why."""

    kind: Literal["job", "submission", "demo"]
    source: str
    published_by: str
    reason: str
    is_simulated: bool = False


@dataclass(frozen=True)
class Published:
    """What became of a publication; `vintage` is None when nothing changed."""

    vintage: int | None
    new: int
    revised: int
    unchanged: int
    withdrawn: int


def figures(rows: list[dict[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """Rows with some FIGURE_COLUMNS as a frame with all of them; what is left out gets its usual content."""
    frame = pd.DataFrame(rows).astype(object)
    usual = {"status": "A", "confidentiality": "F", "note": None, "attributes": None, "is_withdrawn": False}
    for name, content in usual.items():
        if name not in frame:
            frame[name] = content
        elif content is not None:
            frame[name] = frame[name].where(frame[name].notna(), content)
    frame["is_withdrawn"] = frame["is_withdrawn"].astype(bool)
    return frame[FIGURE_COLUMNS].where(frame[FIGURE_COLUMNS].notna(), None)


def attributes_text(attributes: dict[str, str | None]) -> str | None:
    """Attributes of one figure (`lci_95`, …) as the one JSON spelling that is stored; blank ones are left out."""
    present = {name: text for name, text in sorted(attributes.items()) if text is not None}
    return json.dumps(present, ensure_ascii=False, separators=(",", ":")) if present else None


def publish(session: Session, rows: pd.DataFrame, *, provenance: Provenance, now: datetime) -> Published:
    """Write what `rows` (FIGURE_COLUMNS) change as the next vintage; nothing to change, nothing written.

    Raises Invalid, before anything is written, for codes that are not registered, doubled keys and contents that
    cannot stand.
    """
    lock_for_publishing(session)
    changes = plan(session, rows)
    if changes.rows.empty:
        return Published(None, 0, 0, changes.unchanged, 0)
    counts = {"new": len(changes.new), "revised": len(changes.revised), "withdrawn": len(changes.withdrawn)}
    number = _add_vintage(session, provenance, now, counts, changes.rows)
    _add_periods(session, changes.rows["period"])
    _add_observations(session, changes.rows, number)
    return Published(vintage=number, unchanged=changes.unchanged, **counts)


def plan(session: Session, rows: pd.DataFrame) -> Changes:
    """What publishing `rows` would change; raises Invalid as publish() does."""
    rows = figures(rows)
    _refuse_bad_content(rows)
    keyed = _with_ids(session, rows)
    doubled = keyed.duplicated(KEY, keep=False)
    if doubled.any():
        raise Invalid("the same figure stands twice", problems=_problems(rows[doubled.to_numpy()], "stands twice"))
    return diff(keyed, _known(session, keyed))


def _refuse_bad_content(rows: pd.DataFrame) -> None:
    missing = {code for code, status in OBS_STATUS.items() if status.is_missing}
    blank = rows["value"].isna()
    wrong = ~rows["status"].isin(list(OBS_STATUS)) | (blank != rows["status"].isin(list(missing)))
    wrong |= ~rows["confidentiality"].isin(list(CONF_STATUS))
    if wrong.any():
        raise Invalid("status and value do not fit", problems=_problems(rows[wrong], "status does not fit the value"))
    for digits in rows["value"].dropna().unique():
        _refuse_unless_canonical(digits)


def _refuse_unless_canonical(digits: str) -> None:
    try:
        right = canonical(Decimal(digits))
    except ValueError as error:
        raise Invalid(str(error)) from error
    if right != digits:
        raise Invalid(f"{digits!r} is not in canonical form: write {right}")


def _problems(rows: pd.DataFrame, message: str) -> tuple[Problem, ...]:
    named = rows.head(NAMED_AT_MOST)
    keys = zip(named["city"], named["indicator"], named["period"], strict=True)
    return tuple(Problem(" ".join(map(str, key)), message) for key in keys)


def _with_ids(session: Session, rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows under KEY; Invalid names codes that are not registered."""
    cities = {code: number for code, number in session.execute(select(City.code, City.id))}
    indicators = {code: number for code, number in session.execute(select(Indicator.code, Indicator.id))}
    numbers = {code: parse_period(code).number for code in rows["period"].unique()}
    keyed = rows[CONTENT].copy()
    for key, name, known in (("city_id", "city", cities), ("indicator_id", "indicator", indicators)):
        unknown = sorted(set(rows[name].unique()) - known.keys())
        if unknown:
            raise Invalid(f"{name} not registered: {', '.join(map(str, unknown[:NAMED_AT_MOST]))}")
        keyed[key] = rows[name].map(known).astype("int64")
    keyed["period"] = rows["period"].map(numbers).astype("int64")
    return keyed


def _known(session: Session, keyed: pd.DataFrame) -> pd.DataFrame:
    """What is known now of the indicators and the span of periods that `keyed` touches."""
    if keyed.empty:
        return keyed[KEY + CONTENT]
    row = Observation
    texts = (cast(row.value, Text), row.status, row.confidentiality, row.note, row.attributes, row.is_withdrawn)
    query = (
        select(row.city_id, row.indicator_id, row.period, *texts)
        .where(row.indicator_id.in_(keyed["indicator_id"].unique().tolist()))
        .where(row.period.between(int(keyed["period"].min()), int(keyed["period"].max())))
        .order_by(row.city_id, row.indicator_id, row.period, row.vintage)
    )
    parts = [_known_part(columns) for columns in fetch_columns(session, query)]
    # Ordered by vintage, the last row of a figure is what is known; finding it here is faster than in the database.
    return pd.concat(parts).drop_duplicates(KEY, keep="last") if parts else keyed[KEY + CONTENT].head(0)


def _known_part(columns: list[tuple[Any, ...]]) -> pd.DataFrame:
    ids = {name: np.asarray(column, dtype=np.int64) for name, column in zip(KEY, columns[:3], strict=True)}
    texts = {name: np.asarray(column, dtype=object) for name, column in zip(CONTENT, columns[3:], strict=True)}
    return pd.DataFrame(ids | texts)


def _add_vintage(
    session: Session, provenance: Provenance, now: datetime, counts: dict[str, int], rows: pd.DataFrame
) -> int:
    newest = select(Vintage.number, Vintage.published_at, Vintage.sha256).order_by(Vintage.number.desc())
    last = session.execute(newest.limit(1)).first()
    number = 1 if last is None else last.number + 1
    # A clock set back must not let a later vintage seem older than the one before it.
    published_at = now if last is None else max(now, last.published_at + timedelta(microseconds=1))
    vintage = Vintage(
        number=number,
        published_at=published_at,
        kind=provenance.kind,
        source=provenance.source,
        published_by=provenance.published_by,
        reason=provenance.reason,
        is_simulated=provenance.is_simulated,
        sha256=fingerprint(None if last is None else last.sha256, number, _parts(rows)),
        **counts,
    )
    session.add(vintage)
    session.flush()
    return vintage.number


def _parts(rows: pd.DataFrame) -> Iterator[list[list[Any]]]:
    for first in range(0, len(rows), ROWS):
        part = rows.iloc[first : first + ROWS]
        yield [part[name].tolist() for name in (*KEY, *CONTENT)]


def _add_periods(session: Session, numbers: pd.Series[int]) -> None:
    known = set(session.scalars(select(ReferencePeriod.number)))
    for number in sorted(set(numbers.unique().tolist()) - known):
        period = period_of_number(number)
        session.add(
            ReferencePeriod(
                number=number,
                code=period.code,
                frequency=period.frequency,
                starts_on=period.starts_on,
                ends_on=period.ends_on,
            )
        )
    session.flush()


def _add_observations(session: Session, rows: pd.DataFrame, vintage: int) -> None:
    written = select(func.sum(Vintage.new + Vintage.revised + Vintage.withdrawn)).where(Vintage.number < vintage)
    columns = {name: rows.assign(vintage=vintage)[name].tolist() for name in (*KEY, "vintage", *CONTENT)}
    is_bulk = len(rows) > (session.scalar(written) or 0)
    insert_columns(session, typed(Table, Observation.__table__), columns, is_bulk=is_bulk)
    scope = rows.groupby(["indicator_id", "period"]).size().reset_index(name="figures").assign(vintage=vintage)
    touched = {name: scope[name].tolist() for name in ("vintage", "indicator_id", "period", "figures")}
    insert_columns(session, typed(Table, VintageScope.__table__), touched)
