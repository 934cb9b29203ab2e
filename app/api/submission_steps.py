"""The steps of a submission over HTTP: answer findings, submit, review, publish; for scripts as for pages."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.api.answers import (
    CONFLICT_RESPONSE,
    NOT_FOUND_RESPONSE,
    PRIVATE_RESPONSES,
    PROBLEM_RESPONSES,
    envelope,
    meta,
    private,
)
from app.api.deps import EngineDep, NoQuery
from app.api.submissions import DeskDep, Id, SubmissionOne
from app.errors import Invalid, Problem
from app.queries import vintages
from ingest.submissions import steps, views
from ingest.submissions.sending import Desk

router = APIRouter(
    tags=["reporting"], responses=PROBLEM_RESPONSES | PRIVATE_RESPONSES | NOT_FOUND_RESPONSE | CONFLICT_RESPONSE
)


class Confirmations(BaseModel):
    """Reasons by the number of the finding they answer."""

    model_config = ConfigDict(extra="forbid")

    confirmations: dict[int, str] = Field(min_length=1, max_length=2_000, examples=[{"3": "a new tram line"}])


class Decision(BaseModel):
    """A step, bound to the plan that was seen."""

    model_config = ConfigDict(extra="forbid")

    plan: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="The hash of the plan you have seen.")


class Publication(Decision):
    """When to publish."""

    at: datetime | None = Field(None, description="An instant with its zone; without it, now.")


class Words(BaseModel):
    """What is said."""

    model_config = ConfigDict(extra="forbid")

    comment: str = Field(min_length=1, max_length=4_000)


@router.post("/submissions/{submission_id}/confirm", response_model=None, responses={200: {"model": SubmissionOne}})
def confirm(engine: EngineDep, desk: DeskDep, submission_id: Id, body: Confirmations, _query: NoQuery) -> Response:
    """Say why doubtful figures are right; a figure with its value is asked for once."""
    with steps.step(engine, desk, submission_id) as (session, at):
        steps.confirm(session, at, submission_id, body.confirmations)
        return _after(session, desk, submission_id)


@router.post("/submissions/{submission_id}/submit", response_model=None, responses={200: {"model": SubmissionOne}})
def submit(engine: EngineDep, desk: DeskDep, submission_id: Id, body: Decision, _query: NoQuery) -> Response:
    """Hand it to the ministry."""
    with steps.step(engine, desk, submission_id) as (session, at):
        steps.submit(session, at, submission_id, plan=body.plan)
        return _after(session, desk, submission_id)


@router.post("/submissions/{submission_id}/approve", response_model=None, responses={200: {"model": SubmissionOne}})
def approve(engine: EngineDep, desk: DeskDep, submission_id: Id, body: Decision, _query: NoQuery) -> Response:
    """Say that it may be published; not by the one who sent it."""
    with steps.step(engine, desk, submission_id) as (session, at):
        steps.approve(session, at, submission_id, plan=body.plan)
        return _after(session, desk, submission_id)


@router.post("/submissions/{submission_id}/return", response_model=None, responses={200: {"model": SubmissionOne}})
def send_back(engine: EngineDep, desk: DeskDep, submission_id: Id, body: Words, _query: NoQuery) -> Response:
    """Return it to the official with a comment."""
    with steps.step(engine, desk, submission_id) as (session, at):
        steps.send_back(session, at, submission_id, body.comment)
        return _after(session, desk, submission_id)


@router.post("/submissions/{submission_id}/comments", response_model=None, responses={200: {"model": SubmissionOne}})
def comment(engine: EngineDep, desk: DeskDep, submission_id: Id, body: Words, _query: NoQuery) -> Response:
    """Say something about it to the others."""
    with steps.step(engine, desk, submission_id) as (session, at):
        steps.comment(session, at, submission_id, body.comment)
        return _after(session, desk, submission_id)


@router.post("/submissions/{submission_id}/publish", response_model=None, responses={200: {"model": SubmissionOne}})
def publish(engine: EngineDep, desk: DeskDep, submission_id: Id, body: Publication, _query: NoQuery) -> Response:
    """Publish it now, or at an hour; until then nothing of it can be read by anybody else."""
    if body.at is not None and body.at.tzinfo is None:
        raise Invalid("at names no time zone", problems=(Problem("body.at", "write 2026-11-30T09:00:00+03:00"),))
    with steps.step(engine, desk, submission_id) as (session, at):
        steps.publish(session, at, submission_id, plan=body.plan, at=body.at)
        return _after(session, desk, submission_id)


@router.post("/submissions/{submission_id}/withdraw", response_model=None, responses={200: {"model": SubmissionOne}})
def withdraw(engine: EngineDep, desk: DeskDep, submission_id: Id, _query: NoQuery) -> Response:
    """Take it back before it is published."""
    with steps.step(engine, desk, submission_id) as (session, at):
        steps.withdraw(session, at, submission_id)
        return _after(session, desk, submission_id)


def _after(session: Session, desk: Desk, submission_id: str) -> Response:
    session.flush()
    return private(envelope(meta(vintages.newest(session), 1), views.whole(session, desk.actor, submission_id)))
