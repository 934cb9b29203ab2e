"""A cell of figures to its value: missing marks, signs, units, footnotes, and everything Excel does to a number.

What is normalised is said; what could be two numbers, or is none, has no value and says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from app.domain.names import folded
from app.domain.number import canonical
from ingest.upload.known import IndicatorFacts
from ingest.upload.model import Cell, Typed
from ingest.upload.numbers import NumberText, Said, Style, read_number
from ingest.upload.periods import MONTHS

NO_FIGURE = "O"
CANNOT_EXIST = "M"


@dataclass(frozen=True)
class Value:
    """What a cell says: a value, or a status why there is none, or neither (an error or a blank); and a note."""

    value: Decimal | None = None
    status: str | None = None
    note: str | None = None
    said: tuple[Said, ...] = ()
    is_withdrawn: bool = False


_MISSING = {
    **dict.fromkeys(("", "...", "…", "н/д", "н.д.", "н. д.", "нд", "н.д", "нет данных", "б/д", "n/a", "na", "n.a.",
                     "no data", "not available", "..", "данные отсутствуют", "отсутствуют", "-//-"), NO_FIGURE),
    **dict.fromkeys(("x", "х", "н/п", "не применимо", "not applicable"), CANNOT_EXIST),
}  # fmt: skip
_DASHES = re.compile(r"[-–—−‒‐‑]{1,3}")
_YES = {"да", "есть", "имеется", "+", "1", "истина", "true", "yes"}
_NO = {"нет", "отсутствует", "не имеется", "-", "0", "ложь", "false", "no"}
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_FORMULA = re.compile(r"[=@'].*|[+\-]\s*[A-Za-zА-Яа-яЁё=@(].*", re.DOTALL)
_MONTH_NAME = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"(?P<day>\d{{1,2}})[.\s/-](?P<month>{_MONTH_NAME})[а-яa-z]*\.?(?:[.\s/-]\d{{2,4}})?"
    rf"|(?P<month2>{_MONTH_NAME})[а-яa-z]*\.?[.\s/-](?P<year>\d{{2,4}})"
    r"|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}(?:[T ].*)?",
    re.IGNORECASE,
)
_APPROXIMATE = re.compile(
    r"[<>≤≥~≈±].*|[\d.,\s]+\s*[-–—…]\s*\d[\d.,\s]*%?|[\d.,\s]+\.\.+\s*\d[\d.,\s]*"
    r"|(?:около|более|менее|свыше|до|от|порядка|примерно|не более|не менее|ок\.|about|over|under|approx\.?|less than"
    r"|more than|up to)\s*\d.*|[\d.,\s]+\s*±.*",
    re.IGNORECASE,
)
_NOT_FINITE = re.compile(
    r"[+\-−]?(?:inf(?:inity)?|nan|бесконечность|∞)|0[xX][0-9a-fA-F]+|[\d_.,\s]*\d_\d[\d_.,\s]*|.*[½¼¾⅓].*|\d+/\d+",
    re.IGNORECASE,
)
_SUPERSCRIPT = re.compile(r"(?P<number>.*\d)\s*(?P<mark>[¹²³⁰⁴-⁹]+\)?|\*{1,3}|[†‡]|\s\d{1,2}\))", re.DOTALL)
_GLUED = re.compile(r"(?P<number>[^()]*\d)\)")
_PERCENT = re.compile(r"(?P<number>.*\d\)?)\s*(?:%|процент(?:а|ов)?|per cent|percent)\s*", re.DOTALL | re.IGNORECASE)
_WITH_UNIT = re.compile(
    r"(?P<number>[^A-Za-zА-Яа-яЁё°µ]*\d)\s*(?P<unit>[A-Za-zА-Яа-яЁёµ°][^\d]*(?:\d.*)?)", re.DOTALL
)
_LOOKS = str.maketrans("ОоOoЗзIlІ|бБ", "000033111166"[:12])
_MULTIPLIERS = {"тыс": 3, "тысяч": 3, "млн": 6, "миллионов": 6, "млрд": 9, "thousand": 3, "million": 6, "bn": 9}
_WORDS_OF_UNIT = {
    "%": ("%", "проц", "процент", "процента", "процентов", "per cent", "percent"),
    "h": ("ч", "час", "часа", "часов", "h", "hours", "hour"),
    "d": ("дн", "день", "дня", "дней", "д", "d", "days", "day"),
    "min": ("мин", "минут", "минуты", "минута", "min", "minutes"),
    "a": ("лет", "год", "года", "years", "year"),
}


def read_value(cell: Cell, facts: IndicatorFacts, style: Style) -> Value:
    """The value of a cell as this indicator declares it."""
    if isinstance(cell, Typed):
        return _of_typed(cell, facts, style)
    text = cell.translate(_INVISIBLE).strip().strip("\u00a0\u202f\u2009\u2007")
    if not text:
        return Value(said=(Said("left-blank"),))
    if facts.is_yes_no and folded(text) in _YES | _NO | {"+"} | {""}:
        return _of_yes_no(text)
    if facts.is_yes_no and text in "+-":
        return _of_yes_no(text)
    lowered = text.casefold()
    if lowered in _MISSING or _DASHES.fullmatch(text):
        status = _MISSING.get(lowered, NO_FIGURE)
        return Value(status=status, said=(Said("missing-mark", words={"status": status}),))
    return _refused(text) or _of_text(text, facts, style)


def _of_yes_no(text: str) -> Value:
    number = Decimal(text == "+" or folded(text) in _YES)
    if text in ("0", "1"):
        return Value(number)
    return Value(number, said=(Said("yes-no", proposed=str(number)),))


def _of_typed(cell: Typed, facts: IndicatorFacts, style: Style) -> Value:
    if cell.kind == "boolean":
        return _of_yes_no(cell.text) if facts.is_yes_no else Value(said=(Said("not-a-number"),))
    if cell.kind in ("date", "error", "uncached"):
        check = {"date": "number-became-date", "error": "excel-error", "uncached": "formula-without-value"}[cell.kind]
        return Value(said=(Said(check, words={"hint": ("", "")}),))
    try:
        number = Decimal(canonical(Decimal(cell.text)))
    except (ValueError, ArithmeticError):
        # A formula may give text; it is read as any text, and said to be computed.
        if cell.kind == "formula":
            found = read_value(cell.text, facts, style)
            return Value(found.value, found.status, found.note, (*found.said, Said("formula-value")))
        return Value(said=(Said("not-finite"),))
    said = (Said("formula-value"),) if cell.kind == "formula" else ()
    if cell.kind == "percent":
        return _of_percent_format(number, facts)
    if len(number.as_tuple().digits) > 15:
        said = (*said, Said("long-fraction"))
    return Value(number, said=said)


def _of_percent_format(number: Decimal, facts: IndicatorFacts) -> Value:
    shown = Decimal(canonical(number * 100))
    if facts.unit != "%":
        return Value(said=(_percent_unwanted(facts),))
    return Value(shown, said=(Said("percent-format", proposed=str(shown)),))


def _refused(text: str) -> Value | None:
    """Texts that stand for no number however they are turned."""
    if text.startswith("#"):
        return Value(said=(Said("excel-error"),))
    if _FORMULA.fullmatch(text):
        return Value(said=(Said("formula-text"),))
    if match := _DATE.fullmatch(text):
        return Value(said=(_date_hint(match),))
    if _NOT_FINITE.fullmatch(text) or any(letter.isdigit() and not letter.isascii() for letter in _body(text)):
        return Value(said=(Said("not-finite"),))
    if _APPROXIMATE.fullmatch(text):
        return Value(said=(Said("approximate"),))
    return None


def _body(text: str) -> str:
    """Without the superscript at the end, which marks a footnote."""
    return re.sub(r"[¹²³⁰⁴-⁹]+\)?$", "", text)


def _date_hint(match: re.Match[str]) -> Said:
    proposed = None
    if match["month"]:
        proposed = f"{int(match['day'])}.{MONTHS[match['month'].casefold()]}"
    elif match["month2"]:
        proposed = f"{MONTHS[match['month2'].casefold()]}.{match['year'][-2:]}"
    hint = (f"; was it {proposed}?", f"; было {proposed}?") if proposed else ("", "")
    return Said("number-became-date", proposed=proposed, words={"hint": hint})


def _of_text(text: str, facts: IndicatorFacts, style: Style) -> Value:
    if match := _SUPERSCRIPT.fullmatch(text):
        inner = _of_text(match["number"].strip(), facts, style)
        if inner.value is None:
            return inner
        mark = match["mark"].strip()
        return Value(inner.value, None, mark, (*inner.said, Said("footnote", proposed=canonical(inner.value))))
    if (match := _GLUED.fullmatch(text)) and "(" not in text:
        return _of_glued(match["number"], style)
    if match := _PERCENT.fullmatch(text):
        return _of_percent(match["number"], facts, style)
    found = read_number(text, style)
    if found.value is not None or found.said:
        return Value(found.value, said=found.said)
    return _with_letters(text, facts, style)


def _of_glued(text: str, style: Style) -> Value:
    readings = [canonical(found.value) for part in (text[:-1], text) if (found := read_number(part, style)).value is not None]  # noqa: E501 # fmt: skip
    if not readings:
        return Value(said=(Said("not-a-number"),))
    return Value(said=(Said("glued-footnote", readings=tuple(dict.fromkeys(readings))),))


def _of_percent(text: str, facts: IndicatorFacts, style: Style) -> Value:
    found = read_number(text, style)
    if found.value is None:
        return Value(said=found.said or (Said("not-a-number"),))
    if facts.unit != "%":
        return Value(said=(_percent_unwanted(facts),))
    return Value(found.value, said=(*found.said, Said("percent-sign")))


def _percent_unwanted(facts: IndicatorFacts) -> Said:
    return Said("percent-unwanted", words={"indicator": facts.code, "unit": _unit(facts)})


def _unit(facts: IndicatorFacts) -> tuple[str, str]:
    return facts.unit_label_en or facts.unit, facts.unit_label_ru or facts.unit


def _with_letters(text: str, facts: IndicatorFacts, style: Style) -> Value:
    """A number with a unit behind it, or with letters typed for digits."""
    if match := _WITH_UNIT.fullmatch(text):
        found = read_number(match["number"], style)
        if _is_unit(match["unit"], facts):
            said = (*found.said, Said("unit-left-out", words={"unit": match["unit"]})) if found.value is not None else found.said  # noqa: E501 # fmt: skip
            return Value(found.value, said=said or (Said("not-a-number"),))
    meant = read_number(text.translate(_LOOKS), style)
    if meant.value is not None and any(letter.isdigit() for letter in text):
        return Value(said=(Said("letter-in-number", proposed=canonical(meant.value)),))
    if match and found.value is not None:
        return Value(said=(_other_unit(found, match["unit"], facts),))
    return Value(said=(Said("not-a-number"),))


def _is_unit(text: str, facts: IndicatorFacts) -> bool:
    wanted = folded(text).strip(". ")
    labels = {folded(facts.unit), folded(facts.unit_label_en), folded(facts.unit_label_ru)}
    words = _WORDS_OF_UNIT.get(facts.unit, ())
    return wanted in labels or wanted in words or any(label.split(" ")[0] == wanted for label in labels)


def _other_unit(found: NumberText, unit: str, facts: IndicatorFacts) -> Said:
    power = _MULTIPLIERS.get(folded(unit).split(" ")[0].strip("."))
    proposed = canonical(found.value * 10**power) if power and found.value is not None else None
    return Said(
        "unit-differs", proposed, words={"unit": unit.strip(), "wanted": _unit(facts), "indicator": facts.code}
    )
