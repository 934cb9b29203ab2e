"""A one-sided beeswarm: every peer a dot above the axis, chosen cities as shaped and named markers. Pure.

The axis reaches median ± 3 MAD; what lies beyond is drawn at the edge as an arrow and keeps its true value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.standing import Spread
from dashboard.figures.scale import decimals_of, ticks
from dashboard.theme import (
    CITY_COLOURS,
    INK,
    MAD_BAND,
    MEDIAN,
    PEER,
    PEER_EDGE,
    QUIET,
    axis,
    city_colour,
    city_shape,
    layout,
    plot_text,
)
from dashboard.view import CityView, IndicatorView, View

if TYPE_CHECKING:
    from app.queries.comparison import Row

Chart = dict[str, Any]
# The swarm is stacked for this width of plot; a wider one only has more air.
_WIDTH = 400.0
_DOT = 7.5
_LEVEL = 6.5
_LABEL_ROW = 18.0
_LETTER = 7.2
_ABOVE, _BELOW = 4, 42


@dataclass(frozen=True)
class _Dot:
    """A city in the swarm: its value, where it is drawn, and on which side of the scale it lies."""

    code: str
    value: float
    x: float
    level: float
    beyond: int


@dataclass(frozen=True)
class _Swarm:
    """All dots of one chart on its scale, and the row of every chosen city's name."""

    low: float
    high: float
    dots: dict[str, _Dot]
    names: dict[str, str]
    rows: dict[str, int]

    @property
    def top(self) -> float:
        """The height just above the highest dot, in pixels."""
        return max((dot.level for dot in self.dots.values()), default=0.0) * _LEVEL + 10

    @property
    def ceiling(self) -> float:
        """The height that swarm and names need together, in pixels."""
        return self.top + (max(self.rows.values(), default=-1) + 1) * _LABEL_ROW + 2

    def name_height(self, code: str) -> float:
        """Where the middle of a chosen city's name stands."""
        return self.top + (self.rows[code] + 0.5) * _LABEL_ROW


def distribution(row: Row, indicator: IndicatorView, view: View) -> Chart:
    """The chart of one indicator; its row must have a spread."""
    if row.spread is None:
        raise ValueError(f"{row.indicator}: without a spread there is nothing to draw")
    swarm = _swarm(row, row.spread, indicator, view)
    chosen = [city for city in view.cities if city.code in swarm.dots]
    marks = ticks(swarm.low, swarm.high, 4)
    words = [view.locale.number(mark, decimals_of(marks)) for mark in marks]
    return {
        "data": [
            _peers(swarm, chosen, indicator, view),
            *(_marker(swarm.dots[city.code], city, indicator, view) for city in chosen),
        ],
        "layout": layout(
            height=round(swarm.ceiling) + _ABOVE + _BELOW + 8,
            margin={"l": 12, "r": 12, "t": _ABOVE, "b": _BELOW, "pad": 0},
            xaxis=axis(
                range=_padded(swarm), tickvals=marks, ticktext=words, showgrid=False, showline=True, linecolor=PEER
            ),
            yaxis=axis(range=[-8, swarm.ceiling], visible=False),
            shapes=[*_middle(row.spread, swarm), *(_leader(swarm, city) for city in chosen)],
            annotations=[*(_name(swarm, city) for city in chosen), *_better(indicator, view)],
        ),
    }


def levels(places: list[float], width: float) -> list[int]:
    """For every dot of this width the lowest level on which it touches no other; the order of dots decides."""
    stacked: list[list[float]] = []
    chosen = []
    for place in places:
        level = next((n for n, row in enumerate(stacked) if all(abs(place - x) >= width for x in row)), len(stacked))
        if level == len(stacked):
            stacked.append([])
        stacked[level].append(place)
        chosen.append(level)
    return chosen


def _swarm(row: Row, spread: Spread, indicator: IndicatorView, view: View) -> _Swarm:
    low, high = spread.limits
    values = dict(row.peers)
    values.update({figure.city: figure.value for figure in row.figures if figure.value is not None})
    ordered = sorted(values.items(), key=lambda item: (item[1], item[0]))
    places = [min(max(value, low), high) for _, value in ordered]
    stacked = levels(places, (high - low) * _DOT / _WIDTH)
    dots = {
        code: _Dot(code, value, x, level, (value > high) - (value < low))
        for (code, value), x, level in zip(ordered, places, stacked, strict=True)
    }
    names = {
        city.code: f"{_short(city.name)} {view.value(dots[city.code].value, indicator)}"
        for city in view.cities
        if city.code in dots
    }
    widths = {code: (dots[code].x, len(name) * _LETTER * (high - low) / _WIDTH) for code, name in names.items()}
    return _Swarm(low, high, dots, names, _rows(widths, low, high))


def _short(name: str) -> str:
    return name if len(name) <= 20 else name[:19].rstrip() + "…"


def _rows(widths: dict[str, tuple[float, float]], low: float, high: float) -> dict[str, int]:
    """For every name the lowest row where it covers no other."""
    taken: list[list[tuple[float, float]]] = []
    rows = {}
    for code, (x, width) in sorted(widths.items(), key=lambda item: item[1]):
        start = x - width * _anchor(x, low, high)[1]
        row = next(
            (n for n, spans in enumerate(taken) if all(start > end or start + width < begin for begin, end in spans)),
            len(taken),
        )
        if row == len(taken):
            taken.append([])
        taken[row].append((start, start + width))
        rows[code] = row
    return rows


def _anchor(x: float, low: float, high: float) -> tuple[str, float]:
    """How a name stands on its marker: near an edge it turns inwards; with the share of it left of the marker."""
    share = (x - low) / (high - low)
    if share < 0.2:
        return "left", 0.0
    return ("right", 1.0) if share > 0.8 else ("center", 0.5)


def _padded(swarm: _Swarm) -> list[float]:
    room = (swarm.high - swarm.low) * 0.025
    return [swarm.low - room, swarm.high + room]


def _hover(dot: _Dot, name: str, indicator: IndicatorView, view: View) -> str:
    words = view.locale.say("hover_value", city=name, value=view.value(dot.value, indicator))
    return plot_text(f"{words} ({view.locale.say('beyond')})" if dot.beyond else words)


def _symbol(dot: _Dot, usual: str) -> str:
    return {1: "triangle-right", -1: "triangle-left", 0: usual}[dot.beyond]


def _peers(swarm: _Swarm, chosen: list[CityView], indicator: IndicatorView, view: View) -> Chart:
    named = {city.code for city in chosen}
    dots = [dot for dot in swarm.dots.values() if dot.code not in named]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [dot.x for dot in dots],
        "y": [dot.level * _LEVEL for dot in dots],
        "marker": {
            "symbol": [_symbol(dot, "circle") for dot in dots],
            "size": _DOT - 1,
            "color": PEER,
            "line": {"color": PEER_EDGE, "width": 0.75},
            "opacity": 1,
        },
        "hoverinfo": "text",
        "hovertext": [_hover(dot, view.names.get(dot.code, dot.code), indicator, view) for dot in dots],
    }


def _marker(dot: _Dot, city: CityView, indicator: IndicatorView, view: View) -> Chart:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [dot.x],
        "y": [dot.level * _LEVEL],
        "cliponaxis": False,
        "marker": {
            "symbol": _symbol(dot, city_shape(city.position)),
            "size": 13,
            "color": city_colour(city.position),
            "line": {"color": "#ffffff", "width": 1.5},
            "opacity": 1,
        },
        "hoverinfo": "text",
        "hovertext": [_hover(dot, city.name, indicator, view)],
    }


def _middle(spread: Spread, swarm: _Swarm) -> list[Chart]:
    """The band of ±1 MAD and the median."""
    near = max(spread.median - spread.mad, swarm.low), min(spread.median + spread.mad, swarm.high)
    return [
        {
            "type": "rect",
            "layer": "below",
            "x0": near[0],
            "x1": near[1],
            "y0": -8,
            "y1": swarm.top,
            "fillcolor": MAD_BAND,
            "line": {"width": 0},
        },
        {
            "type": "line",
            "layer": "below",
            "x0": spread.median,
            "x1": spread.median,
            "y0": -8,
            "y1": swarm.top,
            "line": {"color": MEDIAN, "width": 1.5},
        },
    ]


def _leader(swarm: _Swarm, city: CityView) -> Chart:
    dot = swarm.dots[city.code]
    return {
        "type": "line",
        "layer": "below",
        "x0": dot.x,
        "x1": dot.x,
        "y0": dot.level * _LEVEL,
        "y1": swarm.name_height(city.code) - 7,
        "line": {"color": city_colour(city.position), "width": 1},
    }


def _name(swarm: _Swarm, city: CityView) -> Chart:
    dot = swarm.dots[city.code]
    is_coloured = city.position < len(CITY_COLOURS)
    return {
        "x": dot.x,
        "y": swarm.name_height(city.code),
        "xanchor": _anchor(dot.x, swarm.low, swarm.high)[0],
        "yanchor": "middle",
        "text": plot_text(swarm.names[city.code]),
        "showarrow": False,
        "font": {"color": city_colour(city.position) if is_coloured else INK, "size": 12},
        "bgcolor": "#ffffff",
        "borderpad": 1,
    }


def _better(indicator: IndicatorView, view: View) -> list[Chart]:
    """Which way is better, under the axis; nothing where no way is."""
    words = {"higher": ("axis_better_right", 1), "lower": ("axis_better_left", 0)}.get(indicator.direction)
    if words is None:
        return []
    return [
        {
            "xref": "paper",
            "yref": "paper",
            "x": words[1],
            "y": 0,
            "yshift": -32,
            "xanchor": "right" if words[1] else "left",
            "yanchor": "middle",
            "text": view.locale.say(words[0]),
            "showarrow": False,
            "font": {"color": QUIET, "size": 11},
        }
    ]
