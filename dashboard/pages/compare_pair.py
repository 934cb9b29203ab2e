"""Two indicators of the comparison together: which two, how they go together, a chart and its table."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup

from app.domain.standing import rank_correlation
from app.queries.comparison import Row
from dashboard.components import cards
from dashboard.components.attributes import aria
from dashboard.components.controls import Option, select
from dashboard.components.still import still, tag
from dashboard.figures.scatter import Pairs, paired, scatter
from dashboard.pages.subject import Subject
from dashboard.view import IndicatorView, View

LEAST_PAIRS = 3
Shown = tuple[Row, IndicatorView]


def pair_section(here: Subject, rows: Sequence[Shown]) -> list[Component]:
    """The section; nothing where fewer than two indicators have figures."""
    drawn = _drawn(rows)
    if len(drawn) < 2:
        return []
    across, up = _chosen(here, drawn)
    say = here.locale.say
    fields = [
        _select("across", say("pair_across"), drawn, across[1].code),
        _select("up", say("pair_up"), drawn, up[1].code),
    ]
    content = [
        tag("h2", say("pair_heading"), id="compare-pair"),
        tag("div", fields, className="fields pair"),
        _card(across, up, here.view),
    ]
    return [still(html.Section(content, **aria(labelledby="compare-pair")))]


def left_out(here: Subject, rows: Sequence[Shown]) -> list[str]:
    """A sentence for each indicator that the address wants in the chart and the page does not show."""
    shown = {indicator.code for _, indicator in _drawn(rows)}
    wanted = dict.fromkeys(code for code in (here.state.across, here.state.up) if code and code not in shown)
    names = [here.locale.name(here.reference.indicators[code].definition) for code in wanted]
    return [here.locale.say("dropped_pair", name=name) for name in names]


def _drawn(rows: Sequence[Shown]) -> list[Shown]:
    return [pair for pair in rows if pair[0].spread is not None]


def _chosen(here: Subject, drawn: Sequence[Shown]) -> tuple[Shown, Shown]:
    """The two of the address where they are shown, else the first that are."""
    known = {indicator.code: (row, indicator) for row, indicator in drawn}
    across = known.get(here.state.across or "")
    up = known.get(here.state.up or "")
    first = across or next(pair for pair in drawn if pair is not up)
    return first, up or next(pair for pair in drawn if pair is not first)


def _select(name: str, label: str, drawn: Sequence[Shown], chosen: str) -> Markup:
    return select(name, label, [Option(indicator.code, indicator.name) for _, indicator in drawn], chosen)


def _card(across: Shown, up: Shown, view: View) -> Markup:
    pairs = paired(across[0], up[0])
    words = (across[1], up[1])
    periods = dict.fromkeys(view.locale.period(row.period or view.at) for row, _ in (across, up))
    return cards.chart_card(
        "compare-pair-chart",
        across[1],
        title=view.locale.say("pair_title", across=across[1].name, up=up[1].name),
        note=" / ".join(periods),
        summary=summary(pairs, view),
        chart=scatter(pairs, *words, view) if len(pairs) >= LEAST_PAIRS else None,
        table=cards.pair_table(pairs, *words, view),
        taking=cards.taking_pair(*words, view),
    )


def summary(pairs: Pairs, view: View) -> str:
    """How many cities have both, and whether their orders go together."""
    say = view.locale.say
    counted = say("scatter_said", count=len(pairs))
    rho = rank_correlation([pair[0] for pair in pairs.values()], [pair[1] for pair in pairs.values()])
    if rho is None:
        return counted
    kind = "none" if abs(rho) < 0.1 else "weak" if abs(rho) < 0.3 else "middling" if abs(rho) < 0.5 else "strong"
    way = "" if kind == "none" else "_together" if rho > 0 else "_apart"
    return f"{say('pair_' + kind + way, rho=view.locale.number(rho, 2))} {counted}"
