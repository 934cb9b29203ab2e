"""Memory and database answer alike, whatever is asked, as of every vintage."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from threading import Event

import numpy as np
import pytest
from sqlalchemy import Engine

from app.db import reading, writing
from app.domain.period import parse_period
from app.queries.figures import Figures
from app.queries.held import Held, held_for, limit_memory, rows_of_keys, spans, warm
from app.queries.observations import every, page
from app.queries.selection import Selection
from app.queries.stored import stored
from ingest.publish import Provenance, figures, publish
from tests.makers import MORNING, make_city, make_indicator, publish_figures

CITIES = ("ru-kazan", "ru-oryol", "ru-ufa")
INDICATORS = ("TI_LIGHTS", "TI_WATER", "QM_PM25")
# Of three spans of memory: they begin with the decades.
PERIODS = ("2009-Q4", "2010", "2019-Q4", "2020-Q1", "2024", "2024-Q3", "2024-Q4")
VINTAGES = 6


@pytest.fixture
def history(database: Engine) -> Engine:
    """Six vintages of seeded figures: revisions, withdrawals, blanks, figures that are not free."""
    dice = np.random.default_rng(20_261_126)
    with writing(database) as session:
        for city in CITIES:
            make_city(session, city)
        for indicator in INDICATORS:
            make_indicator(session, indicator)
    for number in range(VINTAGES):
        rows = [
            {"city": city, "indicator": indicator, "period": period, **_content(dice)}
            for city, indicator, period in product(CITIES, INDICATORS, PERIODS)
            if dice.random() < 0.5
        ]
        with writing(database) as session:
            provenance = Provenance("job", "test", "tester", "a test")
            publish(session, figures(rows), provenance=provenance, now=MORNING + timedelta(days=number))
    return database


def _content(dice: np.random.Generator) -> dict[str, object]:
    match int(dice.integers(6)):
        case 0:
            return {"value": None, "status": "L", "note": "не собрано"}
        case 1:
            return {"value": None, "status": "O", "is_withdrawn": True}
        case 2:
            return {"value": str(dice.integers(100)), "confidentiality": "E"}
        case _:
            return {"value": str(dice.integers(9)), "status": "AP"[dice.integers(2)], "attributes": '{"lci_95":"1"}'}


def told(found: Figures) -> list[tuple[object, ...]]:
    return list(zip(*(getattr(found, name).tolist() for name in found.__dataclass_fields__), strict=True))


def span(text: str) -> tuple[tuple[object, object], ...]:
    low, _, high = text.partition("..")
    return ((parse_period(low), parse_period(high or low)),)


SELECTIONS = [
    Selection(),
    Selection(city_ids=(2,)),
    Selection(city_ids=()),
    Selection(indicator_ids=(3, 1)),
    Selection(indicator_ids=(2,), periods=span("2024-Q3")),  # type: ignore[arg-type]
    Selection(periods=span("2024-Q1..2024-Q4")),  # type: ignore[arg-type]
    Selection(periods=()),
    Selection(indicator_ids=(1,), city_ids=(1,)),
    Selection(indicator_ids=(2,), periods=span("2009-Q4..2020-Q1")),  # type: ignore[arg-type]
    Selection(city_ids=(3, 2), periods=span("2019-Q4")),  # type: ignore[arg-type]
    Selection(frequencies=("A",), city_ids=(1, 3)),
    Selection(statuses=("L", "P")),
]


@pytest.mark.parametrize("selection", SELECTIONS, ids=range(len(SELECTIONS)))
def test_memory_and_database_give_the_same_figures_as_of_every_vintage(history: Engine, selection: Selection) -> None:
    with reading(history) as session:
        from_memory = [told(every(session, selection, vintage)) for vintage in range(VINTAGES + 1)]
        limit_memory(history.pool, 1)
        from_database = [told(every(session, selection, vintage)) for vintage in range(VINTAGES + 1)]
    assert from_memory == from_database
    assert from_memory[0] == []


def test_a_short_question_does_not_make_a_reader_wait_for_a_long_history(
    history: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = Selection(indicator_ids=(1,), periods=span("2024")), Selection(indicator_ids=(1,))  # type: ignore[arg-type]
    limit_memory(history.pool, 10_000_000)
    with reading(history) as session:
        held = held_for(session)
        assert held is not None
        usual = told(every(session, short, VINTAGES))
        limit_memory(history.pool, 10_000_000)
        monkeypatch.setattr("app.queries.held.SOON_ROWS", 1)
        held = held_for(session)
        assert held is not None
        assert told(every(session, short, VINTAGES)) == usual
        keys = [(1, span) for span in spans(session)]
        assert held.lacking(keys) == keys
        every(session, long, VINTAGES)
        assert held.lacking(keys) == []


def test_the_newest_years_are_held_first_and_what_does_not_fit_is_left(
    history: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading(history) as session:
        keys = [[(number, span) for number in (1, 2, 3)] for span in spans(session)]
        rows = rows_of_keys(session, keys[-1])
    # As if a row took as much as what is kept beside short blocks: room for the newest years and for little more.
    monkeypatch.setattr("app.queries.held.ROW_BYTES", 1_000)
    limit_memory(history.pool, sum(rows.values()) * 1_000 + 999)
    monkeypatch.setattr("app.queries.held.LARGEST_SHARE", 1)
    warm(history, Event())
    with reading(history) as session:
        held = held_for(session)
    assert held is not None
    assert len(keys) == 3
    assert held.lacking(keys[-1]) == []
    assert held.lacking(keys[0]) == keys[0]


@pytest.mark.parametrize("rows_at_once", [1, 4, 30])
def test_parts_of_any_size_put_together_are_the_whole(
    history: Engine, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    monkeypatch.setattr("app.queries.stored.LEAST_ROWS", 1)
    with reading(history) as session:
        for selection in SELECTIONS:
            whole = told(every(session, selection, VINTAGES))
            parts = [told(part) for part in stored(session, selection, VINTAGES, rows_at_once=rows_at_once)]
            assert [row for part in parts for row in part] == whole
            for place in (0, len(whole) // 2):
                after = (*whole[place][:3],) if whole else (1, 1, 1)
                rest = stored(session, selection, VINTAGES, after=after, rows_at_once=rows_at_once)  # type: ignore[arg-type]
                assert [row for part in rest for row in told(part)] == whole[place + 1 :]
        assert len(parts) > 1


@pytest.mark.parametrize("max_bytes", [1, 10_000_000], ids=["database", "memory"])
def test_pages_put_together_are_the_whole(history: Engine, max_bytes: int) -> None:
    limit_memory(history.pool, max_bytes)
    selection = Selection(indicator_ids=(1, 2, 3))
    with reading(history) as session:
        whole = told(every(session, selection, VINTAGES))
        pages, after = [], None
        while found := page(session, selection, VINTAGES, limit=4, after=after):
            pages += told(found)
            after = found.key(-1)
    assert pages == whole
    assert len(whole) > 4


def test_what_is_published_later_is_seen_at_once_and_the_past_stays(history: Engine) -> None:
    selection = Selection(city_ids=(1,), indicator_ids=(1,), periods=span("2024"))  # type: ignore[arg-type]
    with reading(history) as session:
        before = told(every(session, selection, VINTAGES))
    with writing(history) as session:
        row = {"city": "ru-kazan", "indicator": "TI_LIGHTS", "period": "2024", "value": "77.125"}
        publish_figures(session, row, now=MORNING + timedelta(days=99))
    with reading(history) as session:
        assert [row[4] for row in told(every(session, selection, VINTAGES + 1))] == ["77.125"]
        assert told(every(session, selection, VINTAGES)) == before


def test_a_transaction_that_may_be_undone_leaves_nothing_in_memory(history: Engine) -> None:
    with writing(history) as session:
        assert held_for(session) is None
    with reading(history) as session:
        assert isinstance(held_for(session), Held)
