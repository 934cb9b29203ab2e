"""Vintages over HTTP: what each publication made known, who published it, and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.deps import NoQuery, SessionDep
from app.queries import vintages

if TYPE_CHECKING:
    from app.models import Vintage

router = APIRouter(tags=["time"], responses=PROBLEM_RESPONSES)


class VintageRow(BaseModel):
    """One publication."""

    number: int = Field(examples=[12])
    published_at: datetime
    kind: str = Field(examples=["job"])
    source: str
    reason: str
    is_simulated: bool
    new: int
    revised: int
    withdrawn: int


class VintageList(BaseModel):
    """Vintages, the newest first."""

    meta: Meta
    data: list[VintageRow]


class VintageOne(BaseModel):
    """One vintage."""

    meta: Meta
    data: VintageRow


@router.get("/vintages", response_model=None, responses={200: {"model": VintageList}})
def list_vintages(session: SessionDep, _query: NoQuery) -> Response:
    """Every publication, the newest first."""
    found = vintages.vintages(session)
    newest = found[0] if found else None
    return envelope(meta(newest, len(found)), [_row(vintage) for vintage in found])


@router.get("/vintages/{number}", response_model=None, responses={200: {"model": VintageOne}, **NOT_FOUND_RESPONSE})
def show_vintage(session: SessionDep, number: Annotated[int, Path(ge=1, lt=2**31)], _query: NoQuery) -> Response:
    """One publication."""
    found = vintages.as_known(session, number)
    assert found is not None  # noqa: S101 - a number is found or NotFound is raised
    return envelope(meta(found, 1, simulated=found.is_simulated), _row(found))


def _row(vintage: Vintage) -> dict[str, Any]:
    # Who published is kept but not shown: an official's name is nobody's reading.
    return {name: getattr(vintage, name) for name in VintageRow.model_fields}
