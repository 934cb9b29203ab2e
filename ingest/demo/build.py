"""Build the demonstration database: the reference, then every simulated release as a vintage; all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.db import writing
from app.models import Vintage
from app.queries import reference as queries
from ingest.demo.parameters import Parameters, read_parameters
from ingest.demo.releases import releases
from ingest.demo.reports import Reports
from ingest.demo.world import Measure, Place, World, choose_places
from ingest.publish import Provenance, figures, publish
from ingest.reference import load_reference

# Where the register has no population, the city counts as a middling one.
_USUAL_POPULATION = 150_000


@dataclass(frozen=True)
class Summary:
    """What was built; `built` is False when the database had figures already."""

    built: bool
    message: str
    seed: int
    vintages: int
    cities: int
    indicators: int
    first_period: str
    last_period: str
    new: int
    revised: int
    withdrawn: int


def build_demo(
    engine: Engine, *, seed: int | None, now: datetime, reference_folder: Path, parameters: Parameters | None = None
) -> Summary:
    """Fill an empty database with simulated figures; one that has any vintage is left as it is.

    `seed` None takes the seed of the parameters. Releases whose day has not come by `now` are dated just before it.
    """
    chosen = parameters or read_parameters()
    chosen = chosen if seed is None else replace(chosen, seed=seed)
    with writing(engine) as session:
        vintages = session.scalar(select(func.count()).select_from(Vintage)) or 0
        if vintages:
            message = f"the database has {vintages} vintages already: nothing was built"
            return Summary(False, message, chosen.seed, vintages, 0, 0, "", "", 0, 0, 0)
        load_reference(session, reference_folder)
        return _publish_all(session, read_world(session, chosen, reference_folder), now)


def read_world(session: Session, parameters: Parameters, reference_folder: Path) -> World:
    """The cities and indicators of the loaded reference; registers loaded beside it take no part."""
    ours = set(pd.read_csv(reference_folder / "cities.csv", usecols=["code"], dtype=str)["code"])
    groups = {country.code: frozenset(country.groups.split()) for country in queries.countries(session)}
    places = [
        Place(
            code=city.code,
            country=city.country,
            groups=groups[city.country],
            population=city.population or _USUAL_POPULATION,
            latitude=city.latitude or 0.0,
            is_capital=city.is_capital,
        )
        for city in (entry.city for entry in queries.cities(session))
        if city.code in ours
    ]
    measures = sorted((_measure(entry) for entry in queries.indicators(session)), key=lambda measure: measure.code)
    return World(choose_places(places, parameters.cities), tuple(measures), parameters=parameters)


def _measure(entry: queries.IndicatorEntry) -> Measure:
    words = entry.definition
    low, high = float(words.valid_min or 0), float(100 if words.valid_max is None else words.valid_max)
    least = low if words.goalpost_min is None else float(words.goalpost_min)
    most = high if words.goalpost_max is None else float(words.goalpost_max)
    worst, best = (most, least) if words.direction == "lower" else (least, most)
    if words.direction == "target" and words.target is not None:
        best = float(words.target)
    return Measure(
        code=entry.code,
        principle=entry.principle,
        is_annual=words.frequency == "A",
        period_rule=words.period_rule,
        decimals=words.decimals,
        worst=worst,
        best=best,
        transform=words.transform,
        valid_min=low,
        valid_max=high,
    )


def _publish_all(session: Session, world: World, now: datetime) -> Summary:
    planned = list(releases(world, Reports(world).rows()))
    time = world.parameters.time
    counts = {"vintages": 0, "new": 0, "revised": 0, "withdrawn": 0}
    for n, release in enumerate(planned):
        provenance = Provenance("demo", time.source, time.published_by, release.reason, is_simulated=True)
        # A clock behind the calendar must not put vintages into the future: they would hide later ones.
        latest = now - timedelta(seconds=len(planned) - n)
        done = publish(
            session, figures(release.figures), provenance=provenance, now=min(release.published_at, latest)
        )
        counts["vintages"] += done.vintage is not None
        for name in ("new", "revised", "withdrawn"):
            counts[name] += getattr(done, name)
    message = f"built {counts['vintages']} vintages of simulated figures: they describe no real city"
    return Summary(
        built=True,
        message=message,
        seed=world.parameters.seed,
        cities=len(world.places),
        indicators=len(world.measures),
        first_period=time.first_quarter,
        last_period=time.last_quarter,
        **counts,
    )
