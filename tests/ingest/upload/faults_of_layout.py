"""Faults of the table in the file: headers, rows that are none, columns, sheets."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Literal

from tests.ingest.upload.clean import PERIOD, Draft, workbook_of
from tests.ingest.upload.fault_table import fault


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
