"""The table against OWASP ASVS 5.0: every item of levels 1 and 2 once, and every test and file it names is there."""

from __future__ import annotations

import ast
import re

import pytest

from app.accounts.secrets import GUESSED
from tests.conftest import ROOT

#: Section, then its items of level 1, then those of level 2: facts of the standard, version 5.0.0.
ITEMS = """
1.1 - 1 2|1.2 1 2 3 4 5 - 6 7 8 9|1.3 1 2 - 3 4 5 6 7 8 9 10 11|1.4 - 1 2 3|1.5 1 - 2
2.1 1 - 2 3|2.2 1 2 - 3|2.3 1 - 2 3 4|2.4 - 1
3.2 1 2 -|3.3 1 - 2 3 4|3.4 1 2 - 3 4 5 6|3.5 1 2 3 - 4 5|3.7 - 1 2
4.1 1 - 2 3|4.2 - 1|4.3 - 1 2|4.4 1 - 2 3 4
5.1 - 1|5.2 1 2 - 3|5.3 1 2 -|5.4 - 1 2 3
6.1 1 - 2 3|6.2 1 2 3 4 5 6 7 8 - 9 10 11 12|6.3 1 2 - 3 4|6.4 1 2 - 3 4|6.5 - 1 2 3 4 5|6.6 - 1 2 3|6.8 - 1 2 3 4
7.1 - 1 2 3|7.2 1 2 3 4 -|7.3 - 1 2|7.4 1 2 - 3 4 5|7.5 - 1 2|7.6 - 1 2
8.1 1 - 2|8.2 1 2 - 3|8.3 1 -|8.4 - 1
9.1 1 2 3 -|9.2 1 - 2 3 4
10.1 - 1 2|10.2 - 1 2|10.3 - 1 2 3 4|10.4 1 2 3 4 5 - 6 7 8 9 10 11|10.5 - 1 2 3 4 5|10.6 - 1 2|10.7 - 1 2 3
11.1 - 1 2|11.2 - 1 2 3|11.3 1 2 - 3|11.4 1 - 2 3 4|11.5 - 1|11.6 - 1
12.1 1 - 2 3|12.2 1 2 -|12.3 - 1 2 3 4
13.1 - 1|13.2 - 1 2 3 4 5|13.3 - 1 2|13.4 1 - 2 3 4 5
14.1 - 1 2|14.2 1 - 2 3 4|14.3 1 - 2 3
15.1 1 - 2 3|15.2 1 - 2 3|15.3 1 - 2 3 4 5 6 7
16.1 - 1|16.2 - 1 2 3 4 5|16.3 - 1 2 3 4|16.4 - 1 2 3|16.5 - 1 2 3
17.1 - 1|17.2 - 1 2 3 4|17.3 - 1 2
"""
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (\d) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TABLE = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
ROWS = ROW.findall(TABLE)


def items() -> dict[str, str]:
    """The level of each item."""
    found = {}
    for section in ITEMS.replace("\n", "|").split("|"):
        first, _, second = section.partition("-")
        name, *ones = first.split() or [""]
        found |= {f"{name}.{one}": "1" for one in ones} | {f"{name}.{one}": "2" for one in second.split()}
    return found


def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_item_of_both_levels_stands_there_once() -> None:
    expected = items()
    assert list(expected.values()).count("1") == 70
    assert list(expected.values()).count("2") == 183
    assert {number: level for number, level, _, _ in ROWS} == expected
    assert len(ROWS) == len(expected)
    assert len(re.findall(r"^\| \d", TABLE, re.MULTILINE)) == len(ROWS)


@pytest.mark.parametrize(("number", "answer"), [(number, answer) for number, _, _, answer in ROWS])
def test_an_answer_is_of_its_kind_and_names_what_is_there(number: str, answer: str) -> None:
    assert re.match(r"(test|code|doc|n/a|site|open) \S", answer), number
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", answer)
    assert named or not answer.startswith("test "), number
    assert [test for path, test in named if test not in functions_of(path) or not test.startswith("test_")] == []
    paths = re.findall(
        r"`((?:app|dashboard|ingest|docs|bench)/[\w./-]+|compose\.yaml|Dockerfile|pyproject\.toml)`", answer
    )
    assert paths or not answer.startswith(("code ", "doc ")), number
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_the_words_of_the_guide_are_those_that_passwords_are_held_against() -> None:
    guide = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    listed = re.search(r"and these words: (.*?)\.\n\n", guide, re.DOTALL)
    assert listed
    assert tuple(" ".join(listed[1].split()).split(", ")) == GUESSED
