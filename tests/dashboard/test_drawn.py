"""A page that cannot be drawn into its document: the document comes all the same, and the fault is logged."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import Engine

from app.replicas import Published
from dashboard.app import create_dashboard
from dashboard.pages import compare


def test_a_document_without_its_page_still_brings_what_draws_it(
    demo: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = create_dashboard(Published(demo), language="ru").test_client()
    whole = client.get("/compare?lang=en").get_data(as_text=True)
    assert 'id="before"' in whole

    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(compare, "draw", fails)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/compare?lang=en&t=2026-Q1")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert 'id="before"' not in text
    assert "dash_renderer" in text
    assert "a fault of ours" in caplog.text
