"""Every value that one figure has had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.catalogue import exact
from app.api.deps import NoQuery, SessionDep
from app.domain.period import Period, parse_period
from app.errors import NotFound
from app.queries import observations, reference, vintages

if TYPE_CHECKING:
    from app.models import Vintage

router = APIRouter(tags=["figures"], responses=PROBLEM_RESPONSES)


class HistoryRow(BaseModel):
    """One value that a figure has had."""

    value: float | None
    status: str
    vintage: int
    published_at: str
    reason: str
    note: str | None
    attributes: dict[str, str] | None
    withdrawn: bool
    simulated: bool


class HistoryList(BaseModel):
    """Every value of one figure, oldest first."""

    meta: Meta
    data: list[HistoryRow]


@router.get(
    "/observations/{city}/{indicator}/{period}/history",
    response_model=None,
    responses={200: {"model": HistoryList}, **NOT_FOUND_RESPONSE},
)
def show_history(
    session: SessionDep,
    city: Annotated[str, Path(examples=["ru-kazan"])],
    indicator: Annotated[str, Path(examples=["TI_SMART_LIGHTING"])],
    period: Annotated[str, Path(examples=["2024-Q3"])],
    _query: NoQuery,
) -> Response:
    """Every value one figure has had, oldest first; a withdrawal is one of them."""
    place = reference.city(session, city).city.id
    measure = reference.indicator(session, indicator).id
    found = observations.history(session, place, measure, _period(period))
    if not found:
        raise NotFound(f"nothing was ever published for {city}, {indicator}, {period}")
    rows = [_history_row(observation, vintage) for observation, vintage in found]
    is_simulated = any(vintage.is_simulated for _, vintage in found)
    return envelope(meta(vintages.newest(session), len(rows), simulated=is_simulated), rows)


def _period(code: str) -> Period:
    try:
        return parse_period(code)
    except ValueError as error:
        raise NotFound(str(error)) from error


def _attributes(text: str | None) -> orjson.Fragment | None:
    """Attributes are stored as JSON, so they go out as they are."""
    return None if text is None else orjson.Fragment(text)


def _history_row(observation: Any, vintage: Vintage) -> dict[str, Any]:
    return {
        "value": exact(observation.value),
        "status": observation.status,
        "vintage": vintage.number,
        "published_at": vintage.published_at,
        "reason": vintage.reason,
        "note": observation.note,
        "attributes": _attributes(observation.attributes),
        "withdrawn": observation.is_withdrawn,
        "simulated": vintage.is_simulated,
    }
