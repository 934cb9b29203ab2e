"""The installation under load: a demonstration database of either engine, an office's token, the processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import orjson

from bench.load.deck import OFFICE, PERIOD, World
from tests.postgres import Postgres
from tests.servers import free_port, ready

ROOT = Path(__file__).parents[2]
#: Enough open addresses for five times the users.
MOST_PERIODS = 8


@dataclass(frozen=True)
class House:
    """A running server and what there is to ask of it."""

    address: str
    world: World
    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """The last of what the server has said of faults."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2_000:]

    def workers(self) -> list[int]:
        """The processes that answer."""
        return workers_of(self.process.pid)


@contextmanager
def house(*, engine: str, workers: int, **settings: str) -> Iterator[House]:
    """A server over a fresh demonstration database; `engine` is sqlite or postgresql."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/demo.db"
        if engine == "postgresql":
            cluster = Postgres().start()
            stack.callback(cluster.stop)
            url = cluster.url()
        environment = {**os.environ, "CITYMARK_DATABASE_URL": url, **settings}
        token, offices = let_in(environment)
        log = Path(folder) / "said.log"
        address, process = stack.enter_context(_served(environment, workers, log))
        yield House(address, world_of(address, offices, token), process, log)


def let_in(environment: dict[str, str]) -> tuple[str, list[str]]:
    """The demonstration, and an office of some cities with a token."""
    kept = os.environ.get("CITYMARK_LOAD_DATABASE")
    if kept and environment["CITYMARK_DATABASE_URL"].startswith("sqlite"):
        Path(environment["CITYMARK_DATABASE_URL"].removeprefix("sqlite:///")).write_bytes(Path(kept).read_bytes())
    _said(environment, "demo")
    # As a publication does: every quarter's scores are stored.
    _said(environment, "score")
    offices = ["ru-kazan", "ru-ufa", "ru-perm", "ru-samara"]
    named = [word for code in offices for word in ("--city", code)]
    _said(environment, "user", "add", OFFICE, "--name", "Load", "--role", "official", *named)
    said = _said(environment, "token", "add", OFFICE, "--name", "load", "--scope", "submit")
    found = re.search(r"secret (\S+)", said)
    if found is None:
        raise SystemExit(f"no token was given: {said}")
    return found[1], offices


def _said(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "ingest", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


@contextmanager
def _served(environment: dict[str, str], workers: int, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "ingest", "serve", "--port", str(port), "--workers", str(workers)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=said)
    address = f"http://127.0.0.1:{port}"
    try:
        ready(f"{address}/readyz", process)
        yield address, process
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(40)
        process.kill()


def world_of(address: str, offices: list[str], token: str) -> World:
    """What there is to ask for."""
    cities = _listed(address, "cities")
    indicators = _listed(address, "indicators")
    periods = [each["code"] for each in _listed(address, "periods") if "Q" in each["code"]]
    asked = f"observations?city=ru-kazan&period={PERIOD}&limit=200"
    quarterly = sorted({each["indicator"] for each in _listed(address, asked)})
    codes = [each["code"] for each in cities if each["code"].startswith("ru-")]
    return World(codes, [each["code"] for each in indicators], quarterly, periods[-MOST_PERIODS:], offices, token)


def _listed(address: str, what: str) -> list[dict[str, str]]:
    with urlopen(f"{address}/api/v1/{what}") as answer:  # noqa: S310 - our own server
        data: list[dict[str, str]] = orjson.loads(answer.read())["data"]
    return data


def workers_of(parent: int) -> list[int]:
    """The web processes under the one that was started; itself where it answers alone."""
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    born = [int(word) for word in text.split()]
    spawned = [pid for pid in born if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return spawned or [parent]
