"""`citymark check`: the findings and exit codes of a submission, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.__main__ import main

GOOD = "Город;Показатель;Период;Значение\nКазань;TI_SMART_STOPS;3 кв. 2024;45,2\n"


def test_a_good_file_exits_with_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(GOOD.encode("cp1251"))
    assert main(["check", str(path), "--city", "ru-kazan", "--period", "2024-Q3"]) == 0
    assert "f.csv: готов к подаче, значений прочитано: 1" in capsys.readouterr().out


def test_errors_exit_with_one_and_stand_in_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "f.csv"
    path.write_text(GOOD.replace("45,2", "1О,2"), encoding="utf-8")
    assert main(["check", str(path), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["verdict"] == "errors"
    errors = [finding for finding in facts["findings"] if finding["severity"] == "error"]
    assert [(finding["check"], finding["cell"], finding["proposed"]) for finding in errors] == [
        ("letter-in-number", "D2", "10.2")
    ]


@pytest.mark.parametrize("words", [["absent.csv"], ["f.csv", "--city", "ru-nowhere"], ["f.csv", "--period", "Q9"]])
def test_a_wrong_call_exits_with_two(tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text(GOOD, encoding="utf-8")
    assert main(["check", *words]) == 2
