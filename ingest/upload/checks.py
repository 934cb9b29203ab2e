"""What is odd about rows that can be read: against their own past, their season, comparable cities and each other.

Every check is a function of rows and `Known` that gives doubts; its docstring says what uploaders read.
An answer given once for the same figure and value is not asked for again.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median
from typing import Any

from app.domain.number import canonical
from app.domain.peers import FEWEST_PEERS
from app.domain.period import parse_period
from ingest.upload.known import IndicatorFacts, Known
from ingest.upload.model import Row
from ingest.upload.periods import frequency_of, previous_code, year_earlier_code

# For normal data a median of absolute deviations times this is a standard deviation.
MAD_TO_SD = 1.4826
FEWEST_ROWS = 5
MOST_ALIKE = 0.9
# A ratio within this of a power of ten, in orders of magnitude, is a slip of unit and not a change.
NEAR_POWER = 0.1
CODES_FOR_MISSING = frozenset(map(Decimal, ("-1", "-9", "-99", "-999", "-9999", "999", "9999", "99999", "999999")))


@dataclass(frozen=True)
class Doubt:
    """Something to correct or to confirm: of one row, or of a city's rows for a period."""

    check: str
    city: str
    period: str
    row: Row | None = None
    proposed: str | None = None
    words: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """By what an earlier answer is recognised."""
        value = canonical(self.row.value) if self.row is not None and self.row.value is not None else ""
        return self.check, self.city, self.row.indicator if self.row else "", self.period, value


Check = Callable[[Sequence[Row], Known], Iterator[Doubt]]


def of_row(check: str, row: Row, proposed: str | None = None, **words: Any) -> Doubt:
    """A doubt about one figure."""
    return Doubt(check, row.city, row.period, row, proposed, words)


def against_history(rows: Sequence[Row], known: Known) -> Iterator[Doubt]:
    """A value is compared with the city's own last values, with the same quarter a year ago, and with its peers."""
    for row in rows:
        if row.value is None:
            continue
        doubt = (
            _code_for_missing(row, known)
            or _sudden_zero(row, known)
            or _unit_slip(row, known)
            or _jump(row, known)
            or _peer_outlier(row, known)
        )
        if doubt is not None:
            yield doubt


def _past(row: Row, known: Known) -> list[tuple[str, Decimal]]:
    """Published values before the row's period, oldest first."""
    series = known.history.get((row.city, row.indicator))
    if not series:
        return []
    mine, frequency = parse_period(row.period), frequency_of(row.period)
    periods = [(parse_period(code), code) for code in series if frequency_of(code) == frequency]
    same = [(period, code) for period, code in periods if period < mine]
    return [(code, value) for _, code in sorted(same) if (value := series[code]) is not None]


def _code_for_missing(row: Row, known: Known) -> Doubt | None:
    if row.value not in CODES_FOR_MISSING or any(value == row.value for _, value in _past(row, known)):
        return None
    return of_row("code-for-missing", row)


def _sudden_zero(row: Row, known: Known) -> Doubt | None:
    past = _past(row, known)
    if row.value != 0 or not past or any(value == 0 for _, value in past):
        return None
    return of_row("sudden-zero", row, before=past[-1][1], previous=past[-1][0])


def _unit_slip(row: Row, known: Known) -> Doubt | None:
    """Whether the value is ten, a hundred or a thousand times what is usual here, or that part of it."""
    past = [float(value) for _, value in _past(row, known)[-8:] if value != 0]
    peers = [] if past else [float(value) for value in _peers(row, known) if value != 0]
    usual = past or peers
    value = float(row.value or 0)
    if not value or (not past and len(peers) < FEWEST_PEERS):
        return None
    middle = median(usual)
    if value * middle <= 0:
        return None
    order = math.log10(value / middle)
    power = round(order)
    # Cities differ among themselves by ten times more often than one differs from its own past.
    spread = 2 if past else 3
    is_outside = abs(value) > spread * max(map(abs, usual)) or abs(value) < min(map(abs, usual)) / spread
    if not (0 if past else 1) < abs(power) <= 3 or abs(order - power) > NEAR_POWER or not is_outside:
        return None
    proposed = canonical((row.value or Decimal(0)).scaleb(-power))
    return of_row("unit-slip", row, proposed, times=10 ** abs(power), usual=f"{middle:g}")


def _is_far(value: Decimal, before: Decimal, limit_pct: Decimal) -> bool:
    return abs(value - before) > abs(before) * limit_pct / 100


def _jump(row: Row, known: Known) -> Doubt | None:
    """A change beyond the indicator's soft range, against the last value and against the same season alike."""
    facts, past = known.indicators[row.indicator], _past(row, known)
    value = row.value
    if value is None or facts.soft_change_pct is None or not past:
        return None
    previous, before = past[-1]
    a_year_ago = dict(past).get(year_earlier_code(row.period))
    if not _is_far(value, before, facts.soft_change_pct):
        return None
    if a_year_ago is not None and not _is_far(value, a_year_ago, facts.soft_change_pct):
        return None
    if _is_usual_change(value, past, row.period, facts):
        return None
    year = ("", "") if a_year_ago is None else (f" and {a_year_ago} a year before", f" и {a_year_ago} год назад")
    return of_row("jump", row, before=before, previous=previous, year=year)


def _is_usual_change(value: Decimal, past: Sequence[tuple[str, Decimal]], period: str, facts: IndicatorFacts) -> bool:
    """Whether the change on the year lies within what this series has done before: a robust z below the limit."""
    values = dict(past)
    changes = [float(now - values[earlier]) for code, now in past if (earlier := year_earlier_code(code)) in values]
    earlier = year_earlier_code(period)
    if len(changes) < 6 or earlier not in values:
        return False
    score = robust_z(float(value - values[earlier]), changes)
    return score is not None and score <= float(facts.soft_mad or 3.5)


def robust_z(value: float, sample: Sequence[float]) -> float | None:
    """Distance from the median in standard deviations estimated by the MAD; None when nothing varies."""
    middle = median(sample)
    spread = median(abs(each - middle) for each in sample) * MAD_TO_SD
    return None if spread == 0 else abs(value - middle) / spread


def _peers(row: Row, known: Known) -> list[Decimal]:
    """Values of comparable cities: of the same period, else of the one before or a year before."""
    if not known.peers:
        return []
    for code in (row.period, previous_code(row.period), year_earlier_code(row.period)):
        found = known.peers.get((row.indicator, code))
        if found:
            return [value for city, value in found.items() if city != row.city]
    return []


def _peer_outlier(row: Row, known: Known) -> Doubt | None:
    """Far from comparable cities, and not where this city has always been."""
    facts, past, peers = known.indicators[row.indicator], _past(row, known), _peers(row, known)
    value = row.value
    if value is None or facts.soft_mad is None or len(peers) < FEWEST_PEERS:
        return None
    if past and not _is_far(value, past[-1][1], facts.soft_change_pct or Decimal(25)):
        return None
    score = robust_z(float(value), [float(each) for each in peers])
    if score is None or score <= float(facts.soft_mad):
        return None
    return of_row("peer-outlier", row, middle=f"{float(median(peers)):g}", count=len(peers))


def _of_cities(rows: Sequence[Row]) -> dict[tuple[str, str], dict[str, Decimal]]:
    groups: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        if row.value is not None:
            groups[row.city, row.period][row.indicator] = row.value
    return groups


def same_as_before(rows: Sequence[Row], known: Known) -> Iterator[Doubt]:
    """Nearly all values of a city equal those of its previous period: last quarter's file."""
    for (city, period), values in _of_cities(rows).items():
        previous = previous_code(period)
        before = {
            indicator: value
            for indicator in values
            if (value := known.history.get((city, indicator), {}).get(previous)) is not None
        }
        if len(before) < FEWEST_ROWS:
            continue
        same = sum(values[indicator] == value for indicator, value in before.items())
        words = {"previous": previous, "same": same, "count": len(before)}
        if same >= MOST_ALIKE * len(before):
            yield Doubt("same-as-before", city, period, words=words)


def rows_misaligned(rows: Sequence[Row], known: Known) -> Iterator[Doubt]:
    """Most values fit neither the last value of their row nor that of a year ago: one column was sorted alone."""
    fits: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        series = known.history.get((row.city, row.indicator), {})
        before = [series.get(code) for code in (previous_code(row.period), year_earlier_code(row.period))]
        if row.value is not None and before[0] is not None:
            value = row.value
            fits[row.period].append(any(each is not None and _is_close(value, each) for each in before))
    for code, found in fits.items():
        if len(found) >= FEWEST_ROWS and sum(found) <= len(found) / 2:
            words = {"previous": previous_code(code), "count": len(found), "same": sum(found)}
            yield Doubt("rows-misaligned", "", code, words=words)


def _is_close(a: Decimal, b: Decimal) -> bool:
    return abs(a - b) <= Decimal("0.2") * max(abs(a), abs(b))


def all_equal(rows: Sequence[Row], _known: Known) -> Iterator[Doubt]:
    """All values of a city for a period are one and the same: a value copied down."""
    for (city, period), values in _of_cities(rows).items():
        if len(values) >= FEWEST_ROWS and len(set(values.values())) == 1:
            words = {"count": len(values), "text": str(next(iter(values.values())))}
            yield Doubt("all-equal", city, period, words=words)


def copied_city(rows: Sequence[Row], _known: Known) -> Iterator[Doubt]:
    """Two cities have the same values throughout: one was copied from the other."""
    seen: dict[tuple[str, frozenset[tuple[str, Decimal]]], str] = {}
    for (city, period), values in _of_cities(rows).items():
        if len(values) < FEWEST_ROWS or len(set(values.values())) == 1:
            continue
        key = (period, frozenset(values.items()))
        other = seen.setdefault(key, city)
        if other != city:
            words = {"city": city, "other": other, "same": len(values), "count": len(values)}
            yield Doubt("copied-city", city, period, words=words)


CHECKS: tuple[Check, ...] = (against_history, same_as_before, rows_misaligned, all_equal, copied_city)
