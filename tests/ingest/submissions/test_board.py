"""Who has reported, deadlines, and reminders through a real mail server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.access import Actor, Role
from app.domain.period import parse_period
from app.errors import Unavailable
from ingest.mail import MailServer
from ingest.submissions.reminders import send_reminders
from ingest.submissions.sending import Desk
from tests.office import PERIOD, Office, csv_of

REVIEWER = Actor(4, "reviewer", frozenset({Role.REVIEWER}))


class Inbox:
    """Takes every message but those to one address."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.refuses = ""

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.messages.append(message_from_bytes(bytes(envelope.content or b"")))
        return "250 OK"


@pytest.fixture
def mail() -> Iterator[tuple[Inbox, MailServer]]:
    inbox = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, MailServer("127.0.0.1", port, "citymark@ministry.example", security="none")
    controller.stop()


def board(office: Office, who: str = "reviewer", period: str = PERIOD) -> dict[str, object]:
    answer = office.get(who, f"/status-board?period={period}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def test_the_board_counts_who_has_reported_and_who_in_time(office: Office) -> None:
    (before,) = board(office)["periods"]  # type: ignore[misc]
    assert (before["expected"], before["actual"], before["rate"]) == (2, 0, 0.0)
    assert before["due_on"] == "2026-10-30"
    number = office.send("kazan").json()["data"]["id"]
    office.step("kazan", number, "submit")
    office.wait(days=15)
    other = office.send("ufa", csv_of(("CE_OPEN_DATA", 31), city="ru-ufa"), city="ru-ufa").json()["data"]["id"]
    office.step("ufa", other, "submit")
    found = board(office)
    (column,) = found["periods"]  # type: ignore[misc]
    assert (column["actual"], column["actual_on_time"], column["rate"], column["rate_on_time"]) == (2, 1, 100.0, 50.0)
    cells = {cell["city"]: cell for cell in found["cells"]}  # type: ignore[attr-defined]
    assert (cells["ru-kazan"]["is_on_time"], cells["ru-kazan"]["days_late"]) == (True, 0)
    assert (cells["ru-ufa"]["is_on_time"], cells["ru-ufa"]["days_late"]) == (False, 5)


def test_an_official_sees_their_own_cities_and_nobody_else_nothing(office: Office) -> None:
    assert [cell["city"] for cell in board(office, "ufa")["cells"]] == ["ru-ufa"]  # type: ignore[attr-defined]
    assert len(board(office, "analyst")["cells"]) == 2  # type: ignore[arg-type]
    assert office.get(None, f"/status-board?period={PERIOD}").status_code == 401
    assert office.get("reviewer", "/status-board?period=soon").status_code == 422


def test_a_returned_submission_is_no_report(office: Office) -> None:
    number = office.send("kazan").json()["data"]["id"]
    office.step("kazan", number, "submit")
    office.step("reviewer", number, "return", {"comment": "ещё раз"})
    cells = {cell["city"]: cell for cell in board(office)["cells"]}  # type: ignore[attr-defined]
    assert (cells["ru-kazan"]["state"], cells["ru-kazan"]["is_reported"]) == ("returned", False)


def test_a_deadline_is_set_by_the_ministry(office: Office) -> None:
    body = {"period": PERIOD, "due_on": "2026-10-15", "closes_on": "2026-10-18"}
    assert office.post("kazan", "/deadlines", body).status_code == 403
    assert office.post("reviewer", "/deadlines", {**body, "closes_on": "2026-10-01"}).status_code == 422
    assert office.post("reviewer", "/deadlines", body).status_code == 200
    (column,) = board(office)["periods"]  # type: ignore[misc]
    assert (column["due_on"], column["closes_on"]) == ("2026-10-15", "2026-10-18")
    assert office.send("kazan").json()["data"]["verdict"] == "confirm"


def test_those_who_have_not_reported_are_reminded_once_a_day(office: Office, mail: tuple[Inbox, MailServer]) -> None:
    inbox, server = mail
    number = office.send("ufa", csv_of(("CE_OPEN_DATA", 31), city="ru-ufa"), city="ru-ufa").json()["data"]["id"]
    office.step("ufa", number, "submit")
    inbox.refuses = "kazan2@city.example"
    desk = Desk(REVIEWER, office.now)
    sent = send_reminders(office.engine, desk, parse_period(PERIOD), server, "https://city.example/submit")
    assert sorted(person.name for person in sent.people) == ["both", "kazan"]
    assert [to for to, _ in sent.refused] == ["kazan2@city.example"]
    letter = next(message for message in inbox.messages if message["To"] == "kazan@city.example")
    text = letter.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "Казань" in text
    assert "30.10.2026" in text
    assert "https://city.example/submit" in text
    inbox.refuses = ""
    again = send_reminders(office.engine, desk, parse_period(PERIOD), server, "")
    assert [person.name for person in again.people] == ["kazan2"]
    tomorrow = Desk(REVIEWER, office.now + timedelta(days=1))
    assert len(send_reminders(office.engine, tomorrow, parse_period(PERIOD), server, "").people) == 3


def test_without_a_mail_server_nobody_counts_as_reminded(office: Office) -> None:
    answer = office.post("reviewer", "/reminders", {"period": PERIOD})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    desk = Desk(REVIEWER, office.now)
    with pytest.raises(Unavailable, match="cannot be used"):
        send_reminders(office.engine, desk, parse_period(PERIOD), MailServer("127.0.0.1", 9, security="none"), "")
    assert office.post("kazan", "/reminders", {"period": PERIOD}).status_code == 403
    assert date(2026, 10, 20) == office.now.date()
