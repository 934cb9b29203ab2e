"""How soon Compare answers to a choice, by the browser's own clock, and where the time goes.

Every choice is made on a page at rest: `seen` is when the table stands anew and has been painted, `rest` when
nothing more is drawn; `server` and `kB` are of its one request. CITYMARK_CHOICES_DATABASE names a database to use.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.bench_pages import FLAGS, ROOT, serving

ROUNDS = 5
TARGET_MS = 200
START = "/compare?c=ru-kazan~ru-ufa~ru-omsk~ru-samara&t=2026-Q2"
# A choice, and the one that undoes it: name and value, as the page posts them.
CHOICES = {
    "a city more": (("city-add", "ru-perm"), ("city-remove", "ru-perm")),
    "another period": (("period", "2026-Q1"), ("period", "2026-Q2")),
    "another group": (("peer", "country:RU"), ("peer", "")),
    "change shown": (("change", "year"), ("change", "")),
    "another principle": (("principle", "management"), ("principle", "infrastructure")),
}
# Makes a choice as the page's own script does, and waits until its table and then everything has been drawn.
CHOOSE = """([name, value]) => new Promise((done) => {
  performance.clearResourceTimings();
  const now = () => document.querySelector('#compare-table').dataset.html;
  const before = now();
  const start = performance.now();
  let seen = 0, last = 0, busy = 0;
  const tasks = new PerformanceObserver((list) => list.getEntries().forEach((task) => {
    if (task.startTime + task.duration > start) { busy += task.duration; last = task.startTime + task.duration; }
  }));
  tasks.observe({ type: 'longtask' });
  const look = new MutationObserver(() => {
    if (!seen && now() !== before) {
      seen = -1;
      requestAnimationFrame(() => setTimeout(() => { seen = performance.now(); }));
    }
    last = Math.max(last, performance.now());
  });
  look.observe(document.querySelector('#page'), { subtree: true, childList: true, attributes: true });
  window.dash_clientside.set_props('choice', { data: { name, value, count: Math.random() } });
  const wait = setInterval(() => {
    if (seen > 0 && performance.now() - Math.max(last, seen) > 500) {
      clearInterval(wait); look.disconnect(); tasks.disconnect();
      const [post] = performance.getEntriesByType('resource').filter((e) => e.name.includes('_dash-update'));
      done({ seen: seen - start, rest: Math.max(last, seen) - start, busy,
        server: post.responseStart - post.requestStart, sent: post.requestStart - start,
        size: post.encodedBodySize / 1000, whole: post.decodedBodySize / 1000 });
    }
  }, 50);
})"""


def main() -> int:
    """Print the medians of every choice; 1 where one is seen later than the target."""
    given = os.environ.get("CITYMARK_CHOICES_DATABASE")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        environment = {**os.environ, "CITYMARK_DATABASE_URL": f"sqlite:///{given or Path(folder) / 'demo.db'}"}
        if not given:
            subprocess.run([sys.executable, "-m", "ingest", "demo"], cwd=ROOT, env=environment, check=True)
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with serving(
            [sys.executable, "-m", "ingest", "serve", "--port", "{port}"], environment, "/readyz"
        ) as address:
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            page.goto(address + START)
            page.locator("#react-entry-point .heatmap").wait_for()
            page.wait_for_timeout(3_000)
            found = {name: _measured(page, *pair) for name, pair in CHOICES.items()}
        chromium.close()
    return _told(found)


def _measured(page: Page, choice: tuple[str, str], undone: tuple[str, str]) -> dict[str, float]:
    """The medians of making the choice and of undoing it."""
    each = [page.evaluate(CHOOSE, list(one)) for _ in range(ROUNDS) for one in (choice, undone)]
    return {key: statistics.median(one[key] for one in each) for key in each[0]}


def _told(found: dict[str, dict[str, float]]) -> int:
    keys = ("seen", "rest", "sent", "server", "busy", "size", "whole")
    heads = ("seen ms", "rest ms", "sent ms", "server ms", "tasks ms", "kB", "kB whole")
    print(f"{'choice':<24}" + "".join(f"{head:>11}" for head in heads))
    for name, figures in found.items():
        print(f"{name:<24}" + "".join(f"{figures[key]:>11.0f}" for key in keys))
    slow = [name for name, figures in found.items() if figures["seen"] > TARGET_MS]
    print(f"seen later than {TARGET_MS} ms:", ", ".join(slow) or "none")
    return int(bool(slow))


if __name__ == "__main__":
    sys.exit(main())
