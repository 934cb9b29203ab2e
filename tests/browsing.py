"""One Chromium, one demonstration and servers for all tests of a process: playwright starts only once in it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, sync_playwright

import migrations
from app.db import connect
from ingest.demo import build_demo
from ingest.demo.parameters import read_parameters
from ingest.reference import REFERENCE

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the demonstration figures of ten quarters; nobody writes to it."""
    file = tmp_path_factory.mktemp("demo") / "demo.db"
    whole = read_parameters()
    fewer = replace(whole, time=replace(whole.time, first_quarter="2024-Q2", last_quarter="2026-Q3"))
    engine = connect(f"sqlite:///{file}")
    migrations.upgrade(engine)
    build_demo(engine, seed=None, now=NOW, reference_folder=REFERENCE, parameters=fewer)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[str], str]]:
    """Start a server of this database's address in its own process; gives the address of its pages."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(database_url: str) -> str:
        port = _free_port()
        environment = {**os.environ, "CITYMARK_DATABASE_URL": database_url, "CITYMARK_LANGUAGE": "ru"}
        command = [sys.executable, "-m", "ingest", "serve", "--port", str(port)]
        processes.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        _wait_for(f"http://127.0.0.1:{port}/readyz", processes[-1])
        return f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail(f"the server ended with code {process.returncode} before it answered")
        try:
            with urlopen(url, timeout=5) as answer:  # noqa: S310 # our own server
                if answer.status == 200:
                    return
        except URLError:
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer 200 within half a minute")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium: the system's, else the one that playwright has installed."""
    with sync_playwright() as playwright:
        names = (os.environ.get("CITYMARK_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
        found = next(filter(None, map(shutil.which, names)), None)
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()
