"""Where: cities as dots on the land, drawn from geometry that the product brings with it; no borders are drawn.

Cities of one part of the north are laid out by Albers' equal-area conic projection, of the whole world by plain
degrees. Formulas: J. Snyder, Map Projections, USGS Professional Paper 1395, pages 98 to 103.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin, sqrt
from pathlib import Path

from dashboard.charts.drawing import Drawing, Place

LAND = Path(__file__).parents[2] / "data" / "reference" / "land.json"
SEA, GROUND = "#f3f7fa", "#dde4e9"
EDGE = 18.0
# Degrees around the cities that are shown beside them, at least.
ROOM = 4.0
WIDEST_CONIC = 190.0


@dataclass(frozen=True)
class Spot:
    """A city on the map; larger and in its colour when it is chosen, `said` is what it says."""

    longitude: float
    latitude: float
    colour: str
    said: str
    size: float = 7.0
    shape: str = "circle"
    label: str = ""


def land_map(
    spots: Sequence[Spot], *, legend: Sequence[tuple[str, str]] = (), width: float = 720, height: float = 400
) -> Drawing:
    """The land under the spots, as near as they allow; later spots stand on earlier ones. `legend`: colour, word."""
    drawing = Drawing(width, height + (10 + 20 * -(-len(legend) // (5 if width > 500 else 2)) if legend else 0))
    drawing.box(0, 0, width, height, colour=SEA, round_px=8)
    project = _projection(spots)
    at = _fitted([project(spot.longitude, spot.latitude) for spot in spots], width, height)
    for ring in _land():
        places = [at(project(longitude, latitude)) for longitude, latitude in ring]
        if _is_seen(places, width, height) and not _wraps(places, width):
            drawing.area([_near(place, width, height) for place in places], colour=GROUND)
    for spot in spots:
        place = at(project(spot.longitude, spot.latitude))
        drawing.mark(place, shape=spot.shape, colour=spot.colour, size=spot.size, said=spot.said)
        if spot.label:
            side = "end" if place[0] > width * 0.75 else "start"
            shift = -spot.size if side == "end" else spot.size
            drawing.text(
                (place[0] + shift, place[1] - 6), spot.label, colour="#16242f", anchor=side, weight=600, has_halo=True
            )
    _legend(drawing, legend)
    return drawing


def _legend(drawing: Drawing, legend: Sequence[tuple[str, str]]) -> None:
    for number, (colour, word) in enumerate(legend):
        a_row = 5 if drawing.width > 500 else 2
        left = 12 + (number % a_row) * (drawing.width - 12) / a_row
        down = drawing.height - 12 - 20 * ((len(legend) - 1) // a_row - number // a_row)
        drawing.mark((left, down), shape="circle", colour=colour, size=11)
        drawing.text((left + 10, down + 4), word)


@lru_cache(maxsize=1)
def _land() -> list[list[tuple[float, float]]]:
    return [[(x, y) for x, y in ring] for ring in json.loads(LAND.read_text(encoding="utf-8"))]


def _projection(spots: Sequence[Spot]) -> Callable[[float, float], Place]:
    longitudes = [_turned(spot.longitude) for spot in spots] or [60.0]
    latitudes = [spot.latitude for spot in spots] or [60.0]
    if min(latitudes) > 20 and max(longitudes) - min(longitudes) < WIDEST_CONIC:
        return _albers((min(longitudes) + max(longitudes)) / 2, min(latitudes), max(latitudes))
    return lambda longitude, latitude: (longitude, -latitude)


def _turned(longitude: float) -> float:
    """East of Greenwich round to the far end of Chukotka, which lies beyond 180°."""
    return longitude + 360 if longitude < -168 else longitude


def _albers(middle: float, south: float, north: float) -> Callable[[float, float], Place]:
    low, high = radians(south + (north - south) / 6), radians(north - (north - south) / 6)
    n = (sin(low) + sin(high)) / 2 or 0.5
    c = cos(low) ** 2 + 2 * n * sin(low)

    def place(longitude: float, latitude: float) -> Place:
        far = sqrt(max(c - 2 * n * sin(radians(latitude)), 0.0)) / n
        turn = n * radians((_turned(longitude) - middle + 180) % 360 - 180)
        return far * sin(turn) * 60, far * cos(turn) * 60

    return place


def _fitted(places: Sequence[Place], width: float, height: float) -> Callable[[Place], Place]:
    """Scale and shift that bring the places into the drawing, with room around them."""
    left, right = min((x for x, _ in places), default=-180), max((x for x, _ in places), default=180)
    top, bottom = min((y for _, y in places), default=-80), max((y for _, y in places), default=60)
    left, right, top, bottom = left - ROOM, right + ROOM, top - ROOM, bottom + ROOM
    scale = min((width - 2 * EDGE) / (right - left), (height - 2 * EDGE) / (bottom - top))
    shift_x = width / 2 - scale * (left + right) / 2
    shift_y = height / 2 - scale * (top + bottom) / 2
    return lambda place: (place[0] * scale + shift_x, place[1] * scale + shift_y)


def _is_seen(places: Sequence[Place], width: float, height: float) -> bool:
    across = [x for x, _ in places]
    down = [y for _, y in places]
    return min(across) < width and max(across) > 0 and min(down) < height and max(down) > 0


def _wraps(places: Sequence[Place], width: float) -> bool:
    """Whether the ring runs round the back of the projection, where it would smear over the whole map."""
    return any(abs(a[0] - b[0]) > width for a, b in zip(places, places[1:], strict=False))


def _near(place: Place, width: float, height: float) -> Place:
    """The place, or the nearest one just outside the drawing: nothing is written that nobody sees."""
    return min(max(place[0], -50.0), width + 50), min(max(place[1], -50.0), height + 50)
