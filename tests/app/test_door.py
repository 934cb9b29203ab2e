"""The door: what another site made a browser send is refused, everything carries its headers."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.main import create_app
from app.settings import Settings

GOOD = {"CITYMARK_SECRET_KEY": "Zx8-u2Kq_7vB1nM4sD9fG6hJ3kL5pQ0w", "CITYMARK_PUBLIC_URL": "https://city.example"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return TestClient(create_app(Settings(database_url=f"sqlite:///{tmp_path / 'x.db'}")))


@pytest.mark.parametrize("path", ["/api/v1/tokens", "/_dash-update-component", "/healthz", "/nowhere"])
@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, False),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, True),
    ],
)
def test_only_our_own_pages_and_programs_change_anything(
    client: TestClient, path: str, headers: dict[str, str], is_ours: bool
) -> None:
    answer = client.post(path, headers=headers, json={})
    is_refused = answer.status_code == 403 and "cross-site" in answer.text
    assert is_refused is not is_ours
    assert client.get("/healthz", headers=headers).status_code == 200


def test_a_websocket_of_another_site_is_closed(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        client.websocket_connect("/api/v1/live", headers={"Origin": "https://evil.example"}),
    ):
        pass
    assert closed.value.code == 1008


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/nowhere", "/api/openapi.json", "/nowhere", "/compare"])
def test_every_answer_carries_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_in_production_browsers_are_told_to_come_over_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    app = create_app(Settings(production=True, database_url=f"sqlite:///{tmp_path / 'x.db'}"))
    assert TestClient(app).get("/healthz").headers["Strict-Transport-Security"].startswith("max-age=63072000")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CITYMARK_SECRET_KEY", "", "CITYMARK_SECRET_KEY must hold"),
        ("CITYMARK_SECRET_KEY", "changeme", "CITYMARK_SECRET_KEY must hold"),
        ("CITYMARK_SECRET_KEY", "ab" * 40, "CITYMARK_SECRET_KEY must hold"),
        ("CITYMARK_SECRET_KEY_BEFORE", "changeme", "CITYMARK_SECRET_KEY_BEFORE must hold"),
        ("CITYMARK_SECRET_KEY_BEFORE", GOOD["CITYMARK_SECRET_KEY"], "CITYMARK_SECRET_KEY itself"),
        ("CITYMARK_PUBLIC_URL", "http://city.example", "CITYMARK_PUBLIC_URL must be the https"),
        ("CITYMARK_OIDC_ISSUER", "https://id.example", "CITYMARK_OIDC_CLIENT_SECRET must hold"),
    ],
)
def test_production_does_not_start_with_weak_secrets(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    for key, good in {**GOOD, name: value}.items():
        monkeypatch.setenv(key, good)
    with pytest.raises(ValidationError, match=words) as refusal:
        Settings(production=True)
    assert GOOD["CITYMARK_SECRET_KEY"][:8] not in str(refusal.value)
