"""Faults of what is said: periods, cities, indicators, rows twice, values that cannot be."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

from tests.ingest.upload.clean import CITIES, PERIOD, Draft
from tests.ingest.upload.fault_table import fault, rename, some_row


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
