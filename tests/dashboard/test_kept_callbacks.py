"""Answers of callbacks are kept for one body and one state of the database, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask, Response, jsonify, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.models import Vintage
from app.replicas import Published
from dashboard import kept_callbacks
from dashboard.guard import CALLBACK

Counted = tuple[Flask, list[int]]


@pytest.fixture
def counted(database: Engine) -> Counted:
    """A server whose callback counts how often it was computed; 'bad' is refused."""
    return _counted(database, kept_callbacks.KEPT_BYTES)


def _counted(database: Engine, kept_bytes: int) -> Counted:
    server, calls = Flask("counted"), []
    kept_callbacks.install(server, Published(database), kept_bytes)

    @server.post(CALLBACK)
    def answer() -> Response:
        calls.append(1)
        response = jsonify(number=len(calls))
        response.status_code = 400 if request.get_data() == b"bad" else 200
        return response

    return server, calls


def test_the_same_body_is_answered_once(counted: Counted) -> None:
    server, calls = counted
    client = server.test_client()
    first, second = client.post(CALLBACK, data=b"a"), client.post(CALLBACK, data=b"a")
    assert first.get_data() == second.get_data()
    assert second.mimetype == "application/json"
    assert len(calls) == 1
    client.post(CALLBACK, data=b"b")
    assert len(calls) == 2


def test_a_refusal_is_not_kept(counted: Counted) -> None:
    server, calls = counted
    client = server.test_client()
    assert [client.post(CALLBACK, data=b"bad").status_code for _ in range(2)] == [400, 400]
    assert len(calls) == 2


def test_a_new_vintage_is_answered_anew(counted: Counted, database: Engine) -> None:
    server, calls = counted
    client = server.test_client()
    client.post(CALLBACK, data=b"a")
    with Session(database) as session, session.begin():
        session.add(
            Vintage(
                number=1,
                published_at=datetime(2026, 11, 1, tzinfo=UTC),
                kind="job",
                source="a test",
                published_by="a test",
                reason="one more",
            )
        )
    client.post(CALLBACK, data=b"a")
    assert len(calls) == 2


def test_answers_are_kept_within_their_bytes(database: Engine) -> None:
    """An answer of some twenty bytes counts as some five hundred, with what it takes to find it."""
    server, calls = _counted(database, 1_100)
    client = server.test_client()
    for body in (b"a", b"b", b"c", b"b", b"c", b"a"):
        client.post(CALLBACK, data=body)
    assert len(calls) == 4
    forgetful, asked = _counted(database, 0)
    assert [forgetful.test_client().post(CALLBACK, data=b"a").status_code for _ in range(2)] == [200, 200]
    assert len(asked) == 2
