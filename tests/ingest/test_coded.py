from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.block import Texts
from app.domain.number import canonical
from ingest.coded import are_canonical, coded, joined, same, stacked, texts_of, told, used
from ingest.jobs.description import Number
from ingest.jobs.texts import number_reader, plain_numbers

DIGITS = st.text("0123456789.-eE+ ", max_size=34)


@given(st.one_of(DIGITS, st.decimals(allow_nan=False, allow_infinity=False).map(str), st.text(max_size=8)))
@example("-0")
@example("1" * 15 + "." + "1" * 13)
@example("1" * 15 + "." + "1" * 14)
@example("0.50")
@example("٣")
@example("1\n")
def test_a_number_taken_as_it_is_is_what_the_grammar_makes_of_it(text: str) -> None:
    if are_canonical([text])[0]:
        assert canonical(Decimal(text)) == text
        assert number_reader(Number(column="x"))(text) == text


@pytest.mark.parametrize("text", ["0", "7", "-7", "12.5", "-0.001", "999999999999999.9999999999999"])
def test_usual_numbers_are_taken_as_they_are(text: str) -> None:
    assert are_canonical([text]).tolist() == [True]


@pytest.mark.parametrize(
    "rule", [{"factor": "1000"}, {"decimal": ","}, {"grouping": " "}, {"pattern": "(.*)"}, {"missing": ["7"]}]
)
def test_a_rule_of_its_own_leaves_nothing_as_it_is(rule: dict[str, object]) -> None:
    assert not plain_numbers(Texts.of(["7"]), Number.model_validate({"column": "x", **rule})).any()


def test_columns_keep_their_blanks_through_every_step() -> None:
    texts = joined([Texts.of(["a", None]), Texts.of([None, "b", "a"])])
    column = pd.Series(coded(texts))
    assert column.astype(object).where(column.notna(), None).tolist() == ["a", None, None, "b", "a"]
    assert set(used(column)) == {"a", "b", None}
    assert told(column, lambda text: len(text or ""), np.int64).tolist() == [1, 0, 0, 1, 1]
    back = texts_of(column)
    assert back.texts[back.codes].tolist() == ["a", None, None, "b", "a"]


def test_frames_of_other_texts_are_stacked() -> None:
    frames = [pd.DataFrame({"x": same(word, 2), "line": [1, 2]}) for word in ("a", None, "b")]
    found = stacked(frames)
    assert found["x"].astype(object).where(found["x"].notna(), None).tolist() == ["a", "a", None, None, "b", "b"]
    assert found["line"].tolist() == [1, 2] * 3
