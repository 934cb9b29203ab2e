from __future__ import annotations

from typing import Any

from app.domain.block import FIELDS, block_of, rows_of

# city, period, vintage, value, status, confidentiality, note, attributes, withdrawn
TABLE = [
    (2, 10, 1, "5", "A", "F", None, None, False),
    (1, 10, 1, "3", "A", "F", "late", None, False),
    (1, 11, 1, "4", "A", "F", None, None, False),
    (1, 10, 3, "3.5", "A", "F", None, '{"lci":"3"}', False),
    (2, 10, 3, "6", "A", "E", None, None, False),
]


def columns(rows: list[Any]) -> list[list[Any]]:
    return [[row[at] for row in rows] for at in range(len(FIELDS))]


def values(vintage: int, **selection: object) -> list[object]:
    block = block_of(columns(TABLE), newest=3)
    return block.rows.value.at(block.known(vintage, **selection)).tolist()  # type: ignore[arg-type]


def test_nothing_was_known_before_the_first_vintage() -> None:
    assert values(0) == []


def test_a_revision_counts_from_its_vintage_on() -> None:
    assert values(2) == ["3", "4", "5"]
    # City 2's last row is not free, so nothing of that figure is shown any more.
    assert values(3) == ["3.5", "4"]


def test_periods_and_cities_narrow_the_answer() -> None:
    assert values(2, periods=[10]) == ["3", "5"]
    assert values(2, periods=[10, 11]) == ["3", "4", "5"]
    assert values(2, periods=[]) == []


def test_later_rows_join_without_changing_the_past() -> None:
    older = block_of(columns(TABLE[:3]), newest=2)
    whole = older.joined(rows_of(columns(TABLE[3:])), newest=3)
    assert whole.newest == 3
    assert whole.rows.value.at(whole.known(2)).tolist() == ["3", "4", "5"]
    assert whole.rows.value.at(whole.known(3)).tolist() == ["3.5", "4"]
    assert whole.rows.note.at(whole.known(2)).tolist() == ["late", None, None]
    assert whole.rows.attributes.at(whole.known(3)).tolist() == ['{"lci":"3"}', None]


def test_an_indicator_without_figures_is_an_empty_block() -> None:
    empty = block_of(columns([]), newest=7)
    assert empty.known(7).tolist() == []
    assert empty.joined(rows_of(columns([])), newest=8).newest == 8
