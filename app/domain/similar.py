"""Cities alike: near each other in size, climate and place, each difference on a scale of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import asin, cos, log10, radians, sin, sqrt

EARTH_KM = 6_371.0
# What counts as far in each respect: a tenfold population, half a continent.
FAR_KM = 3_000.0
ASPECTS = ("population", "distance", "country", "climate")


@dataclass(frozen=True)
class Context:
    """What is known of a city beside its figures."""

    code: str
    population: int | None
    latitude: float | None
    longitude: float | None
    country: str
    climate: str | None


@dataclass(frozen=True)
class Likeness:
    """How unlike a city is: 0 is the same; the parts by aspect, None where nothing is known."""

    code: str
    distance: float
    parts: Mapping[str, float | None]


def similar(
    city: Context, others: Sequence[Context], count: int, weights: Mapping[str, float] | None = None
) -> list[Likeness]:
    """The `count` cities most alike, the nearest first; equal ones by code.

    The distance is the weighted mean of the parts that are known of both. ValueError when all weights are zero.
    """
    chosen = dict.fromkeys(ASPECTS, 1.0) | dict(weights or {})
    if not any(chosen.values()):
        raise ValueError("the weights sum to nothing")
    found = [_likeness(city, other, chosen) for other in others if other.code != city.code]
    return sorted(found, key=lambda each: (each.distance, each.code))[:count]


def _likeness(city: Context, other: Context, weights: Mapping[str, float]) -> Likeness:
    parts = {
        "population": _of_size(city.population, other.population),
        "distance": _of_place(city, other),
        "country": float(city.country != other.country),
        "climate": None if not (city.climate and other.climate) else float(city.climate != other.climate),
    }
    known = {name: part for name, part in parts.items() if part is not None}
    mass = sum(weights[name] for name in known)
    whole = sum(weights[name] * part for name, part in known.items())
    return Likeness(other.code, whole / mass if mass else float("inf"), parts)


def _of_size(one: int | None, other: int | None) -> float | None:
    """A tenfold difference is 1, in either direction."""
    return abs(log10(one / other)) if one and other else None


def _of_place(one: Context, other: Context) -> float | None:
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    return min(kilometres((one.latitude, one.longitude), (other.latitude, other.longitude)) / FAR_KM, 2.0)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great-circle distance of two points in degrees (haversine)."""
    a, b = (radians(one[0]), radians(other[0]))
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other[1] - one[1]) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))
