"""Plausibility: what is asked, what season and habit excuse, and that an answer is not asked for twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ingest.upload import Checked, Known, check, confirmation, read_upload, reference_known

BASE = reference_known()
STOPS = ("ru-kazan", "TI_SMART_STOPS")


def known(history: dict[str, str], **more: object) -> Known:
    series = {period: Decimal(value) for period, value in history.items()}
    return replace(BASE, history={STOPS: series}, **more)  # type: ignore[arg-type]


def checked(value: str, facts: Known, period: str = "2024-Q3") -> Checked:
    content = f"city;indicator;period;value\nru-kazan;TI_SMART_STOPS;{period};{value}\n".encode()
    return check(read_upload(content, "f.csv", known=facts), facts)


def asked(value: str, facts: Known) -> list[tuple[str, str | None]]:
    return [(finding.check, finding.proposed) for finding in checked(value, facts).of("confirm")]


@pytest.mark.parametrize(("value", "proposed"), [("4.2", "42"), ("0.42", "42"), ("0.042", "42")])
def test_a_slip_of_unit_proposes_the_value_meant(value: str, proposed: str) -> None:
    assert asked(value, known({"2024-Q2": "42", "2024-Q1": "41"})) == [("unit-slip", proposed)]


def test_a_change_within_the_soft_range_is_not_asked() -> None:
    assert asked("45", known({"2024-Q2": "42"})) == []


def test_a_jump_is_asked_and_the_same_season_excuses_it() -> None:
    assert asked("80", known({"2024-Q2": "42"})) == [("jump", None)]
    assert asked("80", known({"2024-Q2": "42", "2023-Q3": "79"})) == []


def test_the_first_period_there_is_has_none_before_it() -> None:
    peers = {("TI_SMART_STOPS", "1900-Q2"): {f"c{n}": Decimal(50 + n) for n in range(9)}}
    found = checked("45", known({"1900-Q2": "42"}, peers=peers), "1900-Q1")
    assert [(row.period, row.value) for row in found.rows] == [("1900-Q1", Decimal(45))]


def test_a_sudden_zero_is_asked_and_a_habitual_one_is_not() -> None:
    assert asked("0", known({"2024-Q2": "42"})) == [("sudden-zero", None)]
    assert asked("0", known({"2024-Q2": "0"})) == []


def test_far_from_comparable_cities_is_asked_unless_the_city_has_always_been_there() -> None:
    peers = {("TI_SMART_STOPS", "2024-Q3"): {f"c{n}": Decimal(50 + n) for n in range(9)}}
    assert asked("95", replace(BASE, peers=peers)) == [("peer-outlier", None)]
    assert asked("95", known({"2024-Q2": "94"}, peers=peers)) == []


def test_a_confirmed_value_is_not_asked_again_and_another_value_is() -> None:
    facts = known({"2024-Q2": "42"})
    first = checked("80", facts)
    answer = confirmation(first.of("confirm")[0], first.rows, "new stops were equipped")
    again = replace(facts, confirmations=(answer,))
    assert checked("80,0", again).verdict == "ready"
    assert [finding.message for finding in checked("80", again).of("notice")] == [
        "Confirmed before: new stops were equipped"
    ]
    assert checked("81", again).verdict == "confirm"


def test_a_closed_quarter_wants_one_reason() -> None:
    facts = replace(BASE, closed_periods=frozenset({"2024-Q3"}))
    assert [finding.check for finding in checked("45", facts).of("confirm")] == ["closed-period"]
    assert checked("45", replace(facts, closed_reason="late data")).verdict == "ready"


def test_a_city_without_right_is_named_but_nothing_is_told_of_it() -> None:
    facts = known({"2024-Q2": "42.7"}, allowed_cities=frozenset({"ru-ufa"}))
    found = checked("80", facts)
    assert [finding.check for finding in found.findings] == ["city-not-yours"]
    assert "42.7" not in str(found.findings)
