"""Webhooks: signed as the standard says, at least once, patient, and only where they may go."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import standardwebhooks
from sqlalchemy import Engine, select

from app import audit
from app.access import Actor, Role
from app.db import reading, taking_turns, writing
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import WebhookDelivery
from ingest.__main__ import main
from ingest.webhooks import messages, sending, subscriptions
from ingest.webhooks.sending import send_due
from ingest.webhooks.subscriptions import Policy
from tests.ingest.jobs.services import Asked, Told, service
from tests.makers import MORNING, make_city, make_indicator, publish_figures

BOSS = Actor(1, "Boss", frozenset({Role.ADMINISTRATOR}))
KEY = "a key that only this installation has, 48 letters"
HERE = Policy((KEY,), allow_private=True, public_url="https://citymark.example")
Publish = Callable[[str], None]


@pytest.fixture
def publish(database: Engine) -> Publish:
    """Publishes one figure with this value."""
    with writing(database) as session:
        make_city(session)
        make_indicator(session)

    def published(value: str) -> None:
        with writing(database) as session:
            publish_figures(session, {"value": value}, now=datetime.now(UTC))

    return published


def added(engine: Engine, address: str, policy: Policy = HERE) -> tuple[int, str]:
    with writing(engine) as session:
        webhook, secret = subscriptions.add(session, BOSS, policy, address, "portal", now=MORNING)
        return webhook.id, secret


def sent(engine: Engine, webhook: int) -> list[tuple[str, int | None, list[int | None]]]:
    with reading(engine) as session:
        found = subscriptions.log_of(session, BOSS, webhook, limit=50)
        return [(each.delivery.state, each.delivery.vintage, [one.status for one in each.tries]) for each in found]


def later(**wait: float) -> datetime:
    return datetime.now(UTC) + timedelta(**wait)


def test_a_publication_is_told_once_and_signed_as_the_standard_says(database: Engine, publish: Publish) -> None:
    publish("1")
    with service(lambda _: Told(status=204)) as there:
        webhook, secret = added(database, f"{there.url}/hook?for=us")
        assert send_due(database, HERE, now=later()) == 0, "what was published before it was added is not told"
        publish("2")
        assert send_due(database, HERE, now=later()) == 1
        assert send_due(database, HERE, now=later(days=1)) == 0
    (asked,) = there.asked
    message: Any = standardwebhooks.Webhook(secret).verify(asked.body, asked.headers)
    assert (asked.path, asked.query) == ("/hook", {"for": ["us"]})
    assert message["type"] == "vintage.published"
    told = message["data"]
    assert (told["vintage"], told["new"], told["revised"]) == (2, 0, 1)
    assert told["changes"] == "https://citymark.example/api/v1/changes?since=1"
    assert message["timestamp"] == told["published_at"]
    assert sent(database, webhook) == [("delivered", 2, [204])]


def test_a_changed_message_or_another_secret_does_not_verify(database: Engine, publish: Publish) -> None:
    with service(lambda _: Told()) as there:
        _, secret = added(database, there.url)
        _, other = added(database, there.url)
        publish("1")
        assert send_due(database, HERE, now=later()) == 2
    asked = there.asked[0]
    right = [each for each in (secret, other) if _verifies(each, asked)]
    assert len(right) == 1
    assert not _verifies(right[0], Asked(asked.path, asked.query, asked.headers, asked.body.replace(b"1", b"2", 1)))


def _verifies(secret: str, asked: Asked) -> bool:
    try:
        standardwebhooks.Webhook(secret).verify(asked.body, asked.headers)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


def test_what_fails_is_tried_again_when_it_is_due_under_the_same_id(database: Engine, publish: Publish) -> None:
    answers = iter([Told(status=500), Told(status=302, headers={"Location": "http://127.0.0.1:1/"}), Told()])
    with service(lambda _: next(answers)) as there:
        webhook, _ = added(database, there.url)
        publish("1")
        assert send_due(database, HERE, now=later()) == 1
        assert send_due(database, HERE, now=later()) == 0, "the second try is not due yet"
        assert send_due(database, HERE, now=later(seconds=6)) == 1
        assert send_due(database, HERE, now=later(seconds=6)) == 0
        assert send_due(database, HERE, now=later(seconds=301)) == 1
    assert len({asked.headers["webhook-id"] for asked in there.asked}) == 1
    assert sent(database, webhook) == [("delivered", 1, [500, 302, 200])]


def test_it_is_given_up_after_the_last_try_and_can_be_sent_again(database: Engine, publish: Publish) -> None:
    status = SimpleNamespace(now=503)
    with service(lambda _: Told(status=status.now)) as there:
        webhook, _ = added(database, there.url)
        publish("1")
        for _ in range(messages.MOST_TRIES + 1):
            send_due(database, HERE, now=later(days=2))
        assert sent(database, webhook) == [("failed", 1, [503] * messages.MOST_TRIES)]
        status.now = 200
        (message,) = {asked.headers["webhook-id"] for asked in there.asked}
        with writing(database) as session:
            subscriptions.again(session, BOSS, webhook, message, now=MORNING)
            with pytest.raises(Conflict, match="waiting"):
                subscriptions.again(session, BOSS, webhook, message, now=MORNING)
            with pytest.raises(NotFound):
                subscriptions.again(session, BOSS, webhook, "msg_" + "0" * 32, now=MORNING)
        assert send_due(database, HERE, now=later()) == 1
    assert sent(database, webhook) == [("delivered", 1, [503] * messages.MOST_TRIES + [200])]


def test_a_receiver_says_when_to_come_back() -> None:
    assert messages.next_try(1, None, MORNING) == MORNING + timedelta(seconds=5)
    assert messages.next_try(1, 90.0, MORNING) == MORNING + timedelta(seconds=90)
    assert messages.next_try(2, 1.0, MORNING) == MORNING + timedelta(minutes=5)
    assert messages.next_try(1, 1e9, MORNING) == MORNING + timedelta(days=1)
    assert messages.next_try(messages.MOST_TRIES, 1.0, MORNING) is None


def test_gone_ends_the_webhook_and_the_chain_says_so(database: Engine, publish: Publish) -> None:
    with service(lambda _: Told(status=410)) as there:
        webhook, _ = added(database, there.url)
        publish("1")
        assert send_due(database, HERE, now=later()) == 1
        publish("2")
        assert send_due(database, HERE, now=later()) == 0
    assert sent(database, webhook) == [("dropped", 1, [410])]
    with reading(database) as session:
        last = audit.events(session, kind="webhook", limit=1)[0]
        assert (last.action, last.actor) == ("end_webhook", "citymark")
        assert list(audit.faults(session)) == []


def test_a_new_secret_signs_beside_the_old_one_for_a_day(database: Engine, publish: Publish) -> None:
    with service(lambda _: Told()) as there:
        webhook, old = added(database, there.url)
        with writing(database) as session:
            _, new = subscriptions.rotate(session, BOSS, HERE, webhook, now=later(hours=-23))
        publish("1")
        send_due(database, HERE, now=later())
        assert _verifies(old, there.asked[0])
        assert _verifies(new, there.asked[0])
        publish("2")
        send_due(database, HERE, now=later(hours=2))
        assert not _verifies(old, there.asked[1])
        assert _verifies(new, there.asked[1])


def test_an_ended_webhook_hears_nothing_more_and_its_log_stays(database: Engine, publish: Publish) -> None:
    with service(lambda _: Told(status=500)) as there:
        webhook, _ = added(database, there.url)
        publish("1")
        send_due(database, HERE, now=later())
        with writing(database) as session:
            subscriptions.end(session, BOSS, webhook, now=MORNING)
        publish("2")
        assert send_due(database, HERE, now=later(days=3)) == 0
    assert sent(database, webhook) == [("dropped", 1, [500])]
    with writing(database) as session, pytest.raises(Conflict, match="has ended"):
        subscriptions.trial(session, BOSS, webhook, now=MORNING)


@pytest.mark.parametrize(
    "address",
    [
        "http://portal.example/hook",
        "ftp://portal.example/",
        "portal.example",
        "https://user:secret@portal.example/",
        "https://portal.example/" + "x" * 2_000,
        "https://",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_may_not_be_is_refused(database: Engine, address: str) -> None:
    with pytest.raises(Invalid):
        added(database, address, Policy((KEY,)))
    with reading(database) as session:
        assert subscriptions.webhooks(session, BOSS) == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "[::1]", "localhost", "[::ffff:10.0.0.1]"]
)
def test_nothing_is_sent_into_private_networks(database: Engine, publish: Publish, host: str) -> None:
    with service(lambda _: Told()) as there:
        port = there.url.rpartition(":")[2]
        webhook, _ = added(database, f"https://{host}:{port}/", Policy((KEY,)))
        publish("1")
        send_due(database, Policy((KEY,)), now=later())
        assert there.asked == []
    with reading(database) as session:
        (only,) = subscriptions.log_of(session, BOSS, webhook, limit=9)[0].tries
    assert only.status is None
    assert "CITYMARK_WEBHOOKS_PRIVATE" in only.message


def test_a_receiver_that_drips_is_cut_off_and_holds_up_nobody(
    database: Engine, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ENDS_S", 0.5)
    over = threading.Event()
    with service(lambda _: Told(before=lambda: over.wait(20))) as slow, service(lambda _: Told()) as quick:
        first, _ = added(database, slow.url)
        second, _ = added(database, quick.url)
        publish("1")
        assert send_due(database, HERE, now=later()) == 2
        over.set()
    assert sent(database, first) == [("waiting", 1, [None])]
    assert sent(database, second) == [("delivered", 1, [200])]


def test_one_process_sends_while_another_is_at_it(database: Engine, publish: Publish) -> None:
    with service(lambda _: Told()) as there:
        added(database, there.url)
        publish("1")
        with taking_turns(database, sending.TURN) as is_ours:
            assert is_ours
            assert send_due(database, HERE, now=later()) == 0
        assert send_due(database, HERE, now=later()) == 1


def test_what_was_sent_before_a_kill_is_sent_again_under_its_id(
    database: Engine, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(lambda _: Told()) as there:
        webhook, _ = added(database, there.url)
        publish("1")

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(sending, "_note", killed)
            with pytest.raises(KeyboardInterrupt):
                send_due(database, HERE, now=later())
        assert sent(database, webhook) == [("waiting", 1, [])]
        assert send_due(database, HERE, now=later()) == 1
    first, second = (asked.headers["webhook-id"] for asked in there.asked)
    assert first == second
    assert sent(database, webhook) == [("delivered", 1, [200])]


def test_while_the_key_is_changed_receivers_of_the_old_secret_and_of_the_new_one_know_a_message(
    database: Engine, publish: Publish
) -> None:
    changing = replace(HERE, keys=("another key of this installation, 48 letters long", KEY))
    changed = replace(HERE, keys=changing.keys[:1])
    with service(lambda _: Told()) as there:
        webhook, old = added(database, there.url)
        publish("1")
        send_due(database, changing, now=later())
        with writing(database) as session:
            _, new = subscriptions.rotate(session, BOSS, changing, webhook, now=later())
        publish("2")
        send_due(database, changing, now=later())
        publish("3")
        send_due(database, changed, now=later())
    waits, both, over = there.asked
    assert _verifies(old, waits)
    assert (_verifies(old, both), _verifies(new, both)) == (True, True)
    assert (_verifies(old, over), _verifies(new, over)) == (False, True)


def test_nothing_new_is_made_by_the_key_before(database: Engine) -> None:
    changing = replace(HERE, keys=("another key of this installation, 48 letters long", KEY))
    webhook, secret = added(database, "http://127.0.0.1:9/", changing)
    old = "whsec_" + base64.b64encode(hmac.digest(KEY.encode(), f"webhook:{webhook}:1".encode(), "sha256")).decode()
    assert len(secret) == len(old)
    assert secret != old


def test_only_administrators_and_only_with_a_key(database: Engine) -> None:
    reviewer = Actor(2, "R", frozenset({Role.REVIEWER}))
    with writing(database) as session:
        with pytest.raises(Forbidden):
            subscriptions.add(session, reviewer, HERE, "https://a.example/", "x", now=MORNING)
        with pytest.raises(Forbidden):
            subscriptions.webhooks(session, reviewer)
        with pytest.raises(Conflict, match="CITYMARK_SECRET_KEY"):
            subscriptions.add(session, BOSS, Policy(), "https://a.example/", "x", now=MORNING)
        with pytest.raises(Invalid, match="80"):
            subscriptions.add(session, BOSS, HERE, "https://a.example/", " ", now=MORNING)


def test_neither_the_database_nor_the_chain_holds_a_secret(database: Engine, publish: Publish) -> None:
    with service(lambda _: Told()) as there:
        _, secret = added(database, f"{there.url}/hidden-way")
        publish("1")
        send_due(database, HERE, now=later())
    with reading(database) as session:
        chain = " ".join(event.details for event in audit.events(session, limit=50))
        kept = repr(session.execute(select(WebhookDelivery)).all())
    assert secret not in chain + kept
    assert "hidden-way" not in chain


def test_the_command_does_it_all(
    database_url: str, database: Engine, publish: Publish, monkeypatch: Any, capsys: Any
) -> None:
    for name, text in (("DATABASE_URL", database_url), ("SECRET_KEY", KEY), ("WEBHOOKS_PRIVATE", "true")):
        monkeypatch.setenv(f"CITYMARK_{name}", text)

    def run(*words: str) -> Any:
        assert main(["webhook", "--json", *words]) == 0
        return json.loads(capsys.readouterr().out)

    with service(lambda _: Told()) as there:
        (made,) = run("add", there.url, "--name", "portal")
        number = str(made["id"])
        run("trial", number)
        publish("1")
        assert run("send") == [{"tried": 2}]
        (listed,) = run("list")
        assert (listed["state"], listed["waiting"], listed["failed"]) == ("active", 0, 0)
        assert listed["delivered_at"]
        assert {each["vintage"] for each in run("log", number)} == {None, 1}
        run("again", number, run("log", number)[0]["delivery"])
        assert run("rotate", number)[0]["secret"] != made["secret"]
        assert run("send") == [{"tried": 1}]
        run("end", number)
    kinds = [json.loads(asked.body)["type"] for asked in there.asked]
    assert sorted(set(kinds)) == ["trial", "vintage.published"]
    assert run("list")[0]["state"] == "ended"
