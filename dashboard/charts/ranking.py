"""Who leads and who trails: a dot a city on one axis, sorted; beyond forty cities the ends and the chosen ones.

Where the year before is known, a hollow dot and a line to it make the change visible (a dumbbell).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.charts.drawing import INK, QUIET, RULE, Drawing, ticks
from dashboard.theme import MEDIAN, PEER_EDGE

MOST_WHOLE = 40
FIRST, LAST, AROUND = 10, 5, 3
ROW = 22.0
TOP, RIGHT = 30.0, 64.0


@dataclass(frozen=True)
class Entry:
    """A city in the order of the ranking; `colour` and `shape` when it is chosen."""

    place: int
    name: str
    value: float
    said: str
    before: float | None = None
    colour: str = ""
    shape: str = "circle"


def shown_places(count: int, chosen: Sequence[int]) -> list[int]:
    """Which of `count` sorted cities (from 0) are drawn: all up to forty, else the ends and around the chosen."""
    if count <= MOST_WHOLE:
        return list(range(count))
    places = {*range(FIRST), *range(count - LAST, count)}
    for at in chosen:
        places.update(range(max(at - AROUND, 0), min(at + AROUND + 1, count)))
    return sorted(places)


def ranking(
    entries: Sequence[Entry], number: Callable[[float], str], *, median: float | None = None, width: float = 720
) -> Drawing:
    """The dots; a gap between two drawn cities that are not neighbours says how many are left out."""
    rows = _rows(entries)
    left = min(210.0, width * 0.44)
    drawing = Drawing(width, TOP + ROW * len(rows) + 12)
    values = [value for entry in entries for value in (entry.value, entry.before) if value is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.04 or abs(high) * 0.05 or 1.0
    low, high = (low - room if low else low), high + room

    def x(value: float) -> float:
        return left + (width - left - RIGHT) * (value - low) / (high - low)

    for tick in ticks(low, high, 5 if width > 500 else 3):
        drawing.line((x(tick), TOP - 6), (x(tick), drawing.height - 8), colour=RULE)
        drawing.text((x(tick), TOP - 12), number(tick), anchor="middle", size=11)
    if median is not None and low <= median <= high:
        drawing.line((x(median), TOP - 6), (x(median), drawing.height - 8), colour=MEDIAN, width=1.5, dash="5 4")
    for line, row in enumerate(rows):
        y = TOP + ROW * (line + 0.5)
        if isinstance(row, int):
            drawing.text((left - 12, y + 4), f"… {row}", anchor="end", size=11)
            drawing.line((left, y), (width - RIGHT, y), colour=RULE, dash="1 5")
        else:
            _entry(drawing, row, y, x, left)
    return drawing


def _rows(entries: Sequence[Entry]) -> list[Entry | int]:
    chosen = [number for number, entry in enumerate(entries) if entry.colour]
    rows: list[Entry | int] = []
    last = -1
    for at in shown_places(len(entries), chosen):
        if at > last + 1:
            rows.append(at - last - 1)
        rows.append(entries[at])
        last = at
    return rows


def _entry(drawing: Drawing, entry: Entry, y: float, x: Callable[[float], float], left: float) -> None:
    colour = entry.colour or PEER_EDGE
    weight = 650 if entry.colour else 400
    most = int((left - 40) / 7)
    name = entry.name if len(entry.name) <= most else entry.name[: most - 1] + "…"
    drawing.text((left - 12, y + 4), f"{entry.place}. {name}", anchor="end", colour=INK, weight=weight, size=12.5)
    if entry.before is not None:
        drawing.line((x(entry.before), y), (x(entry.value), y), colour=colour, width=2)
        drawing.mark((x(entry.before), y), shape="circle", colour=colour, size=8, is_hollow=True)
    said = f"{entry.place}. {entry.name}: {entry.said}"
    drawing.mark((x(entry.value), y), shape=entry.shape, colour=colour, size=11 if entry.colour else 9, said=said)
    drawing.text(
        (drawing.width - 4, y + 4), entry.said, anchor="end", colour=INK if entry.colour else QUIET, weight=weight
    )
