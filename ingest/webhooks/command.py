"""The command `citymark webhook`: who is told of publications over HTTP, and what became of each message."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.db import reading, writing
from ingest.command_line import database, operator, print_rows
from ingest.webhooks import subscriptions
from ingest.webhooks.sending import send_due
from ingest.webhooks.subscriptions import Policy, Sent, Told

if TYPE_CHECKING:
    from app.settings import Settings

SHOWN = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `citymark webhook`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="tell an address of every publication; prints its secret, this once")
    add.add_argument("address", help="https://…")
    add.add_argument("--name", required=True, help="whose it is")
    actions.add_parser("list", help="who is told, and how it goes")
    actions.add_parser("send", help="send now what waits, for a machine without a web process")
    for name, words in (
        ("rotate", "print another secret; both sign for a day"),
        ("trial", "send a message of no consequence"),
        ("log", "the newest messages with every try"),
        ("end", "tell it nothing more"),
        ("again", "send a message once more"),
    ):
        action = actions.add_parser(name, help=words)
        action.add_argument("webhook", type=int, help="its number")
        if name == "again":
            action.add_argument("delivery", help="the message, as the log names it")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run one action; 0 when it is done."""
    policy = policy_of(settings)
    with database(settings) as engine:
        if arguments.action == "send":
            rows: list[dict[str, object]] = [{"tried": send_due(engine, policy, now=datetime.now(UTC))}]
        elif arguments.action in ("list", "log"):
            with reading(engine) as session:
                rows = _looked(session, arguments)
        else:
            with writing(engine) as session:
                rows = [_changed(session, arguments, policy)]
    print_rows(rows, as_json=arguments.json)
    return 0


def policy_of(settings: Settings) -> Policy:
    """What the settings allow."""
    return Policy(settings.secret_keys, settings.webhooks_private, settings.public_url.rstrip("/"))


def _looked(session: Session, arguments: argparse.Namespace) -> list[dict[str, object]]:
    if arguments.action == "list":
        return [_told(told) for told in subscriptions.webhooks(session, operator())]
    found = subscriptions.log_of(session, operator(), arguments.webhook, limit=SHOWN)
    tries = _tries if arguments.json else _tries_in_words
    return [{**_sent(sent), "tries": tries(sent)} for sent in found]


def _changed(session: Session, arguments: argparse.Namespace, policy: Policy) -> dict[str, object]:
    actor, now = operator(), datetime.now(UTC)
    if arguments.action == "add":
        webhook, secret = subscriptions.add(session, actor, policy, arguments.address, arguments.name, now=now)
        return {"id": webhook.id, "secret": secret}
    if arguments.action == "rotate":
        webhook, secret = subscriptions.rotate(session, actor, policy, arguments.webhook, now=now)
        return {"id": webhook.id, "secret": secret}
    if arguments.action == "end":
        return {"id": subscriptions.end(session, actor, arguments.webhook, now=now).id, "state": "ended"}
    if arguments.action == "trial":
        delivery = subscriptions.trial(session, actor, arguments.webhook, now=now)
    else:
        delivery = subscriptions.again(session, actor, arguments.webhook, arguments.delivery, now=now)
    return {"delivery": delivery.id, "state": delivery.state}


def _told(told: Told) -> dict[str, object]:
    webhook = told.webhook
    return {
        "id": webhook.id,
        "name": webhook.name,
        "address": webhook.address,
        "state": "ended" if webhook.ended_at else "active",
        "waiting": told.waiting,
        "failed": told.failed,
        "delivered_at": _moment(told.delivered_at),
    }


def _sent(sent: Sent) -> dict[str, object]:
    delivery = sent.delivery
    return {
        "delivery": delivery.id,
        "vintage": delivery.vintage,
        "state": delivery.state,
        "next_at": _moment(delivery.next_at),
    }


def _tries(sent: Sent) -> list[dict[str, object]]:
    return [
        {"at": _moment(each.at), "status": each.status, "message": each.message, "duration_s": each.duration_s}
        for each in sent.tries
    ]


def _tries_in_words(sent: Sent) -> str:
    return "; ".join(
        f"{each.at:%Y-%m-%d %H:%M:%S} {each.status or ''} {each.message}".rstrip() for each in sent.tries
    )


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
