"""Compare: chosen cities beside each other, their change, and where each stands among its peers.

state → query → figures → layout; `draw` joins them and is what tests call.
"""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.queries.comparison import Comparison, Question, Row, comparison
from app.queries.reference import search_cities
from app.queries.vintages import is_simulated
from dashboard.components import cards, cities, frame
from dashboard.components.attributes import aria
from dashboard.components.controls import choice as choice_button
from dashboard.components.heatmap import heatmap, legend
from dashboard.components.still import still, tag
from dashboard.figures.distribution import distribution
from dashboard.figures.trend import trend
from dashboard.locale import Locale
from dashboard.pages.compare_controls import controls
from dashboard.pages.compare_pair import left_out, pair_section
from dashboard.pages.subject import Subject, subject
from dashboard.reference import Reference, indicator_view, place, read_reference
from dashboard.state import EVERY, CompareState
from dashboard.summaries import standing_summary, trend_summary
from dashboard.texts import FIRST, LANGUAGES
from dashboard.theme import CITY_COLOURS
from dashboard.view import IndicatorView, View

PATH = "/compare"
TITLE = "compare_title"
FIRST_CHARTS = 6
MOST_FOUND = 8

Shown = list[tuple[Row, IndicatorView]]


def draw(session: Session, *, language: str, search: object, choice: object = None) -> tuple[str, Component]:
    """The page at this address after this choice, and the address it then has."""
    reference = read_reference(session)
    known = reference.known(language)
    state = CompareState.from_search(search, known)
    if choice is not None:
        state = state.after(choice, known, _shown(session, reference, state))
    return state.to_search(known), _page(session, reference, state)


def _shown(session: Session, reference: Reference, state: CompareState) -> tuple[str, ...]:
    """The cities that the page shows at this address."""
    here = None if state.cities else subject(session, reference, state)
    return here.codes if here else state.cities


def found(session: Session, *, language: str, text: object, search: object) -> list[Component]:
    """What the city search finds for this text, in the words of the page at this address."""
    if not isinstance(text, str) or not text.strip():
        return []
    reference = read_reference(session)
    state = CompareState.from_search(search, reference.known(language))
    locale = Locale(state.language)
    here = subject(session, reference, state)
    matches = search_cities(list(reference.cities.values()), text[:80])
    offers = [
        (
            entry.city.code,
            locale.name(entry.city),
            _whereabouts(entry.city.code, reference, locale),
            here is not None and entry.city.code in here.codes,
        )
        for entry in matches[:MOST_FOUND]
    ]
    return list(cities.found(text[:80], offers, len(matches), locale))


def placeholder(language: str) -> Component:
    """The page before its figures have come."""
    return frame.skeleton(Locale(language if language in LANGUAGES else FIRST))


def _whereabouts(code: str, reference: Reference, locale: Locale) -> str:
    entry = reference.cities[code]
    country = locale.name(reference.countries[entry.city.country])
    region = place(entry, reference, locale)
    people = "" if entry.city.population is None else locale.number(entry.city.population, 0)
    return " · ".join(dict.fromkeys(filter(None, (region, country, people))))


def _page(session: Session, reference: Reference, state: CompareState) -> Component:
    locale = Locale(state.language)
    title = locale.say(TITLE)
    here = subject(session, reference, state)
    if here is None:
        empty = [html.H1(title), *_dropped(state, locale), frame.nothing(locale), frame.reset(locale)]
        return frame.framed(empty, locale, title=title, as_of=locale.say("as_of_none"))
    answer = comparison(session, _question(here))
    rows = _rows(here, answer)
    banners = _banners(session, answer, locale)
    content = [
        html.Div([html.H1(title), html.P(here.lead, className="lead")], className="title"),
        *_dropped(state, locale, left_out(here, rows)),
        *_past(here),
        controls(here),
        *_sections(here, rows),
    ]
    as_of = locale.say("as_of", date=locale.date(here.vintage.published_at), vintage=here.vintage.number)
    return frame.framed(content, locale, title=title, as_of=as_of, notices=banners)


def _question(here: Subject) -> Question:
    return Question(
        cities=here.cities,
        peers=here.peers,
        indicators=here.indicators,
        at=here.at,
        vintage=here.vintage.number,
        trends=len(here.indicators) if here.state.more == EVERY else FIRST_CHARTS,
    )


def _banners(session: Session, answer: Comparison, locale: Locale) -> list[Component]:
    if not is_simulated(session, answer.vintages):
        return []
    return [frame.banner(locale.say("simulated_label"), locale.say("simulated"))]


def _dropped(state: CompareState, locale: Locale, more: Sequence[str] = ()) -> list[Component]:
    lines = [*(locale.say(each.sentence, value=each.value, most=10) for each in state.dropped), *more]
    return [frame.notice(locale.say("dropped_title"), lines)] if lines else []


def _past(here: Subject) -> list[Component]:
    """A note when the page shows what was known earlier, and the way to what is known now."""
    if here.state.as_of is None:
        return []
    say = here.locale.say
    words = say("as_of_past", date=here.locale.date(here.vintage.published_at), vintage=here.vintage.number)
    return [frame.notice("", [words, choice_button("as_of", "", say("as_of_newest"))])]


def _rows(here: Subject, answer: Comparison) -> Shown:
    return [
        (row, indicator_view(entry, here.locale)) for row, entry in zip(answer.rows, here.indicators, strict=True)
    ]


def _sections(here: Subject, rows: Shown) -> list[Component]:
    view = here.view
    with_trend = [(row, indicator) for row, indicator in rows if row.trend is not None]
    shown = rows if here.state.more == EVERY else rows[:FIRST_CHARTS]
    return [
        _table_section(rows, here),
        _trend_section([pair for pair in with_trend if pair in shown], view),
        *_more(here, len(rows)),
        _standing_section([pair for pair in shown if pair[0].spread is not None], view),
        *pair_section(here, rows),
    ]


def _table_section(rows: Shown, here: Subject) -> html.Section:
    view, say = here.view, here.locale.say
    silent = [
        city.name
        for city in view.cities
        if all(figure.value is None for row, _ in rows for figure in row.figures if figure.city == city.code)
    ]
    has_undirected = any(indicator.direction == "none" for _, indicator in rows)
    return html.Section(
        [
            html.H2(say("table_heading"), id="compare-figures"),
            *([html.P(here.group_note, className="note")] if here.group_note else []),
            *(html.P(say("city_without_figures", city=name), className="silent") for name in silent),
            html.Div([heatmap(rows, view), legend(view, has_undirected=has_undirected)], className="card flush"),
        ],
        **aria(labelledby="compare-figures"),
    )


def _trend_section(rows: Shown, view: View) -> Component:
    say = view.locale.say
    grey = []
    if len(view.cities) > len(CITY_COLOURS):
        grey.append(tag("p", say("trend_grey", count=len(CITY_COLOURS)), className="note"))
    grid = [_trend_card(number, row, indicator, view) for number, (row, indicator) in enumerate(rows)]
    content = [
        tag("h2", say("trend_heading"), id="compare-trends"),
        cards.trend_legend(view),
        *grey,
        tag("div", grid, className="grid three"),
    ]
    return still(html.Section(content, **aria(labelledby="compare-trends")))


def _trend_card(number: int, row: Row, indicator: IndicatorView, view: View) -> Markup:
    if row.trend is None:
        raise ValueError(f"{row.indicator} has no trend to draw")
    return cards.chart_card(
        f"compare-trend-{number}",
        indicator,
        note=indicator.unit,
        summary=trend_summary(row.trend, indicator, view),
        chart=trend(row.trend, indicator, view) if len(row.trend.periods) > 1 else None,
        table=cards.trend_table(row.trend, indicator, view),
        taking=cards.taking(indicator, view),
    )


def _more(here: Subject, count: int) -> list[Component]:
    """The button that shows the charts beyond the first, or hides them again."""
    if count <= FIRST_CHARTS:
        return []
    say = here.locale.say
    if here.state.more == EVERY:
        return [choice_button("more", "", say("show_fewer", count=FIRST_CHARTS))]
    return [choice_button("more", EVERY, say("more_charts", count=count - FIRST_CHARTS))]


def _standing_section(rows: Shown, view: View) -> Component:
    say = view.locale.say
    grid = [_standing_card(number, row, indicator, view) for number, (row, indicator) in enumerate(rows)]
    content = [
        tag("h2", say("standing_heading"), id="compare-standings"),
        tag("p", say("standing_lead", group=view.group), className="note"),
        tag("div", grid, className="grid two"),
    ]
    return still(html.Section(content, **aria(labelledby="compare-standings")))


def _standing_card(number: int, row: Row, indicator: IndicatorView, view: View) -> Markup:
    period = view.locale.period(row.period or view.at)
    return cards.chart_card(
        f"compare-standing-{number}",
        indicator,
        note=view.locale.say("unit_period", unit=indicator.unit, period=period),
        summary=standing_summary(row, indicator, view),
        chart=distribution(row, indicator, view),
        table=cards.standing_table(row, indicator, view),
        taking=cards.taking(indicator, view),
    )
