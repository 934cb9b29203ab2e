"""Sentences, moments, statuses and findings as the pages made on the server say them."""

from __future__ import annotations

from datetime import datetime

from app.domain.period import parse_period
from app.domain.status import OBS_STATUS
from dashboard.locale import Locale


class Words(Locale):
    """What the pages made on the server say beside it."""

    def moment(self, at: datetime | None) -> str:
        """Day and time in UTC; a dash where there is none."""
        return "–" if at is None else f"{self.date(at)} {at:%H:%M} UTC"

    def period_of(self, code: str) -> str:
        """A period by its code, in words."""
        return self.period(parse_period(code))

    def digits(self, text: str | None) -> str:
        """A number by its exact digits, none lost; a dash where there is none."""
        if text is None:
            return "–"
        return self.number(float(text), len(text.partition(".")[2]))

    def status(self, letter: str) -> str:
        """A status in words; nothing for the normal one."""
        known = OBS_STATUS.get(letter)
        if known is None or letter == "A":
            return ""
        return self.own(known, "name")

    def percent(self, share: float | None) -> str:
        """A share in whole per cent; what is nearly nothing or nearly all does not read as nothing or all."""
        if share is None:
            return "–"
        if 0 < share < 0.005 or 0.995 < share < 1:
            return "<1" if share < 0.5 else ">99"
        return self.number(100 * share, 0)

    def of(self, family: str, code: str) -> str:
        """The word for a code of a family (`state`, `role`, `severity`); the code itself where there is none."""
        key = f"{family}_{code}"
        return self.say(key) if self.knows(key) else code

    def said(self, finding: dict[str, object]) -> str:
        """What a finding says in this language."""
        own = finding.get("message_ru") if self.style.names_in == "ru" else None
        return str(own or finding["message"])
