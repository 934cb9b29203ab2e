"""A day in half an hour: the mix of the load lane, and what each process holds by then: memory, files, threads.

After a warm-up, in which caches fill, nothing may grow: the last quarter is laid beside the first.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.load import told
from bench.load.house import House, house
from bench.load.told import Goal
from bench.load.users import THINK_S, Book, Crowd

#: Caches are bounded by settings; filled, they are part of what a process holds.
SMALL = {
    "CITYMARK_MAX_KEPT_BYTES": "16000000",
    "CITYMARK_MAX_KEPT_PAGE_BYTES": "4000000",
    "CITYMARK_MAX_HELD_BYTES": "128000000",
}
SAMPLES = 60
# What may come and go between two looks: threads of a pool that starts them when needed, files open for an answer.
MOST_MEMORY, MOST_FILES, MOST_THREADS = 0.05, 10, 4


@dataclass(frozen=True)
class Sample:
    """What one process holds at one moment."""

    memory_mb: float
    files: int
    threads: int
    connections: int


def sample(pid: int) -> Sample:
    """Read from the system's own account of the process."""
    said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    links = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(os.readlink(link))
        except FileNotFoundError:
            continue
    sockets = sum(link.startswith("socket:") for link in links)
    return Sample(int(said["VmRSS"].split()[0]) / 1_000, len(links) - sockets, int(said["Threads"]), sockets)


def main() -> int:
    """Print the samples and what grew; 1 when something did."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak_lane", description=__doc__)
    usual = float(os.environ.get("CITYMARK_SOAK_SECONDS", "1800"))
    parser.add_argument("--seconds", type=float, default=usual, help="CITYMARK_SOAK_SECONDS, or 1800")
    parser.add_argument("--warm", type=float, default=None, help="seconds before (default: a third of that)")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with house(engine=given.engine, workers=given.workers, **SMALL) as built:
        missed = asyncio.run(run(built, given))
        print(built.said())
    return missed


async def run(built: House, given: argparse.Namespace) -> int:
    """Users at their asks, a sample of each process now and then."""
    book = Book()
    crowd = Crowd(built.address, built.world, book)
    crowd.come(given.users, think_s=THINK_S)
    await asyncio.sleep(given.seconds / 3 if given.warm is None else given.warm)
    began = time.monotonic()
    samples: dict[int, list[Sample]] = {pid: [] for pid in built.workers()}
    for _ in range(SAMPLES):
        await asyncio.sleep(given.seconds / SAMPLES)
        for pid, found in samples.items():
            found.append(sample(pid))
    done = book.since(began)
    await crowd.leave()
    told.table(f"{given.users} users for {given.seconds:.0f} s, {given.engine}", done)
    told.told_wrong(told.wrong(done))
    goals = [Goal("neither an answer nor 429/503 with Retry-After", len(told.wrong(done)), 0, "")]
    for number, found in enumerate(samples.values(), start=1):
        goals += grown(f"process {number}", found)
    goals.append(Goal("processes that ended meanwhile", len(set(samples) - set(built.workers())), 0, ""))
    return told.judged(goals)


def grown(name: str, found: Sequence[Sample]) -> list[Goal]:
    """The last quarter of the samples beside the first."""
    quarter = max(len(found) // 4, 1)
    first, last = found[:quarter], found[-quarter:]

    def means(what: str) -> tuple[float, float]:
        one, other = ([float(getattr(each, what)) for each in part] for part in (first, last))
        return sum(one) / len(one), sum(other) / len(other)

    print(f"\n{name}: " + "; ".join(f"{what} {means(what)[0]:.0f} → {means(what)[1]:.0f}" for what in _WHAT))
    memory, files, threads = means("memory_mb"), means("files"), means("threads")
    return [
        Goal(f"{name}: memory grown", 100 * (memory[1] / memory[0] - 1), 100 * MOST_MEMORY, "%"),
        Goal(f"{name}: files more", files[1] - files[0], MOST_FILES, ""),
        Goal(f"{name}: threads more", threads[1] - threads[0], MOST_THREADS, ""),
        Goal(f"{name}: connections more than users", max(each.connections for each in last) - 250, 0, ""),
    ]


_WHAT = tuple(Sample.__dataclass_fields__)

if __name__ == "__main__":
    sys.exit(main())
