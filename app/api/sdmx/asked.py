"""What an SDMX request asks for: key, filters and parameters of both versions of the REST API. Pure.

https://github.com/sdmx-twg/sdmx-rest/tree/master/doc
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.domain.period import EPOCH, LAST_DAY, parse_period
from app.errors import Invalid, NotOffered
from app.formats.sdmx.model import FREQUENCY_OF, KEY

ANY = ("", "*", "all", "+")
DETAILS = ("full", "serieskeysonly", "nodata")
_FILTER = re.compile(r"c\[([A-Z_]+)\]")
_LETTER_OF = {code: letter for letter, code in FREQUENCY_OF.items()}
_COMPONENTS = (*KEY, "TIME_PERIOD", "OBS_STATUS")
_NUMBERS = {"firstNObservations": "first", "lastNObservations": "last", "offset": "offset", "limit": "limit"}
_TEXTS = {"updatedAfter": "updated_after", "asOf": "as_of", "as_of": "as_of"}
# Said by clients without need: what we answer with holds everything they name.
_PASSED = {"dimensionAtObservation": ("TIME_PERIOD",), "includeHistory": ("false",), "attributes": ("dsd", "all")}
_PASSED |= {"measures": ("all",), "labels": ("id",)}


@dataclass(frozen=True)
class Asked:
    """Which figures and how many; None means any. Days have both ends included."""

    frequencies: tuple[str, ...] | None = None
    cities: tuple[str, ...] | None = None
    indicators: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None
    starts_on: date = EPOCH
    ends_on: date = LAST_DAY
    first: int | None = None
    last: int | None = None
    offset: int = 0
    limit: int | None = None
    updated_after: str | None = None
    as_of: str | None = None
    detail: str = "full"

    @property
    def has_time(self) -> bool:
        """Whether periods are bounded."""
        return (self.starts_on, self.ends_on) != (EPOCH, LAST_DAY)


def read(key: str, parameters: Sequence[tuple[str, str]]) -> Asked:
    """The key and the query parameters; Invalid names what cannot be read, NotOffered what is not served."""
    asked = _with_key(Asked(), key)
    for name, text in parameters:
        asked = _with_parameter(asked, name, text)
    return asked


def _with_key(asked: Asked, key: str) -> Asked:
    if key in ANY:
        return asked
    if "," in key:
        raise NotOffered("several keys in one address are not served: use c[REF_AREA]=… and c[INDICATOR]=…")
    parts = key.split(".")
    if len(parts) > len(KEY):
        raise Invalid(f"key {key!r} has {len(parts)} parts: it has at most {len(KEY)}, {'.'.join(KEY)}")
    for dimension, part in zip(KEY, parts, strict=False):
        if part not in ANY:
            asked = _narrowed(asked, dimension, part.split("+"))
    return asked


def _narrowed(asked: Asked, dimension: str, codes: Sequence[str]) -> Asked:
    if not all(codes):
        raise Invalid(f"{dimension}: an empty code among {'+'.join(codes)!r}")
    match dimension:
        case "FREQ":
            # A frequency we do not have finds nothing, as a city we do not have.
            return replace(asked, frequencies=tuple(_LETTER_OF.get(code, "?") for code in codes))
        case "REF_AREA":
            return replace(asked, cities=tuple(codes))
        case "INDICATOR":
            return replace(asked, indicators=tuple(codes))
    return replace(asked, statuses=tuple(codes))


def _with_parameter(asked: Asked, name: str, text: str) -> Asked:
    if match := _FILTER.fullmatch(name):
        return _with_filter(asked, match[1], text)
    if name in ("startPeriod", "endPeriod"):
        return _bounded(asked, "ge" if name == "startPeriod" else "le", text)
    if name in _NUMBERS:
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise Invalid(f"{name}={text[:40]!r}: a whole number is needed")
        return replace(asked, **{_NUMBERS[name]: int(text)})  # type: ignore[arg-type] # the fields that hold numbers
    if name in _TEXTS:
        return replace(asked, **{_TEXTS[name]: text})  # type: ignore[arg-type] # the fields that hold texts
    if name == "detail":
        if text not in DETAILS:
            raise NotOffered(f"detail={text[:40]!r} is not served: use {', '.join(DETAILS)}")
        return replace(asked, detail=text)
    return _passed(asked, name, text)


def _passed(asked: Asked, name: str, text: str) -> Asked:
    if name not in _PASSED:
        known = ["startPeriod", "endPeriod", "detail", *_NUMBERS, *_TEXTS, *_PASSED, "c[…]"]
        raise Invalid(f"unknown parameter {name[:60]!r}: known are {', '.join(known)}")
    if text not in _PASSED[name]:
        raise NotOffered(f"{name}={text[:40]!r} is not served: use {', '.join(_PASSED[name])}")
    return asked


def _with_filter(asked: Asked, component: str, text: str) -> Asked:
    if component not in _COMPONENTS:
        raise Invalid(f"c[{component}]: filters are for {', '.join(_COMPONENTS)}")
    if component != "TIME_PERIOD":
        if ":" in text and not text.startswith("eq:"):
            raise NotOffered(f"c[{component}]={text[:40]!r}: only equality is served, codes joined by commas")
        return _narrowed(asked, component, text.removeprefix("eq:").split(","))
    # A + of the address arrives as a space where it was not escaped.
    for condition in re.split(r"[+ ]", text):
        operator, colon, code = condition.rpartition(":")
        asked = _bounded(asked, operator if colon else "eq", code)
    return asked


def _bounded(asked: Asked, operator: str, code: str) -> Asked:
    try:
        period = parse_period(code)
    except ValueError as error:
        raise Invalid(f"TIME_PERIOD: {error}") from error
    day = timedelta(days=1)
    bounds: Mapping[str, tuple[date, date]] = {
        "eq": (period.starts_on, period.ends_on),
        "ge": (period.starts_on, LAST_DAY),
        "gt": (period.ends_on + day, LAST_DAY),
        "le": (EPOCH, period.ends_on),
        "lt": (EPOCH, period.starts_on - day),
    }
    if operator not in bounds:
        raise NotOffered(f"operator {operator[:10]!r} of TIME_PERIOD is not served: use {', '.join(bounds)}")
    low, high = bounds[operator]
    return replace(asked, starts_on=max(asked.starts_on, low), ends_on=min(asked.ends_on, high))
