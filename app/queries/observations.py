"""Figures as known with a vintage: the one way behind page, API and export, and the history of a single figure.

What is held in memory answers narrow questions; the database answers the others, by the same rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.block import Block, Ints
from app.domain.period import Period
from app.domain.status import PUBLIC
from app.models import Indicator, Observation, Vintage
from app.queries.codes import city_codes, indicator_codes
from app.queries.figures import Figures, RowKey, joined, period_codes
from app.queries.held import SPAN, Held, Key, held_for, rows_of_keys
from app.queries.selection import NARROW_INDICATORS, Selection, is_little, is_narrow, period_numbers
from app.queries.stored import stored

COLUMNS = ["city", "indicator", "period", "value", "status", "vintage", "note", "attributes", "is_withdrawn"]


def page(session: Session, selection: Selection, vintage: int, *, limit: int, after: RowKey | None) -> Figures:
    """At most `limit` figures as known with `vintage` after the key `after`, in ORDER."""
    if is_narrow(selection) and (figures := from_memory(session, selection, vintage, after, limit)) is not None:
        return figures.head(limit)
    return joined(list(_headed(stored(session, selection, vintage, after=after, rows_at_once=limit), limit)))


def every(session: Session, selection: Selection, vintage: int) -> Figures:
    """All figures of the selection as known with `vintage`, in ORDER."""
    held = from_memory(session, selection, vintage)
    return joined(list(stored(session, selection, vintage))) if held is None else held


def pages(session: Session, selection: Selection, vintage: int, limit: int | None) -> Iterator[Figures]:
    """The selection as known with a vintage, or its first `limit` rows, a part at a time, in ORDER."""
    held = from_memory(session, selection, vintage) if is_narrow(selection) else None
    parts = stored(session, selection, vintage) if held is None else iter([held])
    return parts if limit is None else _headed(parts, limit)


def _headed(parts: Iterator[Figures], limit: int) -> Iterator[Figures]:
    """The first `limit` rows of the parts."""
    while limit > 0 and (part := next(parts, None)) is not None:
        yield part.head(limit)
        limit -= len(part)


def sorted_page(
    session: Session, selection: Selection, vintage: int, *, by: Sequence[str], limit: int, offset: int
) -> Figures:
    """Figures as known with `vintage` in another order, from row `offset`; blanks stand last.

    `by` names columns (city, indicator, period, value, status, vintage), the first the most important, each downwards
    with a `-` before it; what is equal stays in ORDER. Within a vintage nothing moves, so an offset stays right.
    """
    found = every(session, selection, vintage)
    # The last key is the most important to lexsort; ORDER is there already and the sort is stable.
    keys = [_sort_key(session, found, name) for name in reversed(by)]
    return found.take(np.lexsort(keys)[offset : offset + limit])


def _sort_key(session: Session, found: Figures, name: str) -> NDArray[np.float64]:
    plain = name.removeprefix("-")
    if plain in ("city", "indicator", "status"):
        texts = {
            "city": city_codes(session, found.city_id),
            "indicator": indicator_codes(session, found.indicator_id),
            "status": found.status,
        }[plain]
        key = np.asarray(pd.factorize(texts, sort=True)[0], dtype=np.float64)
    else:
        key = np.asarray(getattr(found, plain), dtype=np.float64)
    return -key if name.startswith("-") else key


def observations(session: Session, selection: Selection, vintage: int) -> pd.DataFrame:
    """The selection as a frame of COLUMNS, codes in place of ids, `value` as float64 (NaN where blank)."""
    figures = every(session, selection, vintage)
    return pd.DataFrame(
        {
            "city": city_codes(session, figures.city_id),
            "indicator": indicator_codes(session, figures.indicator_id),
            "period": period_codes(figures.period),
            "value": figures.value.astype(np.float64),
            "status": figures.status,
            "vintage": figures.vintage,
            "note": figures.note,
            "attributes": figures.attributes,
            "is_withdrawn": figures.is_withdrawn,
        },
        columns=COLUMNS,
    )


def from_memory(
    session: Session, selection: Selection, vintage: int, after: RowKey | None = None, limit: int | None = None
) -> Figures | None:
    """The selection from memory, or its first `limit` rows after a key and maybe more; None: ask the database."""
    held = held_for(session)
    if held is None:
        return None
    ids = sorted(set(_indicator_ids(session) if selection.indicator_ids is None else selection.indicator_ids))
    periods = period_numbers(session, selection)
    within = held.spans(session, vintage) if periods is None else sorted({number // SPAN for number in periods})
    keys = [(number, span) for number in ids for span in within]
    if not _is_holdable(session, held, keys, is_little=is_little(selection)):
        return None
    blocks = held.blocks(session, keys, vintage)
    cities = None if selection.city_ids is None else np.unique(np.asarray(selection.city_ids, dtype=np.int32))
    parts = []
    for (number, span), block in ((key, blocks[key]) for key in keys):
        if block is None:
            return None
        inside = None if periods is None else [period for period in periods if period // SPAN == span]
        numbers = block.known(vintage, cities=cities, periods=inside)
        # The first rows of all are among the first of each part; most are cut before their texts are looked up.
        numbers = numbers[:limit] if selection.statuses is None and after is None else numbers
        parts.append(_narrowed(_part(number, block, numbers), selection.statuses, after, limit))
    return joined(parts)


def _narrowed(figures: Figures, statuses: Sequence[str] | None, after: RowKey | None, limit: int | None) -> Figures:
    figures = figures if statuses is None else figures.with_status(statuses)
    figures = figures if after is None else figures.after(after)
    return figures if limit is None or len(figures) <= limit else figures.head(limit)


def _is_holdable(session: Session, held: Held, keys: list[Key], *, is_little: bool) -> bool:
    """Whether all of these blocks are held, or may be.

    Asking for little is quicker than fetching many blocks for it, or long ones: soon after the start, or for ever
    where the history is longer than memory.
    """
    lacking = held.lacking(keys)
    if not lacking:
        return True
    if is_little and len(lacking) > NARROW_INDICATORS:
        return False
    rows = rows_of_keys(session, lacking)
    return held.has_room_for(rows) and (not is_little or held.is_soon_held(rows))


def _indicator_ids(session: Session) -> list[int]:
    return list(session.scalars(select(Indicator.id)))


def _part(indicator_id: int, block: Block, numbers: Ints) -> Figures:
    rows = block.rows
    return Figures(
        rows.city[numbers],
        np.full(len(numbers), indicator_id, dtype=np.int32),
        rows.period[numbers],
        rows.vintage[numbers],
        rows.value.at(numbers),
        rows.status.at(numbers),
        rows.note.at(numbers),
        rows.attributes.at(numbers),
        rows.is_withdrawn[numbers],
    )


def history(session: Session, city_id: int, indicator_id: int, period: Period) -> list[tuple[Observation, Vintage]]:
    """Every row one figure has had, oldest first, with the vintage that made each known."""
    query = (
        select(Observation, Vintage)
        .join(Vintage, Vintage.number == Observation.vintage)
        .where(
            Observation.city_id == city_id,
            Observation.indicator_id == indicator_id,
            Observation.period == period.number,
            Observation.confidentiality == PUBLIC,
        )
        .order_by(Observation.vintage)
    )
    return [(observation, vintage) for observation, vintage in session.execute(query)]
