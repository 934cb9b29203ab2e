"""The command as people and scripts meet it; the example of the documentation is what it runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from ingest.__main__ import main
from ingest.jobs import description, source_keys
from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The worked example, in a folder of its own, over an empty database."""
    monkeypatch.setenv("CITYMARK_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYMARK_SOURCES_DIR", str(tmp_path))
    table, job = (re.search(f"```{kind}\n(.*?)```", GUIDE, re.DOTALL) for kind in ("csv", "toml"))
    assert table is not None
    assert job is not None
    (tmp_path / "lights.csv").write_text(table.group(1), encoding="utf-8")
    catalogue = f'\n[catalogue]\nfolder = "{(ROOT / "data" / "reference").as_posix()}"\n'
    (tmp_path / "lights.toml").write_text(job.group(1) + catalogue, encoding="utf-8")
    return tmp_path / "lights.toml"


def test_the_example_of_the_guide_loads(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load", str(example)]) == 0
    told = capsys.readouterr().out
    assert "lights: published as vintage 1" in told
    assert "2 read, 2 new, 0 revised, 0 unchanged, 0 withdrawn, 0 rejected" in told
    assert main(["load", str(example)]) == 0
    assert "nothing new, no vintage" in capsys.readouterr().out


def test_a_bad_row_is_listed_and_exits_with_1(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = example.with_name("lights.csv")
    table.write_text(table.read_text(encoding="utf-8").replace("62,5", "6O,5"), encoding="utf-8")
    assert main(["load", str(example), "--json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["state"], report["new"], report["rejected"], report["vintage"]) == ("published", 1, 1, 1)
    assert [(row["line"], row["column"], row["text"]) for row in report["rows"]] == [(2, "освещение", "6O,5")]


def test_a_refused_job_exits_with_1_and_says_so(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example.with_name("lights.csv").unlink()
    assert main(["load", str(example)]) == 1
    assert "refused, nothing was written: source lights.csv" in capsys.readouterr().out


def test_a_wrong_job_file_exits_with_2_and_names_the_line(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example.write_text(example.read_text(encoding="utf-8").replace("delimiter", "separator"), encoding="utf-8")
    assert main(["load", str(example)]) == 2
    assert "lights.toml:5: figures.source.separator: unknown key" in capsys.readouterr().err


def test_every_key_stands_in_the_guide() -> None:
    models = [
        model
        for module in (description, source_keys)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__
    ]
    keys = {name for model in models for name in model.model_fields}
    assert {key for key in keys if not re.search(rf"[`.\[]{key}[`.\]]", GUIDE)} == set()
    assert len(keys) > 40


@pytest.mark.parametrize("number", range(len(re.findall("```toml", GUIDE))))
def test_the_worked_examples_of_the_guide_are_well_formed(number: int, tmp_path: Path) -> None:
    block = re.findall("```toml\n(.*?)```", GUIDE, re.DOTALL)[number]
    (tmp_path / "example.toml").write_text(block, encoding="utf-8")
    assert description.read_job(tmp_path / "example.toml").text.figures


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "jobs").glob("*.toml")), ids=lambda path: path.stem)
def test_the_bundled_jobs_are_well_formed(path: Path) -> None:
    assert description.read_job(path).text.licence
