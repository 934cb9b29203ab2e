from __future__ import annotations

from datetime import date

import pytest

from app.domain.period import parse_period
from dashboard.locale import Locale


@pytest.mark.parametrize(
    ("value", "decimals", "russian", "english"),
    [
        (1234.56, 1, "1\u202f234,6", "1,234.6"),
        (-0.04, 1, "0,0", "0.0"),
        (0.0, 0, "0", "0"),
        (-12.5, 2, "\u221212,50", "\u221212.50"),
        (1_000_000, 0, "1\u202f000\u202f000", "1,000,000"),
    ],
)
def test_numbers_are_written_as_each_language_writes_them(
    value: float, decimals: int, russian: str, english: str
) -> None:
    assert Locale("ru").number(value, decimals) == russian
    assert Locale("en").number(value, decimals) == english


def test_a_change_carries_its_sign_and_none_where_it_rounds_to_nothing() -> None:
    assert Locale("en").number(1.25, 1, signed=True) == "+1.2"
    assert Locale("en").number(0.01, 1, signed=True) == "0.0"


@pytest.mark.parametrize(
    ("code", "russian", "english"),
    [
        ("2024-Q3", "III кв. 2024", "Q3 2024"),
        ("2024-S2", "II полугодие 2024", "H2 2024"),
        ("2024", "2024 год", "2024"),
        ("2024-05", "май 2024", "May 2024"),
    ],
)
def test_periods_are_written_in_words(code: str, russian: str, english: str) -> None:
    assert Locale("ru").period(parse_period(code)) == russian
    assert Locale("en").period(parse_period(code)) == english


def test_dates_are_written_as_each_language_writes_them() -> None:
    assert Locale("ru").date(date(2025, 5, 14)) == "14.05.2025"
    assert Locale("en").date(date(2025, 5, 14)) == "14 May 2025"
