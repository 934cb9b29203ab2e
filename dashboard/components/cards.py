"""A chart as everybody can read it: heading, one sentence, the picture, and the same figures as a table.

The picture is hidden from assistive technology, which reads the sentence and the table instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson
from markupsafe import Markup

from dashboard.components.attributes import aria, data
from dashboard.components.cities import city_mark
from dashboard.components.marks import marks, missing
from dashboard.components.still import tag
from dashboard.summaries import quarter_words
from dashboard.view import IndicatorView, View

if TYPE_CHECKING:
    from app.queries.comparison import Row, Trend


def chart_card(
    key: str,
    indicator: IndicatorView,
    *,
    note: str,
    summary: str,
    chart: dict[str, Any] | None,
    table: Sequence[Markup],
    taking: Markup,
    title: str | None = None,
) -> Markup:
    """One chart with all that belongs to it; it is called as its indicator unless `title` says otherwise."""
    picture = [] if chart is None else [_picture(chart)]
    return tag(
        "figure",
        [
            tag("h3", title or indicator.name, id=key, title=None if title else indicator.definition),
            tag("p", note, className="note"),
            tag("p", summary, className="summary"),
            *picture,
            tag("details", table, id=f"{key}-table"),
            taking,
        ],
        className="card chart",
        **aria(labelledby=key),
    )


def taking(indicator: IndicatorView, view: View) -> Markup:
    """The way to the indicator's own page with the same choice: files, code, citing, embedding."""
    address = f"/indicator/{indicator.code}?{view.query}"
    words = view.locale.say("take_along")
    return tag("p", tag("a", words, href=address, **aria(label=f"{words}: {indicator.name}")), className="taking")


def taking_pair(across: IndicatorView, up: IndicatorView, view: View) -> Markup:
    """The way to the same two indicators on the page of the first."""
    words = view.locale.say("take_along")
    address = f"/indicator/{across.code}?{view.query}&i={up.code}"
    return tag(
        "p", tag("a", words, href=address, **aria(label=f"{words}: {across.name}, {up.name}")), className="taking"
    )


def _picture(chart: dict[str, Any]) -> Markup:
    """The room of the chart and what is drawn in it, by assets/page.js once it comes near what is seen."""
    figure = orjson.dumps(chart, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    room = {"height": f"{chart['layout']['height']}px"}
    return tag("div", None, className="picture", style=room, **aria(hidden=True), **data(figure=figure))


def _table(caption: str, head: list[Any], body: list[list[Any]], view: View) -> list[Markup]:
    """A toggle and the table behind it; the first cell of a line is its heading."""
    lines = [tag("tr", [tag("th", line[0], scope="row"), *(tag("td", cell) for cell in line[1:])]) for line in body]
    table = tag(
        "table",
        [
            tag("caption", caption),
            tag("thead", tag("tr", [tag("th", cell, scope="col") for cell in head])),
            tag("tbody", lines),
        ],
    )
    region = tag("div", table, className="scroll", role="region", tabIndex="0", **aria(label=caption))
    return [tag("summary", view.locale.say("table_toggle")), region]


def trend_table(line: Trend, indicator: IndicatorView, view: View) -> list[Markup]:
    """The figures of a trend, newest period first."""
    say = view.locale.say
    head = [say("period"), *(city.name for city in view.cities), say("trend_legend_median")]
    body = []
    for number in reversed(range(len(line.periods))):
        spread = line.band[number]
        values = [line.values[city.code][number] for city in view.cities]
        late = [line.statuses[city.code][number] == "P" for city in view.cities]
        cells = [
            "–" if value is None else view.value(value, indicator) + (" ○" if is_late else "")
            for value, is_late in zip(values, late, strict=True)
        ]
        median = view.value(spread.median, indicator) if spread else "–"
        body.append([view.locale.period(line.periods[number]), *cells, median])
    return _table(say("table_of", title=indicator.name, unit=indicator.unit), head, body, view)


def pair_table(
    pairs: dict[str, tuple[float, float]], across: IndicatorView, up: IndicatorView, view: View
) -> list[Markup]:
    """Both values of every city that has them, chosen cities first."""
    say = view.locale.say
    chosen = {city.code: city.name for city in view.cities if city.code in pairs}
    names = {**chosen, **{code: view.names.get(code, code) for code in pairs if code not in chosen}}
    body = [
        [name, view.value(pairs[code][0], across), view.value(pairs[code][1], up)] for code, name in names.items()
    ]
    head = [say("city"), f"{across.name}, {across.unit}", f"{up.name}, {up.unit}"]
    return _table(say("pair_title", across=across.name, up=up.name), head, body, view)


def standing_table(row: Row, indicator: IndicatorView, view: View) -> list[Markup]:
    """Where each city stands, as a table."""
    say = view.locale.say
    head = [say("city"), say("value"), say("place"), say("against_median")]
    body = [_standing_line(row, number, indicator, view) for number in range(len(row.figures))]
    caption = say("table_of", title=indicator.name, unit=indicator.unit)
    if row.spread:
        quartiles = (row.spread.low, row.spread.median, row.spread.high)
        caption += f". {say('peers_quartiles')}: {' / '.join(view.value(each, indicator) for each in quartiles)}"
    return _table(caption, head, body, view)


def _standing_line(row: Row, number: int, indicator: IndicatorView, view: View) -> list[Any]:
    figure = row.figures[number]
    city = view.city(figure.city)
    heading = [city_mark(city.position), " ", city.name]
    if figure.value is None:
        glyph, key = missing(figure, others_reported=bool(row.peers))
        return [heading, f"{glyph} {view.locale.say(key)}", "–", "–"]
    place = "–" if figure.percentile is None else quarter_words(figure.percentile, indicator, view)
    against = view.locale.say(f"verdict_{figure.verdict}") if figure.verdict else "–"
    return [heading, [view.value(figure.value, indicator), *marks(figure, indicator, view)], place, against]


def trend_legend(view: View) -> Markup:
    """Who is who in the line charts, once for all of them."""
    say = view.locale.say
    cities = [tag("li", [city_mark(city.position), city.name]) for city in view.cities]
    signs = [("dotted", "trend_legend_median"), ("band", "trend_legend_band"), ("hollow", "trend_legend_provisional")]
    lines = [*cities, *(tag("li", [tag("span", None, className=f"sign {kind}"), say(key)]) for kind, key in signs)]
    return tag("ul", lines, className="who")
