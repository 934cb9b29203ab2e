"""Two indicators against each other: the peers grey, the chosen cities in their colours; no line is fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.charts.drawing import INK, QUIET, RULE, Drawing, ticks
from dashboard.theme import PEER_EDGE

LEFT, TOP, RIGHT, BOTTOM = 64.0, 16.0, 20.0, 52.0


@dataclass(frozen=True)
class Pair:
    """A city's values of both indicators; `colour` when it is chosen."""

    across: float
    up: float
    said: str
    label: str = ""
    colour: str = ""
    shape: str = "circle"


@dataclass(frozen=True)
class Axis:
    """What an axis measures and how its numbers are written."""

    name: str
    number: Callable[[float], str]


def scatter(pairs: Sequence[Pair], across: Axis, up: Axis, *, width: float = 720, height: float = 420) -> Drawing:
    """The points; chosen cities stand on top and carry their names."""
    drawing = Drawing(width, height)
    left, right = _bounds([pair.across for pair in pairs])
    low, high = _bounds([pair.up for pair in pairs])

    def at(pair: Pair) -> tuple[float, float]:
        x = LEFT + (width - LEFT - RIGHT) * (pair.across - left) / (right - left)
        return x, height - BOTTOM - (height - TOP - BOTTOM) * (pair.up - low) / (high - low)

    for tick in ticks(left, right, 6 if width > 500 else 3):
        x, _ = at(Pair(tick, low, ""))
        drawing.line((x, TOP), (x, height - BOTTOM), colour=RULE)
        drawing.text((x, height - BOTTOM + 16), across.number(tick), anchor="middle", size=11)
    for tick in ticks(low, high, 5):
        _, y = at(Pair(left, tick, ""))
        drawing.line((LEFT, y), (width - RIGHT, y), colour=RULE)
        drawing.text((LEFT - 8, y + 4), up.number(tick), anchor="end", size=11)
    most = int(width / 7)
    drawing.text((width - RIGHT, height - 10), _short(across.name, most), anchor="end", colour=INK)
    drawing.text((4, 11), _short(up.name, most), colour=INK)
    for pair in sorted(pairs, key=lambda each: bool(each.colour)):
        size = 12.0 if pair.colour else 8.0
        drawing.mark(at(pair), shape=pair.shape, colour=pair.colour or PEER_EDGE, size=size, said=pair.said)
        if pair.label:
            x, y = at(pair)
            side = "end" if x > width * 0.75 else "start"
            drawing.text(
                (x + (-10 if side == "end" else 10), y - 6),
                pair.label,
                anchor=side,
                colour=INK,
                weight=600,
                has_halo=True,
            )
    return drawing


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.06 or abs(high) * 0.05 or 1.0
    return (low - room if low else low), high + room


__all__ = ["QUIET", "Axis", "Pair", "scatter"]
