"""`/metrics` for Prometheus: of this process, or of all workers where they share PROMETHEUS_MULTIPROC_DIR."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import Engine, event, func, select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.domain.submission import State
from app.models import Submission, Task, WebhookDelivery
from app.models.tasks import TASK_STATES
from app.models.webhooks import STATES
from app.observed import DATABASE_ERRORS
from app.queries.freshness import freshness
from app.replicas import Published

LOCAL = ("127.0.0.1", "::1")
Stateful = Submission | WebhookDelivery | Task
STANDING: tuple[tuple[type[Stateful], Sequence[str]], ...] = (
    (Submission, tuple(State)),
    (WebhookDelivery, STATES),
    (Task, TASK_STATES),
)


def count_errors(engine: Engine) -> None:
    """Count what the database refuses from now on, by the kind of error alone."""

    @event.listens_for(engine, "handle_error")
    def _(context: ExceptionContext) -> None:
        DATABASE_ERRORS.labels(type(context.sqlalchemy_exception or context.original_exception).__name__).inc()


class _OfDatabase(Collector):
    """What is asked of the database when somebody looks."""

    def __init__(self, published: Published) -> None:
        self.published, self.engine = published, published.primary

    def collect(self) -> Iterator[Metric]:
        try:
            vintage, is_up = freshness(self.engine).vintage, 1
            standing, told, tasks = (_standing(self.engine, *each) for each in STANDING)
            age_s = _oldest_s(self.engine, datetime.now(UTC))
        except SQLAlchemyError:
            vintage, standing, told, tasks, age_s, is_up = 0, {}, {}, {}, 0.0, 0
        yield GaugeMetricFamily("citymark_database_up", "Whether the database answers.", value=is_up)
        yield GaugeMetricFamily("citymark_vintage", "The newest vintage.", value=vintage)
        replicas = GaugeMetricFamily("citymark_replicas", "Replicas by how they are.", labels=["state"])
        for state, count in Counter(self.published.states()[1:]).items():
            replicas.add_metric([state], count)
        yield replicas
        yield _by_state("citymark_submissions", "Submissions by their state.", standing)
        yield _by_state("citymark_webhook_deliveries", "Messages by their state.", told)
        yield _by_state("citymark_tasks", "What workers have to do, by its state.", tasks)
        yield GaugeMetricFamily(
            "citymark_task_oldest_seconds", "How long the oldest task that is not done has waited.", value=age_s
        )


def _by_state(name: str, words: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family


def _standing(engine: Engine, table: type[Stateful], states: Sequence[str]) -> dict[str, int]:
    """How many rows of a table stand in each state."""
    query = select(table.state, func.count()).group_by(table.state)
    with engine.connect() as connection:
        found = {state: count for state, count in connection.execute(query)}
    return {state: found.get(state, 0) for state in states}


def _oldest_s(engine: Engine, now: datetime) -> float:
    query = select(func.min(Task.created_at)).where(Task.state.in_(("waiting", "running")))
    with engine.connect() as connection:
        oldest = connection.scalar(query)
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def _forget_the_dead(folder: Path) -> None:
    """A worker that was killed has no request in flight any more."""
    for file in folder.glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call] # the library's own


def metrics(request: Request) -> Response:
    """Counts and times; for this machine alone unless the installation says otherwise."""
    for_whom = request.app.state.metrics
    client = request.client.host if request.client else ""
    if for_whom == "off" or (for_whom == "local" and (client not in LOCAL or "x-forwarded-for" in request.headers)):
        return PlainTextResponse("not here\n", 404)
    registry = CollectorRegistry()
    registry.register(_OfDatabase(request.app.state.published))
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        _forget_the_dead(Path(folder))
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library's own
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(REGISTRY) + generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
