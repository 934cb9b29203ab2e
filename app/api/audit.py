"""The audit chain over HTTP, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app import audit
from app.access import Action, require
from app.api.answers import PRIVATE_RESPONSES, PROBLEM_RESPONSES, Meta, envelope, meta, private
from app.api.deps import ActorDep, Cursor, LimitsDep, Parameters, SessionDep, parse_cursor
from app.queries import vintages

router = APIRouter(tags=["accounts"], responses=PROBLEM_RESPONSES | PRIVATE_RESPONSES)


class AuditRow(BaseModel):
    """One state change, sealed by its hash."""

    number: int
    at: datetime
    account_id: int | None
    actor: str
    action: str = Field(examples=["approve"])
    kind: str = Field(examples=["submission"])
    key: str
    details: dict[str, Any]
    previous_sha256: str
    sha256: str


class AuditList(BaseModel):
    """Audit events, the newest first."""

    meta: Meta
    data: list[AuditRow]


class AuditParameters(Parameters):
    """Which events."""

    kind: str | None = Field(None, max_length=40, examples=["submission"])
    key: str | None = Field(None, max_length=200)
    limit: int | None = Field(None, ge=1)
    cursor: str | None = Field(None, description="meta.next of the page before.", max_length=200)


@router.get("/audit", response_model=None, responses={200: {"model": AuditList}})
def list_events(
    session: SessionDep, actor: ActorDep, limits: LimitsDep, query: Annotated[AuditParameters, Query()]
) -> Response:
    """Who changed what, the newest first; `citymark doctor` proves the chain."""
    require(actor, Action.SEE_AUDIT)
    limit = min(query.limit or limits.default_page_rows, limits.max_page_rows)
    cursor = parse_cursor(query.cursor, parts=1)
    before = cursor.key[0] if cursor else None
    found = audit.events(session, kind=query.kind, key=query.key, before=before, limit=limit + 1)
    shown = found[:limit]
    newest = vintages.newest(session)
    after = Cursor(newest.number if newest else 0, (shown[-1].number,)).text() if len(found) > limit else None
    rows = [
        {
            name: orjson.Fragment(event.details) if name == "details" else getattr(event, name)
            for name in AuditRow.model_fields
        }
        for event in shown
    ]
    return private(envelope(meta(newest, len(rows), after=after), rows))
