"""A small line chart: chosen cities over time, the peers' median and middle half behind them. Pure.

A gap breaks the line; a provisional value is hollow and its last stretch dashed; nothing is interpolated.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from dashboard.figures.scale import apart, decimals_of, ticks
from dashboard.theme import BAND, CITY_COLOURS, MEDIAN, axis, city_colour, city_shape, layout, plot_text
from dashboard.view import CityView, IndicatorView, View

if TYPE_CHECKING:
    from app.queries.comparison import Trend

Chart = dict[str, Any]
HEIGHT = 232
_TOP, _BOTTOM, _LEFT = 10, 26, 46
_LABEL_GAP = 15.0
_LONGEST_LABEL = 17


def trend(line: Trend, indicator: IndicatorView, view: View) -> Chart:
    """The chart of one indicator."""
    low, high = _range(line)
    marks = ticks(low, high, 4)
    decimals = min(decimals_of(marks), max(indicator.decimals, 1))
    cities = [*reversed(view.cities)]
    return {
        "data": [
            *_band(line),
            _median(line, indicator, view),
            *(trace for city in cities for trace in _city(line, city, indicator, view)),
        ],
        "layout": layout(
            height=HEIGHT,
            margin={"l": _LEFT, "r": _right_margin(view), "t": _TOP, "b": _BOTTOM, "pad": 0},
            xaxis=axis(showgrid=False, range=[-0.4, len(line.periods) - 0.6], **_time_ticks(line, view)),
            yaxis=axis(
                range=[low, high], tickvals=marks, ticktext=[view.locale.number(mark, decimals) for mark in marks]
            ),
            annotations=_labels(line, view, low, high),
        ),
    }


def _range(line: Trend) -> tuple[float, float]:
    values = [value for values in line.values.values() for value in values if value is not None]
    values += [edge for spread in line.band if spread for edge in (spread.low, spread.high)]
    if not values:
        return 0.0, 1.0
    room = (max(values) - min(values)) * 0.1 or abs(max(values)) * 0.1 or 1.0
    low = min(values) - room
    # An axis of amounts does not show less than nothing.
    return (max(low, 0.0) if min(values) > 0 else low), max(values) + room


def _time_ticks(line: Trend, view: View) -> Chart:
    """Years under their first period; a short series names its first and last period."""
    starts = [(n, p) for n, p in enumerate(line.periods) if p.frequency != "A" and p.starts_on.month == 1]
    if len(starts) >= 2:
        return {"tickvals": [n for n, _ in starts], "ticktext": [str(p.starts_on.year) for _, p in starts]}
    ends = sorted({0, len(line.periods) - 1}) if len(line.periods) > 6 else range(len(line.periods))
    return {"tickvals": list(ends), "ticktext": [plot_text(view.locale.short_period(line.periods[n])) for n in ends]}


def _band(line: Trend) -> list[Chart]:
    """The middle half of the peers: one closed outline for every run of periods that have it."""
    numbered = [(number, spread) for number, spread in enumerate(line.band)]
    runs = [list(run) for is_there, run in groupby(numbered, key=lambda item: item[1] is not None) if is_there]
    outlines = []
    for run in runs:
        there = [(number, spread) for number, spread in run if spread is not None]
        x = [number for number, _ in there]
        outlines.append(
            {
                "type": "scatter",
                "x": x + x[::-1],
                "y": [spread.high for _, spread in there] + [spread.low for _, spread in there][::-1],
                "fill": "toself",
                "fillcolor": BAND,
                "line": {"width": 0},
                "mode": "lines",
                "hoverinfo": "skip",
            }
        )
    return outlines


def _median(line: Trend, indicator: IndicatorView, view: View) -> Chart:
    words = [
        view.locale.say("hover_median", period=view.locale.period(period), value=view.value(spread.median, indicator))
        if spread
        else ""
        for period, spread in zip(line.periods, line.band, strict=True)
    ]
    return {
        "type": "scatter",
        "x": list(range(len(line.periods))),
        "y": [spread.median if spread else None for spread in line.band],
        "mode": "lines",
        "line": {"color": MEDIAN, "width": 1.5, "dash": "dot"},
        "hoverinfo": "text",
        "hovertext": [plot_text(text) for text in words],
    }


def _city(line: Trend, city: CityView, indicator: IndicatorView, view: View) -> list[Chart]:
    values, statuses = line.values[city.code], line.statuses[city.code]
    colour = city_colour(city.position)
    is_coloured = city.position < len(CITY_COLOURS)
    hollow = [status == "P" for status in statuses]
    solid = [value if not (late and _is_last(values, n)) else None for n, (value, late) in _numbered(values, hollow)]
    shape: Chart = {
        "type": "scatter",
        "x": list(range(len(values))),
        "line": {"color": colour, "width": 2.25 if is_coloured else 1.25},
        "connectgaps": False,
        "hoverinfo": "skip",
        "mode": "lines",
    }
    lines = [{**shape, "y": solid}]
    if solid != list(values):
        last = max(n for n, value in enumerate(values) if value is not None)
        tail = [value if n >= last - 1 else None for n, value in enumerate(values)]
        lines.append({**shape, "y": tail, "line": {**shape["line"], "dash": "dot"}})
    return [*lines, {**shape, "y": list(values), "mode": "markers", **_markers(line, city, indicator, view)}]


def _numbered(values: tuple[float | None, ...], hollow: list[bool]) -> list[tuple[int, tuple[float | None, bool]]]:
    return list(enumerate(zip(values, hollow, strict=True)))


def _is_last(values: tuple[float | None, ...], number: int) -> bool:
    return all(value is None for value in values[number + 1 :])


def _markers(line: Trend, city: CityView, indicator: IndicatorView, view: View) -> Chart:
    values, statuses = line.values[city.code], line.statuses[city.code]
    colour = city_colour(city.position)
    words = [
        ""
        if value is None
        else view.locale.say(
            "hover_trend", city=city.name, period=view.locale.period(period), value=view.value(value, indicator)
        )
        for period, value in zip(line.periods, values, strict=True)
    ]
    return {
        "marker": {
            "symbol": city_shape(city.position),
            "size": [9 if _is_last(values, n) or status == "P" else 5 for n, status in enumerate(statuses)],
            "color": ["#ffffff" if status == "P" else colour for status in statuses],
            "line": {"color": colour, "width": 1.5},
            "opacity": 1,
        },
        "hoverinfo": "text",
        "hovertext": [plot_text(text) for text in words],
    }


def _label(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else name[: _LONGEST_LABEL - 1].rstrip() + "…"


def _right_margin(view: View) -> int:
    labelled = [len(_label(city.name)) for city in view.cities if city.position < len(CITY_COLOURS)]
    return 16 + 7 * max(labelled, default=0)


def _labels(line: Trend, view: View, low: float, high: float) -> list[Chart]:
    """The names of the coloured cities beside their last values, pushed apart."""
    ends = []
    for city in view.cities[: len(CITY_COLOURS)]:
        there = [(n, value) for n, value in enumerate(line.values[city.code]) if value is not None]
        if there:
            ends.append((city, *there[-1]))
    room = HEIGHT - _TOP - _BOTTOM
    wanted = [(value - low) / (high - low) * room for _, _, value in ends]
    return [
        {
            "x": len(line.periods) - 1,
            "y": value,
            "yshift": moved - place,
            "xshift": 8,
            "xanchor": "left",
            "yanchor": "middle",
            "text": plot_text(_label(city.name)),
            "showarrow": False,
            "font": {"color": city_colour(city.position), "size": 12},
        }
        for (city, _, value), place, moved in zip(
            ends, wanted, apart(wanted, _LABEL_GAP, 4.0, room - 4.0), strict=True
        )
    ]
