from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from sqlalchemy import Engine, Table, func, inspect, select
from sqlalchemy.exc import IntegrityError

from app.bulk import MOST_BOUND, best_order, fetch_columns, insert_columns, rebuilt_indexes
from app.db import SQLITE, reading, writing
from app.domain.block import Texts
from app.models import Observation

TABLE = cast(Table, Observation.__table__)
NAMES = ["city_id", "indicator_id", "period", "vintage", "value", "status", "confidentiality", "is_withdrawn"]


def columns(count: int) -> dict[str, list[object]]:
    same: list[object] = [1, 7, 1, "12.5", "A", "F", False]
    return {"city_id": list(range(count)), **{name: [one] * count for name, one in zip(NAMES[1:], same, strict=True)}}


# One row, what one statement binds, and more than that.
@pytest.mark.parametrize("count", [1, MOST_BOUND - 7, 2 * MOST_BOUND])
def test_what_is_inserted_comes_back(database: Engine, count: int) -> None:
    with writing(database) as session:
        insert_columns(session, TABLE, columns(count))
    with reading(database) as session:
        parts = list(fetch_columns(session, select(Observation.city_id, Observation.status), keys=1))
    assert [city for part in parts for city in part[0]] == list(range(count))
    assert {status for part in parts for status in part[1].at(slice(None))} == {"A"}


def test_nothing_to_insert_and_nothing_to_fetch_is_no_error(database: Engine) -> None:
    with writing(database) as session:
        insert_columns(session, TABLE, columns(0))
        query = select(Observation.city_id, Observation.note).where(Observation.city_id.in_([3, 4]))
        assert list(fetch_columns(session, query, keys=1)) == []


def test_texts_of_every_kind_come_back_as_they_were(database: Engine) -> None:
    notes = [None, "", "н/д", 'a "quoted", part', "two\nlines", "\\N", "t", "[1,2]", "\t", "null", "x" * 5_000]
    given = {**columns(len(notes)), "note": Texts.of(notes), "is_withdrawn": np.arange(len(notes)) % 2 == 0}
    with writing(database) as session:
        insert_columns(session, TABLE, given)
    query = select(Observation.city_id, Observation.indicator_id, Observation.is_withdrawn, Observation.note)
    with reading(database) as session:
        (part,) = fetch_columns(session, query, keys=2)
    cities, _, withdrawn, texts = part
    found = dict(zip(cities.tolist(), texts.texts[texts.codes].tolist(), strict=True))
    assert [found[city] for city in range(len(notes))] == notes
    assert {int(city) % 2 == 0 for city, gone in zip(cities, withdrawn, strict=True) if gone} == {True}


def test_a_bulk_load_leaves_key_and_every_index_in_place(database: Engine) -> None:
    def indexes() -> set[str | None]:
        return {index["name"] for index in inspect(database).get_indexes("observation")}

    before = indexes()
    with writing(database) as session:
        with rebuilt_indexes(session, TABLE, is_bulk=True):
            insert_columns(session, TABLE, columns(1_000))
    assert indexes() == before
    assert "ix_observation_by_indicator" in before
    key = inspect(database).get_pk_constraint("observation")
    assert key["name"] in ("pk_observation", None)
    assert key["constrained_columns"] == ["city_id", "period", "indicator_id", "vintage"]


def test_a_bulk_load_of_one_figure_twice_is_refused_whole(database: Engine) -> None:
    twice = {name: [*column, column[0]] for name, column in columns(1_000).items()}
    with pytest.raises((SQLITE.IntegrityError, IntegrityError)), writing(database) as session:
        with rebuilt_indexes(session, TABLE, is_bulk=True):
            insert_columns(session, TABLE, twice)
    assert inspect(database).get_pk_constraint("observation")["constrained_columns"]
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(TABLE)) == 0


def test_rows_are_put_where_they_are_looked_for(database: Engine) -> None:
    with writing(database) as session:
        found = best_order(session, TABLE)
    assert (
        found[:3]
        == {
            "sqlite": ["city_id", "period", "indicator_id"],
            "postgresql": ["indicator_id", "period", "city_id"],
        }[database.dialect.name]
    )
