"""Reference periods: `2024`, `2024-S1`, `2024-Q3`, `2024-05`, `2024-05-31`, `2011-01-01/P3Y`.

A period is a first and a last day. Its code is the SDMX TIME_PERIOD spelling, its number an integer that sorts
by first day, then by length; both follow from the two days, so no table has to be asked.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

EPOCH = date(1900, 1, 1)
LAST_DAY = date(2099, 12, 31)
# Numbers stay below 2**31: 73,049 days to the end of 2099 times this stride is 2,118,421,000.
STRIDE = 29_000

FREQUENCIES = {
    "A": "annual",
    "S": "half-yearly",
    "Q": "quarterly",
    "M": "monthly",
    "D": "daily",
    "R": "range",
}
_MONTHS = {"A": 12, "S": 6, "Q": 3, "M": 1}
_CODE = re.compile(
    r"(?P<year>\d{4})(?:-(?:S(?P<half>[12])|Q(?P<quarter>[1-4])|(?P<month>\d{2})(?:-(?P<day>\d{2}))?))?"
    r"(?:/P(?P<count>[1-9]\d{0,3})(?P<unit>[YMD]))?",
    re.ASCII,
)


@dataclass(frozen=True, order=True)
class Period:
    """A span of whole days, ordered by its first day, then its last."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if not EPOCH <= self.starts_on <= self.ends_on <= LAST_DAY:
            raise ValueError(f"a period lies within 1900 to 2099, not {self.starts_on} to {self.ends_on}")
        if self.days >= STRIDE:
            raise ValueError(f"a period is shorter than {STRIDE} days, not {self.days}")

    @property
    def days(self) -> int:
        """Its length in days, both ends counted."""
        return (self.ends_on - self.starts_on).days + 1

    @property
    def number(self) -> int:
        """Sorts as the period sorts and fits a 32-bit integer."""
        return (self.starts_on - EPOCH).days * STRIDE + self.days

    @property
    def frequency(self) -> str:
        """One of FREQUENCIES: the calendar unit it fills exactly, or R."""
        if self.days == 1:
            return "D"
        for letter, months in _MONTHS.items():
            aligned = self.starts_on.day == 1 and (self.starts_on.month - 1) % months == 0
            if aligned and self.ends_on == _last_day(self.starts_on, months):
                return letter
        return "R"

    @property
    def code(self) -> str:
        """The SDMX TIME_PERIOD spelling."""
        start = self.starts_on
        match self.frequency:
            case "A":
                return f"{start.year:04d}"
            case "S":
                return f"{start.year:04d}-S{(start.month + 5) // 6}"
            case "Q":
                return f"{start.year:04d}-Q{(start.month + 2) // 3}"
            case "M":
                return f"{start.year:04d}-{start.month:02d}"
            case "D":
                return start.isoformat()
        return f"{start.isoformat()}/P{self._duration()}"

    def _duration(self) -> str:
        after = self.ends_on + timedelta(days=1)
        months = (after.year - self.starts_on.year) * 12 + after.month - self.starts_on.month
        if after.day != self.starts_on.day:
            return f"{self.days}D"
        return f"{months // 12}Y" if months % 12 == 0 else f"{months}M"

    def year_earlier(self) -> Period:
        """The same span a year before; the last day of a month stays the last day."""
        if self.frequency in _MONTHS:
            start = self.starts_on.replace(year=self.starts_on.year - 1)
            return Period(start, _last_day(start, _MONTHS[self.frequency]))
        return Period(_year_before(self.starts_on), _year_before(self.ends_on))

    def previous(self) -> Period:
        """The span of the same frequency just before; of a range, the one of as many days."""
        before = self.starts_on - timedelta(days=1)
        if self.frequency not in _MONTHS:
            return Period(before - timedelta(days=self.days - 1), before)
        first = _add_months(self.starts_on, -_MONTHS[self.frequency])
        return Period(first, before)


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, day.day)


def _last_day(start: date, months: int) -> date:
    """The last day of `months` months from `start`."""
    return _add_months(start, months) - timedelta(days=1)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, monthrange(day.year - 1, day.month)[1]))


@lru_cache(maxsize=65_536)
def parse_period(code: str) -> Period:
    """The period of a code; ValueError says what a code looks like."""
    match = _CODE.fullmatch(code)
    if match is None:
        raise ValueError(
            f"{code!r} is not a period: write 2024, 2024-S1, 2024-Q3, 2024-05, 2024-05-31 or 2011-01-01/P3Y"
        )
    parts = match.groupdict()
    try:
        period = _calendar_period(parts) if parts["count"] is None else _range(parts)
    except ValueError as error:
        raise ValueError(f"{code!r} is not a period: {error}") from error
    return period


def _calendar_period(parts: dict[str, str | None]) -> Period:
    year = int(parts["year"] or 0)
    if year < EPOCH.year or year > LAST_DAY.year:
        raise ValueError("the year lies within 1900 to 2099")
    if parts["day"]:
        day = date(year, int(parts["month"] or 0), int(parts["day"]))
        return Period(day, day)
    if parts["month"]:
        return _months_from(date(year, int(parts["month"]), 1), 1)
    if parts["quarter"]:
        return _months_from(date(year, 3 * int(parts["quarter"]) - 2, 1), 3)
    if parts["half"]:
        return _months_from(date(year, 6 * int(parts["half"]) - 5, 1), 6)
    return Period(date(year, 1, 1), date(year, 12, 31))


def _months_from(start: date, months: int) -> Period:
    # The day before the next start, kept inside the year 2099 by taking the month's own length.
    last = start.month + months - 1
    return Period(start, date(start.year, last, monthrange(start.year, last)[1]))


def _range(parts: dict[str, str | None]) -> Period:
    if not parts["day"]:
        raise ValueError("an interval begins with a day, as in 2011-01-01/P3Y")
    start = date(int(parts["year"] or 0), int(parts["month"] or 0), int(parts["day"]))
    count = int(parts["count"] or 0)
    if parts["unit"] == "D":
        return Period(start, start + timedelta(days=count - 1))
    return Period(start, _last_day(start, count * 12 if parts["unit"] == "Y" else count))


@lru_cache(maxsize=65_536)
def period_of_number(number: int) -> Period:
    """The period whose `number` this is."""
    start = EPOCH + timedelta(days=number // STRIDE)
    return Period(start, start + timedelta(days=number % STRIDE - 1))


def parse_period_range(text: str) -> tuple[Period, Period]:
    """`2023-Q1..2024-Q4` or a single code as its first and last period, both included, of one frequency."""
    first, dots, last = text.partition("..")
    low = parse_period(first)
    high = parse_period(last) if dots else low
    if low.frequency != high.frequency:
        raise ValueError(f"{text!r} joins {FREQUENCIES[low.frequency]} with {FREQUENCIES[high.frequency]}: use one")
    if high < low:
        raise ValueError(f"{text!r} ends before it begins: write {last}..{first}")
    return low, high
