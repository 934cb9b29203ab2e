"""What a page is about once every default is put in: cities, peers, indicators, period, vintage, language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol
from urllib.parse import quote

from sqlalchemy.orm import Session

from app.domain.peers import FEWEST_PEERS
from app.domain.period import Period, parse_period
from app.queries.reference import CityEntry, IndicatorEntry
from app.queries.vintages import as_known
from dashboard.locale import Locale
from dashboard.reference import (
    DefaultPeer,
    Reference,
    default_cities,
    default_peer,
    default_period,
    group_name,
    place,
)
from dashboard.state import EVERY, CompareState
from dashboard.view import CityView, View


class Publication(Protocol):
    """A vintage as far as a page names it."""

    number: int
    published_at: datetime


@dataclass(frozen=True)
class Subject:
    """The state with its defaults put in."""

    state: CompareState
    reference: Reference
    vintage: Publication
    codes: tuple[str, ...]
    principle: str
    at: Period
    peer: str
    indicators: tuple[IndicatorEntry, ...]

    @cached_property
    def locale(self) -> Locale:
        """The language of the page."""
        return Locale(self.state.language)

    @property
    def cities(self) -> tuple[CityEntry, ...]:
        """The chosen cities in the order of the choice."""
        return tuple(self.reference.cities[code] for code in self.codes)

    @cached_property
    def peers(self) -> tuple[CityEntry, ...]:
        """The cities they are measured against."""
        return self.reference.peers(self.peer)

    @cached_property
    def default_peer(self) -> DefaultPeer:
        """What they are measured against when the address does not say."""
        return default_peer(self.cities[0], self.reference)

    @property
    def group_note(self) -> str:
        """Why the group is wider than it might be; empty where the address names it or nothing narrower was meant."""
        narrower = self.default_peer.too_small
        if self.state.peer or not narrower:
            return ""
        group, count = group_name(narrower, self.reference, self.locale), len(self.reference.peers(narrower))
        return self.locale.say("peer_too_small", group=group, count=count, least=FEWEST_PEERS + 1)

    @cached_property
    def view(self) -> View:
        """What figures and components are told."""
        among = {entry.city.code for entry in self.peers}
        return View(
            locale=self.locale,
            cities=tuple(self._city(entry, number, among) for number, entry in enumerate(self.cities)),
            group=group_name(self.peer, self.reference, self.locale),
            group_count=len(self.peers),
            at=self.at,
            has_change=self.state.change is not None,
            names={entry.city.code: self.locale.name(entry.city) for entry in self.peers},
            query=self.query,
        )

    @property
    def query(self) -> str:
        """This choice in the address of another page; every part is said."""
        parts = {
            "c": "~".join(self.codes),
            "t": self.at.code,
            "peer": self.peer,
            "as_of": self.state.as_of or "",
            "lang": self.state.language,
        }
        return "&".join(f"{key}={quote(value, safe=':~+')}" for key, value in parts.items() if value)

    def _city(self, entry: CityEntry, number: int, among: set[str]) -> CityView:
        name, whereabouts = self.locale.name(entry.city), place(entry, self.reference, self.locale)
        return CityView(
            entry.city.code, name, "" if whereabouts == name else whereabouts, number, entry.city.code in among
        )

    @property
    def principle_name(self) -> str:
        """The principle in words."""
        if self.principle == EVERY:
            return self.locale.say("principle_all")
        return self.locale.name(self.reference.principles[self.principle])

    @property
    def lead(self) -> str:
        """One line under the title: what of whom, and when."""
        names = ", ".join(city.name for city in self.view.cities)
        chosen = len(self.state.indicators)
        what = self.locale.say("indicators_chosen", count=chosen) if chosen else self.principle_name
        return self.locale.say("compare_lead", principle=what, cities=names, period=self.locale.period(self.at))


def subject(session: Session, reference: Reference, state: CompareState) -> Subject | None:
    """The state with its defaults put in; None where nothing is known that could be shown."""
    vintage = as_known(session, state.instant())
    if vintage is None:
        return None
    principle = reference.principle(state.principle)
    chosen = tuple(reference.indicators[code] for code in state.indicators) or reference.of_principle(principle)
    at = parse_period(state.period) if state.period else default_period(session, reference, chosen, vintage.number)
    codes = state.cities or default_cities(session, reference, vintage.number)
    if at is None or not codes or not reference.indicators:
        return None
    peer = state.peer or default_peer(reference.cities[codes[0]], reference).code
    return Subject(state, reference, vintage, codes, principle, at, peer, chosen)
