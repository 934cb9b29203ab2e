"""Accounts from the command line, and the doctor."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from sqlalchemy import text

import migrations
from app.accounts import signing_in
from app.db import connect, writing
from ingest.__main__ import main
from tests.makers import MORNING, make_city, make_indicator, publish_figures


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("CITYMARK_DATABASE_URL", database_url)

    def command(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_the_first_administrator_is_made_by_a_command(run: Any, database_url: str) -> None:
    code, said, _ = run("user", "--json", "add", "boss@city.example", "--name", "Boss", "--role", "administrator")
    assert code == 0
    (facts,) = json.loads(said)
    assert facts["link"].startswith("/sign-in/invitation#")
    assert facts["has_password"] is False
    code, said, _ = run(
        "user", "--json", "add", "b@city.example", "--name", "B", "--password-stdin", stdin="тише едешь, дальше\n"
    )
    assert (code, json.loads(said)[0]["has_password"]) == (0, True)
    engine = connect(database_url)
    with writing(engine) as session:
        assert signing_in.by_password(session, "b@city.example", "тише едешь, дальше", now=MORNING)
    engine.dispose()


def test_rights_and_tokens_are_given_and_taken(run: Any) -> None:
    run("user", "add", "boss@city.example", "--name", "Boss", "--role", "administrator")
    assert run("user", "role", "boss@city.example", "--role", "analyst")[0] == 2
    assert run("user", "add", "x@city.example", "--name", "X", "--role", "king")[0] == 2
    assert run("user", "disable", "nobody@city.example")[0] == 2
    _, said, _ = run("token", "--json", "add", "boss@city.example", "--name", "script", "--scope", "submit")
    token = json.loads(said)[0]
    assert token["secret"].startswith("cm_")
    _, said, _ = run("token", "--json", "revoke", "boss@city.example", str(token["id"]))
    assert json.loads(said)[0]["revoked_at"]


def test_the_doctor_finds_a_whole_database_whole(run: Any, database_url: str) -> None:
    engine = connect(database_url)
    with writing(engine) as session:
        make_city(session)
        make_indicator(session)
        publish_figures(session, {"value": "1"})
    engine.dispose()
    run("user", "add", "boss@city.example", "--name", "Boss", "--role", "administrator")
    code, said, _ = run("doctor", "--json")
    found = json.loads(said)
    assert (code, found["faults"]) == (0, [])
    head = found["audit_head"]
    run("user", "invite", "boss@city.example")
    assert run("doctor", "--head", head)[0] == 0
    assert run("doctor", "--head", "1:" + "0" * 64)[0] == 1
    assert run("doctor", "--head", "77:" + "0" * 64)[0] == 1
    assert run("doctor", "--head", "nonsense")[0] == 1


def test_the_doctor_names_what_does_not_add_up(run: Any, database_url: str) -> None:
    engine = connect(database_url)
    with writing(engine) as session:
        make_city(session)
        make_indicator(session)
        publish_figures(session, {"value": "1"})
        session.execute(text("UPDATE vintage_scope SET figures = 5"))
        session.execute(
            text("INSERT INTO observation VALUES (1, 1, 7, 9, '3', 'A', 'F', :no, NULL, NULL)"), {"no": False}
        )
    engine.dispose()
    code, said, _ = run("doctor")
    assert code == 1
    assert "the scope of vintage 1 counts 5 figures of 1" in said
    assert "1 figures belong to vintage 9, which does not exist" in said


def test_the_doctor_asks_for_the_newest_schema(run: Any, database_url: str) -> None:
    engine = connect(database_url)
    migrations.downgrade(engine, "2026_11_24")
    engine.dispose()
    code, said, _ = run("doctor")
    assert code == 1
    assert "run `citymark migrate`" in said
