"""Reminders to those who have not reported, in their own language, through a real mail server."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select

from app.accounts.people import Person
from app.db import reading, writing
from app.domain.period import Period
from app.domain.submission import Dates
from app.errors import Unavailable
from app.models import City
from ingest.mail import MailServer, Message, send
from ingest.submissions.board import note_reminded, to_remind
from ingest.submissions.known import dates_of
from ingest.submissions.sending import Desk

_WORDS = {
    "ru": (
        "Показатели за {period}: ждём данные до {due}",
        "Здравствуйте, {name}!\n\nЗа {period} ещё не поданы данные: {cities}.\nСрок: {due}.\n"
        "Если сообщать нечего, отметьте это на той же странице.\n\n{link}\n",
    ),
    "en": (
        "Figures for {period}: due by {due}",
        "Dear {name},\n\nthe figures for {period} have not been submitted yet: {cities}.\nDue: {due}.\n"
        "If there is nothing to report, say so on the same page.\n\n{link}\n",
    ),
}


@dataclass(frozen=True)
class Sent:
    """Whom reminders were sent to, and who could not be reached and why."""

    people: tuple[Person, ...]
    refused: tuple[tuple[str, str], ...]


def send_reminders(engine: Engine, desk: Desk, period: Period, server: MailServer | None, link: str) -> Sent:
    """Remind the officials of every city that has not reported, at most once a day each.

    Unavailable when no mail server is set or it does not answer: then nobody counts as reminded.
    """
    with reading(engine) as session:
        wanted = to_remind(session, desk.actor, period, today=desk.now.date())
        dates = dates_of(session, period)
        names = {city.code: city for city in session.scalars(select(City))}
        messages = {person: _message(person, cities, names, period, dates, link) for person, cities in wanted}
    if not messages:
        return Sent((), ())
    if server is None:
        raise Unavailable("no mail server is set: CITYMARK_SMTP_HOST")
    refused = {message.to: words for message, words in send(server, list(messages.values()))}
    reached = tuple(person for person in messages if person.email not in refused)
    with writing(engine) as session:
        note_reminded(session, desk, period, reached)
    return Sent(reached, tuple(sorted(refused.items())))


def _message(
    person: Person, cities: tuple[str, ...], names: dict[str, City], period: Period, dates: Dates, link: str
) -> Message:
    subject, text = _WORDS[person.language if person.language in _WORDS else "ru"]
    shown = [names[code].name_ru if person.language == "ru" else names[code].name_en for code in cities]
    due = dates.due_on.strftime("%d.%m.%Y") if person.language == "ru" else dates.due_on.isoformat()
    words = {"name": person.name, "period": period.code, "cities": ", ".join(shown), "due": due, "link": link}
    return Message(person.email, subject.format(**words), text.format(**words))
