"""Who has reported: city by period, with the five figures reporting is judged by, and whom to remind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.access import Action, Actor, Role, Thing, may, require
from app.accounts.people import Person, officials_of
from app.domain.period import Period
from app.domain.submission import REPORTED, Dates, State
from app.errors import Invalid, Problem
from app.models import Account, AccountCity, AccountRole, City, Deadline, Reminder, Submission
from ingest.submissions.known import dates_of
from ingest.submissions.sending import Desk


@dataclass(frozen=True)
class Cell:
    """Where one city stands for one period; `days_late` is 0 on time, None while nothing is due yet."""

    city: str
    period: str
    state: str | None
    submission: str | None
    is_reported: bool
    is_on_time: bool
    days_late: int | None


@dataclass(frozen=True)
class Column:
    """One period: its dates and the reporting figures over the cities that are expected to report."""

    period: str
    due_on: date
    closes_on: date
    expected: int
    actual: int
    actual_on_time: int

    @property
    def rate(self) -> float | None:
        """The share of the expected that have reported, in per cent."""
        return None if not self.expected else 100 * self.actual / self.expected

    @property
    def rate_on_time(self) -> float | None:
        """The share of the expected that have reported on time, in per cent."""
        return None if not self.expected else 100 * self.actual_on_time / self.expected


@dataclass(frozen=True)
class Board:
    """Cities by periods."""

    columns: tuple[Column, ...]
    cells: tuple[Cell, ...]


def board(session: Session, actor: Actor, periods: Sequence[Period], *, today: date) -> Board:
    """The board of the cities the actor may see: an official those of their own."""
    expected = [city for city in _expected(session) if may(actor, Action.SEE_STATUS_BOARD, Thing(city.code))]
    if not expected:
        require(actor, Action.SEE_STATUS_BOARD, Thing(next(iter(sorted(actor.cities)), None)))
    columns, cells = [], []
    for period in periods:
        dates = dates_of(session, period)
        best = _best(session, period)
        mine = [_cell(city, period, best.get(city.id), dates, today) for city in expected]
        cells += mine
        columns.append(
            Column(
                period.code,
                dates.due_on,
                dates.closes_on,
                len(mine),
                sum(cell.is_reported for cell in mine),
                sum(cell.is_on_time for cell in mine),
            )
        )
    return Board(tuple(columns), tuple(cells))


def _expected(session: Session) -> list[City]:
    """The cities that somebody reports for, by code."""
    query = (
        select(City)
        .join(AccountCity, AccountCity.city_id == City.id)
        .join(Account, Account.id == AccountCity.account_id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == Role.OFFICIAL, Account.is_active)
        .distinct()
    )
    return sorted(session.scalars(query), key=lambda city: city.code)


_RANK = (State.PUBLISHED, State.APPROVED, State.SUBMITTED, State.RETURNED, State.CHECKED, State.DRAFT)


def _best(session: Session, period: Period) -> dict[int, Submission]:
    """Of each city the submission that has come furthest; of several the first that was sent."""
    found: dict[int, Submission] = {}
    query = select(Submission).where(Submission.period == period.number).order_by(Submission.number)
    for submission in session.scalars(query):
        if submission.state in _RANK:
            known = found.get(submission.city_id)
            if known is None or _RANK.index(State(submission.state)) < _RANK.index(State(known.state)):
                found[submission.city_id] = submission
    return found


def _cell(city: City, period: Period, submission: Submission | None, dates: Dates, today: date) -> Cell:
    is_reported = submission is not None and submission.state in REPORTED
    reported_on = None
    if submission is not None and is_reported and submission.submitted_at is not None:
        reported_on = submission.submitted_at.date()
    late = (reported_on or today) - dates.due_on
    is_due = reported_on is not None or today > dates.due_on
    return Cell(
        city.code,
        period.code,
        None if submission is None else submission.state,
        None if submission is None else submission.id,
        is_reported,
        reported_on is not None and reported_on <= dates.due_on,
        max(late.days, 0) if is_due else None,
    )


def set_deadline(session: Session, desk: Desk, period: Period, dates: Dates) -> Dates:
    """Say until when a period is reported and when it closes; Invalid for dates out of order."""
    require(desk.actor, Action.SET_DEADLINE)
    if not period.ends_on < dates.due_on <= dates.closes_on:
        message = f"a period is due after {period.ends_on} and closes no earlier than it is due"
        raise Invalid(message, problems=(Problem("due_on", message),))
    session.merge(Deadline(period=period.number, due_on=dates.due_on, closes_on=dates.closes_on))
    session.flush()
    details: dict[str, audit.Detail] = {
        "due_on": dates.due_on.isoformat(),
        "closes_on": dates.closes_on.isoformat(),
    }
    audit.record(session, desk.actor, "set_deadline", kind="period", key=period.code, now=desk.now, details=details)
    return dates


def to_remind(session: Session, actor: Actor, period: Period, *, today: date) -> list[tuple[Person, tuple[str, ...]]]:
    """The officials of cities that have not reported, each with those cities; nobody reminded today already."""
    require(actor, Action.SEND_REMINDERS)
    silent = {cell.city for cell in board(session, actor, [period], today=today).cells if not cell.is_reported}
    reminded = set(
        session.scalars(select(Reminder.account_id).where(Reminder.period == period.number, Reminder.on == today))
    )
    found: dict[int, tuple[Person, list[str]]] = {}
    for city in sorted(silent):
        for person in officials_of(session, city):
            if person.id not in reminded:
                found.setdefault(person.id, (person, []))[1].append(city)
    return [(person, tuple(cities)) for person, cities in found.values()]


def note_reminded(session: Session, desk: Desk, period: Period, people: Iterable[Person]) -> None:
    """Note whom a reminder has reached; one audit event for all of them."""
    ids = [person.id for person in people]
    for number in ids:
        session.merge(Reminder(account_id=number, period=period.number, on=desk.now.date(), sent_at=desk.now))
    session.flush()
    details: dict[str, audit.Detail] = {"accounts": " ".join(map(str, ids))}
    audit.record(session, desk.actor, "remind", kind="period", key=period.code, now=desk.now, details=details)
