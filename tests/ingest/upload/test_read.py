"""Files through the one door: every dialect gives the same figures, real messy files give clear answers."""

from __future__ import annotations

import csv
import io
import json
import re
import string
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from ingest.upload import Choices, UploadLimits, check, read_upload, reference_known
from ingest.upload.delimited import delimited
from ingest.upload.encoding import decoded
from ingest.upload.numbers import style_of
from ingest.upload.periods import read_period
from ingest.upload.texts import TEXTS
from ingest.upload.values import read_value

KNOWN = reference_known()
ENCODINGS = ("utf-8", "utf-8-sig", "cp1251", "cp866", "koi8-r", "mac-cyrillic", "utf-16")
QUARTERS = ("2024-Q3", "Q3 2024", "3 кв. 2024", "III квартал 2024 года", "3к24", "июль-сентябрь 2024")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_separator_sign_and_spelling_gives_the_same_figures(encoding: str) -> None:
    for delimiter, decimal, group, quarter in product(";\t|", ",.", ["", " ", "\u00a0"], QUARTERS):
        lines = [
            delimiter.join(["Город", "Показатель", "Период", "Значение"]),
            delimiter.join(["Казань", "CE_PLATFORM_USERS", quarter, f"1{group}234{decimal}5"]),
            delimiter.join(["Нижний Новгород", "TI_SMART_STOPS", quarter, f"45{decimal}2"]),
        ]
        content = "\r\n".join(lines).encode(encoding)
        rows = check(read_upload(content, "f.csv", known=KNOWN), KNOWN).rows
        assert [(row.city, row.period, row.value) for row in rows] == [
            ("ru-kazan", "2024-Q3", Decimal("1234.5")),
            ("ru-nizhny-novgorod", "2024-Q3", Decimal("45.2")),
        ]


def test_a_choice_overrides_what_was_detected() -> None:
    content = b"indicator;city;period;value\nTI_SMART_STOPS;ru-kazan;2024-Q3;1,234\n"
    asked = check(read_upload(content, "f.csv", known=KNOWN), KNOWN)
    assert [finding.readings for finding in asked.of("error")] == [("1.234", "1234")]
    chosen = check(read_upload(content, "f.csv", Choices(decimal="comma"), known=KNOWN), KNOWN)
    assert [row.value for row in chosen.rows] == [Decimal("1.234")]


def test_of_a_figure_that_stands_often_some_cells_are_named_and_all_rows_counted() -> None:
    rows = "".join(f"ru-kazan;TI_SMART_STOPS;2024-Q3;{n % 100}\n" for n in range(1_500))
    checked = check(read_upload(f"city;indicator;period;value\n{rows}".encode(), "f.csv", known=KNOWN), KNOWN)
    said = "(D2, D3, D4, D5, D6, D7, D8, D9 …)"
    assert checked.findings.counts["duplicate-conflict", "error"] == 1_500
    assert len(checked.findings.kept) == 1_000
    assert all(said in finding.message and said in finding.message_ru for finding in checked.findings)


def test_signs_that_contradict_are_shown_as_they_first_stand() -> None:
    lines = ["city;indicator;period;value", "ru-kazan;TI_SMART_STOPS;2024-Q3;45,2"]
    lines += ["ru-kazan;TI_SMART_STOPS;2024-Q2;9.5", "ru-kazan;TI_SMART_STOPS;2024-Q1;1,5"]
    checked = check(read_upload("\n".join(lines).encode(), "f.csv", known=KNOWN), KNOWN)
    assert [finding.message for finding in checked.of("warning")] == [
        "The file writes decimals both with a comma (45,2) and with a point (9.5)."
    ]


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("city;indicator;period;value", "ru-kazan;TI_SMART_STOPS;2024-Q{};45"),
        ("city;indicator;2024-Q3", "ru-kazan;TI_SMART_STOPS;{}"),
    ],
)
def test_records_share_what_is_the_same_for_all_of_them(head: str, line: str) -> None:
    content = "\n".join([head, line.format(1), line.format(2)]).encode()
    first, second = read_upload(content, "f.csv", known=KNOWN).records
    assert first.cells is not second.cells
    assert first.columns is second.columns


def test_form_and_file_must_speak_of_one_quarter() -> None:
    content = b"city;indicator;period;value\nru-kazan;TI_SMART_STOPS;2024-Q3;5\n"
    known = replace(KNOWN, city="ru-kazan", period="2025-Q3")
    checked = check(read_upload(content, "f.csv", known=known), known)
    assert checked.verdict == "refused"
    assert "2024-Q3" in next(iter(checked.of("error"))).message
    assert "2025-Q3" in next(iter(checked.of("error"))).message


def test_lines_and_rows_differ_after_a_cell_with_a_line_break() -> None:
    content = b'city;indicator;period;value;note\nru-kazan;TI_SMART_STOPS;2024-Q3;5;"a\nb"\nru-ufa;TI_SMART_STOPS;2024-Q3;x1;\n'  # noqa: E501 # fmt: skip
    checked = check(read_upload(content, "f.csv", known=KNOWN), KNOWN)
    assert [(finding.cell, finding.line) for finding in checked.of("error")] == [("D3", 4)]


def test_a_hundred_thousand_rows_with_a_thousand_errors_are_found_where_they_are() -> None:
    codes = [code for code, facts in KNOWN.indicators.items() if facts.frequency == "Q"]
    cities = list(KNOWN.cities)[:300]
    lines = ["city;indicator;period;value"]
    for number in range(100_000):
        city, code = cities[number % len(cities)], codes[number // len(cities) % len(codes)]
        quarter = f"{2010 + number // (len(cities) * len(codes))}-Q1"
        lines.append(f"{city};{code};{quarter};{'1О,5' if number % 100 == 7 else '45,2'}")
    checked = check(read_upload("\n".join(lines).encode(), "f.csv", known=KNOWN), KNOWN)
    errors = [finding.line for finding in checked.of("error") if finding.check == "letter-in-number"]
    assert errors == [number + 2 for number in range(100_000) if number % 100 == 7]
    assert len(checked.rows) == 99_000


@pytest.mark.parametrize(
    ("text", "check_code"),
    [
        ("a" * 10_000_000, "line-too-long"),
        ("city;indicator;period;value" + ";x" * 2_000, "too-many-columns"),
        ("a;" * 300_000, "no-header"),
        (";" * 1_000_001, "empty-file"),
        ("a;b\n1;2\n", "no-header"),
        ("city;indicator;period;value\n", "no-rows"),
        ("", "empty-file"),
    ],
)
def test_hostile_and_empty_texts_are_refused(text: str, check_code: str) -> None:
    checked = check(read_upload(text.encode(), "f.csv", known=KNOWN), KNOWN)
    assert checked.verdict == "refused"
    assert check_code in {name for name, _ in checked.findings.counts}


def test_rows_past_the_limit_are_refused() -> None:
    content = b"city;indicator;period;value\n" + b"ru-kazan;TI_SMART_STOPS;2024-Q3;5\n" * 200
    limits = replace(UploadLimits(), max_upload_rows=50)
    assert check(read_upload(content, "f.csv", known=KNOWN, limits=limits), KNOWN).verdict == "refused"


@pytest.mark.shared_data
def test_csv_spectrum_is_parsed_as_its_json_says(shared_data: Path) -> None:
    folder = shared_data / "messy" / "csv-spectrum"
    for path in sorted((folder / "csvs").glob("*.csv")):
        expected = json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        text = path.read_bytes().decode("utf-8")
        sheet = delimited(text, frozenset(), ",", lambda _row: 1, UploadLimits()).sheet
        assert sheet is not None
        head, *rows = sheet.rows
        found = [dict(zip(map(str, head), map(str, row), strict=True)) for row in rows]
        # The oracle is one object where the file has one row.
        wanted = expected if isinstance(expected, list) else [expected]
        if path.stem == "location_coordinates":
            wanted[0]["Contact Phone Number"] = "2095257564"  # the oracle anonymised the number, the file did not
        assert found == wanted, path.name


@pytest.mark.shared_data
def test_every_messy_file_gets_an_answer_and_no_figure(shared_data: Path) -> None:
    paths = [path for path in sorted((shared_data / "messy").rglob("*")) if path.suffix in (".csv", ".xlsx")]
    assert len(paths) > 100
    for path in paths:
        checked = check(read_upload(path.read_bytes(), path.name, known=KNOWN), KNOWN)
        assert checked.rows == []
        assert checked.verdict in ("refused", "errors"), path.name
        assert all(finding.message and finding.message_ru for finding in checked.findings)


@pytest.mark.shared_data
def test_the_number_cells_of_a_statistical_bulletin_are_read_or_asked(shared_data: Path) -> None:
    path = next((shared_data / "messy" / "kep").glob("tab*.csv"))
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline=""), delimiter="\t"))
    texts = sorted({cell for row in rows for cell in row[1:] if re.fullmatch(r"[\d,]*\d,\d+\)?", cell)})
    assert len(texts) > 5_000
    style, _ = style_of(texts)
    for text in texts:
        found = read_value(text, KNOWN.indicators["CE_PLATFORM_USERS"], style)
        if re.fullmatch(r"\d+,\d+", text):
            assert found.value == Decimal(text.replace(",", "."))
        else:
            assert found.value is None
            assert found.said


def test_every_check_stands_in_the_documentation() -> None:
    text = (Path(__file__).parents[3] / "docs" / "upload.md").read_text(encoding="utf-8")
    assert [code for code in TEXTS if f"`{code}`" not in text] == []


def test_every_check_speaks_both_languages_with_the_same_words() -> None:
    for code, text in TEXTS.items():
        assert any("а" <= letter <= "я" for letter in text.ru.lower()), code
        assert text.en.isascii() or "«" not in text.en, code
        places = [{name for _, name, _, _ in string.Formatter().parse(said) if name} for said in (text.en, text.ru)]
        assert not places[0] & {"place", "column", "key"}, code


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("2024-Q5", ()),
        ("3/2024", ("2024-Q3", "2024-03")),
        ("Ш кв. 2024", ("2024-Q3",)),
        ("на 01.10.2024", ("2024-Q3",)),
        ("01.10.2024", ("2024-Q3", "2024-Q4")),
        ("45292", ("2023-Q4", "2024-Q1")),
        ("1 полугодие 2024", ("2024-Q2",)),
        ("9 мес. 2024", ("2024-Q3",)),
        ("5 кв. 2024", ()),
    ],
)
def test_spellings_of_periods(text: str, codes: tuple[str, ...]) -> None:
    assert read_period(text).codes == codes


def test_small_letters_that_two_encodings_write_alike_are_no_question() -> None:
    """Windows and the Mac have the same bytes for small Russian letters: such a header must not stop an office."""
    text = "город;показатель;период;значение\nru-kazan;TI_SMART_LIGHTING;2024-Q3;64,5\n"
    for encoding in ("cp1251", "mac-cyrillic"):
        assert decoded(text.encode(encoding)).text == text


@pytest.mark.parametrize("unit", ["мкг/м³", "мкг/м3", "мкг/м?", "мкг/м\u00b3 "])
def test_a_unit_that_an_old_encoding_could_not_hold_is_still_the_unit(unit: str) -> None:
    text = f"город;показатель;период;значение;единица измерения\nru-kazan;QM_PM25;2024-Q3;14,5;{unit}\n"
    known = reference_known(today=date(2025, 2, 1))
    checked = check(read_upload(text.encode(), "figures.csv", known=known), known)
    assert [row.value for row in checked.rows] == [Decimal("14.5")]
    wrong = text.replace(unit, "мг/м3")
    assert check(read_upload(wrong.encode(), "figures.csv", known=known), known).verdict == "errors"
