"""Records of cells to typed rows: city, indicator, period, value and status of each, every doubt at its cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.domain.names import folded
from app.domain.period import FREQUENCIES, parse_period
from app.domain.status import OBS_STATUS, status_problem
from app.pauses import LongList
from ingest.findings import Findings
from ingest.upload.known import IndicatorFacts, Known
from ingest.upload.model import Cell, Reading, Record, Row, text_of
from ingest.upload.names import Meant, Names, latin, name_key
from ingest.upload.numbers import Style, style_of
from ingest.upload.periods import PeriodText, frequency_of, read_period
from ingest.upload.texts import TEXTS, noticed
from ingest.upload.values import NO_FIGURE, Value, read_value

# How long a fiscal year's name leads: India from April, South Africa's municipalities from July.
_FISCAL = {"IN": "-04-01/P1Y", "ZA": "-07-01/P1Y"}
_FREQUENCY_RU = {
    "A": "за год",
    "S": "за полугодие",
    "Q": "за квартал",
    "M": "за месяц",
    "D": "на день",
    "R": "за срок",
}
_STATUS_OF = {folded(name): code for code, status in OBS_STATUS.items() for name in (status.name_en, status.name_ru)}
#: What stands in the column of statuses when a published figure is to be taken back.
WITHDRAWN = "withdrawn"
_WITHDRAWN_WORDS = frozenset(map(folded, ("withdrawn", "отозвано", "отозвать", "отзыв")))
MOST_NOTE_CHARACTERS = 2_000
#: Of a file whose values are all different nothing is read twice: remembering them would cost more than reading them.
MOST_REMEMBERED = 5_000


@dataclass
class Typing:
    """One reading on its way to rows; equal texts are read once."""

    reading: Reading
    known: Known
    names: Names
    findings: Findings
    style: Style = field(default_factory=Style)
    cities: dict[tuple[str, str, str], Meant] = field(default_factory=dict)
    indicators: dict[str, Meant] = field(default_factory=dict)
    values: dict[tuple[Cell, str], Value] = field(default_factory=dict)

    def say(self, check: str, record: Record, role: str, **words: Any) -> None:
        """A finding at a cell of the record; beyond the kept ones it is only counted."""
        if self.findings.is_counted(check, TEXTS[check].severity):
            return
        place = self.reading.place(record, role)
        words.setdefault("text", text_of(record.cells.get(role, "")))
        self.findings.add(noticed(check, place, column=self.reading.headers.get(place.column), **words))


def typed_rows(reading: Reading, known: Known, findings: Findings) -> list[Row]:
    """Every row that can be read without error; the others are findings."""
    typing = Typing(reading, known, Names(known), findings)
    values = (record.cells.get("value") for record in reading.records)
    texts = dict.fromkeys(text for text in values if isinstance(text, str))
    typing.style, mixed = style_of(texts, reading.choices.decimal)
    if mixed:
        findings.add(noticed("mixed-decimals", comma=mixed[0], point=mixed[1]))
    rows = (_row(typing, record) for record in reading.records)
    return LongList(row for row in rows if row is not None)


def _row(typing: Typing, record: Record) -> Row | None:
    # All parts are read before any is missed, so that one look at the row shows everything that is wrong with it.
    city = _city(typing, record)
    facts = _indicator(typing, record)
    period = _period(typing, record, facts, city)
    if facts is None:
        return None
    value = _value(typing, record, facts)
    if value is None or city is None or period is None or not _is_consistent(typing, record, facts, value):
        return None
    place = typing.reading.place(record, "value")
    note = " ".join(filter(None, (text_of(record.cells.get("note", "")).strip()[:MOST_NOTE_CHARACTERS], value.note)))
    return Row(
        city=city,
        indicator=facts.code,
        period=period,
        value=value.value,
        status=value.status or "A",
        note=note or None,
        text=text_of(record.cells.get("value", "")),
        cell=place.cell,
        line=place.line,
        is_withdrawn=value.is_withdrawn,
    )


def _city(typing: Typing, record: Record) -> str | None:
    texts = tuple(text_of(record.cells.get(role, "")).strip() for role in ("city", "city_name", "region"))
    text, name, region = texts
    if not text and not name:
        assumed = typing.reading.choices.city or typing.known.city
        if assumed is None:
            typing.say("city-missing", record, "city")
        return assumed
    key = (text, name, region)
    meant = typing.cities.get(key)
    if meant is None:
        meant = typing.cities[key] = typing.names.city(text or name, region)
    if meant.code is None:
        _say_unknown(typing, record, "city" if text else "city_name", meant)
        return None
    if text and name and not _agrees(typing, record, meant.code, name, region):
        return None
    return meant.code if _may_report(typing, record, meant.code) and _say_spelled(typing, record, meant) else None


def _agrees(typing: Typing, record: Record, code: str, name: str, region: str) -> bool:
    other = typing.names.city(name, region)
    if other.code == code or code in other.readings:
        return True
    words = {"name": _both_names(typing.known.cities[code]), "other": name}
    typing.say("city-code-name-differ", record, "city", **words)
    return False


def _both_names(facts: Any) -> tuple[str, str]:
    return facts.name_en, facts.name_ru


def _may_report(typing: Typing, record: Record, code: str) -> bool:
    known = typing.known
    if known.allowed_cities is not None and code not in known.allowed_cities:
        typing.say("city-not-yours", record, "city")
        return False
    if known.city is not None and code != known.city:
        expected = known.cities.get(known.city)
        names = _both_names(expected) if expected else (known.city, known.city)
        typing.say("city-disagrees", record, "city", found=_both_names(known.cities[code]), expected=names)
        return False
    return True


def _say_spelled(typing: Typing, record: Record, meant: Meant) -> bool:
    facts = typing.known.cities[str(meant.code)]
    role = "city" if text_of(record.cells.get("city", "")).strip() else "city_name"
    text = text_of(record.cells[role]).strip()
    if meant.how == "padded":
        typing.say("oktmo-padded", record, role, proposed=meant.proposed)
    elif meant.how == "named" and text not in (facts.name_ru, facts.name_en, facts.oktmo):
        typing.say("city-spelled", record, role, name=_both_names(facts), code=facts.code)
    return True


def _say_unknown(typing: Typing, record: Record, role: str, meant: Meant) -> None:
    proposed = meant.proposed
    named: Mapping[str, Any] = {**typing.known.cities, **typing.known.indicators}
    shown = _both_names(named[proposed]) if proposed and proposed in named else (proposed, proposed)
    hint = (f": is {shown[0]} ({proposed}) meant?", f": имеется в виду {shown[1]} ({proposed})?")
    words: dict[str, Any] = {"proposed": proposed, "readings": meant.readings, "hint": hint if proposed else ("", "")}
    typing.say(meant.check, record, role, **words)


def _indicator(typing: Typing, record: Record) -> IndicatorFacts | None:
    text = text_of(record.cells.get("indicator", "")).strip()
    name = text_of(record.cells.get("indicator_name", "")).strip()
    if not text and not name:
        typing.say("indicator-missing", record, "indicator")
        return None
    role = "indicator" if text else "indicator_name"
    meant = typing.indicators.get(text or name)
    if meant is None:
        meant = typing.indicators[text or name] = typing.names.indicator(text or name)
    if meant.code is None:
        _say_unknown(typing, record, role, meant)
        return None
    facts = typing.known.indicators[meant.code]
    others = typing.names.indicators.get(name_key(name), set()) if text and name else set()
    if others and meant.code not in others:
        typing.say("indicator-code-name-differ", record, role, name=_both_names(facts), other=name)
        return None
    if meant.how == "named" and (text or name) not in (facts.name_ru, facts.name_en):
        typing.say("indicator-named", record, role, code=facts.code)
    return facts


def _period_text(typing: Typing, record: Record) -> tuple[str, bool]:
    """What the record says of its period, and whether a column of the file says it."""
    cells = record.cells
    if "period" in cells:
        return text_of(cells["period"]).strip(), True
    if "year" in cells and "quarter" in cells:
        year, quarter = text_of(cells["year"]).strip().removesuffix(".0"), text_of(cells["quarter"]).strip()
        if not year or not quarter:
            return "", True
        is_number = quarter.isdigit() or quarter.isalpha() and len(quarter) <= 3
        return (f"{quarter} кв. {year}" if is_number else f"{quarter} {year}"), True
    detected = typing.reading.detected
    return (detected.period if detected else None) or typing.known.period or "", False


def _period(typing: Typing, record: Record, facts: IndicatorFacts | None, city: str | None) -> str | None:
    text, is_written = _period_text(typing, record)
    role = "period" if "period" in record.cells else "quarter"
    if not text:
        typing.say("period-missing", record, role)
        return None
    meant = read_period(text, typing.reading.choices.day_first)
    codes = _fiscal(typing, meant, city) if meant.how == "fiscal" else meant.codes
    if not codes:
        typing.say("period-unreadable", record, role, text=text)
        return None
    if len(codes) > 1:
        typing.say("period-ambiguous", record, role, text=text, readings=codes)
        return None
    if is_written:
        _say_period(typing, record, role, (text, codes[0], meant))
    if facts is None or not _is_lawful_period(typing, record, facts, (text, codes[0], meant.how, city)):
        return None
    return codes[0]


def _fiscal(typing: Typing, meant: PeriodText, city: str | None) -> tuple[str, ...]:
    country = typing.known.cities[city].country if city and city in typing.known.cities else ""
    ending = _FISCAL.get(country)
    return tuple(code for code in meant.codes if ending is None or code.endswith(ending))


def _say_period(typing: Typing, record: Record, role: str, read: tuple[str, str, PeriodText]) -> None:
    text, code, meant = read
    if meant.how == "serial":
        typing.say("period-serial", record, role, text=text, day=meant.day, code=code)
    elif meant.how == "date":
        typing.say("period-of-date", record, role, text=text, code=code)
    elif text != code:
        typing.say("period-spelled", record, role, text=text, code=code)


def _is_lawful_period(
    typing: Typing, record: Record, facts: IndicatorFacts, read: tuple[str, str, str, str | None]
) -> bool:
    """Whether figures of this indicator may be reported for the period now."""
    text, code, how, city = read
    role = "period" if "period" in record.cells else "quarter"
    known, period = typing.known, parse_period(code)
    joined = known.joined.get(city or "")
    frequency = frequency_of(code)
    if how == "cumulative" and not facts.is_cumulative:
        typing.say("period-cumulative", record, role, text=text, indicator=facts.code)
    elif frequency != facts.frequency:
        wanted = (FREQUENCIES.get(facts.frequency, facts.frequency), _FREQUENCY_RU.get(facts.frequency, ""))
        found = (FREQUENCIES[period.frequency], _FREQUENCY_RU[period.frequency])
        typing.say("wrong-frequency", record, role, indicator=facts.code, wanted=wanted, found=found, period=code)
    elif known.today is not None and period.ends_on >= known.today:
        typing.say("future-period", record, role, period=code)
    elif joined and period < parse_period(joined):
        typing.say("before-joined", record, role, period=code, joined=joined)
    else:
        return True
    return False


def _value(typing: Typing, record: Record, facts: IndicatorFacts) -> Value | None:
    """The value with its status; None for a blank and for an error, both said."""
    cell = record.cells.get("value", "")
    value = _read_once(typing, cell, facts)
    status = _status(typing, record)
    if status == "?":
        return None
    is_blank = not text_of(cell).strip()
    if status == WITHDRAWN:
        return _withdrawal(typing, record, is_blank=is_blank)
    if is_blank and status is not None:
        value = Value(status=status)
    for said in value.said:
        words = {**said.words, "proposed": said.proposed, "readings": said.readings}
        typing.say(said.check, record, "value", **words)
    if value.value is None and value.status is None:
        return None
    chosen = status or value.status or "A"
    problem = status_problem(None if value.value is None else str(value.value), chosen)
    if problem:
        typing.say("status-contradicts", record, "value", why=problem[0].upper() + problem[1:], status=chosen)
        return None
    return Value(value.value, chosen, value.note)


def _read_once(typing: Typing, cell: Cell, facts: IndicatorFacts) -> Value:
    key = (cell, facts.code)
    value = typing.values.get(key)
    if value is None:
        if len(typing.values) >= MOST_REMEMBERED:
            typing.values.clear()
        value = typing.values[key] = read_value(cell, facts, typing.style)
    return value


def _withdrawal(typing: Typing, record: Record, *, is_blank: bool) -> Value | None:
    """A figure that is taken back: no value stands beside it, and its note says why."""
    if not is_blank:
        typing.say("withdrawal-with-value", record, "value")
    elif not text_of(record.cells.get("note", "")).strip():
        typing.say("withdrawal-without-reason", record, "note")
    else:
        typing.say("withdrawal", record, "status")
        return Value(status=NO_FIGURE, is_withdrawn=True)
    return None


def _status(typing: Typing, record: Record) -> str | None:
    """The status letter or WITHDRAWN, None when none is written, `?` when it is unknown (said)."""
    text = text_of(record.cells.get("status", "")).strip()
    if not text:
        return None
    code = latin(text).upper()
    if code in OBS_STATUS:
        return code
    if folded(text) in _WITHDRAWN_WORDS:
        return WITHDRAWN
    if folded(text) in _STATUS_OF:
        return _STATUS_OF[folded(text)]
    typing.say("status-unknown", record, "status", allowed=" ".join(OBS_STATUS))
    return "?"


def _is_consistent(typing: Typing, record: Record, facts: IndicatorFacts, value: Value) -> bool:
    """Whether the value lies in its range and goes with its unit and parts."""
    number = value.value
    if number is None:
        return True
    low, high = facts.valid_min, facts.valid_max
    if (low is not None and number < low) or (high is not None and number > high):
        unit = (facts.unit_label_en, facts.unit_label_ru)
        words: dict[str, Any] = {"low": "…" if low is None else low, "high": "…" if high is None else high}
        typing.say("out-of-range", record, "value", indicator=facts.code, unit=unit, **words)
        return False
    return _has_its_unit(typing, record, facts) and _is_its_ratio(typing, record, facts, number)


def _has_its_unit(typing: Typing, record: Record, facts: IndicatorFacts) -> bool:
    text = text_of(record.cells.get("unit", "")).strip()
    probe = f"1 {text}" if text != "%" else "1 %"
    labels = (facts.unit, facts.unit_label_en, facts.unit_label_ru)
    if not text or any(_is_same_unit(text, label) for label in labels):
        return True
    if read_value(probe, facts, Style()).value is not None:
        return True
    wanted = (facts.unit_label_en, facts.unit_label_ru)
    typing.say("unit-differs", record, "unit", unit=text, wanted=wanted, indicator=facts.code)
    return False


def _is_same_unit(text: str, label: str) -> bool:
    """Whether a cell says this unit, also with a question mark for a sign that an old encoding could not hold.

    Excel saves `мкг/м³` as `мкг/м?` in Windows-1251.
    """
    said, wanted = folded(text), folded(label)
    is_long = len(said) == len(wanted) > said.count("?")
    return said == wanted or (is_long and all(a in (b, "?") for a, b in zip(said, wanted, strict=True)))


def _is_its_ratio(typing: Typing, record: Record, facts: IndicatorFacts, number: Decimal) -> bool:
    """Against numerator and denominator, where the file has both and the indicator is a share in per cent."""
    plain = IndicatorFacts("", "", "")
    parts = [
        read_value(record.cells.get(role, ""), plain, typing.style).value for role in ("numerator", "denominator")
    ]
    top, bottom = parts
    if top is None or not bottom or facts.unit != "%":
        return True
    if top > bottom and facts.valid_max == 100:
        typing.say("part-exceeds-whole", record, "numerator", numerator=top, denominator=bottom)
        return False
    ratio = round(top / bottom * 100, facts.decimals)
    if abs(ratio - number) > Decimal("0.1") + abs(number) / 100:
        typing.say("ratio-differs", record, "value", proposed=str(ratio))
    return True
