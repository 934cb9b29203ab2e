"""Webhooks: who is told, since when, and the log of what was sent. For administrators; every change is audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import audit
from app.access import SYSTEM, Action, Actor, require
from app.errors import Conflict, Invalid, NotFound, Problem
from app.models import Vintage, Webhook, WebhookDelivery, WebhookTry
from ingest.guard import Use, parsed
from ingest.webhooks.messages import Secrets

USE = Use(
    "webhook",
    "set CITYMARK_WEBHOOKS_PRIVATE if that is meant",
    "messages are signed, the receiver needs no other proof",
)
MOST_WEBHOOKS = 50
MOST_LETTERS = 2_000


@dataclass(frozen=True)
class Policy:
    """What this installation allows; without a key (the present one stands first) there are no webhooks."""

    keys: tuple[str, ...] = ()
    allow_private: bool = False
    public_url: str = ""

    @property
    def secrets(self) -> Secrets:
        """Where secrets come from; Conflict says what is missing."""
        if not self.keys:
            raise Conflict("webhooks are signed with a secret of this installation: set CITYMARK_SECRET_KEY")
        return Secrets(*self.keys)


@dataclass(frozen=True)
class Told:
    """A webhook with what became of its messages: how many wait and failed, when the last one arrived."""

    webhook: Webhook
    waiting: int
    failed: int
    delivered_at: datetime | None


@dataclass(frozen=True)
class Sent:
    """A message of the log with its tries."""

    delivery: WebhookDelivery
    tries: Sequence[WebhookTry]


def add(
    session: Session, actor: Actor, policy: Policy, address: str, name: str, *, now: datetime
) -> tuple[Webhook, str]:
    """A new webhook and its secret; it is told of what is published from now on. Invalid names what is wrong."""
    require(actor, Action.MANAGE_WEBHOOKS)
    secrets, name = policy.secrets, " ".join(name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Invalid("a webhook has a name of 1 to 80 characters", problems=(Problem("name", "1 to 80 characters"),))
    _refuse_address(address, policy)
    active = session.scalar(select(func.count()).select_from(Webhook).where(Webhook.ended_at.is_(None))) or 0
    if active >= MOST_WEBHOOKS:
        raise Invalid(f"{MOST_WEBHOOKS} webhooks are the most: end one first")
    newest = session.scalar(select(func.max(Vintage.number))) or 0
    webhook = Webhook(name=name, address=address, generation=1, told=newest, created_at=now, created_by=actor.name)
    session.add(webhook)
    session.flush()
    _record(session, actor, "add_webhook", webhook, now)
    return webhook, secrets.of(webhook.id, webhook.generation)


def _refuse_address(address: str, policy: Policy) -> None:
    url = parsed(address, USE)
    if len(address) > MOST_LETTERS:
        raise Invalid(f"an address has at most {MOST_LETTERS} characters", problems=(Problem("address", "too long"),))
    if url.scheme != "https" and not policy.allow_private:
        message = "an address begins with https:// (http is for private networks: CITYMARK_WEBHOOKS_PRIVATE)"
        raise Invalid(message, problems=(Problem("address", message),))


def rotate(session: Session, actor: Actor, policy: Policy, webhook_id: int, *, now: datetime) -> tuple[Webhook, str]:
    """Another secret; for a day messages are signed with both."""
    webhook = _active(session, actor, webhook_id)
    secret = policy.secrets.of(webhook.id, webhook.generation + 1)
    webhook.generation, webhook.rotated_at = webhook.generation + 1, now
    _record(session, actor, "rotate_webhook", webhook, now)
    return webhook, secret


def end(session: Session, actor: Actor, webhook_id: int, *, now: datetime) -> Webhook:
    """Tell it nothing more: what waits is dropped, its log stays."""
    webhook = _active(session, actor, webhook_id)
    _ended(session, actor, webhook, now)
    return webhook


def end_gone(session: Session, webhook_id: int, *, now: datetime) -> None:
    """The same for a receiver that answers 410, which is how it says that it wants no more."""
    _ended(session, SYSTEM, session.get_one(Webhook, webhook_id), now, {"because": "it answered 410"})


def _ended(
    session: Session, actor: Actor, webhook: Webhook, now: datetime, details: dict[str, audit.Detail] | None = None
) -> None:
    webhook.ended_at = now
    waiting = (WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state == "waiting")
    session.execute(update(WebhookDelivery).where(*waiting).values(state="dropped", next_at=None))
    _record(session, actor, "end_webhook", webhook, now, details)


def trial(session: Session, actor: Actor, webhook_id: int, *, now: datetime) -> WebhookDelivery:
    """Send a message of no consequence at once, to see that it arrives."""
    webhook = _active(session, actor, webhook_id)
    delivery = new_delivery(webhook.id, None, now)
    session.add(delivery)
    session.flush()
    _record(session, actor, "try_webhook", webhook, now)
    return delivery


def again(session: Session, actor: Actor, webhook_id: int, delivery_id: str, *, now: datetime) -> WebhookDelivery:
    """Send a message once more, with all its tries before it; Conflict while it is waiting anyway."""
    webhook = _active(session, actor, webhook_id)
    delivery = session.get(WebhookDelivery, delivery_id)
    if delivery is None or delivery.webhook_id != webhook_id:
        raise NotFound(f"webhook {webhook_id} was never sent {delivery_id}")
    if delivery.state == "waiting":
        raise Conflict(f"{delivery_id} is waiting to be sent")
    delivery.state, delivery.tries, delivery.next_at = "waiting", 0, now
    _record(session, actor, "resend_webhook", webhook, now, {"delivery": delivery_id})
    return delivery


def webhooks(session: Session, actor: Actor) -> list[Told]:
    """All of them, the newest first, those that have ended among them."""
    require(actor, Action.MANAGE_WEBHOOKS)
    counted = select(WebhookDelivery.webhook_id, WebhookDelivery.state, func.count()).group_by(
        WebhookDelivery.webhook_id, WebhookDelivery.state
    )
    counts = {(webhook, state): count for webhook, state, count in session.execute(counted)}
    arrived = (
        select(WebhookDelivery.webhook_id, func.max(WebhookTry.at))
        .join(WebhookTry, WebhookTry.delivery_id == WebhookDelivery.id)
        .where(WebhookTry.status.between(200, 299))
        .group_by(WebhookDelivery.webhook_id)
    )
    last: dict[int, datetime] = {webhook: at for webhook, at in session.execute(arrived)}
    found = session.scalars(select(Webhook).order_by(Webhook.id.desc()))
    return [
        Told(each, counts.get((each.id, "waiting"), 0), counts.get((each.id, "failed"), 0), last.get(each.id))
        for each in found
    ]


def log_of(session: Session, actor: Actor, webhook_id: int, *, limit: int) -> list[Sent]:
    """The newest messages of one webhook with every try."""
    require(actor, Action.MANAGE_WEBHOOKS)
    if session.get(Webhook, webhook_id) is None:
        raise NotFound(f"there is no webhook {webhook_id}")
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    found = list(session.scalars(query.order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id).limit(limit)))
    tries = select(WebhookTry).where(WebhookTry.delivery_id.in_([each.id for each in found]))
    by_message: dict[str, list[WebhookTry]] = {}
    for each in session.scalars(tries.order_by(WebhookTry.at, WebhookTry.number)):
        by_message.setdefault(each.delivery_id, []).append(each)
    return [Sent(each, by_message.get(each.id, [])) for each in found]


def new_delivery(webhook_id: int, vintage: int | None, now: datetime) -> WebhookDelivery:
    """A message that waits to be sent at once."""
    return WebhookDelivery(
        id=f"msg_{uuid4().hex}",
        webhook_id=webhook_id,
        vintage=vintage,
        state="waiting",
        tries=0,
        created_at=now,
        next_at=now,
    )


def _active(session: Session, actor: Actor, webhook_id: int) -> Webhook:
    require(actor, Action.MANAGE_WEBHOOKS)
    webhook = session.get(Webhook, webhook_id)
    if webhook is None:
        raise NotFound(f"there is no webhook {webhook_id}")
    if webhook.ended_at is not None:
        raise Conflict(f"webhook {webhook_id} has ended: add it anew")
    return webhook


def _record(
    session: Session,
    actor: Actor,
    action: str,
    webhook: Webhook,
    now: datetime,
    details: dict[str, audit.Detail] | None = None,
) -> None:
    # The path of an address is often its secret: the audit chain names the host alone.
    host: dict[str, audit.Detail] = {"host": parsed(webhook.address, USE).host}
    audit.record(
        session, actor, action, kind="webhook", key=str(webhook.id), now=now, details={**host, **(details or {})}
    )
