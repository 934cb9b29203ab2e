"""What tests of pages share: a small demonstration database, a running server, a real and watched Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route
from sqlalchemy import Engine

from app.db import connect
from tests.conftest import ROOT

SCREENS = ROOT / "tests" / "screens"
DOCUMENTED_SCREENS = ROOT / "docs" / "screens"
MOST_SCREEN_BYTES = 300_000


@pytest.fixture(scope="session")
def demo(demo_file: Path) -> Iterator[Engine]:
    """An engine on the demonstration figures, for reading."""
    engine = connect(f"sqlite:///{demo_file}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def site(demo_file: Path, serve: Callable[[str], str]) -> str:
    """The address of a server over the demonstration figures."""
    return serve(f"sqlite:///{demo_file}")


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
