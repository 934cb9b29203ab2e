"""A clean stop: `/readyz` says that this process is leaving, so that a balancer asks another one; then it ends."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A connection that was taken last has sent its request by then.
LAST_S = 0.5


class Stopping:
    """Whether the process was told to end; connections are still taken for `drain_s` seconds after that."""

    def __init__(self, drain_s: float) -> None:
        self.drain_s = drain_s
        self.has_begun = False

    def listen(self) -> None:
        """Put the wait before what the server does at SIGTERM; a second SIGTERM ends the wait.

        Called while the server starts. Signals come to the main thread alone; in another one nothing is done.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop, end = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
        if not callable(end):
            return

        def closed(number: int, frame: FrameType | None) -> None:
            _close_door(end)
            loop.call_later(LAST_S, end, number, frame)

        def begun(number: int, frame: FrameType | None) -> None:
            if self.has_begun or not self.drain_s:
                self.has_begun = True
                end(number, frame)
                return
            self.has_begun = True
            loop.call_soon_threadsafe(loop.call_later, self.drain_s, closed, number, frame)

        signal.signal(signal.SIGTERM, begun)


def _close_door(end: object) -> None:
    """No connection is taken from here on; `end` is the server's own way to end.

    That would also cut the connections taken last: one whose request has not been read yet counts as idle there.
    """
    server = getattr(end, "__self__", None)
    for listening in server.servers if isinstance(server, uvicorn.Server) else ():
        listening.close()


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
