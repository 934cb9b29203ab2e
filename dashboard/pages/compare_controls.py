"""The choices of the page Compare, each at what the address says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup

from dashboard.components import cities, frame
from dashboard.components.attributes import aria, data
from dashboard.components.controls import Option, OptionGroup, choice, pills, select, toggles
from dashboard.components.still import still, tag
from dashboard.pages.subject import Subject
from dashboard.reference import peer_options
from dashboard.state import EVERY, MOST_CITIES

MOST_PERIODS = 60


def controls(here: Subject) -> html.Section:
    """All choices in one panel."""
    say = here.locale.say
    fields: list[Any] = [_period(here), _change(here), _peer(here), frame.reset(here.locale)]
    return html.Section(
        [
            html.H2(say("choices"), id="compare-choices", className="unseen"),
            html.Div([_chosen_cities(here), cities.search_box(here.locale)], className="who-row"),
            _principles(here),
            still(html.Div(fields, className="fields")),
            _indicators(here),
        ],
        className="card controls",
        **aria(labelledby="compare-choices"),
    )


def _chosen_cities(here: Subject) -> Component:
    say = here.locale.say
    count = say("cities_count", count=len(here.codes), most=MOST_CITIES)
    chosen = [html.H3([say("cities"), html.Small(count)]), cities.chips(here.view.cities, here.locale)]
    return still(html.Div(chosen, className="chosen", **data(home="compare-search")))


def _principles(here: Subject) -> Component:
    options = [Option(code, here.locale.name(words)) for code, words in here.reference.principles.items()]
    options.append(Option(EVERY, here.locale.say("principle_all")))
    chosen = "" if here.state.indicators else here.principle
    return still(pills("principle", here.locale.say("principle"), options, chosen))


def _period(here: Subject) -> Markup:
    newest = sorted(here.reference.periods, key=lambda period: (period.ends_on, period.starts_on), reverse=True)
    quarters = [period for period in newest if period.frequency in "QSM"]
    others = [period for period in newest if period.frequency not in "QSM"]
    offered = (quarters + others)[:MOST_PERIODS]
    if here.at not in offered:
        offered.insert(0, here.at)
    options = [Option(period.code, here.locale.period(period)) for period in offered]
    return select("period", here.locale.say("period"), options, here.at.code)


def _change(here: Subject) -> Markup:
    say = here.locale.say
    options = [Option("", say("change_off")), Option("year", say("change_year"))]
    return select("change", say("change"), options, here.state.change or "")


def _peer(here: Subject) -> Markup:
    chosen = here.state.peer or ""
    options = peer_options(here.reference, here.locale, default=here.default_peer.code, chosen=chosen)
    return select("peer", here.locale.say("peer"), options, chosen)


def _indicators(here: Subject) -> Component:
    say = here.locale.say
    groups: Sequence[OptionGroup] = [
        OptionGroup(
            here.locale.name(words),
            [Option(entry.code, here.locale.name(entry.definition)) for entry in here.reference.of_principle(code)],
        )
        for code, words in here.reference.principles.items()
    ]
    count = len(here.state.indicators)
    title = say("indicators_chosen", count=count) if count else say("indicators_choose")
    clear = [choice("indicators-clear", "", say("indicators_clear"))] if count else []
    content = [
        tag("summary", title, id="compare-choose"),
        tag("div", [tag("p", say("indicators_hint"), className="note"), *clear], className="hint"),
        toggles("indicator", groups, frozenset(here.state.indicators)),
    ]
    return still(html.Details(content, className="choose", id="compare-indicators"))
