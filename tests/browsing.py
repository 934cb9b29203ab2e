"""One Chromium, one demonstration and servers for all tests of a process: playwright starts only once in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

import migrations
from app.db import connect
from ingest.demo import build_demo
from ingest.demo.parameters import read_parameters
from ingest.reference import REFERENCE
from tests.servers import running

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
    with ExitStack() as started:
        yield lambda url: started.enter_context(running(url, CITYMARK_LANGUAGE="ru"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium: the system's, else the one that playwright has installed."""
    with sync_playwright() as playwright:
        names = (os.environ.get("CITYMARK_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
        found = next(filter(None, map(shutil.which, names)), None)
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()
