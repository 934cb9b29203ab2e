"""What a source's server says of its state: nothing new is nothing to do, and everything read is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from app.db import reading, writing
from app.models import JobRun, JobSource
from ingest.jobs.description import read_job
from ingest.jobs.run import Report, Setting, run_job
from tests.ingest.jobs.conftest import LIMITS
from tests.ingest.jobs.services import Asked, Service, Told, service
from tests.makers import MORNING, make_city, make_indicator

JOB = """
title = "Lights"
[figures.source]
url = "{url}/lights.csv"
[figures.source.fetch]
allow_private = true
min_interval_s = 0
secret_headers = {{ X-Key = "STAT_KEY" }}
[figures.city]
column = "city"
[figures.indicator]
code = "TI_LIGHTS"
[figures.period]
column = "period"
[figures.value]
column = "value"
"""
GOOD = b"city,period,value\nru-kazan,2024-Q1,62.5\n"
BAD = b"city,period,value\nru-kazan,2024-Q1,6O\n"
RunFile = Callable[..., Report]


class Office:
    """A server with one file, whose tag changes with its content."""

    def __init__(self) -> None:
        self.content = GOOD

    def __call__(self, request: Asked) -> Told:
        tag = f'"{hash(self.content)}"'
        if request.headers.get("if-none-match") == tag:
            return Told(status=304)
        return Told(self.content, headers={"ETag": tag})


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def there(office: Office) -> Iterator[Service]:
    with service(office) as running:
        yield running


@pytest.fixture
def load(database: Engine, there: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFile:
    monkeypatch.setenv("STAT_KEY", "canary-77")
    with writing(database) as session:
        make_city(session)
        make_indicator(session, "TI_LIGHTS")
    (tmp_path / "lights.toml").write_text(JOB.format(url=there.url), encoding="utf-8")

    def run(*, is_anew: bool = False, is_dry_run: bool = False) -> Report:
        setting = Setting(tmp_path, LIMITS, "tester", MORNING, is_dry_run=is_dry_run, is_anew=is_anew)
        return run_job(database, read_job(tmp_path / "lights.toml"), setting)

    return run


def runs(database: Engine) -> list[tuple[str, str | None, int]]:
    with reading(database) as session:
        found = session.scalars(select(JobRun).order_by(JobRun.id))
        return [(run.state, run.source_sha256, run.read) for run in found]


def test_nothing_new_at_the_source_is_nothing_to_do(load: RunFile, database: Engine, there: Service) -> None:
    first, second, third = load(), load(), load()
    assert (first.state, second.state, second.message) == (
        "published",
        "unchanged",
        "the source says that nothing has changed",
    )
    assert (second.read, second.rejected, third.state) == (0, 0, "unchanged")
    assert [run[:2] for run in runs(database)] == [
        ("published", first.sha256),
        ("unchanged", first.sha256),
        ("unchanged", first.sha256),
    ]
    assert len(there.asked) == 3


def test_a_changed_file_is_loaded_and_fetched_once(load: RunFile, office: Office, there: Service) -> None:
    load()
    office.content = GOOD.replace(b"62.5", b"63")
    assert (load().revised, len(there.asked)) == (1, 2)
    assert load().state == "unchanged"


def test_anew_and_a_changed_job_file_ask_without_a_condition(load: RunFile, there: Service, tmp_path: Path) -> None:
    load()
    assert load(is_anew=True).read == 1
    file = tmp_path / "lights.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("Lights", "Lights again"), encoding="utf-8")
    assert load().read == 1
    assert ["if-none-match" in request.headers for request in there.asked] == [False, False, False]


def test_rows_in_error_are_told_again_although_nothing_changed(load: RunFile, office: Office) -> None:
    office.content = BAD
    assert [load().rejected, load().rejected] == [1, 1]


def test_a_dry_run_is_not_remembered(load: RunFile, database: Engine) -> None:
    load(is_dry_run=True)
    assert runs(database) == []
    assert load().state == "published"


def test_a_refused_run_keeps_what_it_has_read_but_is_not_relied_upon(
    load: RunFile, office: Office, database: Engine
) -> None:
    office.content = b"nothing,here\n1,2\n"
    assert load().state == "refused"
    assert load().state == "refused"
    with reading(database) as session:
        assert [row.part for row in session.scalars(select(JobSource).where(JobSource.run_id == 2))] == [
            "job",
            "figures.source",
        ]


def test_what_is_kept_holds_no_secret(load: RunFile, database: Engine, there: Service) -> None:
    report = load()
    assert there.asked[0].headers["x-key"] == "canary-77"
    with reading(database) as session:
        kept = [vars(row) for row in (*session.scalars(select(JobSource)), *session.scalars(select(JobRun)))]
    assert "canary" not in str(kept) + str(vars(report))
