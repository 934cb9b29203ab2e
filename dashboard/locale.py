"""Numbers, periods, dates, names as each language writes them: `1 234,5`, `1,234.5`, `III кв. 2024` and `Q3 2024`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from app.domain.period import Period
from dashboard.texts import Texts

MINUS = "\u2212"
_ROMAN = ("", "I", "II", "III", "IV")


class Named(Protocol):
    """Whatever has a name in both languages."""

    name_en: str
    name_ru: str


class Locale(Texts):
    """Sentences, and everything else that is written differently in another language."""

    def number(self, value: float, decimals: int, *, signed: bool = False) -> str:
        """The number with its decimals; what rounds to nothing is 0, never −0."""
        rounded = round(value, decimals) + 0.0
        digits = f"{abs(rounded):,.{decimals}f}"
        marks = {",": self.style.thousands_mark, ".": self.style.decimal_mark}
        digits = "".join(marks.get(each, each) for each in digits)
        sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
        return sign + digits

    def period(self, period: Period) -> str:
        """The period in words."""
        year, month = period.starts_on.year, period.starts_on.month
        match period.frequency:
            case "A":
                return self.say("period_year", year=year)
            case "S":
                return self._part("period_half", (month + 5) // 6, year)
            case "Q":
                return self._part("period_quarter", (month + 2) // 3, year)
            case "M":
                return self.say("period_month", month=self.say("months").split()[month - 1], year=year)
        return self.say("period_range", start=self.date(period.starts_on), end=self.date(period.ends_on))

    def _part(self, key: str, number: int, year: int) -> str:
        return self.say(key, roman=_ROMAN[number], number=number, year=year)

    def short_period(self, period: Period) -> str:
        """The period as narrow as an axis needs it."""
        match period.frequency:
            case "A":
                return str(period.starts_on.year)
            case "R" | "D":
                return str(period.ends_on.year)
        return self.period(period)

    def date(self, day: date | datetime) -> str:
        """The day: 14.05.2025 in Russian, 14 May 2025 in English."""
        name = self.say("months").split()[day.month - 1]
        return self.style.day.format(day=day.day, month=day.month, year=day.year, name=name)

    def name(self, named: Named) -> str:
        """Its name in this language, else in the other."""
        return self.own(named, "name")

    def own(self, entry: object, field: str) -> str:
        """`entry.<field>_ru` or `entry.<field>_en`, whichever this language's readers read, else the other."""
        texts = {code: getattr(entry, f"{field}_{code}") or "" for code in ("ru", "en")}
        return str(texts.pop(self.style.names_in) or next(iter(texts.values())))
