"""What a submission is checked against, from the database: catalogue, register, rights, past, peers, answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.peers import size_class
from app.domain.period import Period, parse_period
from app.domain.submission import Dates, usual_dates
from app.models import City, Deadline, Submission, SubmissionAnswer
from app.queries import observations, vintages
from app.queries.codes import city_codes, indicator_codes
from app.queries.figures import Figures, period_codes
from app.queries.selection import Selection
from ingest.upload.known import Confirmation, Known, Series, cities_of, indicators_of

# How many years back a value is compared with.
YEARS = 6


@dataclass(frozen=True)
class Subject:
    """What a submission is for and who sends it."""

    city: str
    period: str
    allowed_cities: frozenset[str]
    today: date
    late_reason: str | None = None
    answers: Sequence[Confirmation] = field(default_factory=tuple)


def known_for(session: Session, subject: Subject) -> Known:
    """Everything the checks ask for."""
    period = parse_period(subject.period)
    own = session.scalars(select(City).where(City.code == subject.city)).one()
    past, peers = _past(session, own, period)
    is_closed = dates_of(session, period).closes_on < subject.today
    return Known(
        indicators_of(session),
        cities_of(session),
        city=subject.city,
        period=subject.period,
        allowed_cities=subject.allowed_cities,
        closed_periods=frozenset({subject.period}) if is_closed else frozenset(),
        closed_reason=subject.late_reason,
        today=subject.today,
        history=past,
        peers=peers,
        confirmations=(*earlier_answers(session, own), *subject.answers),
    )


def dates_of(session: Session, period: Period) -> Dates:
    """The dates the ministry has set for a period, else the usual ones."""
    row = session.get(Deadline, period.number)
    return usual_dates(period) if row is None else Dates(row.due_on, row.closes_on)


def earlier_answers(session: Session, city: City) -> list[Confirmation]:
    """The reasons given for this city's figures in submissions that were sent: they are not asked for again."""
    row = SubmissionAnswer
    query = (
        select(row.check, row.city, row.indicator, row.period, row.value, row.reason)
        .join(Submission, Submission.id == row.submission_id)
        .where(Submission.city_id == city.id, Submission.submitted_at.is_not(None))
        .order_by(row.at)
    )
    return [Confirmation(*found) for found in session.execute(query)]


def _past(
    session: Session, own: City, period: Period
) -> tuple[dict[tuple[str, str], Series], dict[tuple[str, str], Mapping[str, Decimal]]]:
    """The city's own published values, and those of comparable cities for the periods they are compared in."""
    newest = vintages.newest(session)
    if newest is None:
        return {}, {}
    first = period
    for _ in range(YEARS):
        first = first.year_earlier()
    years = (parse_period(f"{first.starts_on.year:04d}"), parse_period(f"{period.starts_on.year:04d}"))
    spans = ((first, period), years)
    mine = observations.every(session, Selection(city_ids=(own.id,), periods=spans), newest.number)
    history: dict[tuple[str, str], dict[str, Decimal | None]] = {}
    for city, indicator, code, value in _told(session, mine):
        history.setdefault((city, indicator), {})[code] = value
    same = tuple((at, at) for at in (period, period.previous(), period.year_earlier()))
    others = tuple(number for number in _comparable(session, own) if number != own.id)
    theirs = observations.every(session, Selection(city_ids=others, periods=same), newest.number)
    peers: dict[tuple[str, str], dict[str, Decimal]] = {}
    for city, indicator, code, value in _told(session, theirs):
        if value is not None:
            peers.setdefault((indicator, code), {})[city] = value
    return dict(history), dict(peers)


def _comparable(session: Session, own: City) -> list[int]:
    """Cities of the same country and size class."""
    mine = size_class(own.population)
    rows = session.execute(select(City.id, City.population).where(City.country == own.country).order_by(City.id))
    return [number for number, population in rows if size_class(population) == mine]


def _told(session: Session, figures: Figures) -> list[tuple[str, str, str, Decimal | None]]:
    columns = (
        city_codes(session, figures.city_id).tolist(),
        indicator_codes(session, figures.indicator_id).tolist(),
        period_codes(figures.period).tolist(),
        [None if value is None else Decimal(value) for value in figures.value.tolist()],
    )
    return list(zip(*columns, strict=True))
