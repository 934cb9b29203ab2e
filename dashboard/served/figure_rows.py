"""The figures of one city under their principles: a row an indicator, with its swarm, its line and a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.domain.standing import Verdict
from app.queries.comparison import Figure, Row
from app.queries.reference import IndicatorEntry
from dashboard.charts.spread import SMALL, Chosen, beeswarm
from dashboard.charts.trend import sparkline
from dashboard.components.marks import missing
from dashboard.reference import indicator_view
from dashboard.served.subjects import Here, compared
from dashboard.state import EVERY
from dashboard.summaries import quarter_words
from dashboard.view import IndicatorView

FIRST = 3


@dataclass(frozen=True)
class FigureRow:
    """One indicator of the city: the value with its marks, its pictures and what they say."""

    code: str
    name: str
    unit: str
    period: str
    value: str
    marks: str
    verdict: str
    sentence: str
    swarm: Markup
    spark: Markup
    others: tuple[tuple[str, str], ...]
    address: str


@dataclass(frozen=True)
class Section:
    """The indicators of a principle: those shown, and how many more there are."""

    code: str
    name: str
    rows: list[FigureRow]
    hidden: int


def sections(session: Session, here: Here) -> list[Section]:
    """The first indicators of every principle, or all of them where the address says so."""
    is_whole = here.state.more == EVERY
    words = here.asked.words
    parts = []
    for code, principle in here.known.principles.items():
        entries = here.known.of_principle(code)
        shown = entries if is_whole else entries[:FIRST]
        if entries:
            parts.append((code, words.name(principle), shown, len(entries) - len(shown)))
    every = tuple(entry for _, _, shown, _ in parts for entry in shown)
    found = {row.indicator: row for row in compared(session, here, every, len(every)).rows}
    return [
        Section(code, name, [figure_row(here, entry, found[entry.code]) for entry in shown], hidden)
        for code, name, shown, hidden in parts
    ]


def figure_row(here: Here, entry: IndicatorEntry, row: Row) -> FigureRow:
    """The row of one indicator; the first chosen city is whose page this is."""
    words, own = here.asked.words, row.figures[0]
    view = indicator_view(entry, words)
    verdict, sentence = _sentence(here, own, view)
    glyph, reason = missing(own, others_reported=bool(row.peers)) if own.value is None else ("", "")
    value = f"{glyph} {words.say(reason)}" if own.value is None else words.number(own.value, view.decimals)
    return FigureRow(
        code=entry.code,
        name=view.name,
        unit=view.unit,
        period="" if row.period is None else words.period(row.period),
        value=value,
        marks=_marks(here, own, view),
        verdict=verdict,
        sentence=sentence,
        swarm=_swarm(here, row, view),
        spark=_spark(here, row),
        others=tuple(
            (here.asked.words.name(here.known.cities[each.city].city), words.number(each.value, view.decimals))
            for each in row.figures[1:]
            if each.value is not None
        ),
        address=here.address(f"/indicator/{entry.code}", cities=here.subject.codes, more=None),
    )


def _sentence(here: Here, own: Figure, view: IndicatorView) -> tuple[str, str]:
    """Better or worse only where the indicator has a direction; else higher or lower."""
    words = here.asked.words
    if own.verdict is None or own.percentile is None:
        return "none", ""
    quarter = quarter_words(own.percentile, view, here.subject.view)
    if own.verdict is Verdict.SIMILAR:
        return "similar", f"{words.say('row_similar')}, {quarter}"
    is_higher = own.verdict is Verdict.HIGHER
    kind = {"higher": "better" if is_higher else "worse", "lower": "worse" if is_higher else "better"}
    said = words.say("row_higher" if is_higher else "row_lower")
    return kind.get(view.direction, "none"), f"{said}, {quarter}"


def _marks(here: Here, own: Figure, view: IndicatorView) -> str:
    words = here.asked.words
    found = [words.status(own.status)] if own.value is not None and own.status else []
    if own.is_revised and own.revised_from is not None:
        found.append("△ " + words.say("mark_revised_from", value=words.number(own.revised_from, view.decimals)))
    return "; ".join(filter(None, found))


def _swarm(here: Here, row: Row, view: IndicatorView) -> Markup:
    if row.spread is None:
        return Markup("")
    words = here.asked.words
    chosen = [
        Chosen(
            words.name(here.known.cities[each.city].city),
            each.value,
            "" if each.value is None else words.number(each.value, view.decimals),
            here.colour(each.city),
            here.shape(each.city),
            (each.status or "A") in "PEFI",
        )
        for each in reversed(row.figures)
    ]
    drawing = beeswarm(row.peers, chosen, row.spread, SMALL)
    return Markup(drawing.svg(is_hidden=True))  # noqa: S704 - every text in a drawing is escaped


def _spark(here: Here, row: Row) -> Markup:
    if row.trend is None:
        return Markup("")
    medians = [None if band is None else band.median for band in row.trend.band]
    drawing = sparkline(row.trend.values[here.subject.codes[0]], medians)
    return Markup(drawing.svg(is_hidden=True))  # noqa: S704 - only numbers
