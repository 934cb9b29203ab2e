"""Who has reported, over HTTP: the status board, deadlines, reminders."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.answers import PRIVATE_RESPONSES, PROBLEM_RESPONSES, Meta, envelope, meta, private
from app.api.deps import (
    ActorDep,
    EngineDep,
    LimitsDep,
    NoQuery,
    NowDep,
    Parameters,
    SessionDep,
    WritingDep,
    codes,
    invalid,
)
from app.db import reading
from app.domain.period import Period, parse_period
from app.domain.submission import Dates
from app.queries import vintages
from ingest.submissions import board
from ingest.submissions.reminders import send_reminders
from ingest.submissions.sending import Desk

router = APIRouter(tags=["reporting"], responses=PROBLEM_RESPONSES | PRIVATE_RESPONSES)
MOST_PERIODS = 12


class BoardParameters(Parameters):
    """Which periods."""

    period: str = Field(max_length=400, examples=["2026-Q3", "2026-Q1,2026-Q2"])


class BoardOne(BaseModel):
    """City by period, with expected, actual, actual on time, rate, rate on time."""

    meta: Meta
    data: dict[str, Any]


class DeadlineBody(BaseModel):
    """Until when a period is reported, and from when a change to it needs a reason."""

    model_config = ConfigDict(extra="forbid")

    period: str = Field(max_length=32, examples=["2026-Q3"])
    due_on: date
    closes_on: date


class ReminderBody(BaseModel):
    """Whom to remind: everybody who has not reported this period."""

    model_config = ConfigDict(extra="forbid")

    period: str = Field(max_length=32, examples=["2026-Q3"])


@router.get("/status-board", response_model=None, responses={200: {"model": BoardOne}})
def show_board(
    session: SessionDep, actor: ActorDep, now: NowDep, limits: LimitsDep, query: Annotated[BoardParameters, Query()]
) -> Response:
    """Who has reported: an official sees their own cities."""
    names = codes(query.period, "period", limits) or ()
    if len(names) > MOST_PERIODS:
        raise invalid("period", f"{len(names)} periods: at most {MOST_PERIODS}")
    found = board.board(session, actor, [_period(name) for name in names], today=now.date())
    columns = [{**vars(column), "rate": column.rate, "rate_on_time": column.rate_on_time} for column in found.columns]
    body = {"periods": columns, "cells": [vars(cell) for cell in found.cells]}
    return private(envelope(meta(vintages.newest(session), len(found.cells)), body))


@router.post("/deadlines", response_model=None, responses={200: {"model": BoardOne}})
def set_deadline(session: WritingDep, actor: ActorDep, now: NowDep, body: DeadlineBody, _query: NoQuery) -> Response:
    """Say until when a period is reported and when it closes."""
    period = _period(body.period)
    dates = board.set_deadline(session, Desk(actor, now), period, Dates(body.due_on, body.closes_on))
    return private(envelope(meta(vintages.newest(session), 1), {"period": period.code, **vars(dates)}))


@router.post("/reminders", response_model=None, responses={200: {"model": BoardOne}})
def remind(
    request: Request, engine: EngineDep, actor: ActorDep, now: NowDep, body: ReminderBody, _query: NoQuery
) -> Response:
    """Write to the officials of every city that has not reported, at most once a day each."""
    state = request.app.state
    sent = send_reminders(engine, Desk(actor, now), _period(body.period), state.mail, f"{state.public_url}/submit")
    with reading(engine) as session:
        newest = vintages.newest(session)
    told = {"sent": len(sent.people), "refused": [{"to": to, "reason": words} for to, words in sent.refused]}
    return private(envelope(meta(newest, 1), told))


def _period(text: str) -> Period:
    try:
        return parse_period(text)
    except ValueError as error:
        raise invalid("period", str(error)) from error
