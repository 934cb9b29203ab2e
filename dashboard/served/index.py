"""The index: every city with its rank and its interval; and one city: why, since when, against whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db import reading
from app.domain.composite.framework import Leaf, Node, scored_children
from app.domain.similar import similar
from app.errors import NotFound
from app.queries import explanations, scores
from app.queries.explanations import Change, Explanation, Reach
from app.queries.reference import CityEntry, context, search_cities
from app.queries.scores import Answer, CityScore
from app.queries.vintages import shows_simulated
from dashboard.charts.land import Spot, land_map
from dashboard.charts.profile import profile
from dashboard.reference import Reference, group_name, place, read_reference
from dashboard.served.asked import Asked
from dashboard.served.figure_rows import sections
from dashboard.served.index_chart import chart_of, cited, share
from dashboard.served.pictures import bar, interval, line
from dashboard.served.profiles import bars
from dashboard.served.standing import Question, peer_choices, scorable
from dashboard.served.subjects import Here
from dashboard.served.subjects import here as figures_here
from dashboard.state import EVERY

FIRST = 40
PAST = 17
SIMILAR = 6
DEFAULT_GOAL = 10


@dataclass(frozen=True)
class Line:
    """One city of the ranking, with its picture."""

    row: CityScore
    name: str
    whereabouts: str
    picture: Markup
    parts: tuple[tuple[str, float | None, Markup], ...]
    gaps: tuple[str, ...]


def index(asked: Asked) -> Response:
    """The ranking of a period, a group, a weighting, as known with a vintage."""
    with reading(asked.figures) as session:
        known = read_reference(session)
        here = scorable(session, asked)
        if here is None:
            return asked.page("no_index.html", title=asked.words.say("index_page"))
        answer = scores.scores(session, here.variant)
        chart = chart_of(asked, known, here, answer)
        taken: dict[str, Any] = {
            "chart": chart,
            "share": share(session, asked, here, chart),
            "cited": cited(session, asked, here, chart, known.newest_vintage),
        }
    ranked = [row for row in answer.rows if row.rank is not None]
    wanted = asked.query.get("q", "").strip()[:80]
    meant = {entry.city.code for entry in search_cities(list(known.cities.values()), wanted)} if wanted else set()
    found = [row for row in ranked if not wanted or row.city in meant]
    is_whole = "all" in asked.query or bool(wanted)
    shown = found if is_whole else found[:FIRST]
    return asked.page(
        "index.html",
        **taken,
        **_common(asked, known, here, answer),
        lines=[_line(asked, known, here, row, len(ranked)) for row in shown],
        unranked=[_line(asked, known, here, row, len(ranked)) for row in answer.rows if row.rank is None],
        ranked=len(ranked),
        hidden=len(found) - len(shown),
        q=asked.query.get("q", ""),
        principles=[(part.code, _part(asked, part)) for part in scored_children(here.framework.root)],
    )


def _common(asked: Asked, known: Reference, here: Question, answer: Answer) -> dict[str, Any]:
    """What stands on both pages."""
    return {
        "here": here,
        "answer": answer,
        "groups": peer_choices(known, asked, here.peer),
        "group": group_name(here.peer or EVERY, known, asked.words),
        "weights": _weights(here),
        "is_past": bool(here.as_of),
    }


def _weights(here: Question) -> list[tuple[Node | Leaf, float]]:
    chosen = dict(here.weights)
    return [(part, chosen.get(part.code, part.weight)) for part in scored_children(here.framework.root)]


def _part(asked: Asked, part: Node | Leaf) -> str:
    return part.name.get(asked.words.style.names_in) or part.code


def _name(known: Reference, asked: Asked, code: str) -> str:
    return asked.words.name(known.cities[code].city)


def _line(asked: Asked, known: Reference, here: Question, row: CityScore, of: int) -> Line:
    picture = Markup("") if row.rank is None else interval(row.rank, row.rank_low, row.rank_high, of)
    codes = [part.code for part in scored_children(here.framework.root)]
    parts = tuple((code, row.parts.get(code), bar(row.parts.get(code))) for code in codes)
    gaps = tuple(_indicator(known, asked, code) for code in row.missing)
    where = place(known.cities[row.city], known, asked.words)
    return Line(row, _name(known, asked, row.city), where, picture, parts, gaps)


def _indicator(known: Reference, asked: Asked, code: str) -> str:
    entry = known.indicators.get(code)
    return code if entry is None else asked.words.name(entry.definition)


def city(asked: Asked) -> Response:
    """One city: its rank and how sure, what brings it there, what moved it, what a rank would take."""
    code = asked.places["city"]
    with reading(asked.figures) as session:
        known = read_reference(session)
        if code not in known.cities:
            raise NotFound(_no_such_city(asked, known, code))
        at = figures_here(session, asked, first=(code,))
        if at is None:
            return asked.page("no_figures.html", title=_name(known, asked, code))
        content = _figures(session, at, code)
        here = scorable(session, asked)
        try:
            found = None if here is None else explanations.explanation(session, here.variant, code)
        except NotFound:
            found = None
        if here is None or found is None:
            return asked.page("city_figures.html", **content)
        content |= _details(session, asked, known, here, found)
        answer = scores.scores(session, here.variant)
    ranked = sum(row.rank is not None for row in answer.rows)
    return asked.page(
        "city.html",
        **_common(asked, known, here, answer),
        **content,
        code=code,
        line=_line(asked, known, here, found.row, ranked),
        ranked=ranked,
        found=found,
        profile=Markup(profile(bars(answer, here.framework, code, asked.words)).svg(is_hidden=True)),  # noqa: S704
        why=_sections(asked, known, here, found),
        names={name: _indicator(known, asked, name) for name in known.indicators},
        others=[(row.city, _name(known, asked, row.city)) for row in answer.rows if row.city != code],
        units={name: _unit(known, asked, name) for name in known.indicators},
        decimals={name: entry.definition.decimals for name, entry in known.indicators.items()},
    )


def _no_such_city(asked: Asked, known: Reference, code: str) -> str:
    """What is said of a city that is not there, with those whose names are alike."""
    near = search_cities(list(known.cities.values()), code.rpartition("-")[2])[:3]
    meant = ", ".join(f"{asked.words.name(entry.city)} ({entry.city.code})" for entry in near)
    return asked.words.say("no_such_city_near" if near else "no_such_city", code=code[:60], meant=meant)


def _figures(session: Session, at: Here, code: str) -> dict[str, Any]:
    """The city's figures, its place on the map, and the cities most like it."""
    entry, words = at.known.cities[code], at.asked.words
    contexts = [context(each) for each in at.known.cities.values()]
    alike = [at.known.cities[each.code] for each in similar(context(entry), contexts, SIMILAR)]
    return {
        "at": at,
        "path_here": f"/city/{code}",
        "figure_sections": sections(session, at),
        "locator": _locator(at, entry),
        "population": None if entry.city.population is None else words.number(entry.city.population, 0),
        "where": place(entry, at.known, words),
        "name": words.name(entry.city),
        "alike": [(each.city.code, words.name(each.city), place(each, at.known, words)) for each in alike],
        "near_group": f"near:{code}:{SIMILAR}",
        "simulated": shows_simulated(session, at.subject.vintage.number),
        "chosen": at.choices(),
    }


def _locator(at: Here, own: CityEntry) -> Markup:
    """Where the city lies among the compared cities of its country."""
    words = at.asked.words
    near = [each for each in at.subject.peers if each != own and each.city.country == own.city.country]
    spots = [
        Spot(
            each.city.longitude,
            each.city.latitude,
            *(("#003c57", name, 14.0) if each == own else ("#7d8a94", "", 7.0)),
        )
        for each in (*near, own)
        if (name := words.name(each.city)) and each.city.longitude is not None and each.city.latitude is not None
    ]
    return Markup(land_map(spots, width=360, height=200).svg(is_hidden=True))  # noqa: S704 - texts are escaped


def _unit(known: Reference, asked: Asked, code: str) -> str:
    words = known.indicators[code].definition
    return asked.words.own(words, "unit_label")


def _details(session: Session, asked: Asked, known: Reference, here: Question, found: Explanation) -> dict[str, Any]:
    """The change on the year, the past, the odds against another city, what a rank would take."""
    code = found.row.city
    goal = _whole(asked.query.get("goal", ""), DEFAULT_GOAL)
    against = asked.query.get("against", "")
    other = against if any(row.city == against for row in scores.scores(session, here.variant).rows) else ""
    since = here.period.year_earlier()
    change: Change | None = None
    if since in here.periods:
        change = explanations.change(session, here.variant, code, since=since)
    reach: Reach = explanations.reach(session, here.variant, code, goal)
    ahead = explanations.ahead(session, here.variant, code, [other])[other] if other else None
    past = _past(session, here, code, known.cities[code].city.id)
    return {
        "goal": goal,
        "against": other,
        "ahead": ahead,
        "change": change,
        "reach": reach,
        "past": past,
        "past_picture": line([None if row is None else row.score for _, row in past]),
    }


def _whole(text: str, usual: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) > 0 else usual


def _past(session: Session, here: Question, code: str, city_id: int) -> list[tuple[str, CityScore | None]]:
    """Score and rank of the periods up to this one, as known now; without intervals where none are stored."""
    periods = [each for each in here.periods if each <= here.period][-PAST:]
    choices = {"cities": here.variant.cities, "weights": here.variant.weights}
    variants = [
        scores.variant_of(session, here.version, period, here.vintage.number, **choices) for period in periods
    ]
    stored = scores.stored_past(session, variants, city_id)
    found = []
    for variant in variants:
        if variant.period not in stored:
            rows = scores.scores(session, replace(variant, draws=0)).rows
            stored[variant.period] = next((row for row in rows if row.city == code), None)
        found.append((variant.period.code, stored[variant.period]))
    return found


def _sections(asked: Asked, known: Reference, here: Question, found: Explanation) -> list[dict[str, Any]]:
    """The principles, each with its indicators, the strongest contribution first."""
    sections = []
    for part in scored_children(here.framework.root):
        items = [item for item in found.contributions if item.node == part.code]
        sections.append(
            {
                "code": part.code,
                "name": _part(asked, part),
                "score": found.row.parts.get(part.code),
                "picture": bar(found.row.parts.get(part.code)),
                "items": [_item(asked, known, vars(item)) for item in items],
            }
        )
    return sections


def _item(asked: Asked, known: Reference, item: Mapping[str, Any]) -> dict[str, Any]:
    code = item["indicator"]
    entry = known.indicators.get(code)
    decimals = 2 if entry is None else entry.definition.decimals
    value = None if item["value"] is None else asked.words.number(item["value"], decimals)
    picture = bar(item["score"], item["peer_median"])
    return {**item, "name": _indicator(known, asked, code), "shown": value, "picture": picture}
