"""Programs of others read by address from a running server: the numbers, flags and rows of the API's own JSON."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import duckdb
import duckdb_extension_httpfs
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from jsonstat_validator import validate_jsonstat
from pyjstat import pyjstat
from sqlalchemy import Engine

from app.db import reading
from app.queries import vintages
from ingest import bulk

KEY = ["city", "indicator", "period"]
HTTPFS = next((Path(duckdb_extension_httpfs.__file__).parent / "extensions").rglob("httpfs.duckdb_extension"))


@pytest.fixture
def address(site: str) -> str:
    return f"{site}/api/v1/observations"


@pytest.fixture
def expected(address: str) -> dict[tuple[str, ...], tuple[float | None, str]]:
    """Value and status by key, from the JSON rows."""
    with urlopen(address) as answer:  # noqa: S310 - our own server
        rows = json.load(answer)["data"]
    assert len(rows) == 4
    return {tuple(row[name] for name in KEY): (row["value"], row["status"]) for row in rows}


def _told(frame: pd.DataFrame) -> dict[tuple[str, ...], tuple[float | None, str]]:
    rows = frame[[*KEY, "value", "status"]].itertuples(index=False, name=None)
    return {row[:3]: (None if pd.isna(row[3]) else float(row[3]), row[4]) for row in rows}


Expected = dict[tuple[str, ...], tuple[float | None, str]]


def test_pandas_reads_csv_and_parquet_by_address(address: str, expected: Expected) -> None:
    assert _told(pd.read_csv(f"{address}?format=csv")) == expected
    assert _told(pd.read_parquet(f"{address}?format=parquet")) == expected


def test_pyarrow_reads_the_stream(address: str, expected: Expected) -> None:
    with urlopen(f"{address}?format=arrow") as answer, pa.ipc.open_stream(answer) as stream:  # noqa: S310 - our own
        assert _told(stream.read_pandas()) == expected


def test_openpyxl_reads_the_workbook(address: str, expected: Expected) -> None:
    with urlopen(f"{address}?format=xlsx") as answer:  # noqa: S310 - our own server
        sheet = openpyxl.load_workbook(io.BytesIO(answer.read()))["data"]
    head, *rows = sheet.iter_rows(values_only=True)
    assert _told(pd.DataFrame(rows, columns=list(head))) == expected


@pytest.mark.parametrize("query", ["", "&period=2024-Q3", "&city=ru-oryol", "&city=ru-kazan&indicator=QM_PM25"])
def test_every_cube_of_jsonstat_is_valid(address: str, query: str) -> None:
    with urlopen(f"{address}?format=jsonstat{query}") as answer:  # noqa: S310 - our own server
        assert validate_jsonstat(json.load(answer))


def test_pyjstat_reads_the_cube(address: str, expected: Expected) -> None:
    with urlopen(f"{address}?format=jsonstat") as answer:  # noqa: S310 - our own server
        content = answer.read().decode()
    # Its own reading calls a function that it says will go.
    with pytest.warns(DeprecationWarning, match="read"):
        frame = pyjstat.Dataset.read(content).write("dataframe", naming="id").set_index(KEY)["value"]
    found = {key: None if math.isnan(value) else value for key, value in frame.items()}
    for key, (value, _) in expected.items():
        assert found[key] == value
    has = {key for key, value in found.items() if value is not None}
    assert has == {key for key, (value, _) in expected.items() if value is not None}


def test_duckdb_reads_in_place_over_http(
    site: str, address: str, expected: Expected, figures: Engine, tmp_path: Path
) -> None:
    """By its own reader of addresses: HEAD, ranges and all; from the API and from the exported files."""
    with reading(figures) as session:
        vintage = vintages.newest(session)
        assert vintage
        session.expunge(vintage)
    bulk.export(figures, vintage, tmp_path / "files" / "3", f"{site}/files/3/")
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute(f"LOAD '{HTTPFS}'")

    def asked(source: str) -> Any:
        return connection.execute(f"SELECT sum(value), count(*) FROM {source}").fetchone()

    whole = sum(value for value, _ in expected.values() if value is not None)
    assert asked(f"read_parquet('{address}?format=parquet')") == (pytest.approx(whole), 4)
    assert asked(f"read_csv('{site}/files/3/observations.csv')") == (pytest.approx(whole), 4)
    part = f"{site}/files/3/observations/indicator=QM_PM25/part-0.parquet"
    assert asked(f"read_parquet('{part}')") == (12.25, 1)
