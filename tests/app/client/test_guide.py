"""What docs/client.md shows is run: its Python as it stands, the addresses of its R and Power Query."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pyarrow.parquet as parquet
import pytest
from sqlalchemy import select

from app.db import writing
from app.models import Methodology
from ingest.frameworks import load_frameworks
from tests.conftest import ROOT
from tests.office import CLEAN, Office

GUIDE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
HOST = "https://citymark.example.org"
FRAMEWORK = """
code = "citymark-5p"
version = "1.0"
decimals = 1
minimum_coverage = 0.6
carry_years = 2
[defaults]
scale = 100
[uncertainty]
weight_spread = 0.3
values = true
[nodes.index]
children = ["infrastructure", "management"]
[nodes.infrastructure]
children = [{ code = "TI_SMART_LIGHTING", goalposts = [0, 100] }]
[nodes.management]
children = [{ code = "QM_WATER_LOSS", goalposts = { worst = 50, best = 0 } }]
"""


def blocks(language: str) -> list[str]:
    return re.findall(f"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def promised(block: str) -> list[str]:
    """The columns that the guide names below a block."""
    behind = GUIDE[GUIDE.index(block) :]
    line = re.search(r"^Columns: (.*)$", behind, re.MULTILINE)
    assert line
    return re.findall(r"`(\w+)`", line.group(1))


@pytest.fixture
def guide_site(office: Office, office_site: str, tmp_path: Path) -> str:
    """The ministry with the index that the guide speaks of."""
    (tmp_path / "frameworks").mkdir()
    (tmp_path / "frameworks" / "index.toml").write_text(FRAMEWORK, encoding="utf-8")
    with writing(office.engine) as session:
        methodology = session.scalars(select(Methodology)).first()
        assert methodology
        load_frameworks(session, tmp_path / "frameworks", {}, methodology)
    return office_site


@pytest.fixture
def ministry(office: Office) -> Iterator[None]:
    """A reviewer who approves and publishes whatever is submitted."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(0.05):
            for row in office.get("reviewer", "/submissions?state=submitted").json()["data"]:
                office.step("reviewer", row["id"], "approve")
                office.step("reviewer", row["id"], "publish")

    thread = threading.Thread(target=work)
    thread.start()
    yield
    is_over.set()
    thread.join(20)


@pytest.mark.usefixtures("ministry")
def test_the_python_of_the_guide_runs_as_it_stands(
    guide_site: str, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITYMARK_TOKEN", token)
    (tmp_path / "q3.csv").write_bytes(CLEAN)
    names: dict[str, Any] = {}
    examples = blocks("python")
    assert len(examples) == 6
    for example in examples:
        exec(example.replace(HOST, guide_site), names)  # noqa: S102 # our own guide
    for name in ("citymark", "office"):
        names[name].close()
    told = capsys.readouterr().out.splitlines()
    assert "{'TI_SMART_LIGHTING': '%'} 1 2026-08-01T09:00:00Z False" in told
    assert "query.period '2026-Q5' is not a period" in "\n".join(told)
    assert told[-1] == "published 2"
    assert names["figures"]["value"].tolist() == [60.0] * 4
    assert names["same"]["value"].tolist() == [60.0, 60.0]
    assert names["scores"].attrs["about"][0]["official"] is False
    assert names["next_time"] == 1


def read(site: str, url: str) -> bytes:
    with urlopen(url.replace(HOST, site), timeout=20) as answer:  # noqa: S310 # our own server
        assert answer.status == 200
        return bytes(answer.read())


def header(content: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(content.decode("utf-8"))))


def test_the_addresses_of_r_give_the_columns_promised(guide_site: str) -> None:
    figures, ranks = blocks("r")
    (url,) = re.findall(r'"(https://[^"]+)"', figures)
    table = parquet.read_table(io.BytesIO(read(guide_site, url)))
    assert table.column_names == promised(figures)
    assert table.num_rows == 2
    (url,) = re.findall(r'"(https://[^"]+)"', ranks)
    assert set(promised(ranks)) <= set(header(read(guide_site, url)))


def test_the_query_of_excel_gives_the_columns_promised(guide_site: str) -> None:
    (query,) = blocks("powerquery")
    base, path = re.search(r'"(https://[^"]+)"', query), re.search(r'RelativePath = "([^"]+)"', query)
    record = re.search(r"Query = \[([^\]]+)\]", query)
    assert base
    assert path
    assert record
    parameters = dict(re.findall(r'(\w+) = "([^"]*)"', record.group(1)))
    content = read(guide_site, f"{base.group(1)}/{path.group(1)}?{urlencode(parameters)}")
    assert header(content) == promised(query)
    assert len(content.splitlines()) == 5
    typed = re.findall(r'\{"(\w+)", ', query)
    assert set(typed) <= set(promised(query))
