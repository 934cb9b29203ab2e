"""Heavy work leaves other threads their turn: full collections wait, long lists go and are written in pieces."""

from __future__ import annotations

import gc
import json
from typing import SupportsIndex

import pytest

from app.formats import xlsx
from app.formats.table import Column, Notes
from app.pauses import AT_ONCE, RARELY, LongList, full_collections_rare, json_in_pieces


class Noted(LongList[int]):
    """Writes down how many items each cut takes."""

    cuts: list[int] = []

    def __delitem__(self, at: SupportsIndex | slice) -> None:
        assert isinstance(at, slice)
        self.cuts.append(len(self[at]))
        super().__delitem__(at)


def test_full_collections_are_rare_until_the_last_heavy_work_is_done() -> None:
    usual = gc.get_threshold()
    first, second = full_collections_rare(), full_collections_rare()
    first.__enter__()
    second.__enter__()
    assert gc.get_threshold() == (*usual[:2], RARELY)
    first.__exit__(None, None, None)
    assert gc.get_threshold() == (*usual[:2], RARELY)
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual


def test_heavy_work_that_fails_leaves_collections_as_they_were() -> None:
    usual = gc.get_threshold()
    with pytest.raises(ValueError, match="broken"), full_collections_rare():
        raise ValueError("broken")
    assert gc.get_threshold() == usual


def test_a_long_list_goes_in_pieces() -> None:
    Noted.cuts.clear()
    rows = Noted(range(2 * AT_ONCE + 500))
    del rows
    assert Noted.cuts == [AT_ONCE, AT_ONCE, 500]


@pytest.mark.parametrize("value", [[], [{"a": 1.5, "b": None}, "ё\n"], {"a": [1, 2]}, "text", None, [[1], [2]]])
def test_json_in_pieces_is_the_same_text(value: object) -> None:
    assert json_in_pieces(value) == json.dumps(value)


def test_a_long_workbook_gives_way_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []
    monkeypatch.setattr(xlsx, "give_way", lambda: times.append(1))
    rows = ([str(number)] for number in range(10 * xlsx.ROWS_AT_ONCE + 1))
    made = b"".join(xlsx.xlsx_chunks([Column("city", "text")], rows, Notes("a title")))
    assert made.startswith(b"PK")
    assert len(times) == 10
