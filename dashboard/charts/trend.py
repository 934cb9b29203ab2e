"""How a figure has gone: lines of the chosen cities over the middle half of their peers; a gap stays a gap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain.standing import Spread
from dashboard.charts.drawing import INK, QUIET, RULE, Drawing, Place, ticks
from dashboard.theme import BAND, MEDIAN

LEFT, TOP, BOTTOM = 56.0, 16.0, 34.0
PROVISIONAL = frozenset("P")
ESTIMATED = frozenset("EFI")
BREAK = "B"


@dataclass(frozen=True)
class Line:
    """A city's values and statuses by period; `said` what each point says."""

    name: str
    colour: str
    shape: str
    values: tuple[float | None, ...]
    statuses: tuple[str | None, ...]
    said: tuple[str, ...]


@dataclass(frozen=True)
class Frame:
    """The axes: how periods and numbers are written, how wide it is, and the words beside the lines."""

    periods: tuple[str, ...]
    number: Callable[[float], str]
    width: float = 720
    height: float = 300
    median_said: str = ""
    break_said: str = ""
    # Room at the right for the names of the lines.
    right: float = 130


def trend(lines: Sequence[Line], band: Sequence[Spread | None], frame: Frame) -> Drawing:
    """The lines over the band; a provisional value is hollow, a break in series is a stroke with its word."""
    drawing = Drawing(frame.width, frame.height)
    low, high = _bounds(lines, band)
    last = max(len(frame.periods) - 1, 1)

    def x(place: int) -> float:
        return LEFT + (frame.width - LEFT - frame.right) * place / last

    def y(value: float) -> float:
        return frame.height - BOTTOM - (frame.height - TOP - BOTTOM) * (value - low) / (high - low)

    _axes(drawing, frame, (low, high), x, y)
    _band(drawing, band, x, y)
    for line in lines:
        _line(drawing, line, frame, x, y)
    _names(drawing, lines, band, frame, y)
    return drawing


def sparkline(values: Sequence[float | None], median: Sequence[float | None], *, width: float = 150) -> Drawing:
    """A small trend: the city's line, the median of its peers behind it, the newest value as a point."""
    height, edge = 40.0, 5.0
    drawing = Drawing(width, height)
    there = [value for value in (*values, *median) if value is not None]
    low, high = (min(there), max(there)) if there else (0.0, 1.0)

    def place(number: int, value: float | None) -> Place | None:
        if value is None:
            return None
        share = 0.5 if high == low else (value - low) / (high - low)
        return edge + (width - 2 * edge) * number / max(len(values) - 1, 1), height - edge - (
            height - 2 * edge
        ) * share

    drawing.run([place(number, value) for number, value in enumerate(median)], colour="#b3bec7", width=1.5)
    own = [place(number, value) for number, value in enumerate(values)]
    drawing.run(own, colour="#003c57", width=2)
    ends = [at for at in own if at is not None]
    if ends:
        drawing.dots(ends[-1:], colour="#003c57", size=7)
    return drawing


def _bounds(lines: Sequence[Line], band: Sequence[Spread | None]) -> tuple[float, float]:
    there = [value for line in lines for value in line.values if value is not None]
    there += [edge for spread in band if spread is not None for edge in (spread.low, spread.high)]
    low, high = min(there, default=0.0), max(there, default=1.0)
    room = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    return low - (0 if low == 0 else room), high + room


def _axes(
    drawing: Drawing,
    frame: Frame,
    bounds: tuple[float, float],
    x: Callable[[int], float],
    y: Callable[[float], float],
) -> None:
    for tick in ticks(*bounds, 5):
        drawing.line((LEFT, y(tick)), (frame.width - frame.right, y(tick)), colour=RULE)
        drawing.text((LEFT - 8, y(tick) + 4), frame.number(tick), anchor="end")
    every = -(-len(frame.periods) // max(int((frame.width - LEFT - frame.right) / 78), 1))
    for place in range(len(frame.periods) - 1, -1, -every):
        drawing.text((x(place), frame.height - 12), frame.periods[place], anchor="middle", colour=QUIET)


def _band(
    drawing: Drawing, band: Sequence[Spread | None], x: Callable[[int], float], y: Callable[[float], float]
) -> None:
    for run in _runs(band):
        upper = [(x(place), y(spread.high)) for place, spread in run]
        lower = [(x(place), y(spread.low)) for place, spread in reversed(run)]
        if len(run) > 1:
            drawing.area([*upper, *lower], colour=BAND)
    places = [None if spread is None else (x(place), y(spread.median)) for place, spread in enumerate(band)]
    drawing.run(places, colour=MEDIAN, width=1.5, dash="5 4")


def _runs(band: Sequence[Spread | None]) -> list[list[tuple[int, Spread]]]:
    runs: list[list[tuple[int, Spread]]] = [[]]
    for place, spread in enumerate(band):
        if spread is None:
            runs.append([])
        else:
            runs[-1].append((place, spread))
    return [run for run in runs if run]


def _line(drawing: Drawing, line: Line, frame: Frame, x: Callable[[int], float], y: Callable[[float], float]) -> None:
    places = [None if value is None else (x(number), y(value)) for number, value in enumerate(line.values)]
    is_open = [(status or "A") in PROVISIONAL | ESTIMATED for status in line.statuses]
    firm = [None if is_open[number] else place for number, place in enumerate(places)]
    drawing.run(firm, colour=line.colour, width=2.2)
    for number in range(1, len(places)):
        before, here = places[number - 1], places[number]
        if before is not None and here is not None and (is_open[number] or is_open[number - 1]):
            drawing.run([before, here], colour=line.colour, width=2.2, dash="3 4")
    for number, place in enumerate(places):
        if place is None:
            continue
        if line.statuses[number] == BREAK:
            drawing.line((place[0] - 4, TOP), (place[0] - 4, frame.height - BOTTOM), colour=QUIET, dash="2 3")
            drawing.text((place[0] - 8, TOP + 8), frame.break_said, anchor="end", size=11)
        drawing.mark(
            place, shape=line.shape, colour=line.colour, size=8, said=line.said[number], is_hollow=is_open[number]
        )


def _names(
    drawing: Drawing,
    lines: Sequence[Line],
    band: Sequence[Spread | None],
    frame: Frame,
    y: Callable[[float], float],
) -> None:
    """The name of each line at its end, moved apart where two would stand on each other."""
    wanted = []
    for line in lines:
        there = [value for value in line.values if value is not None]
        if there:
            wanted.append((y(there[-1]), line.name, line.colour, 600))
    newest = next((spread for spread in reversed(band) if spread is not None), None)
    if newest is not None and frame.median_said:
        wanted.append((y(newest.median), frame.median_said, QUIET, 400))
    floor = TOP
    for at, name, colour, weight in sorted(wanted):
        floor = max(at, floor)
        most = int((frame.right - 10) / 6.6)
        shown = name if len(name) <= most else name[: most - 1] + "…"
        drawing.text((frame.width - frame.right + 10, floor + 4), shown, colour=colour or INK, weight=weight)
        floor += 15
