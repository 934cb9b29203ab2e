"""What a comparison of cities shows: for every indicator the chosen cities' figures, their standing and their trend.

One period is compared; an indicator without figures of that frequency (an annual one in a quarterly view) shows its
last one before, and says which. Peers count, chosen cities are named; a chosen city without a figure keeps its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import exists, func, select, tuple_
from sqlalchemy.orm import Session

from app.domain.period import EPOCH, Period, parse_period, period_of_number
from app.domain.standing import Floats, Spread, Verdict, goodness, percentile, spread, verdict
from app.domain.status import PUBLIC
from app.models import City, Observation
from app.queries.figures import Figures
from app.queries.kept import Kept
from app.queries.observations import every
from app.queries.reference import CityEntry, IndicatorEntry
from app.queries.selection import Selection

# How far a trend looks back.
TREND_YEARS = 6
# How far an annual figure may be carried into a later view, with its own year earlier.
CARRY_YEARS = 3
# Among how many recent periods, and by how many indicators, the newest well reported one is looked for.
SETTLED_PERIODS = 6
SETTLED_INDICATORS = 12
# A period counts as settled once so many have reported of the most that did in a recent one.
SETTLED_SHARE = 0.9
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Question:
    """What is compared: chosen cities and their peers, indicators in order, a period, as known with a vintage."""

    cities: tuple[CityEntry, ...]
    peers: tuple[CityEntry, ...]
    indicators: tuple[IndicatorEntry, ...]
    at: Period
    vintage: int
    # Only the first so many indicators bring their past; the others only the period compared.
    trends: int


@dataclass(frozen=True)
class Figure:
    """A chosen city's figure and how it stands; without `status` nothing was reported."""

    city: str
    value: float | None = None
    status: str | None = None
    is_withdrawn: bool = False
    note: str | None = None
    is_revised: bool = False
    revised_from: float | None = None
    percentile: float | None = None
    verdict: Verdict | None = None
    change: float | None = None


@dataclass(frozen=True)
class Trend:
    """Periods in order without gaps in time; a line of values and of statuses a chosen city; the peers' band."""

    periods: tuple[Period, ...]
    values: dict[str, tuple[float | None, ...]]
    statuses: dict[str, tuple[str | None, ...]]
    band: tuple[Spread | None, ...]


@dataclass(frozen=True)
class Row:
    """One indicator of the comparison; `peers` are the group's values by city, those that are there."""

    indicator: str
    period: Period | None
    is_substitute: bool
    spread: Spread | None
    peers: dict[str, float]
    figures: tuple[Figure, ...]
    trend: Trend | None


@dataclass(frozen=True)
class Comparison:
    """The rows, and the vintages that made the figures known."""

    rows: tuple[Row, ...]
    vintages: frozenset[int]


def comparison(session: Session, question: Question) -> Comparison:
    """The answer to the question, as known with its vintage."""
    halves = question.indicators[: question.trends], question.indicators[question.trends :]
    past, lines = _revisions(session, question), _lines(question)
    rows: list[Row] = []
    vintages: set[int] = set()
    for half, has_trend in zip(halves, (True, False), strict=True):
        figures = _figures(session, question, half, TREND_YEARS if has_trend else CARRY_YEARS)
        vintages.update(np.unique(figures.vintage).tolist())
        for entry in half:
            grid = _grid(figures.take(np.flatnonzero(figures.indicator_id == entry.id)), lines)
            rows.append(_row(entry, question, grid, past=past, has_trend=has_trend))
    return Comparison(tuple(rows), frozenset(vintages))


def _figures(session: Session, question: Question, indicators: tuple[IndicatorEntry, ...], years: int) -> Figures:
    everyone = {entry.city.id for entry in (*question.cities, *question.peers)}
    selection = Selection(
        city_ids=tuple(sorted(everyone)),
        indicator_ids=tuple(entry.id for entry in indicators),
        periods=tuple(_spans(question.at, years)),
    )
    return every(session, selection, question.vintage)


def _spans(at: Period, years: int) -> Iterable[tuple[Period, Period]]:
    """For every frequency whole years that end with the year of `at`; of ranges all that begin by then.

    Without a trend the frequency of `at` needs only `at` and the year earlier.
    """
    first, last = max(EPOCH.year, at.ends_on.year - years), at.ends_on.year
    for start, end in (("{}", "{}"), ("{}-S1", "{}-S2"), ("{}-Q1", "{}-Q4"), ("{}-01", "{}-12")):
        low, high = parse_period(start.format(first)), parse_period(end.format(last))
        if years == CARRY_YEARS and low.frequency == at.frequency and first > EPOCH.year:
            yield at, at
            yield at.year_earlier(), at.year_earlier()
        else:
            yield low, high
    yield Period(EPOCH, EPOCH + timedelta(days=1)), Period(at.ends_on, at.ends_on)


@dataclass(frozen=True)
class _Lines:
    """The line of every city of a question in its grids, by id and by code; those of the peers in their order."""

    ids: NDArray[np.int64]
    by_code: dict[str, int]
    peers: NDArray[np.intp]
    chosen: dict[int, str]


def _lines(question: Question) -> _Lines:
    codes = {entry.city.id: entry.city.code for entry in (*question.cities, *question.peers)}
    ids = np.array(sorted(codes), dtype=np.int64)
    by_code = {codes[number]: line for line, number in enumerate(ids.tolist())}
    peers = np.array([by_code[entry.city.code] for entry in question.peers], dtype=np.intp)
    return _Lines(ids, by_code, peers, {by_code[entry.city.code]: entry.city.code for entry in question.cities})


@dataclass(frozen=True)
class _Grid:
    """One indicator's figures: `values` cities × periods, and the whole row of every figure of a chosen city."""

    lines: _Lines
    periods: dict[Period, int]
    values: Floats
    chosen: dict[tuple[str, Period], tuple[str, bool, str | None]]

    def of_peers(self, period: Period) -> Floats:
        """The values of the peers in this period, NaN where there is none."""
        if period not in self.periods:
            return np.full(len(self.lines.peers), np.nan)
        column: Floats = self.values[self.lines.peers, self.periods[period]]
        return column

    def value(self, city: str, period: Period) -> float | None:
        """One value, None where there is none."""
        if period not in self.periods:
            return None
        found = float(self.values[self.lines.by_code[city], self.periods[period]])
        return found if isfinite(found) else None


def _grid(part: Figures, lines: _Lines) -> _Grid:
    numbers, columns = np.unique(part.period, return_inverse=True)
    periods = [_period(number) for number in numbers.tolist()]
    at = np.searchsorted(lines.ids, part.city_id)
    values = np.full((len(lines.ids), len(periods)), np.nan)
    values[at, columns] = part.value.astype(np.float64)
    chosen = {}
    for row in np.flatnonzero(np.isin(at, list(lines.chosen))).tolist():
        key = lines.chosen[int(at[row])], periods[columns[row]]
        chosen[key] = part.status[row], bool(part.is_withdrawn[row]), part.note[row] or None
    return _Grid(lines, {period: column for column, period in enumerate(periods)}, values, chosen)


@lru_cache(maxsize=65_536)
def _period(number: int) -> Period:
    return period_of_number(number)


def _row(
    entry: IndicatorEntry,
    question: Question,
    grid: _Grid,
    *,
    past: dict[Key, float | None],
    has_trend: bool,
) -> Row:
    period = _shown_period(grid, question.at)
    peers = _peer_values(grid, question, period)
    among = spread(np.array(list(peers.values()), dtype=np.float64))
    figures = tuple(
        _Standing(entry, grid, period, peers, among).figure(city.city.code, past) for city in question.cities
    )
    trend = _trend(question, grid, period) if has_trend and period else None
    is_substitute = period is not None and period != question.at
    return Row(entry.code, period, is_substitute, among, peers, figures, trend)


def _shown_period(grid: _Grid, at: Period) -> Period | None:
    """The period compared, where the indicator is of its frequency; else the last one with a value before its end."""
    if any(period.frequency == at.frequency for period in grid.periods):
        return at
    before = [
        period
        for period, number in grid.periods.items()
        if period.ends_on <= at.ends_on and np.isfinite(grid.values[:, number]).any()
    ]
    return max(before, key=lambda period: (period.ends_on, period.starts_on), default=None)


def _peer_values(grid: _Grid, question: Question, period: Period | None) -> dict[str, float]:
    if period is None:
        return {}
    there = zip((entry.city.code for entry in question.peers), grid.of_peers(period).tolist(), strict=True)
    return {code: value for code, value in there if np.isfinite(value)}


@dataclass(frozen=True)
class _Standing:
    """What a city's figure of one indicator is measured by."""

    entry: IndicatorEntry
    grid: _Grid
    period: Period | None
    peers: dict[str, float]
    among: Spread | None

    def figure(self, city: str, past: dict[Key, float | None]) -> Figure:
        """The city's figure with its standing; only its name where nothing was reported."""
        if self.period is None or (city, self.period) not in self.grid.chosen:
            return Figure(city)
        status, is_withdrawn, note = self.grid.chosen[city, self.period]
        value = self.grid.value(city, self.period)
        key = (city, self.entry.code, self.period.code)
        return Figure(
            city=city,
            value=value,
            status=status,
            is_withdrawn=is_withdrawn,
            note=note,
            is_revised=key in past,
            revised_from=past.get(key),
            percentile=None if value is None else self._place(city, value),
            verdict=verdict(value, self.among) if value is not None and self.among and self.among.count > 1 else None,
            change=None if value is None else self._change(city, self.period, value),
        )

    def _place(self, city: str, value: float) -> float | None:
        """The oriented percentile among the others of the group: 100 is best, or with no direction most."""
        others = [peer for code, peer in self.peers.items() if code != city]
        words = self.entry.definition
        target = None if words.target is None else float(words.target)
        turned = goodness(np.array([*others, value], dtype=np.float64), words.direction, target)
        return percentile(float(turned[-1]), turned[:-1])

    def _change(self, city: str, period: Period, value: float) -> float | None:
        if period.starts_on.year == EPOCH.year:
            return None
        then = self.grid.value(city, period.year_earlier())
        return None if then is None else value - then


def _trend(question: Question, grid: _Grid, period: Period) -> Trend:
    periods = _run(grid, period)
    cities = [entry.city.code for entry in question.cities]
    return Trend(
        periods=tuple(periods),
        values={city: tuple(grid.value(city, each) for each in periods) for city in cities},
        statuses={city: tuple(grid.chosen.get((city, each), (None,))[0] for each in periods) for city in cities},
        band=tuple(spread(grid.of_peers(each)) for each in periods),
    )


def _run(grid: _Grid, last: Period) -> list[Period]:
    """Every period of one frequency from the first figure to `last`, so that a gap takes its room."""
    known = sorted(p for p in grid.periods if p.frequency == last.frequency and p <= last) or [last]
    if last.frequency in "RD":
        return known
    run = [last]
    while run[-1] > known[0]:
        run.append(run[-1].previous())
    return run[::-1]


def _revisions(session: Session, question: Question) -> dict[Key, float | None]:
    """The chosen cities' figures that had another value before, each with the value it had last."""
    key = (Observation.city_id, Observation.indicator_id, Observation.period)
    mine = (
        Observation.city_id.in_([entry.city.id for entry in question.cities]),
        Observation.indicator_id.in_([entry.id for entry in question.indicators]),
        Observation.vintage <= question.vintage,
        Observation.confidentiality == PUBLIC,
    )
    twice = select(*key).where(*mine).group_by(*key).having(func.count() > 1)
    query = select(*key, Observation.value).where(*mine, tuple_(*key).in_(twice)).order_by(*key, Observation.vintage)
    history: dict[Key, list[float | None]] = {}
    cities = {entry.city.id: entry.city.code for entry in question.cities}
    indicators = {entry.id: entry.code for entry in question.indicators}
    for city, indicator, period, value in session.execute(query):
        name = (cities[city], indicators[indicator], period_of_number(period).code)
        history.setdefault(name, []).append(None if value is None else float(value))
    return {name: values[-2] for name, values in history.items() if values[-1] != values[-2]}


def reporting_cities(session: Session, entries: Iterable[CityEntry], vintage: int) -> list[CityEntry]:
    """The cities that have any value as known with `vintage`, the largest first."""
    has_value = exists().where(
        Observation.city_id == City.id, Observation.vintage <= vintage, Observation.value.is_not(None)
    )
    there = set(session.scalars(select(City.id).where(has_value)))
    return sorted(
        (entry for entry in entries if entry.city.id in there), key=lambda entry: -(entry.city.population or 0)
    )


def newest_period(
    session: Session, periods: Iterable[Period], indicators: Iterable[IndicatorEntry], vintage: int
) -> Period | None:
    """The newest quarter of these indicators that most cities have reported; without quarters the newest such year.

    A quarter that only a few have reported so far would leave a comparison nearly empty.
    """
    newest = tuple(sorted(periods, reverse=True))
    entries = tuple(indicators)[:SETTLED_INDICATORS]
    key = (newest, tuple(entry.id for entry in entries), vintage)
    found = _SETTLED.get(session, key, lambda: (_settled(session, newest, entries, vintage),))
    return found[0]


# In a tuple: that there is none is kept too.
_SETTLED: Kept[tuple[Period | None]] = Kept(200)


def _settled(
    session: Session, newest: tuple[Period, ...], entries: tuple[IndicatorEntry, ...], vintage: int
) -> Period | None:
    quarters = [period for period in newest if period.frequency == "Q"]
    others = [period for period in newest if period.frequency != "Q"]
    for recent in (quarters[:SETTLED_PERIODS], others[:SETTLED_PERIODS]):
        counts = _reporting_counts(session, recent, entries, vintage)
        most = max(counts.values(), default=0)
        if most:
            return next(period for period in recent if counts.get(period.number, 0) >= SETTLED_SHARE * most)
    return None


def _reporting_counts(
    session: Session, periods: list[Period], entries: tuple[IndicatorEntry, ...], vintage: int
) -> dict[int, int]:
    """How many cities have a value in each of the periods, by its number; periods without any are left out."""
    if not periods or not entries:
        return {}
    selection = Selection(
        indicator_ids=tuple(entry.id for entry in entries), periods=tuple((period, period) for period in periods)
    )
    figures = every(session, selection, vintage)
    has_value = np.array([value is not None for value in figures.value], dtype=bool)
    pairs = figures.period[has_value].astype(np.int64) << 32 | figures.city_id[has_value]
    numbers, counts = np.unique(np.unique(pairs) >> 32, return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))
