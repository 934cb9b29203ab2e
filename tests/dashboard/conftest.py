"""What tests of pages share: a small demonstration database, a running server, a real and watched Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, sync_playwright
from sqlalchemy import Engine

import migrations
from app.db import connect
from ingest.demo import build_demo
from ingest.demo.parameters import read_parameters
from ingest.reference import REFERENCE
from tests.conftest import ROOT

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SCREENS = ROOT / "tests" / "screens"
DOCUMENTED_SCREENS = ROOT / "docs" / "screens"
MOST_SCREEN_BYTES = 300_000
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
def demo(demo_file: Path) -> Iterator[Engine]:
    """An engine on the demonstration figures, for reading."""
    engine = connect(f"sqlite:///{demo_file}")
    yield engine
    engine.dispose()


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


@pytest.fixture(scope="session")
def site(demo_file: Path, serve: Callable[[str], str]) -> str:
    """The address of a server over the demonstration figures."""
    return serve(f"sqlite:///{demo_file}")


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


@dataclass
class Watched:
    """A browser window whose requests and complaints are kept; no request leaves for another host."""

    site: str
    page: Page
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        """Go to the address and wait until the page is drawn."""
        self.page.goto(self.site + address)
        self.settled()
        return self.page

    def settled(self) -> None:
        """Wait until no callback runs and the page shows its content."""
        self.page.wait_for_load_state("networkidle")
        self.page.locator("#react-entry-point main .card:not(.bone)").first.wait_for()

    def screen(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture in tests/screens, and in docs/screens when CITYMARK_WRITE_SCREENS is set."""
        SCREENS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png", full_page=whole)
        if os.environ.get("CITYMARK_WRITE_SCREENS") and not whole:
            DOCUMENTED_SCREENS.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(SCREENS / f"{name}.png", DOCUMENTED_SCREENS / f"{name}.png")
            assert (DOCUMENTED_SCREENS / f"{name}.png").stat().st_size < MOST_SCREEN_BYTES

    def watch(self, context: BrowserContext) -> None:
        """Keep what the window asks for, and refuse everything that is not of the site."""

        def answer(route: Route) -> None:
            if route.request.url.startswith((self.site, "data:", "blob:")):
                route.fallback()
            else:
                self.outside.append(route.request.url)
                route.abort()

        def posted(request: Request) -> None:
            if request.method == "POST":
                self.posts.append(request.post_data or "")

        context.route("**/*", answer)
        self.page.on("request", posted)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture(params=[1440])
def width(request: pytest.FixtureRequest) -> int:
    """The width of the window in pixels; a test names others by indirect parameters."""
    return int(request.param)


@pytest.fixture
def window(chromium: Browser, site: str, width: int) -> Iterator[Watched]:
    """A fresh window on the site; after the test nothing may have left the host and the console is silent."""
    context = chromium.new_context(viewport={"width": width, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    watched = Watched(site, context.new_page())
    watched.watch(context)
    yield watched
    context.close()
    assert watched.outside == []
    assert watched.complaints == []
