"""Faults of single cells: numbers, units, dates in place of numbers, marks."""

from __future__ import annotations

import random
import re
from decimal import Decimal

from tests.ingest.upload.clean import Draft
from tests.ingest.upload.fault_table import fault, rename, some_row


@fault(32, "accepted", "mixed-decimals")
def comma_and_point_in_one_column(draft: Draft, _dice: random.Random) -> None:
    for row in draft.rows[::2]:
        row[3] = row[3].replace(",", ".")


@fault(33, "accepted", "grouped-thousands")
def thousands_separators(draft: Draft, dice: random.Random) -> None:
    sign = dice.choice([" ", "\u00a0", "\u202f", "\u2009", "'", "’", "."])
    for row in draft.rows:
        if re.fullmatch(r"\d{4},\d+", row[3]):
            row[3] = row[3][0] + sign + row[3][1:]


@fault(34, "rows", "number-ambiguous")
def thousand_or_one_point_two(draft: Draft, dice: random.Random) -> None:
    sign = dice.choice([".", ","])
    whole = [str(int(float(row[3].replace(",", ".")))) for row in draft.rows]
    for row, text in zip(draft.rows, whole, strict=True):
        # Without fractions nothing in the file says what the sign means.
        row[3] = text
    for row in draft.rows:
        if row[1] == "CE_PLATFORM_USERS":
            row[3] = f"{row[3][0]}{sign}{row[3][1:]}"
    draft.truth = {key: Decimal(int(value)) for key, value in draft.truth.items()}


@fault(35, "warned", "number-sign", "out-of-range", "not-a-number", "missing-mark")
def unusual_signs(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[3] = dice.choice(["−{}", "–{}", "{}-", "({})", "+{}"]).format(row[3])


@fault(36, "accepted", "percent-sign")
def percent_signs(draft: Draft, _dice: random.Random) -> None:
    for row in draft.rows:
        if row[1].startswith("TI_"):
            row[3] += " %"


@fault(36, "warned", "unit-slip")
def fraction_for_per_cent(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice, "TI_SMART_STOPS", "TI_SMART_LIGHTING")
    row[3] = str(Decimal(row[3].replace(",", ".")) / 100).replace(".", ",")


@fault(37, "accepted", "unit-left-out", "percent-sign")
def unit_in_the_cell(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice, "TI_SMART_STOPS")[3] += dice.choice([" процентов", " %"])


@fault(37, "rows", "unit-differs")
def another_unit_in_the_cell(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[3] += dice.choice([" тыс.", " млн руб.", " км"])


@fault(38, "warned", "unit-slip", "out-of-range", "number-ambiguous")
def wrong_order_of_magnitude(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    times = dice.choice([Decimal("0.001"), Decimal("0.01"), Decimal("0.1"), Decimal(10), Decimal(100), Decimal(1000)])
    row[3] = format((Decimal(row[3].replace(",", ".")) * times).normalize(), "f").replace(".", ",")


@fault(39, "rows", "code-scientific")
def code_in_scientific_form(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[0] = dice.choice(["4,57E+10", "9.2701E+10"])


@fault(39, "warned", "scientific")
def value_in_scientific_form(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice, "CE_PLATFORM_USERS")
    row[3] = f"{float(row[3].replace(',', '.')):.2E}".replace(".", ",")


@fault(40, "accepted", "oktmo-padded")
def leading_zero_lost(draft: Draft, _dice: random.Random) -> None:
    city = next(facts for facts in draft.known.cities.values() if (facts.oktmo or "").startswith("0"))
    rename(draft, "ru-tula", (city.oktmo or "").lstrip("0"), city.code)


@fault(41, "rows", "number-became-date")
def number_turned_to_a_date(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[3] = dice.choice(["01.май", "03.апр", "май.24", "1-May", "05.03.2024"])


@fault(42, "warned", "period-serial")
def period_turned_to_a_number(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[2] = "45565"


@fault(43, "rows", "excel-error")
def errors_of_excel(draft: Draft, dice: random.Random) -> None:
    errors = ["#ДЕЛ/0!", "#ЗНАЧ!", "#Н/Д", "#ССЫЛКА!", "#ИМЯ?", "#######", "#DIV/0!", "#N/A", "#REF!", "#VALUE!"]
    some_row(draft, dice)[3] = dice.choice(errors)


@fault(44, "rows", "formula-text")
def formula_text(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[3] = dice.choice(["=B2/C2*100", "'45,2", "=cmd|' /C calc'!A0", "@SUM(1)", "+SUM(A1)"])


@fault(45, "rows", "letter-in-number")
def letter_for_a_digit(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[3] = dice.choice(["1О,5", "1O,5", "4З,2", "l2,5", "4б,1", row[3][:1] + "О" + row[3][1:]])


@fault(46, "warned", "long-fraction")
def noise_of_floats(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice, "TI_SMART_STOPS")[3] += "00000000000001"


@fault(47, "accepted", "footnote")
def mark_of_a_footnote(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[3] += dice.choice(["*", "**", "¹", " ²", " 1)"])


@fault(47, "rows", "glued-footnote")
def digit_of_a_footnote(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[3] += dice.choice(["1)", "2)"])


@fault(48, "rows", "approximate")
def range_or_estimate(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[3] = dice.choice(["10-12", "<5", ">100", "около 40", "более 50", "≈ 7", "10 – 12"])


@fault(49, "rows", "not-finite", "not-a-number")
def no_number(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[3] = dice.choice(["inf", "NaN", "1_000", "١٢٣", "１２", "0x10", "∞", "½", "1,2,3", "1e400"])


@fault(50, "accepted")
def yes_and_no(draft: Draft, dice: random.Random) -> None:
    pairs = [("нет", "да"), ("-", "+"), ("отсутствует", "имеется"), ("ЛОЖЬ", "ИСТИНА"), ("no", "yes")]
    words = dice.choice(pairs)
    for row in draft.rows:
        if row[1] == "XX_HAS_PLATFORM":
            row[3] = words[int(row[3])]


@fault(51, "warned", "missing-mark", "left-blank")
def no_figure(draft: Draft, dice: random.Random) -> None:
    marks = ["", "-", "–", "—", "...", "…", "н/д", "нд", "н.д.", "нет данных", "x", "х", "n/a", "б/д"]
    some_row(draft, dice)[3] = dice.choice(marks)


@fault(51, "warned", "sudden-zero", "code-for-missing", "out-of-range")
def code_for_no_figure(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[3] = dice.choice(["0", "-1", "999", "9999"])
