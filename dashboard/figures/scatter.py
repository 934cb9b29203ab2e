"""Two indicators together: every peer a grey dot, chosen cities shaped and named; no line is fitted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.figures.scale import decimals_of, ticks
from dashboard.theme import CITY_COLOURS, INK, PEER, PEER_EDGE, axis, city_colour, city_shape, layout, plot_text
from dashboard.view import CityView, IndicatorView, View

if TYPE_CHECKING:
    from app.queries.comparison import Row

Chart = dict[str, Any]
Pairs = dict[str, tuple[float, float]]
HEIGHT = 440
# What the name of an axis and its unit have room for, upright.
MOST_LETTERS = 48


def paired(across: Row, up: Row) -> Pairs:
    """By city both values, of peers and chosen cities; only those that have both."""
    first, second = _values(across), _values(up)
    return {code: (value, second[code]) for code, value in first.items() if code in second}


def _values(row: Row) -> dict[str, float]:
    return {**row.peers, **{figure.city: figure.value for figure in row.figures if figure.value is not None}}


def scatter(pairs: Pairs, across: IndicatorView, up: IndicatorView, view: View) -> Chart:
    """The chart of both indicators in the order across, up; `pairs` must not be empty."""
    chosen = [city for city in view.cities if city.code in pairs]
    named = {city.code for city in chosen}
    others = {code: pair for code, pair in pairs.items() if code not in named}
    return {
        "data": [
            _peers(others, across, up, view),
            *(_marker(pairs[city.code], city, across, up, view) for city in chosen),
        ],
        "layout": layout(
            height=HEIGHT,
            margin={"l": 64, "r": 20, "t": 12, "b": 56, "pad": 0},
            xaxis=_axis([pair[0] for pair in pairs.values()], across, view),
            yaxis=_axis([pair[1] for pair in pairs.values()], up, view),
            annotations=[_name(pairs[city.code], city, _middle(pairs)) for city in chosen],
        ),
    }


def _axis(values: list[float], indicator: IndicatorView, view: View) -> Chart:
    room = (max(values) - min(values)) * 0.06 or abs(max(values)) * 0.05 or 1.0
    low, high = min(values) - room, max(values) + room
    marks = ticks(low, high, 6)
    words = [view.locale.number(mark, decimals_of(marks)) for mark in marks]
    name = _short(indicator.name, max(MOST_LETTERS - len(indicator.unit), 20))
    title = {"text": plot_text(f"{name}, {indicator.unit}"), "font": {"color": INK, "size": 12}}
    return axis(range=[low, high], tickvals=marks, ticktext=words, title=title)


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def _middle(pairs: Pairs) -> float:
    places = [pair[0] for pair in pairs.values()]
    return (min(places) + max(places)) / 2


def _said(name: str, pair: tuple[float, float], across: IndicatorView, up: IndicatorView, view: View) -> str:
    first, second = view.value(pair[0], across), view.value(pair[1], up)
    return plot_text(f"{name}: {first} {across.unit}; {second} {up.unit}")


def _peers(pairs: Pairs, across: IndicatorView, up: IndicatorView, view: View) -> Chart:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [pair[0] for pair in pairs.values()],
        "y": [pair[1] for pair in pairs.values()],
        "marker": {"size": 8, "color": PEER, "line": {"color": PEER_EDGE, "width": 0.75}, "opacity": 1},
        "hoverinfo": "text",
        "hovertext": [_said(view.names.get(code, code), pair, across, up, view) for code, pair in pairs.items()],
    }


def _marker(pair: tuple[float, float], city: CityView, across: IndicatorView, up: IndicatorView, view: View) -> Chart:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [pair[0]],
        "y": [pair[1]],
        "cliponaxis": False,
        "marker": {
            "symbol": city_shape(city.position),
            "size": 13,
            "color": city_colour(city.position),
            "line": {"color": "#ffffff", "width": 1.5},
            "opacity": 1,
        },
        "hoverinfo": "text",
        "hovertext": [_said(city.name, pair, across, up, view)],
    }


def _name(pair: tuple[float, float], city: CityView, middle: float) -> Chart:
    is_left = pair[0] <= middle
    return {
        "x": pair[0],
        "y": pair[1],
        "xanchor": "left" if is_left else "right",
        "xshift": 10 if is_left else -10,
        "yshift": 12,
        "text": plot_text(city.name),
        "showarrow": False,
        "font": {"color": city_colour(city.position) if city.position < len(CITY_COLOURS) else INK, "size": 12},
        "bgcolor": "rgba(255,255,255,0.8)",
    }
