"""What a web process does beside answering; where workers are there for that, what they do."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from ingest.background import Repeated
from ingest.submissions import due
from ingest.tasks import working
from ingest.tasks.deeds import means_of
from ingest.tasks.working import Worker
from ingest.upload.command import limits_of
from ingest.webhooks import sending
from ingest.webhooks.command import policy_of

if TYPE_CHECKING:
    from app.settings import Settings


def beside(engine: Engine, settings: Settings) -> list[Repeated]:
    """Every process looks, the first to lock or to take a thing does it."""
    limits, policy, is_over = limits_of(settings), policy_of(settings), Event()
    worker = Worker(means_of(engine, settings), is_over=is_over)
    return [
        Repeated("publications at their hour", due.LOOK_EVERY_S, lambda now: due.run_due(engine, limits, now=now)),
        Repeated("webhooks", sending.LOOK_EVERY_S, lambda now: sending.send_due(engine, policy, now=now)),
        Repeated("tasks", working.LOOK_EVERY_S, lambda _: worker.work(), is_over=is_over),
    ]
