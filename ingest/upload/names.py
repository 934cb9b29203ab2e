"""Names and codes in a file to those of the register and the catalogue: exactly or by alias, never by likeness.

A near name is proposed, not taken; a name that several cities share is a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache

from app.domain.names import folded
from app.domain.remembered import remembered
from ingest.upload.known import CityFacts, IndicatorFacts, Known

_PREFIX = re.compile(
    r"^(?:муниципальное образование|мо|городской округ|гор\.? округ|г\.? ?о\.?|го|гп|город|гор\.?|г\.|г|city of|"
    r"the city of|municipality of)\s*[\s.\"«]\s*"
)
_SUFFIX = re.compile(r"\s*(?:[»\"]|\(город\)|, г|\bқ\.?|қаласы|\bcity|\bгородской округ|\bг\.?)$")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,31}", re.ASCII)
_LOOKALIKE = dict(zip("aceopxykmhtbn", "асеорхукмнтвп", strict=True))
_SCIENTIFIC = re.compile(r"\d[.,]\d+[eEеЕ]\+?\d+")
_GARBLED = re.compile(
    "[\ufffd]|\\?{3,}|[ÐÑÂÃ][\u0080-\u00bf\u0152-\u2122]|[À-ÿ]{3,}|(?:[РС][\u0080-\u04ff°±²³µ·»ј]){3,}"
)


@dataclass(frozen=True)
class Meant:
    """The code a text leads to, with how: `exact`, `named`, `padded`; or a check that says why there is none."""

    code: str | None = None
    how: str = "exact"
    check: str = ""
    proposed: str | None = None
    readings: tuple[str, ...] = ()


@dataclass
class Names:
    """Every spelling that leads to a city or an indicator, built once for a file."""

    known: Known
    cities: dict[str, set[str]] = field(default_factory=dict)
    oktmo: dict[str, str] = field(default_factory=dict)
    indicators: dict[str, set[str]] = field(default_factory=dict)
    # Likeness is slow: a file of a hundred thousand unknown names gets proposals for the first of them.
    proposals_left: int = 200

    def __post_init__(self) -> None:
        for city in self.known.cities.values():
            for name in (city.name_ru, city.name_en, *city.aliases):
                self.cities.setdefault(city_key(name), set()).add(city.code)
            if city.oktmo:
                self.oktmo[city.oktmo] = city.code
        for indicator in self.known.indicators.values():
            for name in (indicator.name_ru, indicator.name_en):
                self.indicators.setdefault(name_key(name), set()).add(indicator.code)

    def city(self, text: str, region: str = "") -> Meant:
        """The city of a code, OKTMO or name; the region decides between homonyms."""
        written = text.strip()
        if written in self.known.cities:
            return Meant(written)
        if written.lower() in self.known.cities:
            return Meant(written.lower(), "named")
        if by_number := self._by_oktmo(written):
            return by_number
        codes = self._named(written, region)
        if len(codes) == 1:
            return Meant(next(iter(codes)), "named")
        if codes:
            return Meant(check="city-homonym", readings=tuple(sorted(codes)))
        return self._unknown(written, "city-unknown", self.cities)

    def _by_oktmo(self, text: str) -> Meant | None:
        if _SCIENTIFIC.fullmatch(text):
            return Meant(check="code-scientific")
        digits = re.sub(r"[\s-]", "", text)
        if not digits.isascii() or not digits.isdigit():
            return None
        if digits in self.oktmo:
            return Meant(self.oktmo[digits], "named")
        if len(digits) in (7, 10) and "0" + digits in self.oktmo:
            return Meant(self.oktmo["0" + digits], "padded", proposed="0" + digits)
        return None

    def _named(self, text: str, region: str) -> set[str]:
        codes = self.cities.get(city_key(text), set()) or self.cities.get(city_key(text, bare=True), set())
        if not region or not codes:
            return codes
        wanted = name_key(region)
        return {code for code in codes if not _names_region(self.known.cities[code]) or wanted in _names_region(self.known.cities[code])}  # noqa: E501 # fmt: skip

    def indicator(self, text: str) -> Meant:
        """The indicator of a code or of a full name."""
        written = text.strip()
        if written in self.known.indicators:
            return Meant(written)
        if written in self.known.retired:
            return Meant(check="indicator-retired", proposed=self.known.retired[written] or None)
        codes = self.indicators.get(name_key(written), set())
        if len(codes) == 1:
            return Meant(next(iter(codes)), "named")
        cased = latin(written).upper()
        if cased in self.known.indicators:
            return Meant(check="indicator-unknown", proposed=cased)
        if _CODE.fullmatch(cased):
            return Meant(check="indicator-unknown", proposed=self._nearest(cased, self.known.indicators))
        return self._unknown(written, "indicator-unknown", self.indicators)

    def _unknown(self, text: str, check: str, spellings: Mapping[str, set[str]]) -> Meant:
        if _GARBLED.search(text):
            return Meant(check="garbled-name", proposed=_repaired(text, spellings))
        near = self._nearest(name_key(text)[:120], spellings)
        return Meant(check=check, proposed=min(spellings[near]) if near else None)

    def _nearest(self, text: str, spellings: Iterable[str]) -> str | None:
        self.proposals_left -= 1
        near = get_close_matches(text, spellings, n=1, cutoff=0.78) if self.proposals_left > 0 else []
        return near[0] if near else None


@lru_cache(maxsize=10_000)
def _names_region(city: CityFacts) -> frozenset[str]:
    return frozenset(map(name_key, city.regions))


@remembered(32_768)
def name_key(name: str) -> str:
    """A name folded, with Latin letters that look Cyrillic turned where the word holds Cyrillic too."""
    words = (_cyrillic(word) for word in folded(name.replace("\u00ad", "")).split(" "))
    return " ".join(words).strip("\"'«»“”„.,:;* ")


def _cyrillic(word: str) -> str:
    if word.isascii() or not any("а" <= letter <= "я" for letter in word):
        return word
    return "".join(_LOOKALIKE.get(letter, letter) for letter in word)


def city_key(name: str, *, bare: bool = False) -> str:
    """The key of a city's name; `bare` without what kind of place it is and without quotation marks."""
    key = name_key(name)
    if not bare:
        return key
    before = ""
    while before != key:
        before = key
        key = _SUFFIX.sub("", _PREFIX.sub("", key)).strip("\"'«»“”„.,:;* ")
    return key


def latin(text: str) -> str:
    """A code with Cyrillic look-alikes turned into the Latin letters they look like."""
    table = dict(zip("АВСЕНКМОРТХУІасеорхук", "ABCEHKMOPTXYIaceopxyk", strict=True))
    return "".join(table.get(letter, letter) for letter in text)


def _repaired(text: str, spellings: Mapping[str, set[str]]) -> str | None:
    for wrong, right in (("cp1252", "utf-8"), ("latin-1", "utf-8"), ("cp1252", "cp1251"), ("latin-1", "cp1251"), ("cp1251", "utf-8"), ("cp866", "cp1251"), ("koi8-r", "cp1251")):  # noqa: E501 # fmt: skip
        try:
            repaired = text.encode(wrong).decode(right)
        except UnicodeError:
            continue
        if name_key(repaired) in spellings or city_key(repaired, bare=True) in spellings:
            return repaired
    return None


def is_code(text: str) -> bool:
    """Whether a text is written like the code of an indicator."""
    return bool(_CODE.fullmatch(text.strip()))


def shown_names(codes: Iterable[str], known: Mapping[str, CityFacts | IndicatorFacts]) -> tuple[str, str]:
    """Codes as names, English and Russian."""
    found = [known[code] for code in codes]
    return ", ".join(each.name_en for each in found), ", ".join(each.name_ru for each in found)
