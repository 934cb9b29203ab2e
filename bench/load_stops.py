"""How long one process stops everything during the heaviest work: gaps of a thread that sleeps a millisecond.

Of each gap the processor time that the process took meanwhile is counted where it is less: what others who use the
machine hold up is none of it. CITYMARK_LOAD_DATABASE names a demonstration database to copy in place of building one.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import tempfile
import time
from multiprocessing import get_context
from threading import Event, Thread
from typing import Any

import httpx2

from app.asgi import create
from bench.load.deck import Ask, heavy_asks
from bench.load.house import let_in, world_of
from tests.servers import serving

MOST_MS = 30.0
#: What is collected when everything read often has been fetched is over by then.
WARMING_S = 20.0
CHILD = get_context("spawn")


class Watch(Thread):
    """Writes down its gaps, and the longest of the collector's, until it is over."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.is_over = Event()
        self.longest_s = self.collecting_s = 0.0
        self._began = 0.0

    def run(self) -> None:
        """One gap after the other."""
        while not self.is_over.is_set():
            at, worked = time.monotonic(), time.process_time()
            time.sleep(0.001)
            self.longest_s = max(self.longest_s, min(time.monotonic() - at, time.process_time() - worked))

    def collected(self, phase: str, _said: dict[str, Any]) -> None:
        """Called by the collector itself, in the thread that it stops."""
        if phase == "start":
            self._began = time.thread_time()
        else:
            self.collecting_s = max(self.collecting_s, time.thread_time() - self._began)


def main() -> int:
    """Print a line a piece of work; 1 when one of them stops the process for more than is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CITYMARK_DATABASE_URL"] = f"sqlite:///{folder}/demo.db"
        token, offices = let_in(dict(os.environ))
        with serving(create()) as address:
            time.sleep(WARMING_S)
            asks = heavy_asks(world_of(address, offices, token))
            # A hundred thousand rows of this bench are none of the program's.
            gc.collect()
            gc.freeze()
            stops = [stopped(name, address, ask) for name, ask in asks.items()]
    return int(max(stops) > MOST_MS)


def stopped(name: str, address: str, ask: Ask) -> float:
    """The milliseconds of the longest stop while this is asked by another process."""
    watch, worked = Watch(), time.process_time()
    gc.callbacks.append(watch.collected)
    watch.start()
    child = CHILD.Process(target=answered, args=(address, ask))
    child.start()
    child.join()
    watch.is_over.set()
    watch.join()
    gc.callbacks.remove(watch.collected)
    stop, collecting = 1_000 * watch.longest_s, 1_000 * watch.collecting_s
    word, cost = "PASS" if stop <= MOST_MS else "FAIL", time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures = f"{stop:>6.0f} ms, collector {collecting:>4.0f} ms, processor {cost:>5.2f} s, memory {memory} MB so far"
    print(f"{word}  {name:<28}{figures}", flush=True)
    return stop


def answered(address: str, ask: Ask) -> None:
    """Ask and read to the end."""
    httpx2.request(ask.method, address + ask.path, headers=ask.headers, content=ask.body or None, timeout=120)


if __name__ == "__main__":
    sys.exit(main())
