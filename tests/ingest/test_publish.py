from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.models import Observation, Vintage
from app.queries.observations import observations
from app.queries.selection import Selection
from tests.makers import MORNING, make_city, make_indicator, publish_figures


@pytest.fixture(autouse=True)
def _catalogue(session: Session) -> None:
    make_city(session)
    make_indicator(session)


def known(session: Session, vintage: int) -> list[tuple[float | None, str]]:
    frame = observations(session, Selection(), vintage)
    figures = zip(frame.value, frame.status, strict=True)
    return [(None if value != value else value, status) for value, status in figures]


def test_a_revision_replaces_the_value_but_not_the_past(session: Session) -> None:
    publish_figures(session, {"value": "12.4"})
    revised = publish_figures(session, {"value": "11.9"}, now=MORNING + timedelta(days=1))
    assert (revised.vintage, revised.new, revised.revised) == (2, 0, 1)
    assert known(session, 1) == [(12.4, "A")]
    assert known(session, 2) == [(11.9, "A")]


def test_the_same_figures_again_publish_nothing(session: Session) -> None:
    publish_figures(session, {"value": "12.4"})
    again = publish_figures(session, {"value": "12.4"})
    assert (again.vintage, again.unchanged) == (None, 1)
    assert len(session.scalars(select(Vintage)).all()) == 1


def test_what_a_vintage_said_before_it_was_revised_is_a_revision_again(session: Session) -> None:
    for value in ("12.4", "11.9", "12.4"):
        done = publish_figures(session, {"value": value})
    assert (done.vintage, done.revised) == (3, 1)
    assert publish_figures(session, {"value": "12.4"}).vintage is None
    more = publish_figures(session, {"value": "12.4"}, {"value": "3", "period": "2024-Q4"})
    assert (more.vintage, more.new, more.unchanged) == (4, 1, 1)


def test_the_same_number_of_other_figures_is_not_the_same(session: Session) -> None:
    publish_figures(session, {"value": "12.4", "note": "a"})
    other = publish_figures(session, {"value": "12.4", "note": "b"})
    assert (other.revised, other.unchanged) == (1, 0)


def test_zero_is_a_value(session: Session) -> None:
    publish_figures(session, {"value": "0"})
    assert known(session, 1) == [(0.0, "A")]


def test_a_blank_with_a_reason_is_a_row(session: Session) -> None:
    publish_figures(session, {"value": None, "status": "M"})
    assert known(session, 1) == [(None, "M")]


def test_a_withdrawal_is_a_row_and_the_figure_stays_in_the_past(session: Session) -> None:
    publish_figures(session, {"value": "12.4"})
    gone = publish_figures(session, {"value": None, "status": "O", "is_withdrawn": True, "note": "wrong city"})
    assert gone.withdrawn == 1
    assert known(session, 1) == [(12.4, "A")]
    assert known(session, 2) == [(None, "O")]


def test_withdrawing_what_was_never_published_changes_nothing(session: Session) -> None:
    assert publish_figures(session, {"value": None, "status": "O", "is_withdrawn": True}).vintage is None


@pytest.mark.parametrize("digits", ["0.1", "123456789012345.678901", "-0.000000000000000001", "1000000000000000"])
def test_a_value_is_kept_digit_for_digit(session: Session, digits: str) -> None:
    publish_figures(session, {"value": digits})
    assert session.scalars(select(Observation.value)).one() == Decimal(digits)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"city": "ru-nowhere", "value": "1"}, "city not registered: ru-nowhere"),
        ({"indicator": "TI_NOTHING", "value": "1"}, "indicator not registered: TI_NOTHING"),
        ({"value": None}, "status and value do not fit"),
        ({"value": "1", "status": "M"}, "status and value do not fit"),
        ({"value": "1", "status": "?"}, "status and value do not fit"),
        ({"value": "1.50"}, "write 1.5"),
        ({"value": "NaN"}, "not a finite number"),
        ({"value": "1e400"}, "outside"),
    ],
)
def test_what_cannot_stand_is_refused_and_changes_nothing(session: Session, row: dict[str, str], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        publish_figures(session, row)
    assert session.scalars(select(Vintage)).all() == []


def test_a_doubled_key_is_refused(session: Session) -> None:
    with pytest.raises(Invalid, match="stands twice") as refusal:
        publish_figures(session, {"value": "1"}, {"value": "2"})
    assert refusal.value.problems[0].where == "ru-kazan TI_SMART_LIGHTING 2024-Q3"


def test_a_clock_set_back_does_not_reorder_vintages(session: Session) -> None:
    publish_figures(session, {"value": "1"})
    publish_figures(session, {"value": "2"}, now=MORNING - timedelta(days=30))
    first, second = session.scalars(select(Vintage).order_by(Vintage.number))
    assert first.published_at < second.published_at


@pytest.mark.parametrize("statement", ["UPDATE observation SET note = 'x'", "DELETE FROM observation"])
def test_the_database_itself_refuses_to_change_what_was_published(session: Session, statement: str) -> None:
    publish_figures(session, {"value": "1"})
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_the_database_itself_refuses_a_blank_without_a_reason(session: Session) -> None:
    session.add(Observation(city_id=1, indicator_id=1, period=1, vintage=1, value=None, status="A"))
    with pytest.raises(DBAPIError):
        session.flush()
