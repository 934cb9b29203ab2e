"""What surrounds every page: the band with name and language, notices, the footer, the page before it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.attributes import aria, data
from dashboard.components.controls import choice
from dashboard.locale import Locale
from dashboard.texts import LANGUAGES


def framed(
    content: Sequence[Component], locale: Locale, *, title: str, as_of: str, notices: Sequence[Component] = ()
) -> html.Div:
    """A whole page; page.js takes the document's language and title from its attributes."""
    return html.Div(
        [
            html.A(locale.say("skip"), href="#content", className="skip"),
            header(locale, as_of),
            *notices,
            html.Main(list(content), id="content", tabIndex="-1"),
            footer(locale),
        ],
        lang=locale.language,
        className="frame",
        **data(title=f"{title} · {locale.say('product')}"),
    )


def header(locale: Locale, as_of: str) -> html.Header:
    """The band on top."""
    name = html.A(
        [html.Span(className="logo", **aria(hidden=True)), html.Span(locale.say("product"))],
        href="/",
        className="product",
    )
    return html.Header(
        html.Div(
            [
                name,
                _navigation(locale),
                html.Span(as_of, className="as-of"),
                _languages(locale),
            ],
            className="wide",
        )
    )


def _navigation(locale: Locale) -> html.Nav:
    """The way to the other pages; they know by themselves who is signed in."""
    ask = f"?lang={locale.language}"
    links = [
        html.Li(html.A(locale.say("nav_index"), href=f"/index{ask}")),
        html.Li(html.A(locale.say("nav_indicators"), href=f"/indicator{ask}")),
        html.Li(html.A(locale.say("nav_compare"), href="/compare", **aria(current="page"))),
        html.Li(html.A(locale.say("nav_coverage"), href=f"/coverage{ask}")),
        html.Li(html.A(locale.say("nav_data"), href=f"/data{ask}")),
        html.Li(html.A(locale.say("nav_method"), href=f"/method{ask}")),
        html.Li(html.A(locale.say("nav_submit"), href=f"/submit{ask}"), className="end"),
    ]
    return html.Nav(html.Ul(links), **aria(label=locale.say("pages")))


def _languages(locale: Locale) -> html.Div:
    buttons = [
        html.Button(
            each.name,
            type="button",
            id=f"language-{code}",
            lang=code,
            **aria(pressed=code == locale.language),
            **data(choose="language", value=code),
        )
        for code, each in LANGUAGES.items()
    ]
    return html.Div(buttons, className="languages", role="group", **aria(label=locale.say("language")))


def footer(locale: Locale) -> html.Footer:
    """Licences and the way to the same figures by program."""
    return html.Footer(
        html.Div(
            [
                html.P(
                    [
                        locale.say("footer_data"),
                        " ",
                        html.A("geonames.org", href="https://www.geonames.org/", rel="noreferrer"),
                        ", ",
                        html.A(
                            "CC BY 4.0",
                            href="https://creativecommons.org/licenses/by/4.0/",
                            rel="noreferrer license",
                        ),
                        ".",
                    ]
                ),
                html.P([html.A(locale.say("footer_api"), href="/api/docs"), " · ", locale.say("footer_font")]),
            ],
            className="wide",
        )
    )


def banner(label: str, text: str) -> html.Div:
    """A band that nobody overlooks."""
    words = html.Div([html.Strong(label), html.Span(text)], className="wide")
    return html.Div(words, className="banner", role="note")


def notice(title: str, lines: Sequence[Any]) -> html.Div:
    """A note that something of the address was left out, or that the page shows the past."""
    body = [html.Strong(title)] if title else []
    return html.Div([*body, *(html.P(line) for line in lines)], className="notice", role="status")


def failure(locale: Locale, reference: str) -> html.Div:
    """What stands where a page could not be drawn."""
    content = html.Div(
        [
            html.H1(locale.say("error_title")),
            html.P(locale.say("error_text", reference=reference)),
            html.P(html.A(locale.say("error_retry"), href="", className="button")),
        ],
        className="card empty",
        role="alert",
    )
    return framed([content], locale, title=locale.say("error_title"), as_of="")


def nothing(locale: Locale) -> html.Div:
    """What stands on a page whose database has no figures."""
    return html.Div(
        [html.H2(locale.say("nothing_title")), html.P(locale.say("nothing_text"))],
        className="card empty",
        role="status",
    )


def skeleton(locale: Locale) -> html.Div:
    """The page before its figures have come, at about its final height."""
    blocks = [html.Div(className=f"card bone {kind}") for kind in ("controls", "table", "charts")]
    waiting = html.P(locale.say("loading"), className="waiting", role="status")
    return framed(
        [html.H1(locale.say("compare_title")), waiting, *blocks], locale, title=locale.say("compare_title"), as_of=""
    )


def reset(locale: Locale) -> html.Button:
    """The way back to the default view."""
    return choice("reset", "", locale.say("reset"))
