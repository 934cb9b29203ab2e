"""Chosen cities: the coloured shape that says who, and the control that chooses them."""

from __future__ import annotations

from dash import dcc, html
from markupsafe import Markup

from dashboard.components.attributes import aria, data
from dashboard.components.still import tag
from dashboard.locale import Locale
from dashboard.theme import CITY_COLOURS, city_colour, city_shape
from dashboard.view import CityView


def city_mark(position: int) -> Markup:
    """The city's shape in its colour, the same as in every chart; silent, since the name stands beside it."""
    shape = city_shape(position) if position < len(CITY_COLOURS) else "circle"
    colour = {"backgroundColor": city_colour(position)}
    return tag("span", None, className=f"shape {shape}", style=colour, **aria(hidden=True))


def chips(cities: tuple[CityView, ...], locale: Locale) -> html.Ul:
    """The chosen cities, each with a button that removes it; the last one stays."""
    return html.Ul([_chip(city, locale, is_last=len(cities) == 1) for city in cities], className="chips")


def _chip(city: CityView, locale: Locale, *, is_last: bool) -> html.Li:
    remove = html.Button(
        html.Span("×", **aria(hidden=True)),
        type="button",
        id=f"compare-remove-{city.position}",
        className="remove",
        title=locale.say("city_remove", city=city.name),
        **aria(label=locale.say("city_remove", city=city.name)),
        **data(choose="city-remove", value=city.code),
    )
    name = html.Span([city.name, html.Small(city.place)] if city.place else city.name)
    return html.Li([city_mark(city.position), name, *([] if is_last else [remove])])


def search_box(locale: Locale) -> html.Div:
    """The field that finds cities; what is found stands under it."""
    field = dcc.Input(
        id="compare-search",
        type="search",
        debounce=0.2,
        autoComplete="off",
        placeholder=locale.say("city_search_hint"),
        maxLength=80,
    )
    return html.Div(
        [
            html.Label(locale.say("city_search"), htmlFor="compare-search"),
            field,
            html.Div(id="compare-found", className="found", role="status"),
        ],
        className="search",
    )


def found(text: str, cities: list[tuple[str, str, str, bool]], count: int, locale: Locale) -> list[html.P | html.Ul]:
    """What the search found: (code, name, place, whether it is chosen already), of `count` in all."""
    if not cities:
        return [html.P(locale.say("city_not_found", text=text))]
    return [
        html.P(locale.say("city_found", count=count)),
        html.Ul([html.Li(_offer(*city, locale)) for city in cities]),
    ]


def _offer(code: str, name: str, place: str, is_chosen: bool, locale: Locale) -> html.Button:
    note = " · ".join(filter(None, [place, locale.say("city_chosen") if is_chosen else ""]))
    return html.Button(
        [html.Span(name), html.Small(note)],
        type="button",
        disabled=is_chosen,
        **aria(label=locale.say("city_add", city=f"{name}, {note}")),
        **data(choose="city-add", value=code),
    )
