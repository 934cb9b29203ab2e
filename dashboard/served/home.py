"""The first page: find a city or an indicator, see how the quarter stands and what moved in it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db import reading
from app.domain.attention import Moved
from app.queries.attention import Quarter, quarter
from app.queries.reference import CityEntry, IndicatorEntry, search_cities
from app.queries.search import search_indicators
from app.queries.vintages import shows_simulated
from dashboard.reference import place, read_reference
from dashboard.served.asked import Asked
from dashboard.served.subjects import Here, here

MOST_FOUND = 20


def home(asked: Asked) -> Response:
    """The first page, or where its search leads when that is one place only."""
    wanted = asked.query.get("q", "").strip()[:80]
    with reading(asked.figures) as session:
        known = read_reference(session)
        cities = search_cities(list(known.cities.values()), wanted)[:MOST_FOUND] if wanted else []
        indicators = search_indicators(list(known.indicators.values()), wanted)[:MOST_FOUND] if wanted else []
        if len(cities) + len(indicators) == 1:
            return asked.go(_only(cities, indicators))
        at = here(session, asked)
        content = _quarter(session, at) if at is not None else {"tiles": [], "moves": [], "is_simulated": False}
    return asked.page(
        "home.html",
        here=at,
        q=wanted,
        found_cities=[
            (entry.city.code, asked.words.name(entry.city), place(entry, known, asked.words)) for entry in cities
        ],
        found_indicators=[(entry.code, asked.words.name(entry.definition)) for entry in indicators],
        counts=(len(known.cities), len(known.indicators)),
        **content,
    )


def _only(cities: list[CityEntry], indicators: list[IndicatorEntry]) -> str:
    return f"/city/{cities[0].city.code}" if cities else f"/indicator/{indicators[0].code}"


def _quarter(session: Session, at: Here) -> dict[str, Any]:
    known, vintage = at.known, at.subject.vintage.number
    cities = list(known.cities.values())
    indicators = [entry for entry in known.indicators.values() if entry.definition.frequency == "Q"]
    found = quarter(session, at.subject.at, cities, indicators, vintage)
    return {
        "tiles": [_tile(at, found, code, indicators) for code in known.principles],
        "moves": [_move(at, cities[each.city], indicators[each.indicator], each) for each in found.moved],
        "is_simulated": shows_simulated(session, vintage),
    }


def _tile(at: Here, found: Quarter, code: str, indicators: list[IndicatorEntry]) -> dict[str, Any]:
    columns = [number for number, entry in enumerate(indicators) if entry.principle == code]
    words = at.asked.words
    return {
        "code": code,
        "name": words.name(at.known.principles[code]),
        "count": len(at.known.of_principle(code)),
        "reported": words.percent(found.reported(columns)),
    }


def _move(at: Here, city: CityEntry, indicator: IndicatorEntry, each: Moved) -> dict[str, Any]:
    """One line: who, what, from where to where, and how the peers went."""
    words, definition = at.asked.words, indicator.definition
    change = each.now - each.before
    is_up = change - each.peers > 0
    good = {"higher": is_up, "lower": not is_up}.get(definition.direction)
    return {
        "city": words.name(city.city),
        "city_at": at.address(f"/city/{city.city.code}", principle=None),
        "indicator": words.name(definition),
        "indicator_at": at.address(f"/indicator/{indicator.code}", cities=(city.city.code,), principle=None),
        "before": words.number(each.before, definition.decimals),
        "now": words.number(each.now, definition.decimals),
        "change": words.number(change, definition.decimals, signed=True),
        "peers": words.number(each.peers, definition.decimals, signed=True),
        "unit": words.own(definition, "unit_label"),
        "verdict": "none" if good is None else "better" if good else "worse",
        "is_up": is_up,
    }
