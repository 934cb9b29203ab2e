"""What the asks of the load lane cost in processor time, one after the other in one process.

Less than times on the clock it depends on who else uses the machine: for comparing one state of the program with
another. CITYMARK_DATABASE_URL names a database with the demonstration and its scores; nothing is written to it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import defaultdict

import httpx2
import orjson
from starlette.applications import Starlette

from app.asgi import create
from bench.load.deck import MIX, Ask, Deck, World
from bench.load.house import MOST_PERIODS

#: Nobody signs in here.
READ = {kind: share for kind, share in MIX.items() if kind != "upload"}
WARMING_S = 3.0


def main() -> int:
    """Print a line a kind and part of the address: how many, milliseconds each on average and at most."""
    parser = argparse.ArgumentParser(prog="python -m bench.load_cost", description=__doc__)
    parser.add_argument("--asks", type=int, default=600)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    if "CITYMARK_DATABASE_URL" not in os.environ:
        sys.exit("CITYMARK_DATABASE_URL must name a database with the demonstration: citymark demo, citymark score")
    told(asyncio.run(run(create(), given.asks, given.seed)))
    return 0


async def run(app: Starlette, asks: int, seed: int) -> dict[str, list[float]]:
    """The seconds of each ask by what it asks for."""
    took: dict[str, list[float]] = defaultdict(list)
    at = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=at, base_url="http://127.0.0.1") as reader,
    ):
        deck = Deck(await _world(reader), seed, READ)
        await asyncio.sleep(WARMING_S)
        for _ in range(asks):
            ask = deck.deal()
            began = time.process_time()
            answer = await reader.request(ask.method, ask.path, headers=ask.headers, content=ask.body or None)
            seconds = time.process_time() - began
            took["304" if answer.status_code == 304 else _kind(ask)].append(seconds)
            if ask.kind == "api":
                deck.remember(ask.path, answer.headers.get("etag"))
    return took


async def _world(reader: httpx2.AsyncClient) -> World:
    async def codes(what: str) -> list[str]:
        answer = await reader.get(f"/api/v1/{what}")
        return [str(each["code"]) for each in orjson.loads(answer.content)["data"]]

    cities = [code for code in await codes("cities") if code.startswith("ru-")]
    periods = [code for code in await codes("periods") if "Q" in code][-MOST_PERIODS:]
    indicators = await codes("indicators")
    return World(cities, indicators, indicators, periods, cities, "")


def _kind(ask: Ask) -> str:
    """The kind, and what of the address tells one cost from another."""
    if ask.kind == "callback":
        return "callback: search" if b"compare-found.children" in ask.body[:60] else "callback: comparison"
    path, _, query = ask.path.partition("?")
    first = [part for part in path.removeprefix("/api/v1").split("/") if part][:1]
    last = ["history"] if path.endswith("/history") else []
    form = [part.removeprefix("format=") for part in query.split("&") if part.startswith("format=")]
    return f"{ask.kind}: {' '.join([*first, *last, *form]) or '/'}"


def told(took: dict[str, list[float]]) -> None:
    """The dearest first, then all of them."""
    for kind, seconds in sorted(took.items(), key=lambda item: -sum(item[1])):
        _line(kind, seconds)
    _line("all", [each for seconds in took.values() for each in seconds])


def _line(kind: str, seconds: list[float]) -> None:
    mean, most = 1_000 * sum(seconds) / len(seconds), 1_000 * max(seconds)
    sys.stdout.write(f"{kind:<28}{len(seconds):>6}{mean:>9.1f} ms{most:>9.1f} ms at most\n")


if __name__ == "__main__":
    sys.exit(main())
