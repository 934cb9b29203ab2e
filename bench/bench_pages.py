"""How soon a page can be read, by the browser's own clock, beside a Streamlit page of the same comparison.

Cold: a fresh browser with nothing kept; warm: the same browser again. The server has answered before, as a running
service has; `first` is the first answer after its start. Streamlit comes into an environment of its own, named by
CITYMARK_PEER_PYTHON; without it only Citymark is measured, and the table says so.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, sync_playwright

ROOT = Path(__file__).parents[1]
PEER = Path(__file__).parent / "pages" / "peer_app.py"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
PAGES = {
    "/": "main h1",
    "/index": ".ranking",
    "/city/ru-kazan": ".figures",
    "/indicator/TI_SMART_LIGHTING?c=ru-kazan": ".plot svg",
    "/compare": ".heatmap",
}
# When Compare answers to a choice: until then it can be read, and what is chosen waits.
LIVE = "#react-entry-point .heatmap"
ROUNDS = 5
# The moment the element first stands in the page, and when the page has come to rest after it.
WATCH = """(() => { const look = () => {
  if (!window.seenAt && document.querySelector(SEEN)) window.seenAt = performance.now(); };
  new MutationObserver(look).observe(document, { childList: true, subtree: true }); look(); })()"""
CLOCK = """() => { const [page] = performance.getEntriesByType('navigation');
  const all = [page, ...performance.getEntriesByType('resource')];
  return [window.seenAt, all.reduce((sum, each) => sum + each.transferSize, 0)]; }"""


def main() -> int:
    """Print milliseconds until the figures are there and bytes over the wire; 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        database = Path(folder) / "demo.db"
        environment = {**os.environ, "CITYMARK_DATABASE_URL": f"sqlite:///{database}"}
        subprocess.run([sys.executable, "-m", "ingest", "demo"], cwd=ROOT, env=environment, check=True)
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        command = [sys.executable, "-m", "ingest", "serve", "--port", "{port}"]
        with serving(command, environment, "/readyz") as address:
            own = {path: measured(chromium, address + path, seen) for path, seen in PAGES.items()}
            own["/compare, answers to choices"] = measured(chromium, f"{address}/compare", LIVE)
        peer = _peer(chromium, database)
    return _told(own, peer)


def _peer(chromium: Browser, database: Path) -> tuple[float, float, float, float] | None:
    python = os.environ.get("CITYMARK_PEER_PYTHON")
    if not python:
        return None
    options = ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    command = [python, "-m", "streamlit", "run", str(PEER), "--server.port", "{port}", *options]
    with serving(command, {**os.environ, "PEER_DATABASE": str(database)}, "/_stcore/health") as address:
        return measured(chromium, address, "#drawn")


def measured(chromium: Browser, address: str, seen: str) -> tuple[float, float, float, float]:
    """First, median cold and median warm milliseconds until `seen` is there, and kilobytes of a cold one."""
    first, _ = _once(chromium.new_context(), address, seen)
    cold, warm, size = [], [], 0.0
    for _ in range(ROUNDS):
        context = chromium.new_context()
        took, size = _once(context, address, seen)
        cold.append(took)
        warm.append(_once(context, address, seen)[0])
        context.close()
    return first, sorted(cold)[ROUNDS // 2], sorted(warm)[ROUNDS // 2], size / 1000


def _once(context: BrowserContext, address: str, seen: str) -> tuple[float, float]:
    page = context.new_page()
    page.add_init_script(WATCH.replace("SEEN", json.dumps(seen)))
    page.goto(address, wait_until="commit")
    page.wait_for_selector(seen, state="attached")
    page.wait_for_timeout(300)
    took, size = page.evaluate(CLOCK)
    page.close()
    return float(took), float(size)


@contextmanager
def serving(command: list[str], environment: dict[str, str], ready: str, *, is_silent: bool = False) -> Iterator[str]:
    """A server in its own process, at the address that is given; stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    filled = [part.replace("{port}", port) for part in command]
    errors = subprocess.DEVNULL if is_silent else None
    process = subprocess.Popen(filled, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
    try:
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{port}{ready}", timeout=5).close()
                break
            except (URLError, ConnectionError):
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _told(own: dict[str, tuple[float, float, float, float]], peer: tuple[float, float, float, float] | None) -> int:
    print(f"{'page':<44}{'first ms':>10}{'cold ms':>10}{'warm ms':>10}{'kB':>10}")
    lines = {**own, **({} if peer is None else {"the comparison in Streamlit": peer})}
    for name, figures in lines.items():
        print(f"{name:<44}" + "".join(f"{figure:>10.0f}" for figure in figures))
    if peer is None:
        print("Streamlit: not measured, name its interpreter as CITYMARK_PEER_PYTHON (make bench-pages does)")
        return 0
    ratios = [peer[at] / own["/compare"][at] for at in (1, 2)]
    print(f"Compare is {ratios[0]:.1f} times as fast cold and {ratios[1]:.1f} times warm (target 2)")
    slow = [path for path, (_, cold, warm, size) in own.items() if cold > 1_500 or warm > 500 or size > 900]
    print("over 1,500 ms cold, 500 ms warm or 900 kB:", ", ".join(slow) or "none")
    return int(min(ratios) < 2 or bool(slow))


if __name__ == "__main__":
    sys.exit(main())
