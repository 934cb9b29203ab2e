"""The 72 faults of files that offices send, each as a change to a clean draft, with what must come of it.

`accepted`: the figures are those of the clean file; `warned`: so they are, or the difference is warned of;
`rows`: the touched rows are errors and the others are those of the clean file; `file`: nothing is read.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from tests.ingest.upload.clean import CITIES, HEADER, PERIOD, SPANS, Draft, workbook_of

Outcome = Literal["accepted", "warned", "rows", "file"]
Inject = Callable[[Draft, random.Random], None]


@dataclass(frozen=True)
class Fault:
    """One fault: its number in the table, what it does, what must come of it and which checks say so (any of)."""

    number: int
    name: str
    inject: Inject
    outcome: Outcome
    checks: tuple[str, ...] = ()


FAULTS: list[Fault] = []


def fault(number: int, outcome: Outcome, *checks: str) -> Callable[[Inject], Inject]:
    """Enter a fault into the table."""

    def enter(inject: Inject) -> Inject:
        FAULTS.append(Fault(number, inject.__name__, inject, outcome, checks))
        return inject

    return enter


def some_row(draft: Draft, dice: random.Random, *indicators: str) -> list[str]:
    """A row of the draft, of one of these indicators when they are named; not of the yes/no one otherwise."""
    wanted = indicators or tuple(code for code in SPANS if code != "XX_HAS_PLATFORM")
    return dice.choice([row for row in draft.rows if row[1] in wanted and len(row) == len(HEADER)])


def set_value(draft: Draft, row: list[str], text: str) -> None:
    """The text in the cell of the value."""
    row[3] = text


def with_encoding(encoding: str) -> Inject:
    def inject(draft: Draft, _dice: random.Random) -> None:
        russian(draft)
        draft.encoding = encoding

    inject.__name__ = f"encoding_{encoding}"
    return inject


def russian(draft: Draft) -> None:
    """Names and words in Russian, so that letters beyond ASCII are there."""
    for row in draft.rows:
        row[0] = CITIES.get(row[0], row[0])
    if draft.header[:4] == HEADER[:4]:
        draft.header[:4] = ["Город", "Показатель", "Период", "Значение"]


fault(1, "accepted", "encoding-detected")(with_encoding("cp1251"))
fault(2, "accepted")(with_encoding("utf-8-sig"))
fault(3, "accepted", "encoding-detected")(with_encoding("utf-16"))
for _encoding in ("cp866", "koi8-r", "mac-cyrillic"):
    fault(4, "accepted", "encoding-detected")(with_encoding(_encoding))


@fault(3, "accepted", "encoding-detected")
def unicode_text_of_excel(draft: Draft, _dice: random.Random) -> None:
    russian(draft)
    draft.delimiter, draft.encoding, draft.name = "\t", "utf-16", "figures.txt"


@fault(5, "rows", "mixed-encoding")
def two_encodings_in_one_file(draft: Draft, dice: random.Random) -> None:
    russian(draft)
    number = dice.randrange(2, len(draft.rows))

    def mix(content: bytes) -> bytes:
        lines = content.split(b"\r\n")
        lines[number] = lines[number].decode("utf-8").encode("cp1251")
        return b"\r\n".join(lines)

    draft.on_bytes.append(mix)


@fault(6, "rows", "garbled-name")
def broken_letters(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[0] = dice.choice(["Казань".encode().decode("cp1252", "replace"), "Êàçàíü", "Ка\ufffdань", "??????"])


@fault(7, "accepted")
def end_mark_of_old_systems(draft: Draft, _dice: random.Random) -> None:
    draft.on_bytes.append(lambda content: content + b"\x1a")


@fault(7, "rows", "illegal-character")
def control_character(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[dice.choice([0, 1, 3, 5])] += dice.choice(["\x00", "\x07", "\u202e", "\x0c"])


@fault(8, "file", "not-a-table", "workbook-type", "name-differs", "encrypted")
def another_kind_of_file(draft: Draft, dice: random.Random) -> None:
    others = (
        b"%PDF-1.7 ",
        b"\x89PNG\r\n\x1a\n",
        b"<html><table>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x1f\x8b\x08",
    )
    head = dice.choice(others)
    draft.on_bytes.append(lambda content: head + content)


@fault(8, "accepted", "read-as-workbook")
def workbook_named_csv(draft: Draft, _dice: random.Random) -> None:
    draft.on_bytes.append(lambda _content: workbook_of(draft))


@fault(8, "file", "name-differs")
def text_named_xlsx(draft: Draft, _dice: random.Random) -> None:
    draft.name = "figures.xlsx"


@fault(9, "accepted")
def other_line_ends(draft: Draft, dice: random.Random) -> None:
    draft.newline = dice.choice(["\r", "\n"])


@fault(9, "accepted")
def mixed_line_ends_and_blank_lines(draft: Draft, dice: random.Random) -> None:
    def mix(text: str) -> str:
        lines = text.split(draft.newline)
        return "".join(line + dice.choice(["\r\n", "\n", "\n\n", "\r\n\r\n"]) for line in lines)

    if not any("\n" in cell for row in draft.rows for cell in row):
        draft.on_text.append(mix)


@fault(10, "file", "empty-file", "no-rows")
def nothing_in_it(draft: Draft, dice: random.Random) -> None:
    keep = dice.random() < 0.5
    draft.on_text.append(lambda text: text.split(draft.newline)[len(draft.above)] + "\r\n" if keep else "")


@fault(10, "file", "line-too-long", "too-large")
def one_enormous_line(draft: Draft, dice: random.Random) -> None:
    size = dice.choice([1_500_000, 11_000_000])
    draft.on_text.append(lambda text: text + "x" * size)


@fault(11, "accepted")
def other_separator(draft: Draft, dice: random.Random) -> None:
    draft.delimiter = dice.choice(["\t", "|"])


@fault(11, "rows", "too-few-cells", "too-many-cells", "decimal-comma-splits")
def separator_differs_in_a_row(draft: Draft, dice: random.Random) -> None:
    number = dice.randrange(len(draft.rows))
    marker = draft.rows[number]
    marker[5] = "§"
    sign = draft.delimiter

    def change(text: str) -> str:
        lines = text.split(draft.newline)
        return draft.newline.join(line.replace(sign, "|").replace("§", "") if "§" in line else line for line in lines)

    draft.on_text.append(change)


@fault(12, "accepted", "separator-line")
def first_line_names_the_separator(draft: Draft, _dice: random.Random) -> None:
    draft.on_text.append(lambda text: f"sep={draft.delimiter}\r\n" + text)


@fault(13, "rows", "decimal-comma-splits", "too-many-cells", "status-unknown", "not-a-number")
def comma_separates_and_is_decimal(draft: Draft, _dice: random.Random) -> None:
    def unquoted(text: str) -> str:
        return text.replace(";", ",").replace("\t", ",")

    draft.decimal = ","
    draft.on_text.append(unquoted)


@fault(14, "accepted")
def empty_columns_of_excel(draft: Draft, dice: random.Random) -> None:
    count = dice.randint(1, 4)
    draft.header += [""] * count
    for row in draft.rows:
        row += [""] * count


@fault(14, "accepted", "uneven-row")
def separators_behind_some_rows(draft: Draft, dice: random.Random) -> None:
    for row in dice.sample(draft.rows, 3):
        row += ["", ""]


@fault(15, "file", "unclosed-quote")
def open_quote(draft: Draft, dice: random.Random) -> None:
    target = dice.choice(draft.rows)
    target[5] = "§open"
    draft.on_text.append(lambda text: text.replace("§open", '"open'))


@fault(15, "accepted")
def quotes_in_a_note(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[5] = "§note"
    draft.on_text.append(lambda text: text.replace("§note", 'ООО "Ромашка", «Лютик»'.replace(draft.delimiter, " ")))
    draft.encoding = "utf-8"


@fault(15, "rows", "stray-quote")
def quote_inside_quotes(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[5] = "§note"
    draft.on_text.append(lambda text: text.replace("§note", '"a"b'))


@fault(16, "accepted")
def line_break_in_a_cell(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[5] = "first line\nsecond line"


@fault(17, "rows", "too-few-cells", "too-many-cells", "uneven-row")
def one_cell_more_or_less(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    if dice.random() < 0.5:
        row.insert(2, "x")
    else:
        del row[dice.randrange(len(row))]


@fault(18, "accepted", "rejoined-row")
def row_quoted_as_a_whole(draft: Draft, dice: random.Random) -> None:
    number = dice.randrange(len(draft.rows))

    def quote(text: str) -> str:
        lines = text.split(draft.newline)
        at = len(draft.above) + 1 + number
        if '"' not in lines[at]:
            lines[at] = f'"{lines[at]}"'
        return draft.newline.join(lines)

    draft.on_text.append(quote)


@fault(19, "accepted", "title-lines")
def lines_above_the_header(draft: Draft, dice: random.Random) -> None:
    titles = ["Приложение 1", "к приказу № 12 от 01.02.2024", "УТВЕРЖДАЮ", "", "Показатели городов", "Form 7"]
    draft.above = ["Сведения", *dice.sample(titles, dice.randint(0, 4))]


def wide(draft: Draft, *, of: Literal["period", "indicator", "city"]) -> None:
    """The same figures with one of the keys along the columns; the city or the period may go to the form."""
    values = {(row[0], row[1]): row[3] for row in draft.rows}
    if len(values) < len(draft.rows) or any(not city for city, _ in values):
        raise ValueError("cities are blank or rows stand twice: the table has no wide form")
    cities, codes = (
        list(dict.fromkeys(row[0] for row in draft.rows)),
        list(dict.fromkeys(row[1] for row in draft.rows)),
    )
    if of == "period":
        draft.header = ["city", "indicator", "III кв. 2024"]
        draft.rows = [[city, code, value] for (city, code), value in values.items()]
    elif of == "indicator":
        draft.header = ["city", "period", *codes]
        draft.rows = [[city, PERIOD, *(values.get((city, code), "") for code in codes)] for city in cities]
    else:
        draft.header = ["indicator", "period", *cities]
        draft.rows = [[code, PERIOD, *(values.get((city, code), "") for city in cities)] for code in codes]


@fault(20, "accepted", "joined-header")
def two_rows_of_header(draft: Draft, _dice: random.Random) -> None:
    values = {(row[0], row[1]): row[3] for row in draft.rows}
    if len(values) < len(draft.rows):
        raise ValueError("rows stand twice: the table has no wide form")
    draft.header = ["Город", "Показатель", "2024"]
    draft.rows = [["", "", "III кв."], *([city, code, value] for (city, code), value in values.items())]


@fault(21, "accepted")
def quarters_along_the_columns(draft: Draft, _dice: random.Random) -> None:
    wide(draft, of="period")


@fault(21, "accepted")
def indicators_along_the_columns(draft: Draft, _dice: random.Random) -> None:
    wide(draft, of="indicator")


@fault(21, "accepted")
def cities_along_the_columns(draft: Draft, _dice: random.Random) -> None:
    wide(draft, of="city")


@fault(22, "rows", "city-blank")
def city_in_the_first_row_of_a_block(draft: Draft, _dice: random.Random) -> None:
    blocks(draft)


def blocks(draft: Draft) -> None:
    seen = ""
    for row in draft.rows:
        if row[0] == seen:
            row[0] = ""
        else:
            seen = row[0]


@fault(22, "accepted", "filled-down")
def city_carried_down_with_consent(draft: Draft, _dice: random.Random) -> None:
    blocks(draft)
    draft.choices = replace(draft.choices, fill_down=True)


@fault(23, "accepted", "column-numbers")
def numbers_of_the_columns(draft: Draft, dice: random.Random) -> None:
    numbers = [str(n) for n in range(1, len(draft.header) + 1)]
    if dice.random() < 0.5:
        numbers = ["А", "Б", *(str(n) for n in range(1, len(draft.header) - 1))]
    draft.rows.insert(0, numbers)


@fault(24, "accepted", "totals-skipped")
def totals_among_the_cities(draft: Draft, dice: random.Random) -> None:
    label = dice.choice(["Итого", "Всего", "Среднее по региону", "Total"])
    draft.rows.insert(dice.randrange(1, len(draft.rows)), [label, "", PERIOD, "777,7", "", ""][: len(draft.header)])


@fault(25, "accepted", "text-rows")
def headings_of_sections(draft: Draft, dice: random.Random) -> None:
    for text in ("1. Демография", "в том числе:"):
        blank = [""] * (len(draft.header) - 1)
        draft.rows.insert(dice.randrange(1, len(draft.rows)), [text, *blank])


@fault(26, "accepted", "text-rows")
def notes_and_signatures(draft: Draft, dice: random.Random) -> None:
    width = len(draft.header) - 1
    for text in dice.sample(["* по данным Росстата", "Исп. Иванова, тел. 12-34-56", "Руководитель", "М.П."], 2):
        draft.below.append(text + draft.delimiter * width)


@fault(27, "accepted")
def other_names_of_columns(draft: Draft, dice: random.Random) -> None:
    draft.header[0] = dice.choice(["Муниципальное образование", "ГОРОД", "Наименование  города", "Территория"])
    draft.header[1] = dice.choice(["Kод показателя", "Показатель", "Наименование показателя", "Indicator Code"])
    draft.header[3] = dice.choice(["Значение, %", "Факт", "ЗНАЧЕНИЕ ", "Фактическое  значение"])


@fault(28, "accepted", "extra-columns")
def columns_in_another_order_and_more(draft: Draft, dice: random.Random) -> None:
    order = [*range(len(draft.header)), -1]
    dice.shuffle(order)
    draft.header = [draft.header[n] if n >= 0 else "Куратор" for n in order]
    draft.rows = [[row[n] if n >= 0 else "Отдел" for n in order] for row in draft.rows]


@fault(28, "file", "missing-columns", "no-header")
def column_missing(draft: Draft, dice: random.Random) -> None:
    at = draft.header.index(dice.choice(["indicator", "value"]))
    draft.header.pop(at)
    for row in draft.rows:
        row.pop(at)


@fault(29, "file", "duplicate-columns")
def column_twice(draft: Draft, _dice: random.Random) -> None:
    draft.header[5] = "value"


@fault(30, "file", "stacked-tables")
def second_table_below(draft: Draft, _dice: random.Random) -> None:
    draft.rows.append(["period", "value", "city", "indicator", "", ""])
    draft.rows.append([PERIOD, "1", "ru-kazan", "TI_SMART_STOPS", "", ""])


@fault(30, "file", "several-sheets")
def two_sheets_with_tables(draft: Draft, _dice: random.Random) -> None:
    def copy(book: object) -> None:
        book.copy_worksheet(book.active)  # type: ignore[attr-defined]

    draft.name = "figures.xlsx"
    draft.on_bytes.append(lambda _content: workbook_of(draft, copy))


@fault(31, "warned", "hidden-rows")
def hidden_rows(draft: Draft, dice: random.Random) -> None:
    number = dice.randrange(2, len(draft.rows))

    def hide(book: object) -> None:
        book.active.row_dimensions[number].hidden = True  # type: ignore[attr-defined]

    draft.name = "figures.xlsx"
    draft.on_bytes.append(lambda _content: workbook_of(draft, hide))


@fault(31, "warned", "rows-misaligned", "jump", "unit-slip", "peer-outlier")
def one_column_sorted_alone(draft: Draft, _dice: random.Random) -> None:
    values = sorted((row[3] for row in draft.rows), key=lambda text: float(text.replace(",", ".")))
    for row, value in zip(draft.rows, values, strict=True):
        if row[1] != "XX_HAS_PLATFORM":
            row[3] = value


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


def rename(draft: Draft, city: str, text: str, meant: str) -> None:
    """The rows of a city under another name, which is that of the city `meant`."""
    rows = [row for row in draft.rows if row[0] == city]
    for row in rows:
        row[0] = text
    codes = {row[1] for row in rows}
    draft.truth = {(meant if c == city and i in codes else c, i, p): v for (c, i, p), v in draft.truth.items()}
    draft.origins = [(row, (meant if c == city else c, i, p)) for row, (c, i, p) in draft.origins]


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


@fault(52, "warned", "same-as-before")
def file_of_last_quarter(draft: Draft, _dice: random.Random) -> None:
    for row in draft.rows:
        value = draft.known.history[row[0], row[1]]["2024-Q2"]
        row[3] = str(value).replace(".", ",")


@fault(52, "warned", "all-equal")
def one_value_copied_down(draft: Draft, _dice: random.Random) -> None:
    for row in draft.rows:
        if row[1] != "XX_HAS_PLATFORM":
            row[3] = "61,5"
    draft.rows = [row for row in draft.rows if row[1] != "XX_HAS_PLATFORM"]
    draft.truth = {key: value for key, value in draft.truth.items() if key[1] != "XX_HAS_PLATFORM"}
    draft.origins = [origin for origin in draft.origins if origin[0][1] != "XX_HAS_PLATFORM"]


@fault(53, "accepted")
def row_absent(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    draft.truth.pop((row[0], row[1], PERIOD))
    draft.rows.remove(row)
    draft.origins = [origin for origin in draft.origins if origin[0] is not row]


QUARTERS = ("2024Q3", "Q3 2024", "3 кв. 2024", "III квартал 2024 года", "3к24", "Ш кв. 2024", "lll кв. 2024",
            "3-й квартал 2024 г.", "третий квартал 2024", "2024 г., III квартал",
            "июль-сентябрь 2024", "Q3'24")  # fmt: skip


@fault(54, "accepted", "period-spelled")
def spellings_of_a_quarter(draft: Draft, dice: random.Random) -> None:
    for row in draft.rows:
        row[2] = dice.choice(QUARTERS)


@fault(54, "rows", "period-ambiguous")
def quarter_or_month(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[2] = dice.choice(["3/2024", "3.2024"])


@fault(55, "rows", "period-cumulative")
def cumulative_period(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice, "TI_SMART_STOPS")[2] = dice.choice(
        ["январь-сентябрь 2024", "9 мес. 2024", "9 месяцев 2024 г."]
    )


@fault(55, "accepted", "period-spelled")
def cumulative_indicator(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice, "CE_OWN_REVENUE")[2] = dice.choice(["январь-сентябрь 2024", "9 мес. 2024"])


@fault(56, "accepted", "period-of-date")
def end_of_quarter_as_a_date(draft: Draft, dice: random.Random) -> None:
    dates = ["30.09.2024", "на 01.10.2024", "по состоянию на 01.10.2024", "2024-09-30", "30 сентября 2024 г."]
    some_row(draft, dice)[2] = dice.choice(dates)


@fault(57, "accepted", "period-of-date", "period-spelled")
def two_digits_of_a_year(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[2] = dice.choice(["30.09.24", "3 кв. 24", "Q3 24", "09/30/2024"])


@fault(57, "rows", "period-ambiguous")
def day_or_month_first(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[2] = dice.choice(["01/10/2024", "01.10.2024"])


@fault(58, "rows", "future-period", "before-joined")
def future_period(draft: Draft, dice: random.Random) -> None:
    if dice.random() < 0.5:
        some_row(draft, dice)[2] = "2031-Q1"
    else:
        some_row(draft, dice)[2] = "2019-Q1"
        draft.known = replace(draft.known, joined=dict.fromkeys(draft.known.cities, "2020-Q1"))


@fault(58, "warned", "closed-period")
def closed_quarter(draft: Draft, _dice: random.Random) -> None:
    draft.known = replace(draft.known, closed_periods=frozenset({PERIOD}))


@fault(59, "accepted", "period-in-title")
def period_in_the_name_alone(draft: Draft, dice: random.Random) -> None:
    at = next(n for n, name in enumerate(draft.header) if name in ("period", "Период"))
    draft.header.pop(at)
    for row in draft.rows:
        row.pop(at)
    if dice.random() < 0.5:
        draft.name = "Отчёт_3кв2024.csv"
    else:
        draft.above = ["Сведения за III квартал 2024 года" + draft.delimiter * (len(draft.header) - 1)]


@fault(60, "rows", "wrong-frequency", "period-ambiguous")
def fiscal_year(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[2] = "2023-24"


NAMES = {
    "ru-kazan": [
        "г. Казань",
        "город Казань",
        "КАЗАНЬ",
        "Kазань",
        "городской округ город Казань",
        "МО «Город Казань»",
    ],
    "ru-ufa": ["г.Уфа", "городской округ город Уфа", "уфа", "Уфa"],
    "ru-tula": ["г. Тула", "Тула\u00a0", "ТУЛА", "Ту\u00adла", "Tula"],
}


@fault(61, "accepted")
def names_of_cities(draft: Draft, dice: random.Random) -> None:
    for row in draft.rows:
        row[0] = dice.choice(NAMES[row[0]]) if row[0] in NAMES else row[0]


@fault(62, "rows", "city-homonym")
def homonym(draft: Draft, dice: random.Random) -> None:
    known = draft.known
    twin = replace(known.cities["ru-kirov"], code="ru-kirov-kaluga", regions=("Калужская область",), oktmo=None)
    draft.known = replace(known, cities={**known.cities, twin.code: twin})
    some_row(draft, dice)[0] = "Киров"


@fault(63, "accepted")
def look_alikes_in_names(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    if row[0] in NAMES:
        row[0] = {"ru-kazan": "Kaзaнь", "ru-ufa": "У\u200bфа", "ru-tula": " Tулa "}[row[0]]


@fault(64, "accepted", "city-spelled")
def former_name(draft: Draft, _dice: random.Random) -> None:
    rename(draft, "ru-ufa", "Горький", "ru-nizhny-novgorod")


@fault(65, "rows", "city-code-name-differ")
def code_and_name_disagree(draft: Draft, dice: random.Random) -> None:
    draft.header.append("city_name")
    names = dict(CITIES)
    for row in draft.rows:
        row.append(names.get(row[0], row[0]))
    dice.choice([row for row in draft.rows if row[0] in CITIES])[-1] = "Пермь"


@fault(66, "rows", "city-not-yours")
def city_of_another(draft: Draft, _dice: random.Random) -> None:
    draft.known = replace(draft.known, allowed_cities=frozenset({"ru-kazan", "ru-ufa"}))


@fault(67, "accepted", "city-spelled")
def transliterations(draft: Draft, _dice: random.Random) -> None:
    rename(draft, "ru-kazan", "Алма-Ата", "kz-almaty")
    rename(draft, "ru-ufa", "北京", "cn-beijing")
    rename(draft, "ru-tula", "Нур-Султан", "kz-astana")


@fault(68, "accepted", "duplicate-equal")
def row_twice(draft: Draft, dice: random.Random) -> None:
    draft.rows.append(list(some_row(draft, dice)))


@fault(68, "rows", "duplicate-conflict")
def row_twice_with_other_values(draft: Draft, dice: random.Random) -> None:
    again = list(some_row(draft, dice))
    again[3] = "33,3" if again[3] != "33,3" else "34,4"
    draft.rows.append(again)


@fault(69, "rows", "out-of-range")
def outside_the_range(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice, "TI_SMART_STOPS", "TI_PUBLIC_WIFI")[3] = dice.choice(["120,5", "-3,2"])


@fault(69, "warned", "jump", "unit-slip")
def jump(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice, "CE_PUBLIC_BLDG_ENERGY")
    row[3] = str(Decimal(row[3].replace(",", ".")) * 3).replace(".", ",")


@fault(70, "rows", "part-exceeds-whole")
def part_larger_than_the_whole(draft: Draft, dice: random.Random) -> None:
    parts(draft)
    row = dice.choice([row for row in draft.rows if row[1] == "TI_SMART_STOPS"])
    row[-2:] = ["1200", "1000"]


def parts(draft: Draft) -> None:
    draft.header += ["numerator", "denominator"]
    for row in draft.rows:
        row += ["", ""]


@fault(70, "warned", "ratio-differs")
def value_is_not_the_ratio(draft: Draft, dice: random.Random) -> None:
    parts(draft)
    row = dice.choice([row for row in draft.rows if row[1] == "TI_SMART_STOPS"])
    row[-2:] = ["10", "1000"]


@fault(71, "rows", "indicator-unknown", "indicator-retired")
def unknown_code(draft: Draft, dice: random.Random) -> None:
    row = some_row(draft, dice)
    row[1] = dice.choice([row[1].lower(), row[1] + "X", "ТI_SMART_STOPS", "QQ_NOTHING", "OLD_CODE"])
    draft.known = replace(draft.known, retired={"OLD_CODE": "TI_SMART_STOPS"})


@fault(71, "rows", "wrong-frequency")
def wrong_frequency(draft: Draft, dice: random.Random) -> None:
    some_row(draft, dice)[2] = dice.choice(["2024", "2024-05", "2024-S1"])


@fault(72, "accepted")
def other_order_of_rows(draft: Draft, dice: random.Random) -> None:
    """The bytes differ and the figures do not: what is compared later are figures, not files."""
    dice.shuffle(draft.rows)


# What changes every figure or every name comes before what changes single cells; the shape of the table comes last.
_FIRST = {"thousand_or_one_point_two", "leading_zero_lost", "former_name", "transliterations", "file_of_last_quarter",
          "one_value_copied_down", "row_absent", "comma_and_point_in_one_column", "thousands_separators"}  # fmt: skip
_LAST = ("separators_behind_some_rows", "one_cell_more_or_less", "empty_columns_of_excel", "code_and_name_disagree",
         "part_larger_than_the_whole", "value_is_not_the_ratio", "city_in_the_first_row_of_a_block",
         "city_carried_down_with_consent", "two_rows_of_header", "quarters_along_the_columns",
         "indicators_along_the_columns", "cities_along_the_columns", "period_in_the_name_alone",
         "columns_in_another_order_and_more", "column_missing", "numbers_of_the_columns", "totals_among_the_cities",
         "headings_of_sections", "notes_and_signatures")  # fmt: skip


# These write another figure as plainly as the true one: alone they are noticed by what is known of the city; together
# with other faults the file says what it says.
WRONG_FIGURES = {"one_column_sorted_alone", "file_of_last_quarter", "one_value_copied_down", "fraction_for_per_cent",
                 "wrong_order_of_magnitude", "jump", "code_for_no_figure"}  # fmt: skip


def several(dice: random.Random, count: int) -> list[Fault]:
    """Different faults in an order in which each can still be put in."""
    picked = dice.sample(FAULTS, count)
    return sorted(
        picked, key=lambda each: (each.name not in _FIRST, _LAST.index(each.name) if each.name in _LAST else -1)
    )
