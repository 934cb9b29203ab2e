"""Where cities stand: every peer a dot, stacked where they are many, the chosen cities as marks on top.

The axis is that of the group, median ± 3 MAD: what lies beyond stands at its edge as an arrow that says its value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.standing import Spread
from dashboard.charts.drawing import INK, QUIET, RULE, Drawing, ticks
from dashboard.theme import BAND, MEDIAN, PEER_EDGE

SIDE = 14.0


@dataclass(frozen=True)
class Chosen:
    """A city that has a colour and a shape; `said` is its value in words. `value` None: it is named beside."""

    name: str
    value: float | None
    said: str
    colour: str
    shape: str
    is_hollow: bool = False


@dataclass(frozen=True)
class Look:
    """How large the drawing is and how its axis is written; without `number` it has none."""

    width: float
    height: float
    dot: float
    number: Callable[[float], str] | None = None
    median_said: str = ""

    def saying(self, number: Callable[[float], str], median_said: str) -> Look:
        """The same size with an axis in words."""
        return replace(self, number=number, median_said=median_said)


LARGE = Look(720, 210, 8)
NARROW = Look(340, 190, 6)
SMALL = Look(260, 44, 4.4)


def beeswarm(
    peers: Mapping[str, float],
    chosen: Sequence[Chosen],
    among: Spread,
    look: Look,
    said: Mapping[str, str] | None = None,
) -> Drawing:
    """The swarm over its axis; dots of one place stand on each other, closer where they would not fit.

    With `said` every peer is a point of its own that says this.
    """
    low, high = _reach(among, chosen)
    floor = look.height - (34 if look.number else 12)
    drawing = Drawing(look.width, look.height)

    def x(value: float) -> float:
        inside = min(max(value, low), high)
        return SIDE + (look.width - 2 * SIDE) * (inside - low) / (high - low)

    drawing.box(x(among.low), 4, x(among.high) - x(among.low), floor - 4, colour=BAND)
    drawing.line((x(among.median), 2), (x(among.median), floor), colour=MEDIAN, width=1.5)
    drawing.line((SIDE - 6, floor), (look.width - SIDE + 6, floor), colour=RULE)
    order = sorted(peers, key=lambda code: x(peers[code]))
    places = _stacked([x(peers[code]) for code in order], floor, look)
    if said is None:
        drawing.dots(places, colour=PEER_EDGE, size=look.dot)
    else:
        for code, place in zip(order, places, strict=True):
            drawing.mark(place, shape="circle", colour=PEER_EDGE, size=look.dot, said=said[code])
    for city in chosen:
        if city.value is not None:
            drawing.line((x(city.value), 8), (x(city.value), floor), colour=city.colour, width=1)
            _mark(drawing, city, (x(city.value), floor - look.dot), bounds=(low, high), size=1.5 * look.dot)
    if look.number:
        _axis(drawing, look, (low, high), x, floor, among)
    return drawing


def _reach(among: Spread, chosen: Sequence[Chosen]) -> tuple[float, float]:
    low, high = among.limits
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _stacked(places: Sequence[float], floor: float, look: Look) -> list[tuple[float, float]]:
    """Dots in columns as wide as a dot, in the order given; where a column would be too high all stand closer."""
    columns = [round(place / look.dot) for place in places]
    tallest = max(Counter(columns).values(), default=1)
    step = min(look.dot, (floor - 10) / tallest)
    seen: Counter[int] = Counter()
    found = []
    for column in columns:
        found.append((column * look.dot, floor - look.dot / 2 - 1 - seen[column] * step))
        seen[column] += 1
    return found


def _mark(
    drawing: Drawing, city: Chosen, at: tuple[float, float], *, bounds: tuple[float, float], size: float
) -> None:
    value = city.value or 0.0
    shape = "left" if value < bounds[0] else "right" if value > bounds[1] else city.shape
    drawing.mark(
        at, shape=shape, colour=city.colour, size=size, said=f"{city.name}: {city.said}", is_hollow=city.is_hollow
    )


def _axis(
    drawing: Drawing,
    look: Look,
    bounds: tuple[float, float],
    x: Callable[[float], float],
    floor: float,
    among: Spread,
) -> None:
    assert look.number is not None  # noqa: S101 - said for the reader of types
    for tick in ticks(*bounds, 6 if look.width > 500 else 4):
        drawing.line((x(tick), floor), (x(tick), floor + 5), colour=QUIET)
        drawing.text((x(tick), floor + 18), look.number(tick), anchor="middle")
    if look.median_said:
        side = "end" if x(among.median) > look.width * 0.6 else "start"
        shift = -5 if side == "end" else 5
        drawing.text((x(among.median) + shift, 14), look.median_said, colour=INK, anchor=side)
