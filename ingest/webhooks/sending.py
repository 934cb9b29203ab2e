"""Sends what waits: at least once, each message under one id, with every try in the log.

What is to be told follows from the vintages themselves, so a publisher knows nothing of webhooks and nothing is lost
when a process ends: the next one that looks goes on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from app.client.retries import asked_s
from app.db import reading, taking_turns, writing
from app.errors import Invalid
from app.models import Vintage, Webhook, WebhookDelivery, WebhookTry
from ingest.guard import DIRECT, parsed, pinned, reachable
from ingest.webhooks.messages import PUBLISHED, TRIAL, body, generations, headers, next_try
from ingest.webhooks.subscriptions import USE, Policy, end_gone, new_delivery

log = logging.getLogger("citymark.webhooks")
TURN = "webhooks"
LOOK_EVERY_S = 2.0
# The whole of a try, however slowly an address answers.
ENDS_S = 15.0
AT_ONCE = 8
# As many as one look sends; the next look takes the rest.
MOST_AT_ONCE = 100
GONE = 410
MOST_LETTERS = 200


@dataclass(frozen=True)
class Waiting:
    """A message to be sent, with all that is needed for it."""

    id: str
    address: str
    secrets: Sequence[str]
    body: bytes


@dataclass(frozen=True)
class Outcome:
    """What came of one try: the status, or why there was none; `asked_s` is when the receiver wants to be asked."""

    id: str
    at: datetime
    duration_s: float
    status: int | None
    message: str = ""
    asked_s: float | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


def send_due(engine: Engine, policy: Policy, *, now: datetime) -> int:
    """Send what waits, where no other process does; how many messages were tried."""
    with reading(engine) as session:
        if not _has_work(session, now):
            return 0
    with taking_turns(engine, TURN) as is_ours:
        if not is_ours:
            return 0
        with writing(engine) as session:
            _add_deliveries(session, now)
        with reading(engine) as session:
            waiting = _waiting(session, policy, now)
        outcomes = asyncio.run(_all_tried(waiting, allow_private=policy.allow_private))
        with writing(engine) as session:
            for outcome in outcomes:
                _note(session, outcome)
    return len(outcomes)


def _has_work(session: Session, now: datetime) -> bool:
    newest = select(func.coalesce(func.max(Vintage.number), 0)).scalar_subquery()
    behind = select(Webhook.id).where(Webhook.ended_at.is_(None), Webhook.told < newest).limit(1)
    waits = select(WebhookDelivery.id).where(WebhookDelivery.state == "waiting", WebhookDelivery.next_at <= now)
    return session.scalar(select(or_(behind.exists(), waits.limit(1).exists()))) or False


def _add_deliveries(session: Session, now: datetime) -> None:
    """A message for every vintage an address has not been told of."""
    newest = session.scalar(select(func.max(Vintage.number))) or 0
    behind = select(Webhook).where(Webhook.ended_at.is_(None), Webhook.told < newest).with_for_update()
    for webhook in session.scalars(behind):
        missing = session.scalars(
            select(Vintage.number).where(Vintage.number > webhook.told).order_by(Vintage.number)
        )
        session.add_all(new_delivery(webhook.id, number, now) for number in missing)
        webhook.told = newest


def _waiting(session: Session, policy: Policy, now: datetime) -> list[Waiting]:
    query = (
        select(WebhookDelivery, Webhook, Vintage)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .outerjoin(Vintage, Vintage.number == WebhookDelivery.vintage)
        .where(WebhookDelivery.state == "waiting", WebhookDelivery.next_at <= now)
        .order_by(WebhookDelivery.next_at, WebhookDelivery.vintage)
        .limit(MOST_AT_ONCE)
    )
    return [
        Waiting(
            delivery.id,
            webhook.address,
            policy.secrets.signing(webhook.id, generations(webhook.generation, webhook.rotated_at, now)),
            _told(vintage, policy.public_url) if vintage else body(TRIAL, delivery.created_at, {}),
        )
        for delivery, webhook, vintage in session.execute(query)
    ]


def _told(vintage: Vintage, public_url: str) -> bytes:
    """What anybody may read of a vintage, and where to read the rest."""
    data: dict[str, Any] = {
        "vintage": vintage.number,
        "published_at": vintage.published_at.isoformat().replace("+00:00", "Z"),
        "kind": vintage.kind,
        "reason": vintage.reason,
        "simulated": vintage.is_simulated,
        **{name: getattr(vintage, name) for name in ("new", "revised", "withdrawn", "sha256")},
        "changes": f"{public_url}/api/v1/changes?since={vintage.number - 1}",
    }
    return body(PUBLISHED, vintage.published_at, data)


async def _all_tried(waiting: Sequence[Waiting], *, allow_private: bool) -> list[Outcome]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def tried(message: Waiting) -> Outcome:
        async with gate:
            return await _tried(message, allow_private=allow_private)

    return list(await asyncio.gather(*map(tried, waiting)))


async def _tried(message: Waiting, *, allow_private: bool) -> Outcome:
    at, began = datetime.now(UTC), time.monotonic()
    status, said, asked = None, "", None
    try:
        async with asyncio.timeout(ENDS_S):
            status, retry_after = await _posted(message, at, allow_private=allow_private)
        asked = asked_s(retry_after, at) if retry_after else None
        said = "redirects are not followed" if 300 <= status < 400 else ""
    except TimeoutError:
        said = f"no answer within {ENDS_S:.0f} s"
    except Invalid as error:
        said = error.message
    except httpx2.HTTPError as error:
        said = str(error) or type(error).__name__
    return Outcome(message.id, at, round(time.monotonic() - began, 3), status, said[:MOST_LETTERS], asked)


async def _posted(message: Waiting, at: datetime, *, allow_private: bool) -> tuple[int, str | None]:
    """The status of one try and its Retry-After; what else the address answers is neither read nor kept."""
    url = parsed(message.address, USE)
    numbers = await asyncio.to_thread(reachable, url, allow_private=allow_private, use=USE)
    target, host, extensions = pinned(url, numbers[0] if numbers else None)
    sent = {**headers(message.secrets, message.id, at, message.body), **host}
    async with (
        httpx2.AsyncClient(timeout=ENDS_S, mounts=DIRECT if numbers else None) as client,
        client.stream("POST", target, content=message.body, headers=sent, extensions=extensions) as answer,
    ):
        return answer.status_code, answer.headers.get("Retry-After")


def _note(session: Session, outcome: Outcome) -> None:
    delivery = session.get(WebhookDelivery, outcome.id, with_for_update=True)
    if delivery is None:
        return
    before = session.scalar(
        select(func.coalesce(func.max(WebhookTry.number), 0)).where(WebhookTry.delivery_id == outcome.id)
    )
    facts = {name: getattr(outcome, name) for name in ("at", "duration_s", "status", "message")}
    session.add(WebhookTry(delivery_id=outcome.id, number=(before or 0) + 1, **facts))
    if delivery.state != "waiting":
        # It was ended meanwhile.
        return
    delivery.tries += 1
    delivery.next_at = None if outcome.is_delivered else next_try(delivery.tries, outcome.asked_s, outcome.at)
    if outcome.is_delivered:
        delivery.state = "delivered"
    elif outcome.status == GONE:
        end_gone(session, delivery.webhook_id, now=outcome.at)
    elif delivery.next_at is None:
        delivery.state = "failed"
        log.warning("webhook %s: %s was not delivered in %s tries", delivery.webhook_id, outcome.id, delivery.tries)
