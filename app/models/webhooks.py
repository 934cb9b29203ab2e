"""Who is told of publications over HTTP, and what became of each telling."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UTCDateTime

STATES = ("waiting", "delivered", "failed", "dropped")


class Webhook(Base):
    """An address that is told of every vintage after `told`; its secret follows from `generation` and is not kept."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    generation: Mapped[int] = mapped_column(default=1)
    rotated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    told: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class WebhookDelivery(Base):
    """One message to one address: of a vintage, or a trial without one. `id` is what the receiver knows it by."""

    __tablename__ = "webhook_delivery"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    vintage: Mapped[int | None] = mapped_column(ForeignKey("vintage.number"))
    state: Mapped[str] = mapped_column(String(12))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        UniqueConstraint("webhook_id", "vintage"),
        Index("ix_webhook_delivery_due", "state", "next_at"),
        CheckConstraint(f"state IN {STATES}", name="state"),
    )


class WebhookTry(Base):
    """One try to deliver: what the address answered, or why there was no answer; its words are not kept."""

    __tablename__ = "webhook_try"

    delivery_id: Mapped[str] = mapped_column(ForeignKey("webhook_delivery.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    duration_s: Mapped[float]
    status: Mapped[int | None]
    message: Mapped[str] = mapped_column(Text, default="")
