"""The only writer of figures: one transaction, append only, one vintage, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from typing import cast as typed

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, Table, Text, cast, func, select
from sqlalchemy.orm import Session

from app.bulk import best_order, fetch_columns, insert_columns, rebuilt_indexes
from app.db import lock_for_publishing
from app.domain.block import Objects, Texts
from app.domain.fingerprint import ROWS, fingerprint, spelled
from app.domain.number import canonical
from app.domain.period import parse_period, period_of_number
from app.domain.status import CONF_STATUS, OBS_STATUS
from app.errors import Invalid, Problem
from app.models import City, Indicator, Observation, ReferencePeriod, Vintage, VintageScope, VintageShown
from ingest.coded import are_canonical, coded, joined, same, slices, texts_of, told, used
from ingest.diff import CONTENT, KEY, TEXTS, Changes, Keys, diff, in_order, packed, unchanged
from ingest.scope import scope
from ingest.tasks.kinds import StoreScores, WriteFiles
from ingest.tasks.queue import enqueue

# What a figure to be published consists of: codes, the exact value as text or None, and what travels with it.
FIGURE_COLUMNS = ["city", "indicator", "period", *CONTENT]
USUAL: dict[str, str | None] = {"status": "A", "confidentiality": "F", "note": None, "attributes": None}
NAMED_AT_MOST = 20
ROWS_COMPARED = 250_000
MISSING = frozenset(code for code, status in OBS_STATUS.items() if status.is_missing)
Columns = dict[str, Any]
# How many rows there are, by what every vintage says it made known.
WRITTEN = select(func.sum(Vintage.new + Vintage.revised + Vintage.withdrawn))


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
    """Rows with some FIGURE_COLUMNS as a frame with all of them, coded; what is left out gets its usual content."""
    frame = pd.DataFrame(rows)
    columns: dict[str, Any] = {name: _column(frame, name) for name in FIGURE_COLUMNS[:-1]}
    is_withdrawn = (
        frame["is_withdrawn"].to_numpy() if "is_withdrawn" in frame else np.zeros(len(frame), dtype=np.bool_)
    )
    if is_withdrawn.dtype != np.bool_:
        is_withdrawn = np.asarray(
            [cell is not None and cell == cell and bool(cell) for cell in is_withdrawn.tolist()]
        )
    return pd.DataFrame({**columns, "is_withdrawn": is_withdrawn.astype(np.bool_, copy=False)}, copy=False)


def _column(frame: pd.DataFrame, name: str) -> pd.Categorical:
    if name not in frame and name in USUAL:
        return same(USUAL[name], len(frame))
    column = coded(frame[name])
    if USUAL.get(name) is None or (column.codes >= 0).all():
        return column
    return coded(np.asarray([USUAL[name] if pd.isna(cell) else cell for cell in column], dtype=object))


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
    last = session.get(Vintage, session.scalar(select(func.max(Vintage.number))) or 0)
    number, counts, same_as_known = 1 if last is None else last.number + 1, _counts(changes), changes.unchanged
    columns, touched = _columns(changes.rows), scope(changes, number)
    # Many rows stand in memory no more than once.
    del rows, changes
    sha256 = _write(session, columns, number, None if last is None else last.sha256)
    for model, counted in zip((VintageScope, VintageShown), touched, strict=True):
        insert_columns(session, typed(Table, model.__table__), counted)
    # A clock set back must not let a later vintage seem older than the one before it.
    published_at = now if last is None else max(now, last.published_at + timedelta(microseconds=1))
    session.add(Vintage(number=number, **asdict(provenance), **counts, published_at=published_at, sha256=sha256))
    session.flush()
    # The demonstration makes a history in one go, and what follows from it too.
    if provenance.kind != "demo":
        for wanted in (StoreScores(vintage=number), WriteFiles(vintage=number)):
            enqueue(session, wanted, now=published_at)
    return Published(vintage=number, unchanged=same_as_known, **counts)


def _counts(changes: Changes) -> dict[str, int]:
    new, withdrawn = int(changes.is_new.sum()), int(changes.is_withdrawn.sum())
    return {"new": new, "revised": len(changes.rows) - new - withdrawn, "withdrawn": withdrawn}


def plan(session: Session, rows: pd.DataFrame) -> Changes:
    """What publishing `rows` would change; raises Invalid as publish() does."""
    rows = figures(rows)
    _refuse_bad_content(rows)
    keyed = _with_ids(session, rows)
    (keys,) = packed(keyed)
    _refuse_doubled(rows, keys)
    keyed, _ = in_order(keyed, keys)
    return unchanged(keyed) if _is_known_whole(session, keyed) else _compared(session, keyed)


def _compared(session: Session, keyed: pd.DataFrame) -> Changes:
    """The rows against what is known of them, some cities or indicators at a time: never all history."""
    is_most = _is_most(session, keyed)
    keyed = keyed.reset_index(drop=True)
    is_changed, is_new = np.zeros(len(keyed), dtype=np.bool_), np.zeros(len(keyed), dtype=np.bool_)
    before = np.zeros(len(keyed), dtype=np.uint8)
    for lot in _lots(keyed["city_id" if is_most else "indicator_id"].to_numpy()):
        some = keyed.iloc[lot]
        found = diff(some, _known(session, some, is_most=is_most))
        places = found.rows.index.to_numpy()
        is_changed[places], is_new[places], before[places] = True, found.is_new, found.shown_before
    rows = keyed if is_changed.all() else keyed[is_changed]
    withdrawn = rows["is_withdrawn"].to_numpy(dtype=np.bool_)
    return Changes(rows, is_new[is_changed], withdrawn, len(keyed) - len(rows), before[is_changed])


def _lots(cells: NDArray[Any]) -> Iterator[NDArray[np.intp]]:
    """The numbers of rows, some at a time, lower cells first, so that all rows of one cell are together."""
    different, counts = np.unique(cells, return_counts=True)
    lots = (np.cumsum(counts) - 1) // ROWS_COMPARED
    for number in np.unique(lots).tolist():
        low, *_, high = np.repeat(different[lots == number], 2).tolist()
        yield np.flatnonzero((cells >= low) & (cells <= high))


def _refuse_bad_content(rows: pd.DataFrame) -> None:
    blank = rows["value"].isna().to_numpy()
    should_be_blank = told(rows["status"], lambda code: code in MISSING, np.bool_)
    wrong = blank != should_be_blank
    wrong |= told(rows["status"], lambda code: code not in OBS_STATUS, np.bool_)
    wrong |= told(rows["confidentiality"], lambda code: code not in CONF_STATUS, np.bool_)
    if wrong.any():
        raise Invalid("status and value do not fit", problems=_problems(rows[wrong], "status does not fit the value"))
    values = [digits for digits in used(rows["value"]) if digits is not None]
    for place in np.flatnonzero(~are_canonical(values)).tolist():
        _refuse_unless_canonical(values[place])


def _refuse_unless_canonical(digits: str) -> None:
    try:
        right = canonical(Decimal(digits))
    except ValueError as error:
        raise Invalid(str(error)) from error
    if right != digits:
        raise Invalid(f"{digits!r} is not in canonical form: write {right}")


def _refuse_doubled(rows: pd.DataFrame, keys: Keys) -> None:
    ordered = keys if (keys[1:] >= keys[:-1]).all() else np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if twice.size:
        raise Invalid("the same figure stands twice", problems=_problems(rows[np.isin(keys, twice)], "stands twice"))


def _problems(rows: pd.DataFrame, message: str) -> tuple[Problem, ...]:
    named = rows.head(NAMED_AT_MOST)
    keys = zip(named["city"], named["indicator"], named["period"], strict=True)
    return tuple(Problem(" ".join(map(str, key)), message) for key in keys)


def _with_ids(session: Session, rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows under KEY; Invalid names codes that are not registered."""
    cities = {code: number for code, number in session.execute(select(City.code, City.id))}
    indicators = {code: number for code, number in session.execute(select(Indicator.code, Indicator.id))}
    keys: dict[str, Any] = {}
    for key, name, known in (("city_id", "city", cities), ("indicator_id", "indicator", indicators)):
        unknown = sorted(str(code) for code in used(rows[name]) if code not in known)
        if unknown:
            raise Invalid(f"{name} not registered: {', '.join(unknown[:NAMED_AT_MOST])}")
        keys[key] = told(rows[name], lambda code, known=known: known[code], np.int32)  # type: ignore[misc]
    keys["period"] = told(rows["period"], lambda code: parse_period(str(code)).number, np.int32)
    return pd.DataFrame({**keys, **{name: rows[name].array for name in CONTENT}}, copy=False)


def _is_known_whole(session: Session, keyed: pd.DataFrame) -> bool:
    """Whether these very rows are what one vintage made known, and no later one touched anything of theirs.

    Then its fingerprint is theirs, and no row has to be read: the same file again costs little more than reading it.
    """
    if keyed.empty:
        return False
    scope = VintageScope
    last = session.scalar(select(func.max(scope.vintage)).where(*_span(scope, keyed)))
    vintage = None if last is None else session.get(Vintage, last)
    if vintage is None or vintage.new + vintage.revised + vintage.withdrawn != len(keyed):
        return False
    before = session.get(Vintage, vintage.number - 1)
    return fingerprint(before.sha256 if before else None, vintage.number, _parts(_columns(keyed))) == vintage.sha256


def _span(
    table: type[Observation] | type[VintageScope], keyed: pd.DataFrame, *, by_index: bool = True
) -> tuple[ColumnElement[bool], ...]:
    """The indicators and the span of periods that `keyed` touches."""
    low, high = int(keyed["period"].min()), int(keyed["period"].max())
    # No index holds a sum.
    indicator = table.indicator_id if by_index else table.indicator_id + 0
    return indicator.in_(pd.unique(keyed["indicator_id"]).tolist()), table.period.between(low, high)


def _is_most(session: Session, keyed: pd.DataFrame) -> bool:
    """Whether most of the table is asked for."""
    touched = select(func.sum(VintageScope.figures)).where(*_span(VintageScope, keyed)) if len(keyed) else None
    return touched is not None and 2 * (session.scalar(touched) or 0) > (session.scalar(WRITTEN) or 0)


def _known(session: Session, keyed: pd.DataFrame, *, is_most: bool) -> pd.DataFrame:
    """What is known now of the cities or indicators and the span of periods that `keyed` touches."""
    query, names = _touched(keyed, is_most=is_most)
    parts = list(fetch_columns(session, query, keys=2))
    if not parts:
        return keyed[KEY + CONTENT].head(0)
    columns = {name: _whole([part[place] for part in parts]) for place, name in enumerate(names)}
    return _newest(pd.DataFrame(columns))


def _touched(keyed: pd.DataFrame, *, is_most: bool) -> tuple[Select[*tuple[Any, ...]], list[str]]:
    """The query for all rows that `keyed` may change, and what its columns are.

    A quarter is looked up by indicator and period, whatever the history weighs; where most of the table is asked for,
    reading it through in its own order is several times as fast, so no index must fit.
    """
    order = ["city_id", "period", "indicator_id"] if is_most else ["indicator_id", "period", "city_id"]
    names = [*order, "vintage", *CONTENT]
    columns = [cast(Observation.value, Text) if name == "value" else getattr(Observation, name) for name in names]
    query = select(*columns).where(*_span(Observation, keyed, by_index=not is_most))
    cities = Observation.city_id.between(int(keyed["city_id"].min()), int(keyed["city_id"].max()))
    return query.where(cities) if is_most else query, names


def _whole(parts: list[Any]) -> Any:
    return coded(joined(parts)) if isinstance(parts[0], Texts) else np.concatenate(parts)


def _newest(known: pd.DataFrame) -> pd.DataFrame:
    """Of each figure the row of its last vintage; finding it here is faster than in the database."""
    (keys,) = packed(known)
    order = np.lexsort((known["vintage"].to_numpy(), keys))
    ordered = keys[order]
    is_last = np.append(ordered[1:] != ordered[:-1], True)
    newest: pd.DataFrame = known[KEY + CONTENT].iloc[order[is_last]]
    return newest


def _columns(rows: pd.DataFrame) -> Columns:
    """KEY and CONTENT as they are written and hashed."""
    numbers = {name: rows[name].to_numpy() for name in KEY}
    return {
        **numbers,
        **{name: texts_of(rows[name]) for name in TEXTS},
        "is_withdrawn": rows["is_withdrawn"].to_numpy(),
    }


def _parts(columns: Columns) -> Iterator[list[list[str]]]:
    """Every cell as it is hashed, a text spelled once a different one."""
    words = {name: _spelled(column.texts) for name, column in columns.items() if isinstance(column, Texts)}
    for first in range(0, len(columns["period"]), ROWS):
        part = slice(first, first + ROWS)
        yield [
            words[name][column.codes[part]].tolist() if isinstance(column, Texts) else _spelled_numbers(column[part])
            for name, column in columns.items()
        ]


def _spelled(cells: Objects) -> Objects:
    return np.asarray([spelled(cell) for cell in cells.tolist()], dtype=object)


def _spelled_numbers(cells: NDArray[Any]) -> list[str]:
    codes, different = pd.factorize(cells)
    found: list[str] = _spelled(different)[codes].tolist()
    return found


def _write(session: Session, columns: Columns, vintage: int, previous: str | None) -> str:
    """Add the rows, and empty `columns`; their fingerprint."""
    table, count = typed(Table, Observation.__table__), len(columns["period"])
    is_bulk = count > (session.scalar(WRITTEN.where(Vintage.number < vintage)) or 0)
    _add_periods(session, columns["period"])
    names = [name for name in best_order(session, table) if name != "vintage"]
    # While the database takes the rows, another core makes their fingerprint.
    with rebuilt_indexes(session, table, is_bulk=is_bulk), ThreadPoolExecutor(1) as beside:
        sha256 = beside.submit(fingerprint, previous, vintage, _parts(columns))
        for some in _in_order(columns, names):
            insert_columns(session, table, {**some, "vintage": np.full(len(some["period"]), vintage)})
        found = sha256.result()
        # Sorting an index wants their place.
        columns.clear()
    return found


def _add_periods(session: Session, numbers: NDArray[np.int32]) -> None:
    known = set(session.scalars(select(ReferencePeriod.number)))
    for number in sorted(set(pd.unique(numbers).tolist()) - known):
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


def _in_order(columns: Columns, names: list[str]) -> Iterator[Columns]:
    """The rows in the order of these columns, so that a leaf of what they go to is written once; some at a time.

    They are put in order some at a time too: the order of all of them would be the most that a load keeps of a row.
    """
    for lot in _lots(columns[names[0]]):
        order = lot[np.lexsort([columns[name][lot] for name in reversed(names)])]
        for part in slices(len(order)):
            places = order[part]
            yield {
                name: column.take(places) if isinstance(column, Texts) else column[places]
                for name, column in columns.items()
            }
