"""Web processes restarted one after the other under a steady load: not one request fails.

`make rolling` does it more often.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx2
import pytest

from tests.cluster.installation import STARTED_S, Process, until
from tests.makers import settle_one_figure
from tests.servers import free_port, nginx, wait_for

pytestmark = pytest.mark.xdist_group("cluster")
#: How often each process is restarted.
ROUNDS = int(os.environ.get("CITYMARK_RESTARTS", "1"))
#: Longer than nginx keeps an idle connection.
DRAIN_S = 2.5
FOUND = {
    "output": "compare-found.children",
    "outputs": {"id": "compare-found", "property": "children"},
    "inputs": [{"id": "compare-search", "property": "value", "value": "каз"}],
    "changedPropIds": ["compare-search.value"],
    "state": [{"id": "url", "property": "search", "value": ""}],
}

Ask = Callable[[httpx2.Client, int], httpx2.Response]
# No question twice, so that nginx has to ask.
ASKS: dict[str, Ask] = {
    "API": lambda reader, number: reader.get(f"/api/v1/cities?limit={number % 9_000 + 1}"),
    "page": lambda reader, number: reader.get(f"/city/ru-kazan?n={number}"),
    "callback": lambda reader, number: reader.post(
        "/_dash-update-component", json=FOUND | {"state": [{**FOUND["state"][0], "value": f"?n={number}"}]}
    ),
    # A form that changes nothing, which nginx cannot know: it is sent to one process and never to another.
    "form": lambda reader, number: reader.post("/receipt", data={"sha256": f"{number:064x}"}),
}


@pytest.fixture
def webs(tmp_path: Path) -> Iterator[list[Process]]:
    """Two web processes over one database."""
    url = f"sqlite:///{tmp_path}/citymark.db"
    settle_one_figure(url)
    running = [_web(url) for _ in range(2)]
    try:
        for web in running:
            wait_for(web.port, STARTED_S)
        yield running
    finally:
        for web in running:
            web.kill()


def _web(url: str) -> Process:
    port = free_port()
    command = [sys.executable, "-m", "ingest", "serve", "--port", str(port)]
    return Process(command, port, CITYMARK_DATABASE_URL=url, CITYMARK_DRAIN_S=str(DRAIN_S))


@contextmanager
def asking(address: str) -> Iterator[list[tuple[str, str]]]:
    """Two readers of each kind at work for as long as the block lasts: what they asked and what came."""
    told: list[tuple[str, str]] = []
    is_over = threading.Event()

    def work(kind: str, ask: Ask, numbers: Iterator[int]) -> None:
        with httpx2.Client(base_url=address, timeout=30) as reader:
            while not is_over.wait(0.02):
                try:
                    told.append((kind, str(ask(reader, next(numbers)).status_code)))
                except httpx2.HTTPError as error:
                    told.append((kind, type(error).__name__))

    numbers = count(1)
    threads = [threading.Thread(target=work, args=(*each, numbers)) for each in ASKS.items() for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _restarted(web: Process) -> None:
    web.running.terminate()
    web.running.wait(60)
    web.start()
    until(lambda: _is_ready(web), STARTED_S)


def _is_ready(web: Process) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{web.port}/readyz", timeout=20).status_code == 200
    except httpx2.TransportError:
        return False


@pytest.mark.timeout(120 + 60 * ROUNDS)
def test_no_request_fails_while_processes_are_restarted_one_after_the_other(
    webs: list[Process], tmp_path: Path
) -> None:
    with nginx(tmp_path, [web.port for web in webs]) as address, asking(address) as told:
        for web in webs * ROUNDS:
            _restarted(web)
            # As long as nginx may go without a process that it could not reach.
            time.sleep(2)
    assert {each: times for each, times in Counter(told).items() if each[1] != "200"} == {}
    assert {kind for kind, _ in told} == set(ASKS)
