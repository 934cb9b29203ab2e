"""Spans reach a collector inside the caller's trace, without anything of a reader; missing packages are named."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from ingest.__main__ import main
from tests.servers import free_port

SECRET = "s3cr3t-Zq7Vx"
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector:
    """Takes what is sent to /v1/traces."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def spans(self) -> list[Span]:
        """All spans so far."""
        return [
            span
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    """A collector of this test and its address."""
    took = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            took.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield took, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_request_and_its_statements_are_spans_of_the_callers_trace(
    collector: tuple[Collector, str], database_url: str, database: object
) -> None:
    took, address = collector
    app = create_app(Settings(database_url=database_url, otlp_endpoint=address))
    with TestClient(app) as client:
        headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "Authorization": f"Bearer {SECRET}"}
        answer = client.get(f"/api/v1/observations?city={SECRET}", headers=headers)
    spans = took.spans()
    (request,) = (span for span in spans if span.name == "GET /api/observations")
    assert request.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == "b7ad6b7169203331"
    (status,) = (each.value.int_value for each in request.attributes if each.key == "http.response.status_code")
    assert status == answer.status_code == 422
    statements = [span for span in spans if span.parent_span_id == request.span_id]
    # SQLite is told where a reading begins.
    assert {span.name for span in statements} - {"BEGIN"} == {"SELECT"}
    assert not any(SECRET.encode() in body for body in took.bodies)


def test_a_collector_that_is_not_there_holds_no_answer_up(database_url: str, database: object) -> None:
    app = create_app(Settings(database_url=database_url, otlp_endpoint=f"http://127.0.0.1:{free_port()}"))
    with TestClient(app) as client:
        assert client.get("/api/v1/config").status_code == 200


def test_without_its_packages_the_start_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    monkeypatch.setenv("CITYMARK_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert main(["serve"]) == 2
    assert "pip install 'citymark[telemetry]'" in capsys.readouterr().err
