"""The one-sentence summary of a chart, made from the same numbers the chart draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.standing import Verdict, quarter
from dashboard.view import IndicatorView, View

if TYPE_CHECKING:
    from app.queries.comparison import Figure, Row, Trend

_MOST_PARTS = 4


def trend_summary(line: Trend, indicator: IndicatorView, view: View) -> str:
    """From when to when each city went from what to what; the sentence starts after a break in the series."""
    parts, known = [], [False] * len(line.periods)
    for city in view.cities:
        there = [n for n, value in enumerate(line.values[city.code]) if value is not None]
        breaks = [n for n, status in enumerate(line.statuses[city.code]) if status == "B"]
        there = [n for n in there if n >= max(breaks, default=0)]
        if there:
            known[there[0]] = known[there[-1]] = True
            parts.append((city.name, line.values[city.code][there[0]], line.values[city.code][there[-1]]))
    if not parts:
        return view.locale.say("trend_none")
    periods = [period for period, is_known in zip(line.periods, known, strict=True) if is_known]
    if len(periods) == 1:
        ends = ", ".join(f"{name} {view.value(last, indicator)}" for name, _, last in parts if last is not None)
        return view.locale.say("trend_one", values=ends)
    return view.locale.say(
        "trend_summary",
        start=view.locale.period(periods[0]),
        end=view.locale.period(periods[-1]),
        parts="; ".join([*_city_parts(parts, indicator, view), *_median_part(line, indicator, view)]),
    )


def _city_parts(
    parts: list[tuple[str, float | None, float | None]], indicator: IndicatorView, view: View
) -> list[str]:
    return [
        view.locale.say(
            "trend_from_to", city=name, from_value=view.value(first, indicator), to_value=view.value(last, indicator)
        )
        for name, first, last in parts[:_MOST_PARTS]
        if first is not None and last is not None
    ]


def _median_part(line: Trend, indicator: IndicatorView, view: View) -> list[str]:
    there = [spread.median for spread in line.band if spread]
    if len(there) < 2:
        return []
    ends = {"from_value": view.value(there[0], indicator), "to_value": view.value(there[-1], indicator)}
    return [view.locale.say("trend_median_part", **ends)]


def standing_summary(row: Row, indicator: IndicatorView, view: View) -> str:
    """Who is higher than, similar to and lower than the peers, each with its quarter of the group."""
    if row.spread is None:
        return view.locale.say("standing_none")
    groups = [(f"standing_{verdict}", [f for f in row.figures if f.verdict == verdict]) for verdict in Verdict]
    groups.append(("standing_missing", [figure for figure in row.figures if figure.value is None]))
    sentences = [
        view.locale.say(key, cities=", ".join(_named(figure, indicator, view) for figure in figures))
        for key, figures in groups
        if figures
    ]
    return " ".join(sentences)


def _named(figure: Figure, indicator: IndicatorView, view: View) -> str:
    name = view.city(figure.city).name
    if figure.percentile is None:
        return name
    return view.locale.say("standing_city", city=name, quarter=quarter_words(figure.percentile, indicator, view))


def quarter_words(percentile: float, indicator: IndicatorView, view: View) -> str:
    """The quarter of the group in words: better or worse only where the indicator has a direction."""
    kind = "more" if indicator.direction == "none" else "best"
    return view.locale.say(f"quarter_{kind}_{quarter(percentile)}")
