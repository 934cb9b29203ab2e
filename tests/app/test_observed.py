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
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from app import logs
from app.db import writing
from app.main import create_app
from app.metrics import count_errors
from app.models import Task
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


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    """Lines are as before after a test that set them up."""
    root, ours = logging.getLogger(), logging.getLogger("citymark")
    handlers, level = list(root.handlers), ours.level
    yield
    root.handlers[:] = handlers
    ours.setLevel(level)


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


def _told(client: TestClient, series: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next((line.split()[-1] for line in lines if line.startswith(f"{series} ")), "0"))


def test_refused_sign_ins_are_counted_by_why(client: TestClient) -> None:
    wrong, often = (f'citymark_sign_ins_refused_total{{why="{why}"}}' for why in ("wrong", "too-many"))
    before = _told(client, wrong), _told(client, often)
    for _ in range(12):
        client.post("/sign-in", data={"email": "anna@kazan.example", "password": "no"})
    # Ten tries in a quarter of an hour are allowed for one address.
    assert (_told(client, wrong) - before[0], _told(client, often) - before[1]) == (10, 2)


def test_what_the_database_refuses_is_counted_by_its_kind(client: TestClient, database: Engine) -> None:
    series = 'citymark_database_errors_total{error="IntegrityError"}'
    before = _told(client, series)
    count_errors(database)
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(text("INSERT INTO edition (id) VALUES (NULL)"))
    assert _told(client, series) == before + 1


def test_submissions_are_counted_by_their_state(client: TestClient) -> None:
    states = ("draft", "checked", "submitted", "approved", "returned", "published", "withdrawn")
    said = client.get("/metrics").text
    assert [state for state in states if f'citymark_submissions{{state="{state}"}} 0.0' not in said] == []


def test_tasks_are_counted_and_the_oldest_has_its_age(client: TestClient, database: Engine) -> None:
    with writing(database) as session:
        for state, minutes in (("waiting", 5), ("failed", 60)):
            at = datetime.now(UTC) - timedelta(minutes=minutes)
            session.add(Task(kind="of a later version", key=state, arguments={}, state=state, created_at=at))
    counts = [
        _told(client, f'citymark_tasks{{state="{state}"}}') for state in ("waiting", "running", "done", "failed")
    ]
    assert counts == [1, 0, 0, 1]
    assert 300 <= _told(client, "citymark_task_oldest_seconds") < 3_000


def test_a_worker_that_was_killed_has_nothing_in_flight(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    values = MmapedDict(str(tmp_path / f"gauge_livesum_{ended.pid}.db"))  # type: ignore[no-untyped-call]
    values.write_value(json.dumps(["in_flight", "in_flight", {}, "help"]), 3.0, 0.0)  # type: ignore[no-untyped-call]
    values.close()  # type: ignore[no-untyped-call]
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert "in_flight" not in client.get("/metrics").text
    assert list(tmp_path.iterdir()) == []


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
    client.get(f"/api/v1/observations?city={SECRET}", headers={"Authorization": f"Bearer {SECRET}"})
    client.get(f"/city/{SECRET}?t={SECRET}", headers={"Cookie": f"citymark={SECRET}"})
    client.post("/sign-in", data={"email": f"{SECRET}@city.example", "password": SECRET})
    client.post("/api/v1/tokens", json={"name": SECRET})
    said = capsys.readouterr().err
    assert said.count("answered") == 4
    assert SECRET not in said


def test_a_line_of_json_names_its_request(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info")
    answer = client.get("/healthz", headers={"X-Request-Id": "from-the-proxy-1"})
    line = json.loads(capsys.readouterr().err.splitlines()[0])
    assert answer.headers["x-request-id"] == line["request"] == "from-the-proxy-1"
    assert (line["kind"], line["method"], line["status"]) == ("/healthz", "GET", 200)


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_traceback_is_told_without_values_of_people(
    database: Engine, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(form, "warning")
    add = text("INSERT INTO counted (key, amount, expires_at) VALUES (:key, 1, '2026-11-26')")
    try:
        with database.begin() as connection:
            connection.execute(add, {"key": SECRET})
            connection.execute(add, {"key": SECRET})
    except IntegrityError as error:
        logging.getLogger("citymark").error("for anna@kazan.example", exc_info=error)
        logging.getLogger("uvicorn.error").error("as the server says it", exc_info=ValueError("anna@kazan.example"))
    first, *more = capsys.readouterr().err.splitlines()
    said = "\n".join([first, *more])
    assert "IntegrityError" in said
    assert "(address)" in said
    assert SECRET not in said
    if form == "json":
        assert "IntegrityError" in json.loads(first)["traceback"]
        assert json.loads(more[0])["from"] == "uvicorn.error"


@pytest.mark.parametrize("given", ["", "short", "a b c d e f g h", "x" * 65, "evil\u00e9-injected"])
def test_a_name_that_is_none_is_replaced(client: TestClient, given: str) -> None:
    told = client.get("/healthz", headers={"X-Request-Id": given.encode("latin-1")}).headers["x-request-id"]
    assert told != given
    assert len(told) == 16


def test_a_process_that_is_stopping_says_so_and_still_answers(database_url: str, database: object) -> None:
    port = free_port()
    environment = {**os.environ, "CITYMARK_DATABASE_URL": database_url, "CITYMARK_DRAIN_S": "3"}
    command = [sys.executable, "-m", "ingest", "serve", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)

    def status(path: str) -> int:
        with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as line:
            line.request("GET", path)
            return line.getresponse().status

    try:
        wait_for(port)
        assert status("/readyz") == 200
        server.send_signal(signal.SIGTERM)
        while status("/readyz") == 200:
            time.sleep(0.01)
        assert (status("/readyz"), status("/healthz"), status("/api/v1/config")) == (503, 200, 200)
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) in (0, -signal.SIGTERM)
    finally:
        server.kill()
        server.wait()


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
