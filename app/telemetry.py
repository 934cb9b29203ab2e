"""OpenTelemetry where it is asked for: a span a request, and in it one a statement.

A span says the kind of address and the statement with its placeholders: no address, query, value or name of a reader.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Invalid
from app.observed import kind_of, method_of, request_id

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

#: Longest wait for the collector, in seconds; it is waited for by a thread that answers nobody.
TIMEOUT_S = 5
LONGEST_STATEMENT = 2_000


def provider(endpoint: str) -> TracerProvider:
    """What sends spans to the collector at `endpoint`, as `http://host:4318`; Invalid says what is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise Invalid(
            f"CITYMARK_OTLP_ENDPOINT is set and {error.name} is not installed: "
            "pip install 'citymark[telemetry]', or leave the setting empty"
        ) from error
    named = Resource.create({"service.name": "citymark", "service.version": version("citymark")})
    made = TracerProvider(resource=named)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=TIMEOUT_S)
    made.add_span_processor(BatchSpanProcessor(exporter))
    return made


class Traced:
    """Makes every request a span, part of the trace that the caller names by `traceparent`."""

    def __init__(self, app: ASGIApp, *, tracer: Tracer) -> None:
        self.app = app
        self.tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        caller = TraceContextTextMapPropagator().extract(_named(scope))
        kind, method = kind_of(scope["path"]), method_of(scope)
        said = {"http.request.method": method, "http.route": kind, "citymark.request_id": request_id.get()}
        with self.tracer.start_as_current_span(
            f"{method} {kind}",
            caller,
            SpanKind.SERVER,
            said,
            # The words of an error may hold what a reader sent; the log has them, cleaned.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            async def watched(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            await self.app(scope, receive, watched)


def _named(scope: Scope) -> dict[str, str]:
    wanted = (b"traceparent", b"tracestate")
    return {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in wanted}


def trace_statements(engine: Engine, tracer: Tracer) -> None:
    """Make every statement that a request needs a span of its own."""
    from opentelemetry.trace import SpanKind, StatusCode, get_current_span

    system = engine.dialect.name

    def begun(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        if not get_current_span().get_span_context().is_valid:
            return
        operation = (statement.split(None, 1) or ["?"])[0].upper()
        said = {"db.system.name": system, "db.operation.name": operation}
        said["db.query.text"] = statement[:LONGEST_STATEMENT]
        context.citymark_span = tracer.start_span(operation, kind=SpanKind.CLIENT, attributes=said)

    def ended(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        if (span := getattr(context, "citymark_span", None)) is not None:
            span.end()

    def failed(context: Any) -> None:
        if (span := getattr(context.execution_context, "citymark_span", None)) is not None:
            span.set_status(StatusCode.ERROR)
            span.end()

    event.listen(engine, "before_cursor_execute", begun)
    event.listen(engine, "after_cursor_execute", ended)
    event.listen(engine, "handle_error", failed)
