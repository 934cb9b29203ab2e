"""Two hundred users on one installation, then its heaviest work, then five times the users: judged against goals.

Users are tasks of this process, each with a connection of its own, that think some seconds between an answer and the
next ask (bench/load/users.py). How late the measuring side itself was is printed too: they share a machine.
CITYMARK_LOAD_DATABASE names a demonstration database to copy in place of building one.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from bench.load import told
from bench.load.deck import heavy_asks
from bench.load.house import House, house
from bench.load.told import Goal
from bench.load.users import THINK_S, Book, Crowd, ask, client

WARMING_S = 20.0
OVERLOAD = 5
RECOVERED_WITHIN_S = 10.0
API_MS, CALLBACK_MS, PING_MS = 300.0, 800.0, 100.0


def main() -> int:
    """Print tables and goals; 1 when one is missed."""
    given = _arguments().parse_args()
    with house(engine=given.engine, workers=given.workers) as built:
        missed = asyncio.run(run(built, given))
        print(built.said())
    return missed


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.load_lane", description=__doc__)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0, help="of the mix (default 60)")
    parser.add_argument("--overload-seconds", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--think", type=float, default=THINK_S, help="mean seconds between two asks of a user")
    parser.add_argument("--only", choices=("mix", "heavy", "overload"), action="append")
    return parser


async def run(built: House, given: argparse.Namespace) -> int:
    """Every part that was asked for, one after the other."""
    parts = given.only or ["mix", "heavy", "overload"]
    goals: list[Goal] = []
    if "mix" in parts:
        goals += await mixed(built, given)
    if "heavy" in parts:
        goals += await heavy(built)
    if "overload" in parts:
        goals += await overloaded(built, given)
    return told.judged(goals)


async def mixed(built: House, given: argparse.Namespace) -> list[Goal]:
    """The users after a while of warming, as a service that has been running."""
    book = Book()
    crowd = Crowd(built.address, built.world, book)
    crowd.come(given.users, think_s=given.think)
    crowd.watch()
    await asyncio.sleep(WARMING_S)
    began = time.monotonic()
    await asyncio.sleep(given.seconds)
    done = book.since(began, time.monotonic())
    await crowd.leave()
    told.table(f"{given.users} users for {given.seconds:.0f} s, {given.engine}, {given.workers} workers", done)
    bad = told.wrong(done) + [each for each in done if each.is_shed]
    told.told_wrong(bad)
    return [
        Goal("errors and refusals of the mix", len(bad), 0, ""),
        Goal("API, p99", told.percentile(told.of_kind(done, "api"), 0.99), API_MS),
        Goal("callbacks, p99", told.percentile(told.of_kind(done, "callback"), 0.99), CALLBACK_MS),
    ]


async def heavy(built: House) -> list[Goal]:
    """One heavy piece of work after the other, and the ping meanwhile."""
    goals = []
    for name, what in heavy_asks(built.world).items():
        book = Book()
        crowd = Crowd(built.address, built.world, book)
        crowd.watch()
        await asyncio.sleep(0.5)
        began = time.monotonic()
        async with client(built.address) as reader:
            reader.timeout = 120
            await ask(reader, what, book)
        done = book.since(began)
        await crowd.leave()
        told.table(name, done)
        told.told_wrong([each for each in told.wrong(done) if each.status != 422])
        goals.append(Goal(f"ping p99 during: {name}", told.percentile(told.of_kind(done, "ping"), 0.99), PING_MS))
    return goals


async def overloaded(built: House, given: argparse.Namespace) -> list[Goal]:
    """Five times the users, who do not wait longer between asks for it; then as many as before."""
    book = Book()
    crowd = Crowd(built.address, built.world, book)
    crowd.watch()
    crowd.come(given.users, think_s=given.think)
    await asyncio.sleep(WARMING_S / 2)
    more = (OVERLOAD - 1) * given.users
    began = time.monotonic()
    crowd.come(more, think_s=given.think)
    await asyncio.sleep(given.overload_seconds)
    await crowd.leave(more)
    fell = time.monotonic()
    during = book.since(began, fell)
    told.table(f"{OVERLOAD} × {given.users} users for {given.overload_seconds:.0f} s", during)
    told.told_wrong(told.wrong(during))
    await asyncio.sleep(2 * RECOVERED_WITHIN_S)
    after = book.since(fell)
    await crowd.leave()
    told.table("as many users as before", after)
    pings = told.of_kind(during, "ping")
    return [
        Goal("overload: neither an answer nor 429/503 with Retry-After", len(told.wrong(during)), 0, ""),
        Goal("overload: pings without an answer", len([each for each in pings if not each.is_good]), 0, ""),
        Goal("overload: seconds until it is as before", _recovered(after, fell), RECOVERED_WITHIN_S, "s"),
    ]


def _recovered(after: list[told.Done], fell: float) -> float:
    """Seconds until nothing asked since was refused and API answers are within their goal; all of them if never."""
    asked = [each for each in after if each.kind in ("api", "callback", "page", "export", "upload")]
    for second in range(int(2 * RECOVERED_WITHIN_S)):
        rest = [each for each in asked if each.at >= fell + second]
        api = told.of_kind(rest, "api")
        if rest and all(each.is_good for each in rest) and told.percentile(api, 0.99) <= API_MS:
            return float(second)
    return 2 * RECOVERED_WITHIN_S


if __name__ == "__main__":
    sys.exit(main())
