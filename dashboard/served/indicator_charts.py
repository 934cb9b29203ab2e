"""The charts of one indicator: where cities stand, how it has gone, who leads, where, and against another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from app.domain.standing import goodness, percentile
from app.queries.citation import Extract
from app.queries.comparison import Figure, Row
from app.queries.reference import IndicatorEntry
from dashboard.charts.land import Spot, land_map
from dashboard.charts.ranking import Entry, ranking
from dashboard.charts.scatter import Axis, Pair, scatter
from dashboard.charts.spread import LARGE, NARROW, Chosen, beeswarm
from dashboard.charts.trend import Frame, Line, trend
from dashboard.components.marks import missing
from dashboard.figures.scatter import paired
from dashboard.reference import indicator_view
from dashboard.served.chart import Chart, extract_of
from dashboard.served.subjects import Here, compared
from dashboard.summaries import standing_summary, trend_summary
from dashboard.theme import percentile_class
from dashboard.view import IndicatorView

# From the worst fifth to the best, and one hue where there is no better; all are three to one against the land.
BETTER = ("#b35806", "#d07c1f", "#7d8a94", "#3f8fc0", "#1d5fa3")
MORE = ("#8fb9d6", "#68a3ca", "#4189b6", "#226d9f", "#003c57")
PROVISIONAL = "PEFI"


@dataclass(frozen=True)
class Shown:
    """One indicator on its page: its row of the comparison and its words."""

    here: Here
    entry: IndicatorEntry
    words: IndicatorView
    row: Row

    def number(self, value: float) -> str:
        """A value as this indicator is written."""
        return self.here.asked.words.number(value, self.words.decimals)

    def said(self, value: float) -> str:
        """A value with its unit."""
        return f"{self.number(value)} {self.words.unit}"

    def tick(self, value: float) -> str:
        """A number on an axis, no longer than it needs to be."""
        decimals = next((n for n in range(self.words.decimals + 1) if abs(value - round(value, n)) < 1e-9), None)
        return self.here.asked.words.number(value, self.words.decimals if decimals is None else decimals)

    def say(self, key: str, **parts: object) -> str:
        """A sentence of the page."""
        return self.here.asked.words.say(key, **parts)

    def heading(self, name: str) -> str:
        """What a chart of the page is headed by; the page itself names the indicator."""
        when = "" if name == "trend" else f", {self.at}"
        return f"{self.say(f'heading_{name}')}{when}"

    def name(self, code: str) -> str:
        """The name of a city."""
        return self.here.asked.words.name(self.here.known.cities[code].city)

    @property
    def at(self) -> str:
        """The period shown, in words."""
        return "" if self.row.period is None else self.here.asked.words.period(self.row.period)

    def extract(self, *indicators: str) -> Extract:
        """The figures of the group and the chosen cities in the period shown."""
        period = "" if self.row.period is None else self.row.period.code
        subject = self.here.subject
        chosen = indicators or (self.entry.code,)
        return extract_of(chosen, period, self.here.known, subject.peer, subject.codes)


def shown(session: Session, here: Here, entry: IndicatorEntry) -> Shown:
    """The indicator with its figures."""
    row = compared(session, here, (entry,), 1).rows[0]
    return Shown(here, entry, indicator_view(entry, here.asked.words), row)


def charts(session: Session, it: Shown, other: IndicatorEntry | None) -> list[Chart]:
    """Every chart that these figures allow."""
    found = [standing(it)] if it.row.spread is not None else []
    if it.row.trend is not None and len(it.row.trend.periods) > 1:
        found.append(history(it))
    if it.row.peers:
        found += [leaders(it), place(it)]
    if other is not None and it.row.peers:
        found.append(against(it, shown(session, it.here, other)))
    return found


def standing(it: Shown) -> Chart:
    """The swarm of the group with the chosen cities on it."""
    row, among = it.row, it.row.spread
    assert among is not None  # noqa: S101 - asked before
    chosen = [_chosen(it, figure) for figure in row.figures]
    others = {code: value for code, value in row.peers.items() if code not in it.here.subject.codes}
    looks = [look.saying(it.tick, it.say("median_is", value=it.number(among.median))) for look in (LARGE, NARROW)]
    said = {code: f"{it.name(code)}: {it.said(value)}" for code, value in others.items()}
    view = it.here.subject.view
    return Chart(
        name="standing",
        heading=it.heading("standing"),
        title=it.say("chart_standing", name=it.words.name, unit=it.words.unit, period=it.at),
        summary=standing_summary(row, it.words, view),
        drawing=beeswarm(others, chosen, among, looks[0], said),
        narrow=beeswarm(others, chosen, among, looks[1], said),
        head=(it.say("city"), it.say("value"), it.say("status"), it.say("place_in_group"), it.say("year_before")),
        rows=[_standing_row(it, figure) for figure in row.figures],
        extract=it.extract(),
        vintage=it.here.subject.vintage.number,
        numbers=frozenset({1, 3, 4}),
    )


def _chosen(it: Shown, figure: Figure) -> Chosen:
    code, value = figure.city, figure.value
    said = it.say("no_value") if value is None else it.said(value)
    is_hollow = (figure.status or "A") in PROVISIONAL
    return Chosen(it.name(code), value, said, it.here.colour(code), it.here.shape(code), is_hollow)


def _standing_row(it: Shown, figure: Figure) -> tuple[str, ...]:
    others = len(it.row.peers) > 0
    glyph, key = missing(figure, others_reported=others) if figure.value is None else ("", "")
    value = f"{glyph} {it.say(key)}" if figure.value is None else it.number(figure.value)
    status = it.here.asked.words.status(figure.status) if figure.status else ""
    if figure.is_revised and figure.revised_from is not None:
        status = f"{status}; △ {it.say('mark_revised_from', value=it.number(figure.revised_from))}".strip("; ")
    standing = "–" if figure.percentile is None else it.here.asked.words.number(figure.percentile, 0)
    change = (
        "–" if figure.change is None else it.here.asked.words.number(figure.change, it.words.decimals, signed=True)
    )
    return it.name(figure.city), value, status or "–", standing, change


def history(it: Shown) -> Chart:
    """The lines of the chosen cities over the band of their peers."""
    line = it.row.trend
    assert line is not None  # noqa: S101 - asked before
    words = it.here.asked.words
    at = [words.period(period) for period in line.periods]
    lines = [
        Line(
            it.name(code), it.here.colour(code), it.here.shape(code), line.values[code], line.statuses[code],
            tuple(f"{it.name(code)}, {when}: {'–' if value is None else it.said(value)}"
                  for when, value in zip(at, line.values[code], strict=True)),
        )
        for code in it.here.subject.codes
    ]  # fmt: skip
    short = tuple(words.short_period(period) for period in line.periods)
    frame = Frame(short, it.tick, median_said=it.say("trend_legend_median"), break_said=it.say("mark_break"))
    medians = ["–" if band is None else it.number(band.median) for band in line.band]
    columns = [["–" if value is None else it.number(value) for value in each.values] for each in lines]
    span = f"{line.periods[0].code}..{line.periods[-1].code}"
    return Chart(
        name="trend",
        heading=it.heading("trend"),
        title=it.say("chart_trend", name=it.words.name, unit=it.words.unit),
        summary=trend_summary(line, it.words, it.here.subject.view),
        drawing=trend(lines, line.band, frame),
        narrow=trend(lines, line.band, replace(frame, width=340, height=260, right=84)),
        head=(it.say("period"), *(each.name for each in lines), it.say("trend_legend_median")),
        rows=list(zip(at, *columns, medians, strict=True)),
        extract=Extract((it.entry.code,), span, cities=tuple(it.here.subject.codes)),
        vintage=it.here.subject.vintage.number,
        numbers=frozenset(range(1, len(lines) + 2)),
    )


def leaders(it: Shown) -> Chart:
    """Every city of the group in order, the chosen ones marked."""
    entries = ranked(it)
    among = it.row.spread
    median = among.median if among else None
    chosen = [entry for entry in entries if entry.colour]
    said = "; ".join(it.say("rank_said", city=each.name, rank=each.place, of=len(entries)) for each in chosen)
    return Chart(
        name="ranking",
        heading=it.heading("ranking"),
        title=it.say("chart_ranking", name=it.words.name, unit=it.words.unit, period=it.at),
        summary=it.say("ranking_said", said=said) if said else it.say("ranking_none"),
        drawing=ranking(entries, it.tick, median=median),
        narrow=ranking(entries, it.tick, median=median, width=340),
        head=(it.say("rank"), it.say("city"), it.say("value")),
        rows=[(str(each.place), each.name, each.said) for each in entries],
        extract=it.extract(),
        vintage=it.here.subject.vintage.number,
        numbers=frozenset({0, 2}),
    )


def ranked(it: Shown) -> list[Entry]:
    """The group and the chosen cities, the best first; equal values share a rank."""
    values = {**it.row.peers, **{f.city: f.value for f in it.row.figures if f.value is not None}}
    before = {f.city: f.value - f.change for f in it.row.figures if f.value is not None and f.change is not None}
    turned = dict(zip(values, _turned(it, values), strict=True))
    order = sorted(values, key=lambda code: (-turned[code], it.name(code)))
    entries: list[Entry] = []
    for number, code in enumerate(order, start=1):
        is_tied = bool(entries) and turned[code] == turned[order[number - 2]]
        place = entries[-1].place if is_tied else number
        value = values[code]
        colour, shape = it.here.colour(code), it.here.shape(code)
        entries.append(Entry(place, it.name(code), value, it.number(value), before.get(code), colour, shape))
    return entries


def _turned(it: Shown, values: Mapping[str, float]) -> list[float]:
    array = np.array(list(values.values()), dtype=np.float64)
    return [float(each) for each in goodness(array, it.words.direction, it.words.target)]


def place(it: Shown) -> Chart:
    """The cities of the group on the map, coloured by the fifth of the group that they stand in."""
    values = {**it.row.peers, **{f.city: f.value for f in it.row.figures if f.value is not None}}
    turned = np.array(_turned(it, values))
    colours = MORE if it.words.direction == "none" else BETTER
    spots, rows = [], []
    for number, (code, value) in enumerate(values.items()):
        city = it.here.known.cities[code].city
        fifth = percentile_class(percentile(float(turned[number]), np.delete(turned, number)) or 0.0)
        rows.append((it.name(code), it.number(value), it.say(_fifth(it, fifth))))
        if city.latitude is None or city.longitude is None:
            continue
        said = f"{it.name(code)}: {it.said(value)}, {it.say(_fifth(it, fifth))}"
        is_chosen = code in it.here.subject.codes
        label = it.name(code) if is_chosen else ""
        size, shape = (14.0, it.here.shape(code)) if is_chosen else (8.0, "circle")
        spots.append(Spot(city.longitude, city.latitude, colours[fifth - 1], said, size, shape, label))
    legend = [(colours[fifth - 1], it.say(_fifth(it, fifth))) for fifth in range(1, 6)]
    spots.sort(key=lambda spot: spot.size)
    return Chart(
        name="map",
        heading=it.heading("map"),
        title=it.say("chart_map", name=it.words.name, unit=it.words.unit, period=it.at),
        summary=it.say("map_said", count=len(spots)),
        drawing=land_map(spots, legend=legend),
        narrow=land_map(spots, legend=legend, width=340, height=300),
        head=(it.say("city"), it.say("value"), it.say("fifth")),
        rows=rows,
        extract=it.extract(),
        vintage=it.here.subject.vintage.number,
        numbers=frozenset({1}),
    )


def _fifth(it: Shown, number: int) -> str:
    return f"{'more' if it.words.direction == 'none' else 'best'}_fifth_{number}"


def against(it: Shown, other: Shown) -> Chart:
    """Two indicators against each other in the same period."""
    both = paired(it.row, other.row)
    pairs = [
        Pair(
            first,
            second,
            f"{it.name(code)}: {it.said(first)}; {other.said(second)}",
            it.name(code) if code in it.here.subject.codes else "",
            it.here.colour(code),
            it.here.shape(code),
        )
        for code, (first, second) in both.items()
    ]
    axes = [Axis(f"{each.words.name}, {each.words.unit}", each.tick) for each in (it, other)]
    return Chart(
        name="scatter",
        heading=it.heading("scatter"),
        title=it.say("chart_scatter", name=it.words.name, other=other.words.name, period=it.at),
        summary=it.say("scatter_said", count=len(both)),
        drawing=scatter(pairs, *axes),
        narrow=scatter(pairs, *axes, width=340, height=340),
        head=(it.say("city"), it.words.name, other.words.name),
        rows=[(it.name(code), it.number(first), other.number(second)) for code, (first, second) in both.items()],
        extract=it.extract(it.entry.code, other.entry.code),
        vintage=it.here.subject.vintage.number,
        numbers=frozenset({1, 2}),
    )
