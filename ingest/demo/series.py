"""The simulated figures as they will stand in the end: a latent score, a value, then what the period rule says.

Pure: the same world gives the same array (city, indicator, quarter), unrounded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.domain.composite.transform import transformed_post
from ingest.demo.dice import Floats, normal, uniforms
from ingest.demo.parameters import Event, Shape
from ingest.demo.world import Measure, World

_YEAR = 4
_INVERSES = {
    "log": np.exp,
    "log1p": np.expm1,
    "fourth_root": np.square,  # of the square, which `_inverse` takes first
}


def shown_values(world: World) -> Floats:
    """The figures by period rule, within the valid range; zeros where a city truly has none."""
    values = _by_rule(world, _values(world, _latent(world)))
    low = np.array([measure.valid_min for measure in world.measures])[None, :, None]
    high = np.array([measure.valid_max for measure in world.measures])[None, :, None]
    zero_share = np.array([shape(world, measure).zero_share for measure in world.measures])
    is_zero = (world.dice.series("zero") < zero_share)[:, :, None] & (low <= 0)
    return np.where(is_zero, 0.0, np.clip(_with_outliers(world, values, high), low, high))


def shape(world: World, measure: Measure) -> Shape:
    """What the parameters say of the indicator, or the usual when they do not know it."""
    return world.parameters.indicators.get(measure.code, Shape())


def spreads(world: World) -> Floats:
    """How far cities lie apart, ready to meet (city, indicator, quarter)."""
    return np.array([shape(world, measure).spread for measure in world.measures])[None, :, None]


def rounded(world: World, values: Floats) -> NDArray[np.int64]:
    """Values as whole numbers of the indicator's last decimal."""
    scale = np.array([10.0**measure.decimals for measure in world.measures])[None, :, None]
    return np.asarray(np.rint(values * scale), dtype=np.int64)


def _latent(world: World) -> Floats:
    """0 in the middle between the goalposts, better is more."""
    years = (world.quarters - world.first)[None, None, :] / 4.0
    spread = spreads(world)
    effects = world.parameters.effects
    level = _typical(world)[None, :] + spread[:, :, 0] * (_levels(world) + effects.own * world.dice.series("own"))
    mean_trend = np.array([world.parameters.trend.get(measure.principle, 0.0) for measure in world.measures])
    trend = (mean_trend[None, :] + effects.trend_sd * world.dice.series("trend"))[:, :, None] * years
    moving = trend + _noise(world) + _seasons(world) + _breaks(world)
    return np.asarray(level[:, :, None] + spread * moving)


def _typical(world: World) -> Floats:
    """The latent score of each indicator's typical level."""
    position = np.array([2.0 * shape(world, measure).level - 1.0 for measure in world.measures])
    return np.asarray(position / np.sqrt(1.0 - position * position))


def _levels(world: World) -> Floats:
    """Effects of country, quality of the city and size: (city, indicator)."""
    effects, seed = world.parameters.effects, world.parameters.seed
    tens = np.log10(world.population / effects.reference_population)
    by_principle = {}
    for principle in world.principles():
        country = [normal(uniforms(seed, "country", place.country, principle, count=4)) for place in world.places]
        quality = [normal(uniforms(seed, "city", place.code, principle, count=4)) for place in world.places]
        by_principle[principle] = (
            effects.country * np.array(country) + effects.quality * np.array(quality) + effects.size * tens
        )
    return world.of_principle(by_principle)


def _noise(world: World) -> Floats:
    """Noise that persists from quarter to quarter, larger in small cities."""
    effects, noise = world.parameters.effects, world.parameters.noise
    fresh = world.dice.quarter("noise")
    kept = effects.persistence
    carried = [fresh[:, :, 0]]
    for t in range(1, fresh.shape[2]):
        carried.append(kept * carried[-1] + np.sqrt(1.0 - kept * kept) * fresh[:, :, t])
    by_rule = np.array([noise.get(measure.period_rule, noise["default"]) for measure in world.measures])
    fourth_root = np.sqrt(np.sqrt(effects.reference_population / world.population))
    by_size = np.clip(fourth_root, 1.0 / effects.small_city_noise_most, effects.small_city_noise_most)
    return np.asarray(np.stack(carried, axis=2) * by_rule[None, :, None] * by_size[:, None, None])


def _seasons(world: World) -> Floats:
    effect = np.zeros(world.shape)
    is_south = np.array([place.latitude < 0 for place in world.places])
    for i, measure in enumerate(world.measures):
        season = world.parameters.season.get(shape(world, measure).season)
        if season is not None:
            pattern = np.array(season.pattern)
            north, south = pattern[world.quarters % 4], pattern[(world.quarters + 2) % 4]
            effect[:, i, :] = np.where((is_south & season.climatic)[:, None], south, north)
    return effect


def _breaks(world: World) -> Floats:
    """The step that a redefinition makes, from its quarter on."""
    effect = np.zeros(world.shape)
    for event in world.parameters.events:
        column = world.column(event.quarter)
        if event.kind == "break" and column >= 0:
            where = event_cells(world, event)[:, :, 0]
            effect[:, :, column:] += np.where(where, event.size, 0.0)[:, :, None]
    return effect


def event_cells(world: World, event: Event) -> NDArray[np.bool_]:
    """The city and indicators of an event: (city, indicator, 1)."""
    cities = np.array([place.code == event.city for place in world.places])
    indicators = np.array([measure.code in event.indicators for measure in world.measures])
    return np.asarray((cities[:, None] & indicators[None, :])[:, :, None])


def _values(world: World, latent: Floats) -> Floats:
    """Latent score to share of the way between the goalposts, to value under the indicator's transform."""
    share = 0.5 + 0.5 * latent / np.sqrt(1.0 + latent * latent)
    values = np.empty(latent.shape)
    for i, measure in enumerate(world.measures):
        stretch = shape(world, measure).stretch or world.parameters.effects.stretch
        wide = 0.5 + (share[:, i] - 0.5) * stretch
        worst, best = (_transformed(post, measure.transform) for post in (measure.worst, measure.best))
        values[:, i] = _inverse(worst + wide * (best - worst), measure.transform)
    return values


def _transformed(post: float, transform: str) -> float:
    return float(transformed_post(post, transform)) if transform in _INVERSES else post


def _inverse(positions: Floats, transform: str) -> Floats:
    if transform == "fourth_root":
        positions = np.square(np.maximum(positions, 0.0))
    formula = _INVERSES.get(transform)
    return positions if formula is None else np.asarray(formula(positions))


def _by_rule(world: World, values: Floats) -> Floats:
    """Rolling, yearly and cumulative figures out of the quarters; stocks and figures of a quarter as they are."""
    shown = values.copy()
    for i, measure in enumerate(world.measures):
        if measure.period_rule.startswith("cumulative"):
            shown[:, i] = _since_january(values[:, i], world.quarters)
        elif "rolling_4q" in measure.period_rule or measure.period_rule in ("year_value", "sum_year"):
            shown[:, i] = _rolling_year(values[:, i])
    return shown


def _rolling_year(values: Floats) -> Floats:
    """Mean of the four quarters that end here; the first three quarters of the axis are never shown."""
    rolled = values.copy()
    q = values
    rolled[:, 3:] = (q[:, 3:] + q[:, 2:-1] + q[:, 1:-2] + q[:, :-3]) / _YEAR
    return rolled


def _since_january(values: Floats, quarters: NDArray[np.int64]) -> Floats:
    """A ratio of two sums from 1 January, the quarters weighing alike."""
    total = np.zeros(values.shape[0])
    means = np.empty(values.shape)
    for t, quarter in enumerate(quarters % 4):
        total = values[:, t] if quarter == 0 else total + values[:, t]
        means[:, t] = total / (quarter + 1.0)
    return means


def _with_outliers(world: World, values: Floats, high: Floats) -> Floats:
    """A few figures far away from their neighbours, that stay so."""
    reporting = world.parameters.reporting
    factor = 1.0 + (reporting.outlier_factor - 1.0) * spreads(world)
    far = np.where(values * factor <= high, values * factor, values / factor)
    return np.where(world.dice.quarter("outlier") < reporting.outlier_share, far, values)
