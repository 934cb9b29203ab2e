"""What later vintages changed, over HTTP: for whoever keeps a copy up to date."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.deps import Cursor, LimitsDep, Parameters, SessionDep, invalid, parse_cursor
from app.queries import changes, vintages

router = APIRouter(tags=["time"], responses=PROBLEM_RESPONSES)


class ChangeRow(BaseModel):
    """One figure that a vintage changed."""

    vintage: int
    city: str = Field(examples=["ru-kazan"])
    indicator: str = Field(examples=["TI_SMART_LIGHTING"])
    period: str = Field(examples=["2026-Q2"])
    kind: str = Field(description="new, revised or withdrawn")
    before: float | None
    before_status: str | None
    after: float | None
    status: str
    note: str | None


class ChangeList(BaseModel):
    """Changes, by vintage, indicator, period and city."""

    meta: Meta
    data: list[ChangeRow]


class ChangeParameters(Parameters):
    """Since when."""

    since: int = Field(ge=0, lt=2**31, description="The vintage you have; 0 for everything.", examples=[41])
    limit: int | None = Field(None, ge=1)
    cursor: str | None = Field(None, description="meta.next of the page before.", max_length=200)


@router.get("/changes", response_model=None, responses={200: {"model": ChangeList}, **NOT_FOUND_RESPONSE})
def list_changes(session: SessionDep, limits: LimitsDep, query: Annotated[ChangeParameters, Query()]) -> Response:
    """Everything published after a vintage, with the values before and after.

    A cursor goes on up to the vintage that was newest when the first page was asked for, whatever comes meanwhile.
    """
    limit = query.limit or min(limits.default_page_rows, limits.max_page_rows)
    if limit > limits.max_page_rows:
        raise invalid("limit", f"{limit} rows in one answer: at most {limits.max_page_rows}")
    cursor = parse_cursor(query.cursor, parts=4)
    newest = vintages.as_known(session, cursor.vintage) if cursor and cursor.vintage else vintages.newest(session)
    until = newest.number if newest else 0
    if query.since > until:
        raise invalid("since", f"there is no vintage {query.since}: the newest is {until}")
    key = (cursor.key[0], cursor.key[1], cursor.key[2], cursor.key[3]) if cursor else None
    found = changes.changes(session, query.since, until, limit=limit + 1, after=key)
    shown = found[:limit]
    after = Cursor(until, shown[-1].key).text() if len(found) > limit else None
    simulated = vintages.is_simulated(session, {change.vintage for change in shown})
    head = meta(newest, len(shown), after=after, simulated=simulated)
    return envelope(head, [_row(change) for change in shown])


def _row(change: changes.Change) -> dict[str, Any]:
    exact = {name: getattr(change, name) for name in ("before", "after")}
    digits = {name: None if text is None else orjson.Fragment(text) for name, text in exact.items()}
    return {name: digits[name] if name in digits else getattr(change, name) for name in ChangeRow.model_fields}
