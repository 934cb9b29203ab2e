"""A clean stop: `/readyz` says that this process is leaving, so that a balancer asks another one; then it ends."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A connection that was taken last has sent its request by then.
LAST_S = 0.5
# How often the queue is looked at while its last ones are taken, and how long a look takes at most.
TRIES, TURN_S = 100, 0.01


class Stopping:
    """Whether the process was told to end; connections are still taken for `drain_s` seconds after that."""

    def __init__(self, drain_s: float) -> None:
        self.drain_s = drain_s
        self.has_begun = False
        self._ending: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Put the wait before what the server does at SIGTERM; a second SIGTERM ends the wait.

        Called while the server starts. Signals come to the main thread alone; in another one nothing is done.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop, end = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
        if not callable(end):
            return

        def drained(number: int) -> None:
            self._ending = loop.create_task(_leave(end, number))

        def begun(number: int, frame: FrameType | None) -> None:
            if self.has_begun or not self.drain_s:
                self.has_begun = True
                end(number, frame)
                return
            self.has_begun = True
            loop.call_soon_threadsafe(loop.call_later, self.drain_s, drained, number)

        signal.signal(signal.SIGTERM, begun)


async def _leave(end: Callable[[int, FrameType | None], object], number: int) -> None:
    """Take no connection from here on, give those taken last their time, then let the server end by its own way.

    That would cut them too: a connection whose request has not been read yet counts as idle there.
    """
    server = getattr(end, "__self__", None)
    # Workers of one process share its door, which is not theirs to close.
    if isinstance(server, uvicorn.Server) and multiprocessing.parent_process() is None:
        for listening in server.servers:
            await close_door(listening)
    await asyncio.sleep(LAST_S)
    end(number, None)


async def close_door(listening: asyncio.Server) -> None:
    """Stop listening at a moment when nobody stands in the queue: who is in it is cut, sent or not.

    The queue is made one place long. Once a connection of our own fits in, it was empty and is full: nobody else can
    come before the door is closed, and a proxy then asks another process.
    """
    for shared in listening.sockets:
        with socket.socket(fileno=os.dup(shared.fileno())) as door:
            door.listen(0)
            for _ in range(TRIES):
                if _has_filled(door):
                    break
                await asyncio.sleep(TURN_S)
    listening.close()


def _has_filled(door: socket.socket) -> bool:
    with socket.socket(door.family) as own:
        own.settimeout(TURN_S)
        return own.connect_ex(door.getsockname()) == 0


class Leaving:
    """Once stopping has begun, every answer is the last on its connection: the server closes it then.

    A proxy that keeps connections would else send the next request into one that is just being closed, and cannot
    know whether it was taken. By the end of the drain none is left open but those that were idle all the while.
    """

    def __init__(self, app: ASGIApp, *, stopping: Stopping) -> None:
        self.app, self.stopping = app, stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def last(message: Message) -> None:
            if message["type"] == "http.response.start" and self.stopping.has_begun:
                message.setdefault("headers", []).append((b"connection", b"close"))
            await send(message)

        await self.app(scope, receive, last if scope["type"] == "http" else send)
