"""Users as tasks: each asks, reads the answer to its end, thinks, and asks again, over a connection of its own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx2

from bench.load.deck import Ask, Deck, World

#: Seconds between an answer and the next ask, on average (exponential): 200 users are some 20 actions a second.
THINK_S = 10.0
#: Longer is no answer.
PATIENCE_S = 30.0
PING_EVERY_S = 0.05
SHED = (429, 503)


@dataclass(frozen=True)
class Done:
    """One answered ask; status 0 where none came."""

    kind: str
    at: float
    took_s: float
    status: int
    says_when: bool = False
    words: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the user got what was asked for."""
        # What was never published has no history: that is an answer.
        return 200 <= self.status < 400 or self.status == 404

    @property
    def is_shed(self) -> bool:
        """Whether the server said that it is busy, and when to come back."""
        return self.status in SHED and self.says_when


@dataclass
class Book:
    """Everything that was answered, in order."""

    done: list[Done] = field(default_factory=list)

    def since(self, at: float, until: float = float("inf")) -> list[Done]:
        """What was asked in a stretch of time."""
        return [each for each in self.done if at <= each.at < until]


def client(address: str) -> httpx2.AsyncClient:
    """A connection of one user."""
    limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=60)
    return httpx2.AsyncClient(base_url=address, timeout=PATIENCE_S, verify=False, limits=limits)


async def ask(reader: httpx2.AsyncClient, what: Ask, book: Book) -> httpx2.Headers | None:
    """Send it, read the answer as bytes, write down how it went; the headers of a good one."""
    at, status, says_when, words = time.monotonic(), 0, False, ""
    headers: httpx2.Headers | None = None
    try:
        async with asyncio.timeout(2 * PATIENCE_S):
            async with reader.stream(
                what.method, what.path, headers=what.headers, content=what.body or None
            ) as answer:
                async for chunk in answer.aiter_raw():
                    words = words or ("" if answer.status_code < 400 else chunk[:200].decode("utf-8", "replace"))
                status, headers = answer.status_code, answer.headers
                says_when = "retry-after" in answer.headers
    except (httpx2.HTTPError, TimeoutError) as error:
        words = f"{type(error).__name__}: {error}"
    words = f"{what.method} {what.path[:100]} {words}" if not 200 <= status < 400 else ""
    book.done.append(Done(what.kind, at, time.monotonic() - at, status, says_when, words))
    return headers if 200 <= status < 400 else None


async def user(address: str, deck: Deck, book: Book, *, think_s: float = THINK_S, new_every: int = 20) -> None:
    """One user until cancelled; now and then a new connection, as after a pause."""
    dice = random.Random(deck.dice.random())
    await asyncio.sleep(dice.uniform(0, think_s))
    while True:
        async with client(address) as reader:
            for _ in range(dice.randint(1, new_every)):
                what = deck.deal()
                headers = await ask(reader, what, book)
                if what.kind == "api" and headers is not None:
                    deck.remember(what.path, headers.get("etag"))
                await asyncio.sleep(dice.expovariate(1 / think_s) if think_s else 0)


async def pings(address: str, book: Book, *, kind: str = "ping", connections: int = 8) -> None:
    """/healthz asked over and over on several connections, so that every worker is asked; until cancelled."""

    async def one(number: int) -> None:
        await asyncio.sleep(number * PING_EVERY_S / connections)
        async with client(address) as reader:
            while True:
                await ask(reader, Ask(kind, "/healthz"), book)
                await asyncio.sleep(PING_EVERY_S)

    async with asyncio.TaskGroup() as group:
        for number in range(connections):
            group.create_task(one(number))


async def lags(book: Book) -> None:
    """How late the measuring side itself is: what it adds to everything it measures."""
    while True:
        at = time.monotonic()
        await asyncio.sleep(PING_EVERY_S)
        book.done.append(Done("own lag", at, max(time.monotonic() - at - PING_EVERY_S, 0), 200))


class Crowd:
    """Users that come and go."""

    def __init__(self, address: str, world: World, book: Book) -> None:
        self.address, self.world, self.book = address, world, book
        self._seed = 0
        self._tasks: list[asyncio.Task[None]] = []

    def come(self, count: int, *, think_s: float = THINK_S, mix: dict[str, float] | None = None) -> None:
        """More of them."""
        for _ in range(count):
            self._seed += 1
            deck = Deck(self.world, self._seed, mix)
            self._tasks.append(asyncio.create_task(user(self.address, deck, self.book, think_s=think_s)))

    def watch(self) -> None:
        """Pings and the measuring side's own lag beside them."""
        self._tasks += [asyncio.create_task(pings(self.address, self.book)), asyncio.create_task(lags(self.book))]

    async def leave(self, count: int | None = None) -> None:
        """The last ones that came, or all."""
        going = self._tasks[-count:] if count else self._tasks[:]
        await ended(going)
        self._tasks = [task for task in self._tasks if task not in going]

    def faults(self) -> list[BaseException]:
        """Users that ended by themselves: a fault of the lane."""
        return [error for task in self._tasks if task.done() and not task.cancelled() and (error := task.exception())]


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel and wait."""
    listed = list(tasks)
    for task in listed:
        task.cancel()
    for task in listed:
        with suppress(asyncio.CancelledError):
            await task
