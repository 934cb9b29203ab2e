"""Cities alike: who they are, why, and with which weights; the group goes into the address of every other page."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from app.db import reading
from app.domain.peers import MOST_NEAR
from app.domain.similar import ASPECTS, Likeness, kilometres, similar
from app.errors import NotFound
from app.queries.reference import CityEntry, context
from dashboard.reference import climate_name, place
from dashboard.served.asked import Asked
from dashboard.served.subjects import Here, here
from dashboard.state import EVERY

USUAL = 10
MOST_WEIGHT = 5
# Differences below these count as a shared trait: a fifth more or fewer residents, a day's drive.
NEAR_SIZE, NEAR_KM = 0.08, 700.0


@dataclass(frozen=True)
class Alike:
    """One city and what makes it like or unlike the chosen one, in words."""

    code: str
    name: str
    where: str
    distance: str
    shared: tuple[str, ...]
    different: tuple[str, ...]


def peers(asked: Asked) -> Response:
    """The page; without a city in the address the first of the defaults."""
    with reading(asked.figures) as session:
        at = here(session, asked)
    if at is None:
        raise NotFound(asked.words.say("no_figures"))
    own = at.subject.cities[0]
    count = _whole(asked.query.get("n", ""), 1, MOST_NEAR, USUAL)
    weights = [_whole(asked.query.get(f"w-{aspect}", ""), 0, MOST_WEIGHT, 1) for aspect in ASPECTS]
    weights = weights if any(weights) else [1] * len(ASPECTS)
    among = list(at.known.peers(at.state.peer or EVERY)) if not _is_near(at) else list(at.known.cities.values())
    by_aspect = dict(zip(ASPECTS, map(float, weights), strict=True))
    found = similar(context(own), [context(each) for each in among], count, by_aspect)
    same = "" if len(set(weights)) == 1 else ":" + "-".join(map(str, weights))
    group = f"near:{own.city.code}:{count}{same}"
    return asked.page(
        "peers.html",
        here=at,
        own=own.city.code,
        own_name=asked.words.name(own.city),
        rows=[_alike(at, own, each) for each in found],
        count=count,
        weights=list(zip(ASPECTS, weights, strict=True)),
        most=(MOST_NEAR, MOST_WEIGHT),
        group=group,
    )


def _is_near(at: Here) -> bool:
    return (at.state.peer or "").startswith("near:")


def _whole(text: str, least: int, most: int, usual: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and least <= int(text) <= most else usual


def _alike(at: Here, own: CityEntry, each: Likeness) -> Alike:
    entry, words = at.known.cities[each.code], at.asked.words
    shared: list[str] = []
    different: list[str] = []
    for aspect in ASPECTS:
        is_shared, said = _aspect(at, own, entry, aspect)
        if said:
            (shared if is_shared else different).append(said)
    return Alike(
        each.code,
        words.name(entry.city),
        place(entry, at.known, words),
        words.number(each.distance, 2),
        tuple(shared),
        tuple(different),
    )


def _aspect(at: Here, own: CityEntry, other: CityEntry, aspect: str) -> tuple[bool, str]:
    """Whether the cities share a trait, and what is said of it; nothing where it is not known of both."""
    words, one, two = at.asked.words, own.city, other.city
    if aspect == "population":
        if not one.population or not two.population:
            return False, ""
        ratio = two.population / one.population
        near = max(ratio, 1 / ratio) <= 10**NEAR_SIZE
        return near, words.say("alike_population", count=words.number(two.population, 0))
    if aspect == "distance":
        if None in (one.latitude, one.longitude, two.latitude, two.longitude):
            return False, ""
        far = kilometres((one.latitude or 0, one.longitude or 0), (two.latitude or 0, two.longitude or 0))
        return far <= NEAR_KM, words.say("alike_distance", count=words.number(far, 0))
    if aspect == "country":
        return one.country == two.country, words.name(at.known.countries[two.country])
    known = bool(one.climate and two.climate)
    return one.climate == two.climate, climate_name(two.climate or "", words) if known else ""
