"""Webhooks over HTTP, for administrators: who is told of publications, and what became of each message."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.answers import (
    CONFLICT_RESPONSE,
    NOT_FOUND_RESPONSE,
    PRIVATE_RESPONSES,
    PROBLEM_RESPONSES,
    Meta,
    envelope,
    json_answer,
    meta,
    private,
)
from app.api.deps import ActorDep, LimitsDep, NoQuery, NowDep, Parameters, SessionDep, WritingDep
from app.queries import vintages
from ingest.webhooks import subscriptions
from ingest.webhooks.subscriptions import Policy, Sent, Told

router = APIRouter(tags=["webhooks"], responses=PROBLEM_RESPONSES | PRIVATE_RESPONSES)


class WebhookRow(BaseModel):
    """A webhook, never with its secret."""

    id: int
    name: str
    address: str
    created_at: datetime
    created_by: str
    rotated_at: datetime | None
    ended_at: datetime | None
    told: int = Field(description="The newest vintage a message was made for.")
    waiting: int = Field(description="Messages that wait for their next try.")
    failed: int = Field(description="Messages that were tried enough.")
    delivered_at: datetime | None


class WebhookSecret(BaseModel):
    """A webhook's number and its secret, for the receiver: it is shown this once."""

    id: int
    secret: str = Field(examples=["whsec_…"])


class TryRow(BaseModel):
    """One try: the status the address answered, or why there was none."""

    number: int
    at: datetime
    duration_s: float
    status: int | None
    message: str


class DeliveryRow(BaseModel):
    """One message and every try."""

    id: str = Field(examples=["msg_5f0c…"])
    vintage: int | None = Field(description="Null for a trial.")
    state: Literal["waiting", "delivered", "failed", "dropped"]
    created_at: datetime
    next_at: datetime | None
    tries: list[TryRow]


class WebhookList(BaseModel):
    """Webhooks, the newest first."""

    meta: Meta
    data: list[WebhookRow]


class WebhookMade(BaseModel):
    """A secret just made."""

    meta: Meta
    data: WebhookSecret


class WebhookNumber(BaseModel):
    """A webhook by its number."""

    id: int


class WebhookEnded(BaseModel):
    """A webhook that is told nothing more."""

    meta: Meta
    data: WebhookNumber


class DeliveryMade(BaseModel):
    """A message that waits to be sent."""

    meta: Meta
    data: DeliveryRow


class DeliveryList(BaseModel):
    """Messages of one webhook, the newest first."""

    meta: Meta
    data: list[DeliveryRow]


class WebhookWish(BaseModel):
    """Whom to tell."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=80, examples=["statistics portal"])
    address: str = Field(min_length=1, max_length=2_000, examples=["https://portal.example/hooks/citymark"])


class LogParameters(Parameters):
    """How much of the log."""

    limit: int | None = Field(None, ge=1)


def _policy(request: Request) -> Policy:
    policy: Policy = request.app.state.webhooks
    return policy


PolicyDep = Annotated[Policy, Depends(_policy)]
WebhookId = Annotated[int, Path(ge=1, lt=2**31)]
DeliveryId = Annotated[str, Path(pattern=r"^msg_[0-9a-f]{32}$", examples=["msg_" + "0" * 32])]


@router.get("/webhooks", response_model=None, responses={200: {"model": WebhookList}})
def list_webhooks(session: SessionDep, actor: ActorDep, _query: NoQuery) -> Response:
    """Who is told of publications."""
    rows = [_row(told) for told in subscriptions.webhooks(session, actor)]
    return private(envelope(meta(vintages.newest(session), len(rows)), rows))


@router.post(
    "/webhooks", status_code=201, response_model=None, responses={201: {"model": WebhookMade}, **CONFLICT_RESPONSE}
)
def add_webhook(
    session: WritingDep, actor: ActorDep, now: NowDep, policy: PolicyDep, wish: WebhookWish, _query: NoQuery
) -> Response:
    """Tell this address of every publication from now on; the secret of its messages is in this answer alone."""
    webhook, secret = subscriptions.add(session, actor, policy, wish.address, wish.name, now=now)
    return _made(session, {"id": webhook.id, "secret": secret})


@router.delete(
    "/webhooks/{webhook_id}",
    response_model=None,
    responses={200: {"model": WebhookEnded}, **NOT_FOUND_RESPONSE, **CONFLICT_RESPONSE},
)
def end_webhook(
    session: WritingDep, actor: ActorDep, now: NowDep, webhook_id: WebhookId, _query: NoQuery
) -> Response:
    """Tell it nothing more; its log stays."""
    webhook = subscriptions.end(session, actor, webhook_id, now=now)
    return private(envelope(meta(vintages.newest(session), 1), {"id": webhook.id}))


@router.post(
    "/webhooks/{webhook_id}/rotate",
    status_code=201,
    response_model=None,
    responses={201: {"model": WebhookMade}, **NOT_FOUND_RESPONSE, **CONFLICT_RESPONSE},
)
def rotate_secret(
    session: WritingDep, actor: ActorDep, now: NowDep, policy: PolicyDep, webhook_id: WebhookId, _query: NoQuery
) -> Response:
    """Another secret; for a day messages carry the signatures of both."""
    webhook, secret = subscriptions.rotate(session, actor, policy, webhook_id, now=now)
    return _made(session, {"id": webhook.id, "secret": secret})


@router.post(
    "/webhooks/{webhook_id}/trial",
    status_code=201,
    response_model=None,
    responses={201: {"model": DeliveryMade}, **NOT_FOUND_RESPONSE, **CONFLICT_RESPONSE},
)
def send_trial(session: WritingDep, actor: ActorDep, now: NowDep, webhook_id: WebhookId, _query: NoQuery) -> Response:
    """Send a message of no consequence at once."""
    return _made(session, _sent(Sent(subscriptions.trial(session, actor, webhook_id, now=now), [])))


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    response_model=None,
    responses={200: {"model": DeliveryList}, **NOT_FOUND_RESPONSE},
)
def list_deliveries(
    session: SessionDep,
    actor: ActorDep,
    limits: LimitsDep,
    webhook_id: WebhookId,
    query: Annotated[LogParameters, Query()],
) -> Response:
    """The newest messages with every try."""
    limit = min(query.limit or limits.default_page_rows, limits.max_page_rows)
    rows = [_sent(each) for each in subscriptions.log_of(session, actor, webhook_id, limit=limit)]
    return private(envelope(meta(vintages.newest(session), len(rows)), rows))


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/again",
    status_code=201,
    response_model=None,
    responses={201: {"model": DeliveryMade}, **NOT_FOUND_RESPONSE, **CONFLICT_RESPONSE},
)
def send_again(
    session: WritingDep,
    actor: ActorDep,
    now: NowDep,
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
    _query: NoQuery,
) -> Response:
    """Send a message once more, under the id it has."""
    delivery = subscriptions.again(session, actor, webhook_id, delivery_id, now=now)
    return _made(session, _sent(Sent(delivery, [])))


def _made(session: SessionDep, data: dict[str, Any]) -> Response:
    return private(json_answer({"meta": meta(vintages.newest(session), 1), "data": data}, 201))


def _row(told: Told) -> dict[str, Any]:
    own = {name: getattr(told, name) for name in ("waiting", "failed", "delivered_at")}
    return {name: own[name] if name in own else getattr(told.webhook, name) for name in WebhookRow.model_fields}


def _sent(sent: Sent) -> dict[str, Any]:
    tries = [{name: getattr(each, name) for name in TryRow.model_fields} for each in sent.tries]
    own = {name: getattr(sent.delivery, name) for name in DeliveryRow.model_fields if name != "tries"}
    return {**own, "tries": tries}
