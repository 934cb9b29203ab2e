"""What operators see: counts by kind, lines without anything of a reader, metrics for those who may, a clean stop."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import logs
from app.main import create_app
from app.observed import kind_of
from app.settings import Settings
from tests.conftest import ROOT
from tests.servers import free_port, wait_for

SECRET = "s3cr3t-Zq7Vx"


@pytest.fixture
def client(database_url: str, database: object) -> Iterator[TestClient]:
    app = create_app(Settings(database_url=database_url))
    with TestClient(app, client=("127.0.0.1", 4000), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "/"),
        ("/city/ru-kazan", "/city"),
        ("/api/v1/observations/ru-kazan/X/2024/history", "/api/observations"),
        ("/api/v1/" + SECRET, "/api/other"),
        ("/api/openapi.json", "/api/openapi.json"),
        ("/sdmx/data/FIGURES", "/sdmx"),
        ("/wp-login.php", "other"),
        ("//", "other"),
    ],
)
def test_an_address_is_counted_under_its_kind(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_metrics_count_requests_and_tell_the_vintage(client: TestClient) -> None:
    def count() -> float:
        wanted = 'citymark_requests_total{kind="/api/config",method="GET",status="200"} '
        lines = client.get("/metrics").text.splitlines()
        return float(next((line.removeprefix(wanted) for line in lines if line.startswith(wanted)), "0"))

    before = count()
    for _ in range(3):
        client.get("/api/v1/config")
    assert count() == before + 3
    assert "citymark_vintage 0.0" in client.get("/metrics").text


@pytest.mark.parametrize(
    ("mode", "address", "header", "status"),
    [
        ("local", "127.0.0.1", {}, 200),
        ("local", "10.0.0.9", {}, 404),
        ("local", "127.0.0.1", {"X-Forwarded-For": "10.0.0.9"}, 404),
        ("open", "10.0.0.9", {}, 200),
        ("off", "127.0.0.1", {}, 404),
    ],
)
def test_metrics_are_for_those_the_installation_names(
    database_url: str, database: object, mode: str, address: str, header: dict[str, str], status: int
) -> None:
    settings = Settings(database_url=database_url, metrics=mode)  # type: ignore[arg-type] # one of three
    with TestClient(create_app(settings), client=(address, 4000)) as client:
        assert client.get("/metrics", headers=header).status_code == status


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_line_holds_a_secret(client: TestClient, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(form, "debug")
    try:
        client.get(f"/api/v1/observations?city={SECRET}", headers={"Authorization": f"Bearer {SECRET}"})
        client.get(f"/city/{SECRET}?t={SECRET}", headers={"Cookie": f"citymark={SECRET}"})
        client.post("/sign-in", data={"email": f"{SECRET}@city.example", "password": SECRET})
        client.post("/api/v1/tokens", json={"name": SECRET})
        said = capsys.readouterr().err
    finally:
        logging.getLogger("citymark").handlers.clear()
        logging.getLogger("citymark").propagate = True
    assert said.count("answered") == 4
    assert SECRET not in said


def test_a_line_of_json_names_its_request(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info")
    try:
        answer = client.get("/healthz", headers={"X-Request-Id": "from-the-proxy-1"})
        line = json.loads(capsys.readouterr().err.splitlines()[0])
    finally:
        logging.getLogger("citymark").handlers.clear()
        logging.getLogger("citymark").propagate = True
    assert answer.headers["x-request-id"] == line["request"] == "from-the-proxy-1"
    assert (line["kind"], line["method"], line["status"]) == ("/healthz", "GET", 200)


@pytest.mark.parametrize("given", ["", "short", "a b c d e f g h", "x" * 65, "evil\u00e9-injected"])
def test_a_name_that_is_none_is_replaced(client: TestClient, given: str) -> None:
    told = client.get("/healthz", headers={"X-Request-Id": given.encode("latin-1")}).headers["x-request-id"]
    assert told != given
    assert len(told) == 16


def test_sigterm_lets_a_request_in_flight_end(database_url: str, database: object, tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "CITYMARK_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "ingest", "serve", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        body = b"sha256=" + b"0" * 64
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            head = "POST /receipt HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n\r\n"
            line.sendall(head.format(len(body), "Content-Type: application/x-www-form-urlencoded").encode())
            time.sleep(0.5)
            server.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            line.sendall(body)
            assert line.recv(12) == b"HTTP/1.1 200"
        assert server.wait(20) in (0, -signal.SIGTERM)
    finally:
        server.kill()
        server.wait()
