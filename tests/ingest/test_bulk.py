"""A vintage as files: read back by the programs of others, whole or not at all, the same bytes again."""

from __future__ import annotations

import json
from pathlib import Path

import csvw
import duckdb
import frictionless
import pandas as pd
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.api.files import create_files, exported
from app.db import reading, writing
from app.errors import CitymarkError
from app.queries import vintages
from ingest import bulk
from tests.makers import publish_figures
from tests.tiny import build


@pytest.fixture
def tiny(database: Engine, tmp_path: Path) -> Engine:
    return build(database, tmp_path)


@pytest.fixture
def folder(tiny: Engine, tmp_path: Path) -> Path:
    """The newest vintage as files under the folder that is served."""
    return _exported(tiny, tmp_path / "files")


def _exported(engine: Engine, files: Path, number: int | None = None) -> Path:
    with reading(engine) as session:
        vintage = vintages.as_known(session, number)
        assert vintage
        session.expunge(vintage)
    folder = files / str(vintage.number)
    bulk.export(engine, vintage, folder, f"https://figures.example/files/{vintage.number}/")
    return folder


def test_frictionless_finds_the_package_valid(folder: Path) -> None:
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["title", "message"])
    resources = json.loads((folder / "datapackage.json").read_text())["resources"]
    assert "observations" in {each["name"] for each in resources}


def test_frictionless_finds_a_changed_byte(folder: Path) -> None:
    table = folder / "observations.csv"
    table.write_text(table.read_text().replace("75", "76", 1))
    assert not frictionless.validate(str(folder / "datapackage.json")).valid


@pytest.mark.parametrize("name", ["observations", "cities", "indicators", "periods", "vintages"])
def test_csvw_reads_every_table_by_its_metadata(folder: Path, name: str) -> None:
    table = csvw.CSVW(str(folder / f"{name}.csv-metadata.json"))
    assert table.is_valid
    lines = (folder / f"{name}.csv").read_text().count("\n")
    assert len(table.to_json(minimal=True)) == lines - 1


def test_duckdb_and_pandas_read_the_partitions_as_the_table(folder: Path) -> None:
    table = pd.read_csv(folder / "observations.csv").sort_values(["city", "indicator", "period"], ignore_index=True)
    frame = pd.read_parquet(folder / "observations")
    frame = frame.astype({"indicator": "str"}).sort_values(["city", "indicator", "period"], ignore_index=True)
    columns = ["city", "indicator", "period", "value", "status", "vintage", "withdrawn"]
    pd.testing.assert_frame_equal(frame[columns], table[columns], check_dtype=False)
    parts = f"{folder}/observations/**/*.parquet"
    query = f"SELECT sum(value), count(*) FROM read_parquet('{parts}', hive_partitioning = true)"
    found = duckdb.sql(query).fetchall()[0]
    assert found == (pytest.approx(table["value"].sum()), len(table))


def test_a_vintage_exported_again_has_the_same_bytes(tiny: Engine, tmp_path: Path) -> None:
    first = _exported(tiny, tmp_path / "before", 2)
    with writing(tiny) as session:
        publish_figures(session, {"city": "ru-kazan", "indicator": "HC_LIFE", "period": "2024", "value": "1"})
    again = _exported(tiny, tmp_path / "after", 2)
    assert (first / "observations.csv").read_bytes() == (again / "observations.csv").read_bytes()
    for part in (first / "observations").rglob("*.parquet"):
        assert part.read_bytes() == (again / part.relative_to(first)).read_bytes()


def test_a_folder_in_the_way_is_not_touched(folder: Path, tiny: Engine) -> None:
    before = (folder / "observations.csv").read_bytes()
    with pytest.raises(CitymarkError, match="not empty"):
        _exported(tiny, folder.parent)
    assert (folder / "observations.csv").read_bytes() == before


def test_what_breaks_in_the_middle_leaves_nothing(
    tiny: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(bulk, "_describe", broken)
    with pytest.raises(OSError, match="no space"):
        _exported(tiny, tmp_path / "files")
    assert list((tmp_path / "files").iterdir()) == []


def test_files_are_served_with_ranges_tags_and_a_catalogue(folder: Path) -> None:
    client = TestClient(create_files(folder.parent, "https://figures.example/files"))
    assert exported(folder.parent) == [int(folder.name)]
    whole = client.get(f"/{folder.name}/observations.csv")
    part = client.get(f"/{folder.name}/observations.csv", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, whole.content[:4])
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = client.get(f"/{folder.name}/observations.csv", headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304
    assert client.head(f"/{folder.name}/datapackage.json").headers["content-type"] == "application/json"
    catalogue = client.get("/catalog.jsonld").json()
    links = [each["dcat:downloadURL"]["@id"] for each in catalogue["dcat:dataset"][0]["dcat:distribution"]]
    assert f"https://figures.example/files/{folder.name}/observations.csv" in links


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/4/..%2f..%2fsecret.txt", "/5"])
def test_nothing_outside_the_folder_is_served(folder: Path, path: str) -> None:
    (folder.parent.parent / "secret.txt").write_text("secret")
    answer = TestClient(create_files(folder.parent, "")).get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text
