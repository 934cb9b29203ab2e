"""The one grammar of figures in uploads: exact decimals, every normalisation said, two readings an error.

ASCII digits only; `nan`, `1_000`, full-width digits, `0x10` and `1,2,3` are no numbers. What `1,234` means is decided
by the other numbers of the file or by the person, never here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from app.domain.number import canonical
from ingest.upload.model import Decimals

Means = Literal["decimal", "thousands"]


@dataclass(frozen=True)
class Style:
    """What a comma and a point between digits mean in this file; None: the file does not say."""

    comma: Means | None = None
    point: Means | None = None


@dataclass(frozen=True)
class Said:
    """A check with the words it needs: something normalised, or why there is no value."""

    check: str
    proposed: str | None = None
    readings: tuple[str, ...] = ()
    words: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class NumberText:
    """The exact value of a text (None when it has none or two) and what is to be said of it."""

    value: Decimal | None
    said: tuple[Said, ...] = ()


_SPACES = " \u00a0\u202f\u2009\u2007"
_GROUP = rf"[{_SPACES}'’]"
_GROUPED = re.compile(rf"(?P<whole>\d{{1,3}}(?:(?P<sep>{_GROUP})\d{{3}})(?:(?P=sep)\d{{3}})*)(?:[.,](?P<part>\d+))?", re.ASCII)  # noqa: E501 # fmt: skip
_BOTH_COMMA = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+", re.ASCII)
_BOTH_POINT = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+", re.ASCII)
_MANY = re.compile(r"[1-9]\d{0,2}(?:(?P<sep>[.,])\d{3})(?:(?P=sep)\d{3})+", re.ASCII)
_UNDECIDED = re.compile(r"[1-9]\d{0,2}(?P<sep>[.,])\d{3}", re.ASCII)
_ONE = re.compile(r"\d*(?P<sep>[.,])\d+", re.ASCII)
_WHOLE = re.compile(r"\d+", re.ASCII)
_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?[eEеЕ][+-]?\d{1,3}", re.ASCII)
_MINUS = "−–—‒‐‑"
_FLOAT_DIGITS = 15


def style_of(texts: Iterable[str], chosen: Decimals | None = None) -> tuple[Style, tuple[str, str] | None]:
    """What commas and points mean by the numbers that can be read in one way only, and a pair that contradicts."""
    if chosen is not None:
        return Style("decimal", "thousands") if chosen == "comma" else Style("thousands", "decimal"), None
    proof: dict[tuple[str, Means], str] = {}
    for text in texts:
        for evidence in _evidence(text.strip().lstrip("+-" + _MINUS).rstrip("%*").strip()):
            proof.setdefault(evidence, text.strip())
    style = Style(_meaning(",", proof), _meaning(".", proof))
    mixed = (proof.get((",", "decimal")), proof.get((".", "decimal")))
    return style, (mixed[0], mixed[1]) if mixed[0] and mixed[1] else None


def _meaning(sign: str, proof: dict[tuple[str, Means], str]) -> Means | None:
    decimal, thousands = (sign, "decimal") in proof, (sign, "thousands") in proof
    if decimal == thousands:
        return None
    return "decimal" if decimal else "thousands"


def _evidence(text: str) -> list[tuple[str, Means]]:
    """What a text proves of the comma or the point; nothing when it can be read in two ways."""
    if _BOTH_COMMA.fullmatch(text):
        return [(",", "decimal"), (".", "thousands")]
    if _BOTH_POINT.fullmatch(text):
        return [(".", "decimal"), (",", "thousands")]
    if match := _MANY.fullmatch(text):
        return [(match["sep"], "thousands")]
    if match := _GROUPED.fullmatch(text):
        return [(text[match.end("whole")], "decimal")] if match["part"] else []
    if _UNDECIDED.fullmatch(text):
        return []
    match = _ONE.fullmatch(text)
    return [(match["sep"], "decimal")] if match else []


def read_number(text: str, style: Style) -> NumberText:
    """The number a text writes, sign and all; no value and no word when it is not one."""
    core, sign, said = _signed(text.strip(_SPACES))
    found = _unsigned(core, style)
    if found is None:
        return NumberText(None)
    digits, more = found
    if len(digits) > 1:
        readings = tuple(sign + each for each in digits)
        return NumberText(None, (Said("number-ambiguous", readings=readings),))
    try:
        value = Decimal(canonical(Decimal(sign + digits[0])))
    except ValueError:
        return NumberText(None, (Said("not-finite"),))
    if said:
        more = (*more, Said("number-sign", proposed=str(value)))
    if "scientific" in [each.check for each in more]:
        more = tuple(Said(each.check, proposed=canonical(value)) for each in more)
    return NumberText(value, more)


def _signed(text: str) -> tuple[str, str, bool]:
    """(digits, sign, whether the sign was written in an unusual way)."""
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        return text[1:-1].strip(_SPACES), "-", True
    if text[:1] == "-":
        return text[1:].lstrip(_SPACES), "-", False
    if text[:1] and text[0] in _MINUS:
        return text[1:].lstrip(_SPACES), "-", True
    if text[:1] == "+":
        return text[1:].lstrip(_SPACES), "", True
    if text[-1:] and text[-1] in "-" + _MINUS:
        return text[:-1].rstrip(_SPACES), "-", True
    return text, "", False


def _unsigned(text: str, style: Style) -> tuple[tuple[str, ...], tuple[Said, ...]] | None:
    """The digits with a point, one spelling a reading, and what was normalised."""
    if _WHOLE.fullmatch(text):
        return (text,), ()
    if match := _GROUPED.fullmatch(text):
        return _of_grouped(match)
    if _BOTH_COMMA.fullmatch(text) or _BOTH_POINT.fullmatch(text):
        return _of_both(text, style)
    if match := _MANY.fullmatch(text):
        return _of_many(text, match["sep"], style)
    if match := _UNDECIDED.fullmatch(text):
        return _of_undecided(text, match["sep"], style)
    if match := _ONE.fullmatch(text):
        return _of_one(text, match["sep"])
    if _SCIENTIFIC.fullmatch(text):
        return (text.replace(",", ".").translate(str.maketrans("еЕ", "ee")),), (Said("scientific"),)
    return None


def _of_grouped(match: re.Match[str]) -> tuple[tuple[str, ...], tuple[Said, ...]] | None:
    whole = re.sub(r"\D", "", match["whole"])
    if len(whole) > 1 and whole[0] == "0":
        return None
    said = [Said("grouped-thousands")]
    if match["part"] and match.string[match.end("whole")] == ",":
        said.append(Said("decimal-comma"))
    return (f"{whole}.{match['part'] or '0'}",), tuple(said)


def _of_both(text: str, style: Style) -> tuple[tuple[str, ...], tuple[Said, ...]] | None:
    decimal = "," if text.rindex(",") > text.rindex(".") else "."
    if (style.comma if decimal == "," else style.point) == "thousands":
        return None
    if text[0] == "0":
        return None
    thousands = "." if decimal == "," else ","
    return (text.replace(thousands, "").replace(",", "."),), (Said("grouped-thousands"),)


def _of_many(text: str, sep: str, style: Style) -> tuple[tuple[str, ...], tuple[Said, ...]] | None:
    if (style.comma if sep == "," else style.point) == "decimal":
        return None
    return (text.replace(sep, ""),), (Said("grouped-thousands"),)


def _of_undecided(text: str, sep: str, style: Style) -> tuple[tuple[str, ...], tuple[Said, ...]]:
    means = style.comma if sep == "," else style.point
    decimal, thousands = text.replace(sep, "."), text.replace(sep, "")
    if means is None:
        return (decimal, thousands), ()
    if means == "thousands":
        return (thousands,), (Said("grouped-thousands"),)
    return (decimal,), (Said("decimal-comma"),) if sep == "," else ()


def _of_one(text: str, sep: str) -> tuple[tuple[str, ...], tuple[Said, ...]] | None:
    whole, _, part = text.partition(sep)
    if len(whole) > 1 and whole.startswith("0"):
        return None
    said = [Said("decimal-comma")] if sep == "," else []
    if len(whole.lstrip("0")) + len(part) > _FLOAT_DIGITS:
        said.append(Said("long-fraction"))
    return (f"{whole or '0'}.{part}",), tuple(said)
