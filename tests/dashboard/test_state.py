from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.state import MOST_CITIES, CompareState, Known

KNOWN = Known(
    language="ru",
    cities=frozenset({"ru-kazan", "ru-ufa", "ru-omsk", *(f"xx-{number}" for number in range(20))}),
    indicators=frozenset({"TI_BROADBAND", "QM_PM25"}),
    principles=frozenset({"infrastructure", "management"}),
    periods=frozenset({"2024-Q3", "2024"}),
    kinds_of_city=frozenset({frozenset({("size", "over_1m"), ("country", "RU")}), frozenset({("country", "KZ")})}),
    newest_vintage=12,
)


def read(search: object) -> CompareState:
    return CompareState.from_search(search, KNOWN)


def test_an_empty_address_is_the_default_and_the_default_is_an_empty_address() -> None:
    assert read("") == CompareState(language="ru")
    assert CompareState(language="ru").to_search(KNOWN) == ""


def test_an_address_is_read_and_written_back_letter_for_letter() -> None:
    address = (
        "?c=ru-kazan~ru-ufa&p=management&i=QM_PM25&t=2024-Q3&change=year&peer=size:over_1m+country:RU&as_of=7&lang=en"
    )
    state = read(address)
    assert state.cities == ("ru-kazan", "ru-ufa")
    assert state.peer == "size:over_1m+country:RU"
    assert state.instant() == 7
    assert state.dropped == ()
    assert state.to_search(KNOWN) == address


def test_unknown_keys_are_ignored_and_unknown_values_are_dropped_and_named() -> None:
    state = read("?c=ru-kazan~ru-atlantis&utm=1&t=1999&peer=size:huge&as_of=13&more=some&lang=fr&p=magic")
    assert state.cities == ("ru-kazan",)
    assert {(each.sentence, each.value) for each in state.dropped} == {
        ("dropped_city", "ru-atlantis"),
        ("dropped_period", "1999"),
        ("dropped_peer", "size:huge"),
        ("dropped_as_of", "13"),
        ("dropped_more", "some"),
        ("dropped_language", "fr"),
        ("dropped_principle", "magic"),
    }


def test_a_group_that_no_city_is_in_is_dropped_even_where_each_of_its_properties_occurs() -> None:
    assert read("?peer=size:over_1m+country:RU").dropped == ()
    assert [each.sentence for each in read("?peer=size:over_1m+country:KZ").dropped] == ["dropped_peer"]


def test_a_day_means_its_end_and_stays_a_day_in_the_address() -> None:
    state = read("?as_of=2026-05-14")
    assert state.instant() == datetime(2026, 5, 14, 23, 59, 59, 999_999, UTC)
    assert state.to_search(KNOWN) == "?as_of=2026-05-14"
    assert [each.sentence for each in read("?as_of=2026-02-30").dropped] == ["dropped_as_of"]


def test_the_eleventh_city_is_left_out_with_a_note() -> None:
    state = read("?c=" + "~".join(f"xx-{number}" for number in range(11)))
    assert len(state.cities) == MOST_CITIES == 10
    assert [each.sentence for each in state.dropped] == ["cities_full"]


def test_a_city_is_added_to_the_shown_defaults_and_the_last_choice_stands_last() -> None:
    after = read("").after({"name": "city-add", "value": "ru-omsk"}, KNOWN, ("ru-kazan", "ru-ufa"))
    assert after.to_search(KNOWN) == "?c=ru-kazan~ru-ufa~ru-omsk"


def test_an_indicator_is_switched_on_and_off_again() -> None:
    on = read("").after({"name": "indicator", "value": "QM_PM25"}, KNOWN, ())
    assert on.indicators == ("QM_PM25",)
    assert on.after({"name": "indicator", "value": "QM_PM25"}, KNOWN, ()).indicators == ()


def test_reset_keeps_the_language_alone() -> None:
    after = read("?c=ru-kazan&t=2024&lang=en").after({"name": "reset", "value": ""}, KNOWN, ())
    assert after.to_search(KNOWN) == "?lang=en"


@pytest.mark.parametrize(
    "choice",
    [None, 1, "x", [], {}, {"name": "city-add"}, {"name": 3, "value": "x"}, {"name": "city-add", "value": ["ru-ufa"]}]
    + [{"name": "no-such-choice", "value": "x"}, {"name": "city-add", "value": "x" * 9_000}],
)
def test_a_choice_that_is_none_changes_nothing(choice: Any) -> None:
    state = read("?c=ru-kazan")
    assert state.after(choice, KNOWN, ("ru-kazan",)) == state


@given(st.one_of(st.text(), st.text().map(lambda text: "?c=" + text), st.none(), st.integers(), st.lists(st.text())))
def test_no_address_raises_and_its_own_address_reads_back_the_same(search: object) -> None:
    state = read(search)
    assert read(state.to_search(KNOWN)) == state


@given(st.sampled_from(["c", "p", "i", "t", "change", "peer", "as_of", "more", "lang"]), st.text(max_size=60))
def test_no_value_of_any_key_raises(key: str, value: str) -> None:
    state = read(f"?{key}={value}")
    for dropped in state.dropped:
        dropped.value.encode("utf-8")
