"""The number grammar: a hundred thousand numbers in six styles, none misread; two readings are never one."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from ingest.upload.numbers import Style, read_number, style_of


def spellings(dice: random.Random, value: Decimal) -> list[str]:
    """A number with a fraction in six ways of writing it."""
    whole, fraction = str(abs(value)).split(".")
    sign = "-" if value < 0 else ""
    groups = f"{int(whole):,}"
    spaced = groups.replace(",", dice.choice([" ", "\u00a0", "\u202f", "\u2009"]))
    return [
        f"{sign}{spaced},{fraction}",
        f"{sign}{groups.replace(',', '.')},{fraction}",
        f"{sign}{groups}.{fraction}",
        sign + groups.replace(",", "'") + f".{fraction}",
        sign.replace("-", "−") + f"{whole},{fraction}",
        f"{sign}{whole}.{fraction}",
    ]


def test_a_hundred_thousand_numbers_in_six_styles_are_read_as_they_are_or_asked() -> None:
    dice = random.Random(1)
    asked = 0
    for _ in range(100_000 // 6):
        value = Decimal(dice.randint(-(10**9), 10**9)).scaleb(-dice.randint(1, 4))
        for text in spellings(dice, value):
            found = read_number(text, Style())
            if found.value is None:
                # `1,234` alone: both readings are offered, and the right one is among them.
                assert value in [Decimal(reading) for reading in found.said[0].readings]
                asked += 1
            else:
                assert found.value == value
    assert asked < 2_000


@pytest.mark.parametrize(
    "text", ["1_000", "١٢", "１２", "inf", "nan", "0x10", "1e400", "1,2,3", "12 34", "--5", "", "5."]
)
def test_what_is_no_number_has_no_value(text: str) -> None:
    assert read_number(text, Style()).value is None


def test_the_other_numbers_of_the_file_decide_what_a_sign_means() -> None:
    assert style_of(["45,2"])[0] == Style("decimal", None)
    assert style_of(["1,234.5"])[0] == Style("thousands", "decimal")
    assert style_of(["1,234", "12"])[0] == Style(None, None)
    assert style_of(["45,2", "45.2"])[1] == ("45,2", "45.2")


def test_a_persons_choice_decides_where_the_file_does_not() -> None:
    assert read_number("1,234", style_of(["1,234"], "comma")[0]).value == Decimal("1.234")
    assert read_number("1,234", style_of(["1,234"], "point")[0]).value == Decimal(1234)


def test_a_point_stays_a_point_whatever_the_language() -> None:
    assert read_number("18500.00", Style("decimal", None)).value == Decimal(18500)
