"""Exact decimal figures as text: one canonical spelling, so equal figures are equal strings on every engine."""

from __future__ import annotations

import re
from decimal import Decimal

LARGEST = Decimal(10) ** 15
MOST_DIGITS = 30
# The canonical spelling of most numbers, for readers of many at once: whatever it fits, `canonical` leaves as it is.
# No more digits than decimal arithmetic keeps by itself.
CANONICAL = r"0|-?(?:[1-9][0-9]{0,14}(?:\.[0-9]{0,12}[1-9])?|0\.[0-9]{0,12}[1-9])"
_PLAIN = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_SCIENTIFIC = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d{1,3}", re.ASCII)


def canonical(number: Decimal) -> str:
    """`12.50` as `12.5`, `-0` as `0`, `1E+3` as `1000`; ValueError when not finite or not within ±10**15."""
    if not number.is_finite():
        raise ValueError(f"{number} is not a finite number")
    if abs(number) > LARGEST:
        raise ValueError(f"{number:.3E} lies outside ±10^15: check the unit")
    if number == 0:
        return "0"
    text = format(number, "f")
    digits = text.rstrip("0").rstrip(".") if "." in text else text
    if len(digits.lstrip("-").replace(".", "").lstrip("0")) > MOST_DIGITS:
        raise ValueError(f"{digits[:20]}… has more than {MOST_DIGITS} significant digits")
    return digits


def parse_number(text: str, *, scientific: bool = False) -> Decimal:
    """The decimal written as ASCII digits with a point; ValueError for everything else, `nan` and `1_000` too."""
    if _PLAIN.fullmatch(text) or (scientific and _SCIENTIFIC.fullmatch(text)):
        return Decimal(text)
    raise ValueError(f"{text[:40]!r} is not a number: write digits with one decimal point")
