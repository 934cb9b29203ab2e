"""Every spelling of a period that offices use, Russian and English, to its code; two readings stay two readings.

A date stands for the quarter that ends on it (`30.09.2024`, `на 01.10.2024`); `9 мес. 2024` runs from 1 January.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from app.domain.period import parse_period
from app.domain.remembered import remembered

How = Literal["code", "spelled", "cumulative", "date", "serial", "fiscal"]


@dataclass(frozen=True)
class PeriodText:
    """The codes a text may mean (none: it is no period) and how it says so; `day` is the date written."""

    codes: tuple[str, ...] = ()
    how: How = "spelled"
    day: date | None = None


_ORDINALS = {"перв": 1, "втор": 2, "трет": 3, "четверт": 4, "first": 1, "second": 2, "third": 3, "fourth": 4}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "янв jan", "фев feb", "мар mar", "апр apr", "май мая мае may", "июн jun", "июл jul", "авг aug",
            "сен sep", "окт oct", "ноя nov", "дек dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = (
    r"(?:янв(?:ар[ьяе])?|фев(?:р(?:ал[ьяе])?)?|мар(?:т[ае]?)?|апр(?:ел[ьяе])?|ма[йяе]|июн[ьяе]?|июл[ьяе]?"
    r"|авг(?:уст[ае]?)?|сент?(?:ябр[ьяе])?|окт(?:ябр[ьяе])?|ноя(?:б(?:р[ьяе])?)?|дек(?:абр[ьяе])?"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<year>(?:19|20)\d{2}|['’]?\d{2})(?:\s*(?:г\.?|год[ау]?|г\.\s*г\.?))?"
# The year is written whole where nothing else proves that the number is a year.
_WHOLE_YEAR = r"(?P<year>(?:19|20)\d{2})(?:\s*(?:г\.?|год[ау]?))?"
_ROMAN = r"(?:[iіl|1шп]{1,3}|[iіl|1][vѵ])"
_QUARTER = (
    rf"(?P<quarter>{_ROMAN}|[1-4]|(?:перв|втор|трет|четверт)\w*|first|second|third|fourth)"
    r"(?:\s*-?\s*(?:ый|ий|ой|й|го|ом|ем|м|е|st|nd|rd|th))?"
)
_WORD = r"(?:квартал\w*|кварт\.?|кв\.?|quarter|qtr\.?)"
_GAP = r"[\s,./_-]*"
_LEAD = r"(?:за|в|во|отчетный период|период|for|in|the)?\s*"
_END = r"\s*[.,;:]?"

_QUARTERS = [
    re.compile(pattern)
    for pattern in (
        rf"{_LEAD}{_QUARTER}\s*{_WORD}\s*(?:of\s*)?{_GAP}{_YEAR}{_END}",
        rf"{_LEAD}{_YEAR}{_GAP}{_QUARTER}\s*{_WORD}{_END}",
        rf"{_LEAD}(?P<quarter>[1-4])\s*к\.?{_GAP}{_YEAR}{_END}",
        rf"(?P<quarter>[1-4])\s*q{_GAP}{_YEAR}{_END}",
        rf"[qк](?P<quarter>[1-4]){_GAP}{_YEAR}{_END}",
        rf"{_WHOLE_YEAR}{_GAP}[qк](?P<quarter>[1-4]){_END}",
        rf"{_WORD}\s*№?\s*(?P<quarter>[1-4]|{_ROMAN}){_GAP}{_WHOLE_YEAR}{_END}",
        rf"{_WHOLE_YEAR}{_GAP}{_WORD}\s*№?\s*(?P<quarter>[1-4]|{_ROMAN}){_END}",
        rf"(?P<quarter>[iі]{{1,3}}|[iі]v|ш){_GAP}{_WHOLE_YEAR}{_END}",
        rf"{_WHOLE_YEAR}{_GAP}(?P<quarter>[iі]{{1,3}}|[iі]v|ш){_END}",
    )
]
_SLASHED = re.compile(r"(?P<part>0?\d|1[0-2])[/.-](?P<year>(?:19|20)\d{2})|(?P<year2>(?:19|20)\d{2})[/.](?P<part2>0?\d|1[0-2])")  # noqa: E501 # fmt: skip
_MONTH_RANGE = re.compile(rf"{_LEAD}(?P<first>{_MONTH})\s*[-–—−]\s*(?P<last>{_MONTH})\s*{_YEAR}{_END}")
MONTHS_COUNT = re.compile(
    rf"{_LEAD}(?P<count>\d{{1,2}})\s*-?\s*(?:мес(?:яц\w*)?\.?|months?)\s*(?:of\s*)?{_YEAR}{_END}"
)
_HALF = re.compile(
    rf"{_LEAD}(?:(?P<half>[12]|ii?|перв\w*|втор\w*|first|second)\s*-?(?:ое|е)?\s*(?:полугоди\w*|п/г|half)|h(?P<half2>[12]))"
    rf"{_GAP}(?:of\s*)?{_YEAR}{_END}"
)
_ONE_MONTH = re.compile(rf"{_LEAD}(?P<month>{_MONTH}){_GAP}{_YEAR}{_END}")
_WHOLE = re.compile(rf"{_LEAD}(?P<year>(?:19|20)\d{{2}})\s*(?:г\.?|год[ау]?)?{_END}")
_AS_OF = r"(?P<as_of>(?:по состоянию\s*)?на\s+|as (?:of|at)\s+)?"
_DATES = [
    re.compile(pattern)
    for pattern in (
        rf"{_AS_OF}(?P<year>(?:19|20)\d{{2}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})(?:[t ]00:00(?::00)?)?",
        rf"{_AS_OF}(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>(?:19|20)\d{{2}}|\d{{2}})(?:\s*г(?:ода|\.)?)?",
        rf"{_AS_OF}(?P<day>\d{{1,2}})\s+(?P<name>{_MONTH})\s+(?P<year>(?:19|20)\d{{2}})(?:\s*г(?:ода|\.)?)?",
    )
]
_SLASH_DATE = re.compile(rf"{_AS_OF}(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/(?P<year>(?:19|20)\d{{2}})")
_FISCAL = re.compile(r"(?:fy\s*)?(?P<year>(?:19|20)\d{2})\s*[-/–]\s*(?P<next>\d{2})")
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.0)?")
_EMBEDDED = re.compile(r"(?<!\d)((?:19|20)\d{2})-?q([1-4])(?!\d)", re.IGNORECASE)
_HOMOGLYPHS = str.maketrans({"і": "i", "l": "i", "|": "i", "1": "i", "ѵ": "v"})


@remembered(16_384)
def read_period(text: str, day_first: bool | None = None) -> PeriodText:
    """What a text may mean; several codes are a question, none means that it is no period."""
    plain = text.strip()
    if code := _canonical(plain):
        return PeriodText((code,), "code")
    written = _plain(plain)
    for reader in _READERS:
        if found := reader(written):
            return found
    return _of_slash_date(written, day_first) or PeriodText()


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").replace("\u00ad", "")
    return re.sub(r"[\s\u200b\ufeff]+", " ", folded).strip(" \"'«»()")


def _canonical(text: str) -> str | None:
    if not re.fullmatch(r"\d{4}(?:-(?:[QS]\d|\d{2}))?|\d{4}-\d{2}-\d{2}/P\d+[YMD]", text, re.ASCII):
        return None
    try:
        return parse_period(text).code
    except ValueError:
        return None


def _year(text: str) -> int:
    digits = text.strip("'’")
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _number(text: str) -> int | None:
    """1 to 4 of a digit, a word or a Roman numeral, also one typed with Ш, П, l or 1; None when it is neither."""
    if text in ("1", "2", "3", "4"):
        return int(text)
    for stem, number in _ORDINALS.items():
        if text.startswith(stem):
            return number
    roman = text.replace("ш", "iii").replace("п", "ii").translate(_HOMOGLYPHS)
    return {"i": 1, "ii": 2, "iii": 3, "iv": 4}.get(roman) if not text.isdigit() else None


def _of_quarter(text: str) -> PeriodText | None:
    for pattern in _QUARTERS:
        if match := pattern.fullmatch(text):
            number = _number(match["quarter"])
            return PeriodText((f"{_year(match['year'])}-Q{number}",)) if number else None
    return None


def _of_slashed(text: str) -> PeriodText | None:
    match = _SLASHED.fullmatch(text)
    if match is None:
        return None
    part, year = match["part"] or match["part2"], match["year"] or match["year2"]
    number = int(part)
    if not 1 <= number <= 12:
        return None
    month = f"{year}-{number:02d}"
    return PeriodText((f"{year}-Q{number}", month) if part == str(number) and number <= 4 else (month,))


def _month(name: str) -> int:
    return MONTHS[name[:3]]


def _since_january(year: int, last: int) -> PeriodText | None:
    if last == 3:
        return PeriodText((f"{year}-Q1",))
    return PeriodText((f"{year}-Q{last // 3}",), "cumulative") if last in (6, 9, 12) else None


def _of_months(text: str) -> PeriodText | None:
    if match := _MONTH_RANGE.fullmatch(text):
        first, last, year = _month(match["first"]), _month(match["last"]), _year(match["year"])
        if first == 1:
            return _since_january(year, last)
        is_quarter = last - first == 2 and last % 3 == 0
        return PeriodText((f"{year}-Q{last // 3}",)) if is_quarter else None
    if match := MONTHS_COUNT.fullmatch(text):
        return _since_january(_year(match["year"]), int(match["count"]))
    if match := _ONE_MONTH.fullmatch(text):
        return PeriodText((f"{_year(match['year'])}-{_month(match['month']):02d}",))
    return None


def _of_half(text: str) -> PeriodText | None:
    match = _HALF.fullmatch(text)
    if match is None:
        return None
    half = _number(match["half"] or match["half2"])
    return _since_january(_year(match["year"]), 6) if half == 1 else PeriodText((f"{_year(match['year'])}-S2",))


def _of_year(text: str) -> PeriodText | None:
    match = _WHOLE.fullmatch(text)
    return PeriodText((match["year"],)) if match else None


def _of_date(text: str) -> PeriodText | None:
    for pattern in _DATES:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            month = _month(parts["name"]) if parts.get("name") else int(parts["month"])
            try:
                day = date(_year(parts["year"]), month, int(parts["day"]))
            except ValueError:
                return None
            return of_day(day, as_of=bool(parts["as_of"]))
    return None


def of_day(day: date, *, as_of: bool, how: How = "date") -> PeriodText:
    """The quarter that ends with the day; the first day of a quarter means the one before only after `на`."""
    after = day + timedelta(days=1)
    if after.day == 1 and after.month in (1, 4, 7, 10):
        return PeriodText((_quarter(day),), how, day)
    if day.day == 1 and day.month in (1, 4, 7, 10):
        before = _quarter(day - timedelta(days=1))
        return PeriodText((before,) if as_of else (before, _quarter(day)), how, day)
    return PeriodText((day.isoformat(),), how, day)


def _quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _of_slash_date(text: str, day_first: bool | None) -> PeriodText | None:
    match = _SLASH_DATE.fullmatch(text)
    if match is None:
        return None
    a, b, year = int(match["a"]), int(match["b"]), int(match["year"])
    orders = [(a, b), (b, a)] if day_first is None else [(a, b) if day_first else (b, a)]
    days = []
    for day, month in orders:
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    if len(set(days)) == 1:
        return of_day(days[0], as_of=bool(match["as_of"]))
    return PeriodText(tuple(day.isoformat() for day in days), "date") if days else None


def _of_serial(text: str) -> PeriodText | None:
    if not _SERIAL.fullmatch(text):
        return None
    day = date(1899, 12, 30) + timedelta(days=int(text[:5]))
    return of_day(day, as_of=False, how="serial")


def _of_fiscal(text: str) -> PeriodText | None:
    match = _FISCAL.fullmatch(text)
    if match is None or (int(match["year"]) + 1) % 100 != int(match["next"]):
        return None
    return PeriodText((f"{match['year']}-04-01/P1Y", f"{match['year']}-07-01/P1Y"), "fiscal")


_READERS: tuple[Callable[[str], PeriodText | None], ...] = (
    _of_quarter,
    _of_slashed,
    _of_months,
    _of_half,
    _of_year,
    _of_date,
    _of_serial,
    _of_fiscal,
)


def quarters_in(text: str) -> list[str]:
    """The quarters that a title or a file name mentions, each once, in their order there."""
    tokens = [token for token in re.split(r"[\s_()\[\],;:]+", text) if token]
    found: list[str] = []
    start = 0
    while start < len(tokens):
        for size in range(min(5, len(tokens) - start), 0, -1):
            meant = read_period(" ".join(tokens[start : start + size]))
            if len(meant.codes) == 1 and "-Q" in meant.codes[0] and meant.how in ("code", "spelled", "cumulative"):
                found.append(meant.codes[0])
                start += size - 1
                break
        start += 1
    found += [f"{year}-Q{quarter}" for year, quarter in _EMBEDDED.findall(text)]
    return list(dict.fromkeys(found))


@lru_cache(maxsize=65_536)
def frequency_of(code: str) -> str:
    """The frequency of a period by its code; a year that begins in another month is annual."""
    frequency = parse_period(code).frequency
    return "A" if frequency == "R" and code.endswith("/P1Y") else frequency


@lru_cache(maxsize=65_536)
def previous_code(code: str) -> str:
    """The code of the period just before; none before the first there is."""
    try:
        return parse_period(code).previous().code
    except ValueError:
        return ""


@lru_cache(maxsize=65_536)
def year_earlier_code(code: str) -> str:
    """The code of the same period a year before; none in the first year there is."""
    try:
        return parse_period(code).year_earlier().code
    except ValueError:
        return ""
