"""A whole installation on this machine: a primary and its replica, two web processes, a worker, nginx, Redis.

Beside it a light load: readers that note what they were shown, and a publisher that notes what was acknowledged.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx2
from sqlalchemy import Engine, create_engine, func, select, text

from app.db import connect, reading, writing
from app.errors import CitymarkError
from app.models import Observation, Task, Vintage
from tests.conftest import ROOT
from tests.makers import MORNING, publish_figures, settle_one_figure
from tests.postgres import Postgres
from tests.servers import free_port, nginx, program, wait_for

RECOVERED_S = 10.0
# What a web process may take to start on a busy machine.
STARTED_S = 60.0
SAFE = {"fsync": "on", "full_page_writes": "on"}
FOLLOWING = {"wal_retrieve_retry_interval": "500"}


def until(what: Callable[[], bool], seconds: float = RECOVERED_S) -> float:
    """Wait until it holds; how long that took."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if what():
            return time.monotonic() - begun
        time.sleep(0.05)
    raise AssertionError(f"{what.__name__} did not hold within {seconds} seconds")


class Process:
    """A program that can be killed and started again."""

    def __init__(self, command: list[str], port: int, **environment: str) -> None:
        self.command, self.port, self.environment = command, port, environment
        self.start()

    def start(self) -> None:
        environment = {**os.environ, **self.environment}
        quiet = subprocess.DEVNULL
        self.running = subprocess.Popen(self.command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)

    def kill(self) -> None:
        self.running.kill()
        self.running.wait()


@dataclass
class Installation:
    """What is running, and the questions that tests ask of it."""

    primary: Postgres
    replica: Postgres
    webs: list[Process]
    redis: Process
    worker: Process
    address: str
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = connect(self.primary.url())

    def ready(self) -> list[dict[str, object]]:
        """What `/readyz` of each web process says."""
        answers = [httpx2.get(f"http://127.0.0.1:{web.port}/readyz", timeout=20) for web in self.webs]
        return [{"code": answer.status_code, **answer.json()} for answer in answers]

    def is_whole(self) -> bool:
        """Whether both web processes have the primary and a replica that keeps up."""
        try:
            return all((told["status"], told.get("replicas")) == ("ready", ["up"]) for told in self.ready())
        except httpx2.TransportError:
            return False

    def newest(self, cluster: Postgres | None = None) -> int:
        engine = connect((cluster or self.primary).url())
        with reading(engine) as session:
            newest = session.scalar(select(func.max(Vintage.number))) or 0
        engine.dispose()
        return newest

    def left(self) -> int:
        """How many tasks are not done."""
        with reading(self.engine) as session:
            return session.scalar(select(func.count()).where(Task.state != "done")) or 0

    def on_replica(self, statement: str) -> None:
        engine = create_engine(self.replica.url().replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@dataclass
class Load:
    """Three readers and a publisher at work; what they were told."""

    installation: Installation
    statuses: list[tuple[str, int]] = field(default_factory=list)
    went_back: list[str] = field(default_factory=list)
    acknowledged: dict[int, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    may_publish: threading.Lock = field(default_factory=threading.Lock)

    def more(self, reads: int = 40) -> None:
        """Wait until so many more reads were answered."""
        before = len(self.statuses)
        until(lambda: len(self.statuses) >= before + reads, 60)

    def read_api(self, name: int) -> None:
        """A program that sends back what it was told last; no question twice, so that nginx has to ask."""
        seen = 0
        with httpx2.Client(base_url=self.installation.address, timeout=30) as reader:
            for number in count(1):
                if self.is_over.wait(0.03):
                    return
                path = f"/api/v1/cities?limit={number % 900 + 1}&q={'k' * (name + 1)}"
                answer = self._get(reader, path, {"X-Citymark-Vintage": str(seen)})
                if answer.status_code == 200:
                    self._compare(path, answer.json()["meta"]["vintage"], seen)
                    seen = max(seen, int(answer.headers["X-Citymark-Vintage"]))

    def read_pages(self) -> None:
        """A browser: it keeps cookies."""
        with httpx2.Client(base_url=self.installation.address, timeout=30) as reader:
            while not self.is_over.wait(0.05):
                seen = int(reader.cookies.get("citymark-vintage", "0"))
                if self._get(reader, "/data", {}).status_code == 200:
                    self._compare("/data", int(reader.cookies["citymark-vintage"]), seen)

    def publish(self) -> None:
        """One vintage after another; each has a value of its own."""
        engine = connect(self.installation.primary.url())
        for number in count(1):
            if self.is_over.wait(0.15):
                engine.dispose()
                return
            value = str(1_000 + number)
            with self.may_publish:
                try:
                    with writing(engine) as session:
                        now = MORNING + timedelta(days=1, seconds=number)
                        made = publish_figures(session, {"value": value}, now=now).vintage
                except CitymarkError as error:
                    self.refused.append(error.message)
                    continue
            assert made is not None
            self.acknowledged[made] = value

    def _get(self, reader: httpx2.Client, path: str, headers: dict[str, str]) -> httpx2.Response:
        """An answer whose first half had gone out when its process was killed is cut; its reader asks once more."""
        try:
            answer = reader.get(path, headers=headers)
        except httpx2.RemoteProtocolError:
            answer = reader.get(path, headers=headers)
        self.statuses.append((path, answer.status_code))
        return answer

    def _compare(self, path: str, shown: int, seen: int) -> None:
        if shown < seen:
            self.went_back.append(f"{path}: {shown} after {seen}")


@contextmanager
def load(installation: Installation) -> Iterator[Load]:
    """The load for as long as the block lasts; afterwards nothing may have failed, gone back or been lost."""
    at_work = Load(installation)
    works = [lambda: at_work.read_api(0), lambda: at_work.read_api(1), at_work.read_pages, at_work.publish]
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    try:
        at_work.more()
        yield at_work
        at_work.more()
    finally:
        at_work.is_over.set()
        for thread in threads:
            thread.join(40)
    failed = [told for told in at_work.statuses if told[1] != 200]
    assert failed == [], failed
    assert at_work.went_back == [], at_work.went_back
    assert at_work.acknowledged
    kept = _kept(installation)
    assert {number: value for number, value in at_work.acknowledged.items() if kept.get(number) != value} == {}


def _kept(installation: Installation) -> dict[int, str]:
    with reading(installation.engine) as session:
        query = select(Observation.vintage, Observation.value)
        return {number: str(value) for number, value in session.execute(query)}


def _web(primary: Postgres, replica: Postgres, redis: int) -> Process:
    port = free_port()
    command = [sys.executable, "-m", "ingest", "serve", "--port", str(port)]
    return Process(
        command,
        port,
        CITYMARK_DATABASE_URL=primary.url(),
        CITYMARK_REPLICA_URLS=replica.url(),
        CITYMARK_REDIS_URL=f"redis://127.0.0.1:{redis}/0",
        # So high that nobody is refused, and counted all the same.
        CITYMARK_CALLS_PER_MINUTE="100000",
        CITYMARK_TASKS="worker",
    )


def _worker(primary: Postgres, folder: Path) -> Process:
    files = {"CITYMARK_WRITE_FILES": "true", "CITYMARK_FILES_DIR": str(folder / "files")}
    command = [sys.executable, "-m", "ingest", "work"]
    return Process(command, 0, CITYMARK_DATABASE_URL=primary.url(), CITYMARK_TASKS="worker", **files)


def _redis(folder: Path) -> Process:
    port = free_port()
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "dir": str(folder)}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Process([program("redis-server"), *words], port)


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """Everything started, with one city and one figure."""
    primary, replica = Postgres().start(**SAFE), Postgres()
    running: list[Process] = []
    try:
        settle_one_figure(primary.url())
        replica.follow(primary, **FOLLOWING)
        running.append(_redis(folder))
        running += [_web(primary, replica, running[0].port) for _ in range(2)]
        for process in running:
            wait_for(process.port, STARTED_S)
        redis, *webs = running
        running.append(worker := _worker(primary, folder))
        with nginx(folder, [web.port for web in webs]) as address:
            installation = Installation(primary, replica, webs, redis, worker, address)
            until(installation.is_whole, STARTED_S)
            yield installation
            installation.engine.dispose()
    finally:
        for process in running:
            process.kill()
        for cluster in (replica, primary):
            # A test that failed may have left it killed.
            with suppress(subprocess.CalledProcessError):
                cluster.stop()
