"""The heatmap table: indicators down, cities across, the place among peers coloured and said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup

from dashboard.components.attributes import aria
from dashboard.components.cities import city_mark
from dashboard.components.marks import LEGEND, marks, missing
from dashboard.components.still import still, tag
from dashboard.theme import percentile_class
from dashboard.view import CityView, IndicatorView, View

if TYPE_CHECKING:
    from app.queries.comparison import Figure, Row

ICONS = {5: "▲▲", 4: "▲", 3: "●", 2: "▼", 1: "▼▼"}


def heatmap(rows: list[tuple[Row, IndicatorView]], view: View) -> Component:
    """The whole table in a region of its own that scrolls and takes the focus."""
    say = view.locale.say
    caption = say(
        "table_caption",
        period=view.locale.period(view.at),
        group=view.group,
        count=say("count_cities", count=view.group_count),
    )
    table = tag(
        "table",
        [
            tag("caption", caption, id="compare-table-caption"),
            tag("thead", tag("tr", _head(view))),
            tag("tbody", [tag("tr", _line(row, indicator, view)) for row, indicator in rows]),
        ],
        className="heatmap",
    )
    return still(
        html.Div(
            table,
            className="scroll",
            role="region",
            tabIndex="0",
            id="compare-table",
            **aria(label=say("table_scroll")),
        )
    )


def _head(view: View) -> list[Markup]:
    say = view.locale.say
    cities = [
        tag("th", [city_mark(city.position), tag("span", city.name), *_outside(city, view)], scope="col")
        for city in view.cities
    ]
    return [
        tag("th", say("table_indicator"), scope="col", className="corner"),
        *cities,
        tag("th", say("table_median"), scope="col", className="median"),
    ]


def _outside(city: CityView, view: View) -> list[Markup]:
    return [] if city.is_peer else [tag("small", view.locale.say("standing_outside"))]


def _line(row: Row, indicator: IndicatorView, view: View) -> list[Markup]:
    return [
        _name(row, indicator, view),
        *(_cell(figure, row, indicator, view) for figure in row.figures),
        _median(row, indicator, view),
    ]


def _name(row: Row, indicator: IndicatorView, view: View) -> Markup:
    notes: list[Any] = [tag("span", indicator.unit, className="unit")]
    direction = _direction(indicator, view)
    notes.append(tag("span", direction, className="direction"))
    if row.is_substitute and row.period:
        words = view.locale.say("substitute_short", period=view.locale.period(row.period))
        notes.append(tag("span", ["◴ ", words], className="substitute"))
    return tag("th", [tag("span", indicator.name, title=indicator.definition), tag("small", notes)], scope="row")


def _direction(indicator: IndicatorView, view: View) -> str:
    if indicator.target is None:
        return view.locale.say(f"direction_{indicator.direction}")
    return view.locale.say("heat_direction_target", target=view.value(indicator.target, indicator))


def _cell(figure: Figure, row: Row, indicator: IndicatorView, view: View) -> Markup:
    if figure.value is None:
        glyph, key = missing(figure, others_reported=bool(row.peers))
        words = [tag("span", glyph, className="glyph", **aria(hidden=True)), tag("small", view.locale.say(key))]
        return tag("td", words, className="cell missing", title=figure.note)
    number = tag(
        "span",
        [tag("span", view.value(figure.value, indicator), className="number"), *marks(figure, indicator, view)],
        className="figure",
    )
    return tag(
        "td",
        [number, *_place(figure, indicator, view), *_change(figure, indicator, view)],
        className=_tone(figure, indicator),
        title=figure.note,
    )


def _tone(figure: Figure, indicator: IndicatorView) -> str:
    if figure.percentile is None:
        return "cell"
    kind = "tone" if indicator.direction == "none" else "place"
    return f"cell {kind}-{percentile_class(figure.percentile)}"


def _place(figure: Figure, indicator: IndicatorView, view: View) -> list[Markup]:
    if figure.percentile is None:
        return [tag("small", view.locale.say("cell_no_peers"))]
    share = view.locale.number(figure.percentile, 0)
    if indicator.direction == "none":
        return [tag("small", view.locale.say("cell_higher", share=share))]
    icon = tag("span", ICONS[percentile_class(figure.percentile)], className="icon", **aria(hidden=True))
    return [tag("small", [icon, view.locale.say("cell_better", share=share)])]


def _change(figure: Figure, indicator: IndicatorView, view: View) -> list[Markup]:
    if not view.has_change:
        return []
    if figure.change is None:
        return [tag("small", view.locale.say("cell_no_change"), className="change")]
    change = view.locale.number(figure.change, indicator.decimals, signed=True)
    return [tag("small", view.locale.say("cell_change", change=change), className="change")]


def _median(row: Row, indicator: IndicatorView, view: View) -> Markup:
    if row.spread is None:
        return tag("td", "–", className="cell median")
    number = tag("span", view.value(row.spread.median, indicator), className="number")
    count = tag("small", view.locale.say("table_median_of", count=row.spread.count))
    return tag("td", [number, count], className="cell median")


def legend(view: View, *, has_undirected: bool) -> Component:
    """What colours, icons and marks mean."""
    say = view.locale.say
    ends = {1: tag("span", f" {say('worse')}"), 5: tag("span", f" {say('better')}")}
    classes = [
        tag(
            "li",
            [
                tag("span", ICONS[number], **aria(hidden=True)),
                f"{20 * number - 20}–{20 * number} %",
                ends.get(number),
            ],
            className=f"place-{number}",
        )
        for number in range(1, 6)
    ]
    signs = [
        tag("li", [tag("span", glyph, className="mark", **aria(hidden=True)), say(key)]) for glyph, key in LEGEND
    ]
    return still(
        html.Div(
            [
                tag("p", say("legend_title")),
                tag("ul", classes, className="classes"),
                *([tag("p", say("legend_none"))] if has_undirected else []),
                tag("ul", signs, className="signs", **aria(label=say("marks_title"))),
            ],
            className="legend",
        )
    )
