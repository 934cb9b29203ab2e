"""The state of an address for the pages that show figures: the same keys as on Compare, defaults put in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.domain.period import Period
from app.queries.comparison import Comparison, Question, comparison
from app.queries.reference import IndicatorEntry, search_cities
from app.queries.vintages import is_simulated
from dashboard.charts.drawing import Drawing
from dashboard.components.controls import OptionGroup
from dashboard.pages.subject import Subject, subject
from dashboard.reference import Reference, peer_options, read_reference
from dashboard.served.asked import Asked
from dashboard.state import MOST_CITIES, CompareState, Known
from dashboard.theme import city_colour, city_shape


@dataclass(frozen=True)
class Here:
    """What a page is about, and the addresses around it."""

    asked: Asked
    known: Reference
    codes: Known
    state: CompareState
    subject: Subject

    @cached_property
    def query(self) -> str:
        """This state as a query, the path left out."""
        return self.state.to_search(self.codes)

    def address(self, path: str, **changes: Any) -> str:
        """A page in this state, or in one changed in parts."""
        return path + replace(self.state, dropped=(), **changes).to_search(self.codes)

    @property
    def dropped(self) -> list[str]:
        """What the address held that does not exist, in words."""
        return [self.asked.words.say(each.sentence, value=each.value, most=10) for each in self.state.dropped]

    @property
    def is_past(self) -> bool:
        """Whether what was known earlier is shown."""
        return self.subject.vintage.number < self.known.newest_vintage

    def colour(self, code: str) -> str:
        """The colour of a chosen city; empty for the others."""
        return city_colour(self.subject.codes.index(code)) if code in self.subject.codes else ""

    def shape(self, code: str) -> str:
        """The marker of a chosen city; a circle for the others."""
        return city_shape(self.subject.codes.index(code)) if code in self.subject.codes else "circle"

    def marker(self, code: str) -> Markup:
        """The mark of a chosen city, as it stands in the charts."""
        drawing = Drawing(16, 16)
        drawing.mark((8, 8), shape=self.shape(code), colour=self.colour(code), size=11)
        return Markup(drawing.svg(is_hidden=True))  # noqa: S704 - only numbers and our own colours

    def without(self, path: str, code: str) -> str:
        """The address without one of the chosen cities."""
        return self.address(
            path, cities=tuple(each for each in self.subject.codes if each not in (code, path.rpartition("/")[2]))
        )

    def periods(self, frequency: str) -> list[Period]:
        """The periods that may be chosen, the newest first."""
        return [period for period in reversed(self.known.periods) if period.frequency == frequency]

    def choices(self) -> dict[str, Any]:
        """What the form of choices is filled with."""
        return {
            "groups": _groups(self),
            "periods": self.periods(self.subject.at.frequency),
            "cities": [
                (code, self.asked.words.name(self.known.cities[code].city), self.colour(code), self.shape(code))
                for code in self.subject.codes
            ],
        }


def here(
    session: Session, asked: Asked, indicators: tuple[str, ...] = (), first: tuple[str, ...] = ()
) -> Here | None:
    """The state of the address; `indicators` and the `first` cities are those of the page itself.

    None where nothing is known yet.
    """
    known = read_reference(session)
    codes = known.known(asked.house.language)
    language = {} if asked.words.language == asked.house.language else {"lang": asked.words.language}
    added = _added(asked, known)
    state = CompareState.from_search("?" + urlencode({**asked.query, **language, **added}), codes)
    cities = tuple(dict.fromkeys((*first, *state.cities)))[:MOST_CITIES]
    found = subject(session, known, replace(state, cities=cities, indicators=indicators or state.indicators))
    return None if found is None else Here(asked, known, codes, state, found)


def _added(asked: Asked, known: Reference) -> dict[str, str]:
    """A city that the form names by its name is put behind those of the address."""
    text = asked.query.get("add", "").strip()[:80]
    meant = search_cities(list(known.cities.values()), text)[:1] if text else []
    if not meant:
        return {}
    listed = [code for code in asked.query.get("c", "").split("~") if code]
    return {"c": "~".join(dict.fromkeys([*listed, meant[0].city.code]))}


def _groups(here: Here) -> list[tuple[str, list[tuple[str, str]]]]:
    """The groups that may be chosen, under their headings."""
    found: list[tuple[str, list[tuple[str, str]]]] = [("", [])]
    default, chosen = here.subject.default_peer.code, here.state.peer or ""
    for option in peer_options(here.known, here.asked.words, default=default, chosen=chosen):
        if isinstance(option, OptionGroup):
            found.append((option.label, [(each.value, each.label) for each in option.options]))
        else:
            found[0][1].append((option.value, option.label))
    return found


def compared(session: Session, here: Here, indicators: tuple[IndicatorEntry, ...], trends: int) -> Comparison:
    """The figures of these indicators for the cities and the group of the page."""
    at = here.subject.at
    return comparison(
        session,
        Question(here.subject.cities, here.subject.peers, indicators, at, here.subject.vintage.number, trends),
    )


def simulated(session: Session, found: Comparison) -> bool:
    """Whether some of the figures are simulated."""
    return is_simulated(session, found.vintages)
