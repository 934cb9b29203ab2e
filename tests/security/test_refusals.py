"""What is refused is a line for whoever runs the program: without names, and no text of a stranger can forge one."""

from __future__ import annotations

import json
import logging

import pytest
from starlette.testclient import TestClient

from app import logs
from app.main import create_app
from app.settings import Settings
from tests.dashboard.served.conftest import PASSWORD


@pytest.fixture
def browser(peopled: str, caplog: pytest.LogCaptureFixture) -> TestClient:
    caplog.set_level(logging.WARNING)
    return TestClient(create_app(Settings(database_url=peopled)), raise_server_exceptions=False)


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, object]]:
    return [(record.getMessage(), getattr(record, "said", None)) for record in caplog.records]


def test_refused_sign_ins_and_rights_are_lines_without_names(
    browser: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    browser.post("/sign-in", data={"email": "somebody@city.example", "password": "wrong"})
    browser.post("/sign-in", data={"email": "kazan@city.example", "password": PASSWORD})
    assert browser.get("/admin").status_code == 403
    assert browser.get("/api/v1/audit").status_code == 403
    said = told(caplog)
    assert said[0] == ("sign-in refused", {"why": "wrong"})
    assert said[1][0] == "refused: this account may not"
    assert isinstance(said[1][1], dict)
    assert isinstance(said[1][1]["account"], int)
    assert said[2] == ("refused", {"code": "forbidden"})
    assert not any(name in str(said) for name in ("somebody", "kazan", PASSWORD))


def test_what_another_site_sends_is_a_line(browser: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    assert browser.post("/sign-out", headers={"Origin": "https://evil.example"}).status_code == 403
    assert told(caplog) == [("refused: sent from the page of another site", None)]


def test_an_unforeseen_error_is_a_line_with_its_reference(
    browser: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> None:
        raise RuntimeError("a cause")

    monkeypatch.setattr("migrations.newest_revision", failing)
    answer = browser.get("/readyz")
    assert answer.status_code == 500
    (record,) = caplog.records
    reference = record.getMessage().rpartition(" ")[2]
    assert reference in answer.json()["detail"]
    assert record.exc_info


def test_a_line_cannot_be_made_two() -> None:
    """As JSON whatever a stranger sends stays inside one text of one line."""
    record = logging.LogRecord("citymark", logging.WARNING, "", 0, "%s", ('a\n{"level": "error"}\r\x1b[2J',), None)
    line = logs.JsonLines().format(record)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["level"] == "warning"
    assert "\x1b" not in line
