"""Numbers of figures and newest periods are those of the rows, whatever is asked, as of every vintage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

import migrations
from app.db import reading, writing
from app.domain.period import parse_period
from app.models import Observation, VintageShown
from app.queries.counts import count, newest_period
from app.queries.held import limit_memory
from app.queries.selection import Selection
from ingest import doctor
from tests.app.queries.test_observations import CITIES, INDICATORS, PERIODS, VINTAGES, history
from tests.makers import MORNING, make_city, make_indicator, publish_figures

__all__ = ["history"]

STATUSES = "ALOPE"
WITHOUT_SHOWN = "2026_11_27_key_of_figures"


def selections() -> Iterator[Selection]:
    """Of everything that may be asked some at random, and each of a kind alone."""
    dice = np.random.default_rng(20_261_127)

    def some(of: Any) -> tuple[Any, ...] | None:
        chosen = tuple(each for each in of if dice.random() < 0.4)
        return chosen if dice.random() < 0.5 else None

    periods = [parse_period(code) for code in PERIODS]
    spans = [(low, high) for low in periods for high in periods if low.frequency == high.frequency and low <= high]
    yield Selection()
    for _ in range(60):
        cities, indicators = some(range(1, len(CITIES) + 2)), some(range(1, len(INDICATORS) + 2))
        yield Selection(cities, indicators, some(spans), some("AQ"), some(STATUSES))


def expected(rows: list[Any], asked: Selection, vintage: int) -> list[int]:
    """The periods of the figures, from all rows as they were written."""
    last = {
        (row.city_id, row.indicator_id, row.period): row
        for row in sorted(rows, key=lambda row: row.vintage)
        if row.vintage <= vintage
    }
    numbers = {parse_period(code).number: parse_period(code) for code in PERIODS}
    return [
        row.period
        for row in last.values()
        if row.confidentiality == "F"
        and (asked.city_ids is None or row.city_id in asked.city_ids)
        and (asked.indicator_ids is None or row.indicator_id in asked.indicator_ids)
        and (asked.statuses is None or row.status in asked.statuses)
        and (asked.frequencies is None or numbers[row.period].frequency in asked.frequencies)
        and (asked.periods is None or any(_is_within(numbers[row.period], span) for span in asked.periods))
    ]


def _is_within(period: Any, span: Any) -> bool:
    low, high = span
    return period.frequency == low.frequency and low.number <= period.number <= high.number


def assert_right(session: Session) -> None:
    rows = list(session.scalars(select(Observation)))
    for asked in selections():
        for vintage in range(VINTAGES + 1):
            periods = expected(rows, asked, vintage)
            newest = newest_period(session, asked, vintage)
            assert count(session, asked, vintage) == len(periods), (asked, vintage)
            assert (newest and newest.number) == max(periods, default=None), (asked, vintage)


@pytest.mark.parametrize("max_bytes", [1, 10_000_000], ids=["database", "memory"])
def test_the_number_and_the_newest_period_are_those_of_the_rows(history: Engine, max_bytes: int) -> None:
    limit_memory(history.pool, max_bytes)
    with reading(history) as session:
        assert_right(session)


def test_they_are_right_where_an_older_program_published_without_counting(history: Engine) -> None:
    with writing(history) as session:
        session.execute(text("DELETE FROM vintage_shown WHERE vintage = 3"))
    with reading(history) as session:
        assert_right(session)


def test_a_migration_counts_what_publishing_counted(history: Engine) -> None:
    def counted() -> set[tuple[int, int, int, str, int]]:
        with reading(history) as session:
            rows = session.scalars(select(VintageShown).where(VintageShown.more != 0))
            return {(row.vintage, row.indicator_id, row.period, row.status, row.more) for row in rows}

    before = counted()
    assert any(row[-1] < 0 for row in before)
    migrations.downgrade(history, WITHOUT_SHOWN)
    migrations.upgrade(history)
    assert counted() == before
    with reading(history) as session:
        assert_right(session)


def test_doctor_says_when_what_is_shown_is_miscounted(history: Engine) -> None:
    assert list(doctor.faults(history)) == []
    with writing(history) as session:
        session.execute(text("UPDATE vintage_shown SET more = more + 1 WHERE vintage = 2 AND indicator_id = 1"))
    assert any("are shown" in fault for fault in doctor.faults(history))


def test_a_period_of_which_everything_was_withdrawn_or_withheld_is_not_the_newest(database: Engine) -> None:
    with writing(database) as session:
        make_city(session, "ru-kazan")
        make_indicator(session, "TI_SMART_LIGHTING")
        publish_figures(session, {"period": "2024-Q1", "value": "1"}, {"period": "2024-Q2", "value": "2"})
        hidden = {"period": "2024-Q2", "value": "2", "confidentiality": "E"}
        publish_figures(session, hidden, now=MORNING + timedelta(days=1))
    with reading(database) as session:
        told = [newest_period(session, Selection(), vintage) for vintage in range(3)]
        assert [period and period.code for period in told] == [None, "2024-Q2", "2024-Q1"]
        assert [count(session, Selection(), vintage) for vintage in range(3)] == [0, 2, 1]
