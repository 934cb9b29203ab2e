"""The address of a page and its state, each from the other; also the only reading of untrusted input.

Unknown keys are ignored, so old addresses open; unknown values are dropped and remembered, so the page can say so.
Nothing here raises, whatever the address or the posted choice holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from urllib.parse import parse_qs, quote

from app.domain.peers import parse_peer_group
from dashboard.texts import LANGUAGES

MOST_CITIES = 10
MOST_INDICATORS = 60
MOST_CHARACTERS = 8_000
EVERY = "all"
_SHOWN_CHARACTERS = 40
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Known:
    """The codes that an address may name, and the language it means when it names none."""

    language: str
    cities: frozenset[str] = frozenset()
    indicators: frozenset[str] = frozenset()
    principles: frozenset[str] = frozenset()
    periods: frozenset[str] = frozenset()
    # The properties of every kind of city there is, each as (kind, value) of a peer group.
    kinds_of_city: frozenset[frozenset[tuple[str, str]]] = frozenset()
    newest_vintage: int = 0

    def has_peer_group(self, code: str) -> bool:
        """Whether some city can belong to the group."""
        if code == EVERY:
            return True
        try:
            group = parse_peer_group(code)
        except ValueError:
            return False
        if group.near is not None and group.near.city not in self.cities:
            return False
        named = {part for part in group.parts if part[0] != "near"}
        return any(named <= properties for properties in self.kinds_of_city)

    def has_as_of(self, text: str) -> bool:
        """Whether it is the number of a vintage, a day, or an instant with its zone."""
        if text.isascii() and text.isdigit():
            return len(text) < 10 and 1 <= int(text) <= self.newest_vintage
        return as_instant(text) is not None


@dataclass(frozen=True)
class Dropped:
    """A value of the address that was not kept: the sentence that says so, and the value."""

    sentence: str
    value: str


@dataclass(frozen=True)
class CompareState:
    """What the page Compare shows; None and empty stand for the default and are not written in the address."""

    language: str
    cities: tuple[str, ...] = ()
    principle: str | None = None
    indicators: tuple[str, ...] = ()
    period: str | None = None
    change: str | None = None
    peer: str | None = None
    as_of: str | None = None
    more: str | None = None
    # The two indicators of the scatter, where they are not the first two.
    across: str | None = None
    up: str | None = None
    dropped: tuple[Dropped, ...] = field(default=(), compare=False)

    @classmethod
    def from_search(cls, search: object, known: Known) -> CompareState:
        """The state of `?c=…&p=…`, with what it names checked against what there is."""
        return _read(_parameters(search), known)

    def to_search(self, known: Known) -> str:
        """The address of this state: short codes in one order, defaults left out; empty when all is default."""
        parts = [f"{key}={quote(value, safe=':~+')}" for key, value in self._parameters(known).items() if value]
        return "?" + "&".join(parts) if parts else ""

    def after(self, choice: object, known: Known, shown: tuple[str, ...]) -> CompareState:
        """The state after one choice on the page, `{"name": …, "value": …}`; anything else changes nothing.

        `shown` are the cities the page shows, which are more than the state's own when it names none.
        """
        name, value = _choice(choice)
        change = _CHOICES.get(name)
        if change is None:
            return self
        parameters = self._parameters(known)
        if name.startswith("city-"):
            parameters["c"] = "~".join(shown)
        return _read({**parameters, **change(parameters, value)}, known)

    def instant(self) -> int | datetime | None:
        """What `as_of` means: a vintage's number, an instant, or now."""
        if self.as_of is None:
            return None
        return int(self.as_of) if self.as_of.isdigit() else as_instant(self.as_of)

    def _parameters(self, known: Known) -> dict[str, str]:
        return {
            "c": "~".join(self.cities),
            "p": self.principle or "",
            "i": "~".join(self.indicators),
            "t": self.period or "",
            "change": self.change or "",
            "peer": self.peer or "",
            "as_of": self.as_of or "",
            "more": self.more or "",
            "x": self.across or "",
            "y": self.up or "",
            "lang": "" if self.language == known.language else self.language,
        }


def as_instant(text: str) -> datetime | None:
    """The instant of an ISO 8601 text with a zone, of a day (2026-05-14) its end in UTC; None for everything else."""
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        instant = datetime.fromisoformat(text.replace(" ", "+"))
        # An instant at the edge of the calendar has no UTC; the database could not be asked about it.
        return instant.astimezone(UTC) if instant.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None


def _parameters(search: object) -> dict[str, str]:
    """The address as one text a key, the first where a key stands twice; nothing where it is no address."""
    if not isinstance(search, str) or len(search) > MOST_CHARACTERS:
        return {}
    try:
        return {key: values[0] for key, values in parse_qs(search.removeprefix("?"), max_num_fields=50).items()}
    except ValueError:
        return {}


def _read(parameters: Mapping[str, str], known: Known) -> CompareState:
    reading = _Reading(parameters, known)
    return CompareState(
        language=reading.one("lang", "dropped_language", LANGUAGES.__contains__) or known.language,
        cities=reading.cities(),
        principle=reading.one("p", "dropped_principle", lambda code: code == EVERY or code in known.principles),
        indicators=reading.many("i", "dropped_indicator", known.indicators)[:MOST_INDICATORS],
        period=reading.one("t", "dropped_period", known.periods.__contains__),
        change=reading.one("change", "dropped_change", "year".__eq__),
        peer=reading.peer(),
        as_of=reading.one("as_of", "dropped_as_of", known.has_as_of),
        more=reading.one("more", "dropped_more", EVERY.__eq__),
        across=reading.one("x", "dropped_indicator", known.indicators.__contains__),
        up=reading.one("y", "dropped_indicator", known.indicators.__contains__),
        dropped=tuple(reading.dropped),
    )


class _Reading:
    """One pass over the parameters that remembers what it had to drop."""

    def __init__(self, parameters: Mapping[str, str], known: Known) -> None:
        self.parameters = parameters
        self.known = known
        self.dropped: list[Dropped] = []

    def one(self, key: str, sentence: str, is_known: Callable[[str], bool]) -> str | None:
        value = self.parameters.get(key, "")
        if value and not is_known(value):
            self._drop(sentence, value)
        return value if value and is_known(value) else None

    def many(self, key: str, sentence: str, known: frozenset[str]) -> tuple[str, ...]:
        codes = dict.fromkeys(filter(None, self.parameters.get(key, "").split("~")))
        for code in codes:
            if code not in known:
                self._drop(sentence, code)
        return tuple(code for code in codes if code in known)

    def cities(self) -> tuple[str, ...]:
        codes = self.many("c", "dropped_city", self.known.cities)
        if len(codes) > MOST_CITIES:
            self._drop("cities_full", "")
        return codes[:MOST_CITIES]

    def peer(self) -> str | None:
        code = self.one("peer", "dropped_peer", self.known.has_peer_group)
        return code if code in (None, EVERY) else parse_peer_group(code).code

    def _drop(self, sentence: str, value: str) -> None:
        # Half a surrogate pair cannot be sent back as UTF-8; a long value would fill the page.
        shown = value[:_SHOWN_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
        if len(self.dropped) < MOST_CITIES:
            self.dropped.append(Dropped(sentence, shown))


def _choice(choice: object) -> tuple[str, str]:
    """A posted choice as its name and value; empty texts when it is not one."""
    if not isinstance(choice, Mapping):
        return "", ""
    name, value = choice.get("name"), choice.get("value")
    if not isinstance(name, str) or not isinstance(value, str) or len(value) > MOST_CHARACTERS:
        return "", ""
    return name, value


def _listed(text: str) -> list[str]:
    return [code for code in text.split("~") if code]


def _with(parameters: Mapping[str, str], key: str, code: str) -> dict[str, str]:
    return {key: "~".join([*_listed(parameters[key]), code])}


def _without(parameters: Mapping[str, str], key: str, code: str) -> dict[str, str]:
    return {key: "~".join(each for each in _listed(parameters[key]) if each != code)}


def _switched(parameters: Mapping[str, str], key: str, code: str) -> dict[str, str]:
    change = _without if code in _listed(parameters[key]) else _with
    return change(parameters, key, code)


_CHOICES: dict[str, Callable[[Mapping[str, str], str], dict[str, str]]] = {
    "city-add": lambda parameters, code: _with(parameters, "c", code),
    "city-remove": lambda parameters, code: _without(parameters, "c", code),
    "principle": lambda _, code: {"p": code, "i": "", "more": "", "x": "", "y": ""},
    "indicator": lambda parameters, code: _switched(parameters, "i", code),
    "indicators-clear": lambda _parameters, _code: {"i": ""},
    "period": lambda _, code: {"t": code},
    "change": lambda _, code: {"change": code},
    "peer": lambda _, code: {"peer": code},
    "as_of": lambda _, code: {"as_of": code},
    "more": lambda _, code: {"more": code},
    "across": lambda _, code: {"x": code},
    "up": lambda _, code: {"y": code},
    "language": lambda _, code: {"lang": code},
    "reset": lambda parameters, _: dict.fromkeys(parameters, "") | {"lang": parameters["lang"]},
}
