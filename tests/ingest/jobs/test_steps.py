from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest

from ingest.findings import Findings
from ingest.jobs.checks import flag_outliers
from ingest.jobs.cumulative import difference, quarters
from ingest.jobs.description import Number, Period
from ingest.jobs.latin import latin, slug
from ingest.jobs.source import File, Limits
from ingest.jobs.source_keys import Source
from ingest.jobs.table import read_table, text_of
from ingest.jobs.texts import number_reader, period_reader

LIMITS = Limits(max_bytes=10_000, max_rows=100, max_columns=5, timeout_s=1)


def frame(**values: str | None) -> pd.DataFrame:
    """Rows of one city: q1="…" is the first quarter of 2024."""
    rows = [
        {"city": "c", "indicator": "i", "period": f"2024-{name.upper()}", "value": value, "status": "A", "note": None}
        for name, value in values.items()
    ]
    return pd.DataFrame(rows).astype({"value": object, "note": object})


def by_period(table: pd.DataFrame) -> dict[str, tuple[str | None, str]]:
    values = [None if value is None or value != value else value for value in table["value"]]
    return dict(zip(table["period"], zip(values, table["status"], strict=True), strict=True))


def test_a_mean_since_january_gives_its_quarters() -> None:
    # Means of 10, 20, 30, 40: by hand 10, 15, 20, 25 since January.
    assert by_period(quarters(frame(q1="10", q2="15", q3="20", q4="25"), "ytd_mean")) == {
        "2024-Q1": ("10", "A"),
        "2024-Q2": ("20", "E"),
        "2024-Q3": ("30", "E"),
        "2024-Q4": ("40", "E"),
    }


def test_a_sum_since_january_gives_its_quarters() -> None:
    found = by_period(quarters(frame(q1="10.1", q2="30.3", q4="100"), "ytd_sum"))
    # Without the third quarter's sum the fourth cannot be known, and the third was not reported.
    assert found == {"2024-Q1": ("10.1", "A"), "2024-Q2": ("20.2", "E")}


def test_a_blank_sum_makes_two_quarters_blank() -> None:
    found = by_period(quarters(frame(q1="10", q2=None, q3="60"), "ytd_sum"))
    assert found == {"2024-Q1": ("10", "A"), "2024-Q2": (None, "O"), "2024-Q3": (None, "O")}


def test_differences_are_exact() -> None:
    assert difference(Decimal("0.3"), Decimal("0.1"), 2, "ytd_sum") == "0.2"
    assert difference(Decimal("46265.2"), Decimal("44000.1"), 4, "ytd_mean") == "53060.5"


@pytest.mark.parametrize(
    ("text", "spec", "digits"),
    [
        ("14,8 тыс.чел.", {"pattern": r"([\d,]+) тыс\.чел\.", "decimal": ",", "factor": "1000"}, "14800"),
        ("1 234,50", {"decimal": ",", "grouping": " "}, "1234.5"),
        ("-0", {}, "0"),
        ("2.5e3", {}, "2500"),
        ("н/д", {"missing": ["н/д"]}, None),
    ],
)
def test_numbers_are_read_as_the_job_says(text: str, spec: dict[str, object], digits: str | None) -> None:
    assert number_reader(Number.model_validate({"column": "x", **spec}))(text) == digits


@pytest.mark.parametrize("text", ["nan", "inf", "1_000", "1e400", "1,5", "٣", "1.2.3", "10000000000000001"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        number_reader(Number(column="x"))(text)


@pytest.mark.parametrize(
    ("text", "dates", "code"),
    [
        ("2001-01-01/P1Y", "day", "2001"),
        ("2014-04-01/P3Y", "day", "2014-04-01/P3Y"),
        ("2008-04-16", "year", "2008"),
        ("2008-04-16", "quarter", "2008-Q2"),
        ("2008-04-16", "month", "2008-04"),
        ("2008-04-16", "day", "2008-04-16"),
    ],
)
def test_periods_are_read_as_the_job_says(text: str, dates: str, code: str) -> None:
    assert period_reader(Period.model_validate({"column": "x", "dates": dates}))(text) == code


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (46265.2, "46265.2"),
        (5.0, "5"),
        (float("nan"), "NaN"),
        (float("inf"), "inf"),
        (True, "true"),
        (datetime(2024, 3, 1), "2024-03-01"),
        (date(2024, 3, 1), "2024-03-01"),
        (None, None),
    ],
)
def test_typed_cells_become_their_shortest_text(value: object, text: str | None) -> None:
    assert text_of(value) == text


def test_lines_are_those_an_editor_shows() -> None:
    content = b'a,b\n1,2\n\n3,4,5\n"x\ny",6\n7,8\n'
    findings = Findings()
    table = read_table(File("t.csv", content), Source(path="t.csv"), LIMITS, findings)
    assert table.lines.tolist() == [2, 5, 7]
    assert [(finding.line, finding.text) for finding in findings] == [(4, "3,4,5")]


def test_a_far_value_is_flagged_among_its_own() -> None:
    values = ["10", "11", "12", "13", "500"]
    table = pd.DataFrame(
        {"city": list("abcde"), "indicator": "i", "period": "2024", "value": values, "line": range(5), "file": "f"}
    )
    findings = Findings()
    flag_outliers(table, 10.0, findings)
    assert [finding.text for finding in findings] == ["500"]


@pytest.mark.parametrize(
    ("name", "in_latin", "code"),
    [
        ("Алейск", "Aleysk", "aleysk"),
        ("Ейск", "Yeysk", "yeysk"),
        ("Соль-Илецк", "Sol-Iletsk", "sol-iletsk"),
        ("Нижний Новгород", "Nizhniy Novgorod", "nizhniy-novgorod"),
        ("Щёлково", "Shchyolkovo", "shchyolkovo"),
    ],
)
def test_russian_names_in_latin_letters(name: str, in_latin: str, code: str) -> None:
    assert (latin(name), slug(name)) == (in_latin, code)
