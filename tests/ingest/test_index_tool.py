"""The index as a tool: a framework file and a table in, figures or every fault out."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ingest.index_grid import TableError, csv_grid
from ingest.index_table import Reading, figures
from ingest.index_tool import REFERENCE, add_arguments, read_framework, run, run_command
from tests.app.domain.composite.frames import small

# Norway to India, 2021, as printed in the Human Development Report 2021/2022.
HDI_2021 = """country,le,eys,mys,gnipc
Norway,83.2339,18.1852,13.0036,64660.11
Liechtenstein,83.2575,15.1816,12.5385,146829.70
Russia,69.419,15.7664,12.7743,27166.31
Kazakhstan,69.3622,15.7650,12.3476,23942.82
India,67.2398,11.8746,6.6551,6589.98
"""
PUBLISHED = {"Norway": 0.961, "Liechtenstein": 0.935, "Russia": 0.822, "Kazakhstan": 0.811, "India": 0.633}
PLAIN = """
code = "plain"
version = "1"
[nodes.I]
minimum_coverage = 0.5
children = [{ code = "a", goalposts = [0, 10] }, { code = "b", goalposts = [0, 10] }]
"""


def tool(*words: object) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run_command(parser.parse_args([str(word) for word in words]))


def written(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


def scores(folder: Path, text: str, framework: str = PLAIN, *words: str) -> pd.DataFrame:
    recipe = written(folder, framework, "framework.toml")
    out = folder / "scores.csv"
    assert tool(recipe, written(folder, text), "--out", out, *words) == 0
    return pd.read_csv(out, index_col="city")


def faults(folder: Path, capsys: pytest.CaptureFixture[str], text: str, framework: str = PLAIN) -> list[str]:
    recipe = written(folder, framework, "framework.toml")
    assert tool(recipe, written(folder, text)) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.splitlines()


def test_a_bundled_framework_gives_the_published_digits(tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    assert run("hdi", written(tmp_path, HDI_2021), out=out, intervals=None, seed=0) == 0
    table = pd.read_csv(out)
    assert list(table.columns) == ["city", "score", "rank", "coverage", "HDI", "EI", "reason"]
    assert dict(zip(table["city"], table["score"], strict=True)) == PUBLISHED
    assert table["rank"].tolist() == [1, 2, 3, 4, 5]


def test_decimal_commas_between_semicolons_give_the_same(tmp_path: Path) -> None:
    text = HDI_2021.replace(",", ";").replace(".", ",")
    out = tmp_path / "scores.csv"
    assert run("hdi", written(tmp_path, "\ufeff" + text.replace("\n", "\r\n")), out=out) == 0
    assert dict(pd.read_csv(out)[["city", "score"]].itertuples(index=False)) == PUBLISHED


def test_long_form_gives_the_same_as_wide(tmp_path: Path) -> None:
    wide = "city,a,b\nx,1,2\ny,3,\n"
    long = "city,indicator,value\nx,a,1\nx,b,2\ny,a,3\n"
    pd.testing.assert_frame_equal(scores(tmp_path, wide), scores(tmp_path, long))


def test_workbooks_and_parquet_give_the_same_as_csv(tmp_path: Path) -> None:
    expected = scores(tmp_path, "city,a,b\nx,1,2.5\ny,3,\n")
    frame = pd.DataFrame({"city": ["x", "y"], "a": [1, 3], "b": [2.5, None]})
    for name, write in (("t.xlsx", frame.to_excel), ("t.parquet", frame.to_parquet)):
        write(tmp_path / name, index=False)
        out = tmp_path / "again.csv"
        assert tool(tmp_path / "framework.toml", tmp_path / name, "--out", out) == 0
        pd.testing.assert_frame_equal(pd.read_csv(out, index_col="city"), expected)


@pytest.mark.parametrize("suffix", ["xlsx", "parquet", "json"])
def test_scores_are_written_in_the_kind_of_the_file(tmp_path: Path, suffix: str) -> None:
    recipe, out = written(tmp_path, PLAIN, "f.toml"), tmp_path / f"out.{suffix}"
    assert tool(recipe, written(tmp_path, "city,a,b\nx,1,2\n"), "--out", out) == 0
    if suffix == "json":
        assert json.loads(out.read_text())["scores"][0]["score"] == 15.0
    else:
        table = pd.read_excel(out) if suffix == "xlsx" else pd.read_parquet(out)
        assert table["score"].tolist() == [15.0]


def test_intervals_add_their_columns_and_say_what_was_varied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "city,a,b\nx,9,9\ny,1,5\nz,5,1\n"
    table = scores(tmp_path, text, PLAIN, "--intervals", "200", "--seed", "3")
    assert list(table.columns)[:8] == [
        "score",
        "rank",
        "rank_low",
        "rank_high",
        "rank_median",
        "p_top10",
        "tier",
        "coverage",
    ]
    assert table.loc["x", ["rank_low", "rank_high", "tier"]].tolist() == [1, 1, 1]
    assert table.loc["y", ["rank_low", "rank_high", "tier"]].tolist() == [2, 3, 2]
    assert "weights in I: Dirichlet" in capsys.readouterr().err


def test_json_carries_contributions_that_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = written(tmp_path, PLAIN, "f.toml")
    assert tool(recipe, written(tmp_path, "city,a,b,size\nx,9,9,1\ny,1,,2\n"), "--json", "--intervals", "5") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["framework"] == {"code": "plain", "version": "1", "name": {}}
    assert answer["notes"] == ["columns ignored: size"]
    assert answer["scores"][0]["rank"] == 1
    assert answer["contributions"][0] == {"city": "x", "a": 45.0, "b": 45.0, "score": 90.0}
    assert answer["contributions"][1]["b"] is None
    assert answer["intervals"]["draws"] == 5


def test_a_city_below_the_coverage_rule_is_named_with_its_gaps(tmp_path: Path) -> None:
    table = scores(tmp_path, "city,a,b\nx,1,2\ny,,\n")
    assert table.loc["y", "reason"] == "not ranked: 0 % reported; missing: a, b; I has 0 of 2 parts and needs 50 %"
    assert pd.isna(table.loc["y", "rank"])


@pytest.mark.parametrize(
    "cell", ["nan", "inf", "-inf", "NaN", "..", "1 000", "1_000", "12%", "0x1f", "١", "1e999", "yes"]
)
def test_a_cell_that_is_not_a_number_is_an_error_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    (found,) = faults(tmp_path, capsys, f"city,a,b\nx,1,2\ny,{cell},3\n")
    assert found.startswith(f"error: line 3, column 'a': '{cell}' is not a number")


def test_all_bad_cells_come_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = faults(tmp_path, capsys, 'city,a,b\nx,?,2\n\ny,"1,5",-\n')
    assert [line.split(": ")[1] for line in found] == [
        "line 2, column 'a'",
        "line 4, column 'a'",
        "line 4, column 'b'",
    ]
    assert "decimal comma is read only" in found[1]


def test_marks_of_a_gap_are_read_only_when_they_are_announced(tmp_path: Path) -> None:
    text = "city,a,b\nx,1,..\ny,nan,3\nz,M,3\n"
    table = scores(tmp_path, text, PLAIN, "--missing", "..", "--missing", "nan", "--not-applicable", "M")
    assert table["coverage"].tolist() == [0.5, 0.5, 1.0]
    framework = PLAIN.replace("[nodes", '[cells]\nmissing = ["..", "nan"]\nnot_applicable = ["M"]\n[nodes', 1)
    pd.testing.assert_frame_equal(table, scores(tmp_path, text, framework))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("city,a,b\nx,1,2\nx,1,2\n", "line 3: x stands twice, first on line 2"),
        ("city,a,a\nx,1,2\n", "line 1: column 'a' stands twice"),
        ("city,a,b\nx,1\n", "line 2: 2 cells under a header of 3"),
        ("city,a,b\n,1,2\n", "line 2: the city is empty"),
        ("city,a\nx,1\n", "column 'b', which the framework needs, is not in the table"),
        ("city,a,B\nx,1,2\n", "is 'B' meant?"),
        ("", "the table is empty"),
        ("city;a;b\nx;1,5;2.5\n", "writes decimals two ways"),
        ("city,indicator,value\nx,a,1\nx,a,2\n", "x has a twice"),
        ('city,a,b\n"x,1,2\n', "line 2: unexpected end of data"),
        ("a,b\n1,2\n", "no column of cities"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_clear_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    assert words in "\n".join(faults(tmp_path, capsys, text))


def test_faults_of_a_framework_are_listed_by_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = faults(tmp_path, capsys, "city,a\nx,1\n", PLAIN.replace("[0, 10]", "[5, 5]"))
    assert [line.split(": ")[1] for line in found] == [
        "nodes.I.children[0].goalposts",
        "nodes.I.children[1].goalposts",
    ]
    assert "not TOML" in faults(tmp_path, capsys, "city,a\nx,1\n", "code = ")[0]


def test_a_wrong_call_is_told_apart_from_wrong_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = written(tmp_path, "city,a,b\nx,1,2\n")
    recipe = written(tmp_path, PLAIN, "f.toml")
    assert tool("nothing", data) == 2
    assert "bundled ones are asem, citymark-5p" in capsys.readouterr().err
    assert tool(recipe, tmp_path / "absent.csv") == 2
    assert tool(recipe, data, "--intervals", "0") == 2
    assert tool(recipe, data, "--out", tmp_path / "scores.doc") == 2
    assert tool(recipe, data, "--out", tmp_path / "no" / "scores.csv") == 2
    with pytest.raises(SystemExit) as refused:
        tool(recipe)
    assert refused.value.code == 2


def test_a_header_without_cities_is_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scores(tmp_path, "city,a,b\n", PLAIN, "--intervals", "10").empty
    assert "no city" in capsys.readouterr().err


def test_periods_are_ranked_apart(tmp_path: Path) -> None:
    table = scores(tmp_path, "city,period,a,b\nx,2023,1,1\ny,2023,2,2\nx,2024,5,5\n")
    assert table[["period", "rank"]].to_numpy().tolist() == [[2023, 2], [2023, 1], [2024, 1]]


def test_long_numeric_codes_of_cities_stay_apart(tmp_path: Path) -> None:
    frame = pd.DataFrame({"city": [79701000001.0, 79701000002.0], "a": [1, 2], "b": [1, 2]})
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    out = tmp_path / "scores.csv"
    assert tool(written(tmp_path, PLAIN, "f.toml"), tmp_path / "t.xlsx", "--out", out) == 0
    assert pd.read_csv(out, dtype=str)["city"].tolist() == ["79701000001", "79701000002"]


def test_scores_are_rounded_only_where_the_framework_says(tmp_path: Path) -> None:
    text = "city,a,b\nx,1,2.345\n"
    assert scores(tmp_path, text).loc["x", "score"] == 16.725
    rounded = "decimals = 1\n" + PLAIN
    assert scores(tmp_path, text, rounded).loc["x", "score"] == 16.7
    assert scores(tmp_path, text, rounded, "--unrounded").loc["x", "score"] == 16.725


def test_a_formula_without_a_computed_value_is_not_a_gap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = openpyxl.Workbook()
    book.active.append(["city", "a", "b"])
    book.active.append(["x", 1, "=1+1"])
    book.save(tmp_path / "t.xlsx")
    assert tool(written(tmp_path, PLAIN, "f.toml"), tmp_path / "t.xlsx") == 1
    assert "line 2, column 3: the formula '=1+1' holds no computed value" in capsys.readouterr().err


def test_a_table_saved_by_a_russian_office_is_read_and_a_doubt_is_asked() -> None:
    text = "город;a;b\nКазань;1 234,5;2\nНабережные Челны;1\u00a0000;0,5\nПетропавловск-Камчатский;7;1\n"
    grid = csv_grid(text.encode("cp1251"))
    assert grid.notes == ("read as cp1251",)
    assert grid == replace(csv_grid(text.encode()), notes=grid.notes)
    with pytest.raises(TableError, match="line 1: .* Say which: --encoding cp1251"):
        csv_grid("city,a\nУхта,1\n".encode("cp866"))
    assert csv_grid("city,a\nУхта,1\n".encode("cp866"), "cp866").rows[0][1] == ("Ухта", "1")
    recipe = small(
        "[nodes.i]\nchildren = [{ code = 'a', goalposts = [0, 2000] }, { code = 'b', goalposts = [0, 2] }]"
    )
    assert figures(grid, recipe, Reading()).values["a"].tolist() == [1234.5, 1000.0, 7.0]


def test_the_example_of_the_documentation_runs(tmp_path: Path) -> None:
    page = (REFERENCE.parents[1] / "docs" / "frameworks.md").read_text(encoding="utf-8")
    blocks = {kind: page.split(f"```{kind}\n")[1].split("```")[0] for kind in ("toml", "csv", "text")}
    recipe = written(tmp_path, blocks["toml"], "green.toml")
    out = tmp_path / "scores.csv"
    assert tool(recipe, written(tmp_path, blocks["csv"], "green.csv"), "--out", out) == 0
    assert out.read_text(encoding="utf-8") == blocks["text"]


def test_every_key_of_the_format_is_documented() -> None:
    from app.domain.composite import framework, parse, parse_leaf

    page = (REFERENCE.parents[1] / "docs" / "frameworks.md").read_text(encoding="utf-8")
    names = {*parse.FRAMEWORK_KEYS, *parse.NODE_KEYS, *parse_leaf.LEAF_KEYS}
    names |= {*framework.METHODS, *framework.MEANS, *framework.TRANSFORMS, *framework.IMPUTATIONS}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_the_catalogue_can_be_another_file(tmp_path: Path) -> None:
    empty = written(tmp_path, "code,goalpost_min,goalpost_max\n", "catalogue.csv")
    with pytest.raises(ValueError, match="HC_LIFE_EXP"):
        read_framework("citymark-5p", empty)
