"""`/metrics` for Prometheus: of this process, or of all workers where they share PROMETHEUS_MULTIPROC_DIR."""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.queries.freshness import freshness

LOCAL = ("127.0.0.1", "::1")


class _OfDatabase(Collector):
    """What is asked of the database when somebody looks."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def collect(self) -> Iterator[Metric]:
        try:
            vintage, is_up = freshness(self.engine).vintage, 1
        except SQLAlchemyError:
            vintage, is_up = 0, 0
        yield GaugeMetricFamily("citymark_database_up", "Whether the database answers.", value=is_up)
        yield GaugeMetricFamily("citymark_vintage", "The newest vintage.", value=vintage)


def metrics(request: Request) -> Response:
    """Counts and times; for this machine alone unless the installation says otherwise."""
    for_whom = request.app.state.metrics
    client = request.client.host if request.client else ""
    if for_whom == "off" or (for_whom == "local" and (client not in LOCAL or "x-forwarded-for" in request.headers)):
        return PlainTextResponse("not here\n", 404)
    registry = CollectorRegistry()
    registry.register(_OfDatabase(request.app.state.engine))
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library's own
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(REGISTRY) + generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
