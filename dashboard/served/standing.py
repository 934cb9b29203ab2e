"""What the pages of the index have in common: the question in the address, and names in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.domain.composite.framework import Framework, scored_children
from app.domain.peers import parse_peer_group
from app.domain.period import Period, parse_period
from app.errors import Invalid, NotFound
from app.queries import reference, scores, vintages
from app.queries.frameworks import DEFAULT, framework_version, resolved
from app.queries.scores import DRAWS, Variant, refuse_unscorable, variant_of
from dashboard.components.controls import Option, OptionGroup
from dashboard.reference import Reference, peer_options
from dashboard.served.asked import Asked
from dashboard.state import EVERY, as_instant

if TYPE_CHECKING:
    from app.models import FrameworkVersion, Vintage

MOST_WEIGHT = 100.0


@dataclass(frozen=True)
class Question:
    """The question of an address with its defaults put in; `dropped` are values it could not mean."""

    version: FrameworkVersion
    framework: Framework
    vintage: Vintage
    period: Period
    periods: tuple[Period, ...]
    peer: str
    weights: tuple[tuple[str, float], ...]
    as_of: str
    variant: Variant
    dropped: tuple[str, ...]

    def address(self, path: str, **changes: str | None) -> str:
        """The address of this question, or of one changed in a part; defaults are left out."""
        parts: dict[str, str | None] = {
            "t": self.period.code,
            "peer": self.peer or None,
            "as_of": self.as_of or None,
            **{f"w-{code}": f"{weight:g}" for code, weight in self.weights},
            **changes,
        }
        query = urlencode({key: value for key, value in parts.items() if value})
        return f"{path}?{query}" if query else path

    def api(self, path: str) -> str:
        """The same figures over HTTP."""
        parts = {
            "framework": self.version.code,
            "period": self.period.code,
            "peer_group": self.peer,
            "as_of": str(self.vintage.number),
            "weights": ",".join(f"{code}:{weight:g}" for code, weight in self.weights),
        }
        return f"/api/v1{path}?{urlencode({key: value for key, value in parts.items() if value})}"


def question(session: Session, asked: Asked) -> Question | None:
    """What an address asks; unknown values are dropped and named. None where nothing is known yet.

    Invalid where the index cannot be computed from this database at all.
    """
    dropped: list[str] = []
    vintage = _vintage(session, asked.query.get("as_of", ""), dropped)
    try:
        version = framework_version(session, DEFAULT)
    except NotFound:
        return None
    refuse_unscorable(session, version)
    framework = resolved(version)
    if vintage is None:
        return None
    periods = tuple(scores.periods_of(session, framework, vintage.number))
    period = _period(asked.query.get("t", ""), periods, dropped)
    period = period or scores.latest_period(session, framework, vintage.number)
    if period is None:
        return None
    peer, cities = _peer(session, asked.query.get("peer", ""), dropped)
    weights = _weights(asked.query, framework, dropped)
    choices: dict[str, Any] = {"cities": cities, "weights": weights, "draws": DRAWS}
    variant = variant_of(session, version, period, vintage.number, **choices)
    as_of = asked.query.get("as_of", "") if vintage != vintages.newest(session) else ""
    return Question(version, framework, vintage, period, periods, peer, weights, as_of, variant, tuple(dropped))


def _vintage(session: Session, text: str, dropped: list[str]) -> Vintage | None:
    try:
        if text.isascii() and text.isdigit() and len(text) < 10:
            return vintages.as_known(session, int(text))
    except NotFound:
        dropped.append(text[:40])
        return vintages.newest(session)
    at = as_instant(text)
    if text and at is None:
        dropped.append(text[:40])
    return vintages.newest(session) if at is None else vintages.as_known(session, at)


def _period(text: str, periods: tuple[Period, ...], dropped: list[str]) -> Period | None:
    if not text:
        return None
    try:
        found = parse_period(text)
    except ValueError:
        found = None
    if found not in periods:
        dropped.append(text[:40])
        return None
    return found


def _peer(session: Session, text: str, dropped: list[str]) -> tuple[str, frozenset[int] | None]:
    if text in ("", EVERY):
        return "", None
    try:
        group = parse_peer_group(text)
    except ValueError:
        dropped.append(text[:40])
        return "", None
    members = reference.in_peer_group(reference.cities(session), group)
    if not members:
        dropped.append(text[:40])
        return "", None
    return group.code, frozenset(entry.city.id for entry in members)


def _weights(query: Mapping[str, str], framework: Framework, dropped: list[str]) -> tuple[tuple[str, float], ...]:
    """Weights of the principles that are not the framework's own; all zero is no weighting."""
    own = {child.code: child.weight for child in scored_children(framework.root)}
    found = dict(own)
    for code in own:
        text = query.get(f"w-{code}", "").replace(",", ".").strip()
        if not text:
            continue
        try:
            weight = float(text)
        except ValueError:
            weight = -1.0
        if not 0 <= weight <= MOST_WEIGHT:
            dropped.append(text[:40])
        else:
            found[code] = weight
    if found == own or not any(found.values()):
        return ()
    return tuple(sorted(found.items()))


def peer_choices(known: Reference, asked: Asked, chosen: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The groups a reader may choose, under their headings: code and name each."""
    _, *rest = peer_options(known, asked.words, default=EVERY, chosen=chosen or EVERY)
    found: list[tuple[str, list[tuple[str, str]]]] = [("", [("", asked.words.say("peer_all"))])]
    for option in rest:
        if isinstance(option, OptionGroup):
            listed = [(each.value, each.label) for each in option.options if isinstance(each, Option)]
            found.append((option.label, listed))
        elif option.value != EVERY:
            found[0][1].append((option.value, option.label))
    return found


def scorable(session: Session, asked: Asked) -> Question | None:
    """The question, or None where the index cannot be shown: nothing known, or another catalogue."""
    try:
        return question(session, asked)
    except Invalid:
        return None
