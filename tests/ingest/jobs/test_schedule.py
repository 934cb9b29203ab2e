"""Jobs by the clock: due or not, made up for once, one process at a time. The clock is the test's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, select

from app.db import reading, taking_turns, writing
from app.models import JobRun
from ingest.__main__ import main
from ingest.jobs.description import read_job
from ingest.jobs.occasions import next_after, occasions
from ingest.jobs.schedule import Clock, Plan, keep_running, run_due
from tests.conftest import ROOT
from tests.ingest.jobs.conftest import LIMITS
from tests.makers import make_city, make_indicator

JOB = """
title = "Lights"
[schedule]
cron = "{cron}"
timezone = "Europe/Moscow"
[figures]
source = {{ path = "lights.csv" }}
city = {{ column = "city" }}
indicator = {{ code = "TI_LIGHTS" }}
period = {{ column = "period" }}
value = {{ column = "value" }}
"""
# A Friday, 06:00 in Moscow.
FRIDAY = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
MakeJob = Callable[..., Path]


class FakeClock:
    """A clock that moves when somebody sleeps, to a last instant."""

    def __init__(self, until: datetime) -> None:
        self.at, self.until, self.over = FRIDAY, until, Event()

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        if self.at > self.until:
            self.over.set()

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep)


@pytest.fixture
def make_job(database: Engine, tmp_path: Path) -> MakeJob:
    with writing(database) as session:
        make_city(session)
        make_indicator(session, "TI_LIGHTS")
    (tmp_path / "lights.csv").write_text("city,period,value\nru-kazan,2024-Q1,62.5\n", encoding="utf-8")

    def make(name: str = "lights", cron: str = "30 6 * * mon-fri") -> Path:
        path = tmp_path / f"{name}.toml"
        path.write_text(JOB.format(cron=cron), encoding="utf-8")
        return path

    return make


def plan(database: Engine, clock: Clock, *paths: Path) -> Plan:
    return Plan(database, [read_job(path) for path in paths], paths[0].parent, LIMITS, "tester", clock)


def started(database: Engine) -> list[tuple[str, str]]:
    """Which job ran when, by the clock in Moscow."""
    with reading(database) as session:
        found = session.scalars(select(JobRun).order_by(JobRun.id))
        return [(run.job, (run.started_at + timedelta(hours=3)).strftime("%a %H:%M")) for run in found]


@pytest.mark.parametrize(
    ("cron", "after", "following"),
    [
        ("30 6 * * mon-fri", "2026-11-27T03:29:59Z", "2026-11-27T06:30:00+03:00"),
        ("30 6 * * mon-fri", "2026-11-27T03:30:00Z", "2026-11-30T06:30:00+03:00"),
        ("0 0 1 1,4,7,10 *", "2026-11-27T00:00:00Z", "2027-01-01T00:00:00+03:00"),
        ("*/15 * * * *", "2026-11-27T03:30:00Z", "2026-11-27T06:45:00+03:00"),
    ],
)
def test_the_next_occasion_is_after_the_last(cron: str, after: str, following: str) -> None:
    found = next_after(occasions(cron, "Europe/Moscow"), datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(following)


@pytest.mark.parametrize(
    ("cron", "timezone", "words"),
    [
        ("30 6 * *", "UTC", "write minute, hour, day, month"),
        ("30 6 * * 1-5", "UTC", "name the days of the week"),
        ("61 6 * * *", "UTC", "cannot be read"),
        ("0 0 31 2 *", "UTC", "a day that never comes"),
        ("0 0 * * *", "Moscow", "cannot be read"),
    ],
)
def test_a_cron_text_that_cannot_be_meant_is_refused(cron: str, timezone: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        occasions(cron, timezone)


def test_jobs_run_at_their_hours(database: Engine, make_job: MakeJob) -> None:
    fake = FakeClock(FRIDAY + timedelta(days=4))
    described = plan(database, fake.clock, make_job(), make_job("hourly", "0 */12 * * *"))
    keep_running(replace(described, look_every_s=7_200), fake.over)
    # At the start both, that never ran; then by their hours: no lights at the weekend.
    assert started(database) == [
        ("lights", "Fri 06:00"),
        ("hourly", "Fri 06:00"),
        ("lights", "Fri 06:30"),
        ("hourly", "Fri 12:00"),
        ("hourly", "Sat 00:00"),
        ("hourly", "Sat 12:00"),
        ("hourly", "Sun 00:00"),
        ("hourly", "Sun 12:00"),
        ("hourly", "Mon 00:00"),
        ("lights", "Mon 06:30"),
        ("hourly", "Mon 12:00"),
        ("hourly", "Tue 00:00"),
    ]


def test_once_runs_what_is_due_and_makes_up_for_a_pause_once(database: Engine, make_job: MakeJob) -> None:
    fake = FakeClock(FRIDAY + timedelta(days=30))
    described = plan(database, fake.clock, make_job())
    assert run_due(described)
    assert run_due(described)
    assert len(started(database)) == 1
    fake.sleep(timedelta(days=10).total_seconds())
    assert run_due(described)
    assert run_due(described)
    assert [when for _, when in started(database)] == ["Fri 06:00", "Mon 06:00"]


def test_a_refused_job_waits_for_its_next_hour_and_is_told(database: Engine, make_job: MakeJob) -> None:
    path = make_job()
    (path.parent / "lights.csv").unlink()
    described = plan(database, FakeClock(FRIDAY).clock, path)
    assert not run_due(described)
    assert run_due(described)
    assert len(started(database)) == 1


def test_only_one_process_runs_jobs_at_a_time(database: Engine, make_job: MakeJob) -> None:
    described = plan(database, FakeClock(FRIDAY).clock, make_job())
    with taking_turns(database, "schedule") as is_ours:
        assert is_ours
        with taking_turns(database, "something else") as other:
            assert other
        assert run_due(described)
        assert started(database) == []
    assert run_due(described)
    assert len(started(database)) == 1


@pytest.fixture
def environment(make_job: MakeJob, database_url: str, tmp_path: Path) -> dict[str, str]:
    make_job()
    return {"CITYMARK_DATABASE_URL": database_url, "CITYMARK_SOURCES_DIR": str(tmp_path)}


def test_the_command_runs_until_it_is_told_to_stop(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ingest", "schedule", str(tmp_path / "lights.toml"), "--by", "timer"]
    everything = {**os.environ, **environment}
    lines = []
    with subprocess.Popen(command, cwd=ROOT, env=everything, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            lines.append(line)
            if "took" in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "job lights: 30 6 * * mon-fri (Europe/Moscow)" in lines[0]
    assert "INFO lights: published as vintage 1" in lines[1]


def test_the_command_once_says_by_its_exit_how_it_went(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    job = str(tmp_path / "lights.toml")
    assert [main(["schedule", "--once", job]), main(["schedule", "--once", job])] == [0, 0]


def test_a_job_without_a_schedule_is_no_job_for_the_clock(
    make_job: MakeJob, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYMARK_DATABASE_URL", f"sqlite:///{tmp_path / 'x.db'}")
    path = make_job(cron="30 6 * * 1-5")
    assert main(["schedule", str(path)]) == 2
    assert "lights.toml:3: schedule" in capsys.readouterr().err
    path.write_text('title = "x"\n[catalogue]\nfolder = "x"\n', encoding="utf-8")
    assert main(["schedule", str(path)]) == 2
    assert "lights has no [schedule]" in capsys.readouterr().err
