"""One Chromium, one demonstration and servers for all tests of a process: playwright starts only once in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

import migrations
from app.db import connect
from ingest.demo import build_demo
from ingest.demo.parameters import read_parameters
from ingest.reference import REFERENCE
from tests.servers import running

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
# Where in the page a fault lies is told by its HTML; no style sheet is fetched anew for rules that are not asked for.
AXE = {"resultTypes": ["violations"], "selectors": False, "preload": False}


def grave(page: Page) -> list[str]:
    """What axe finds serious or critical."""
    found = Axe().run(page, options=AXE).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in serious]


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
    """The address of the pages of this database, from a server in a process of its own that goes on to the end."""
    with ExitStack() as started:

        @cache
        def address(url: str) -> str:
            return started.enter_context(running(url, CITYMARK_LANGUAGE="ru"))

        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium: the system's, else the one that playwright has installed."""
    with sync_playwright() as playwright:
        names = (os.environ.get("CITYMARK_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
        found = next(filter(None, map(shutil.which, names)), None)
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()
