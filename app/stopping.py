"""A clean stop: `/readyz` says that this process is leaving, so that a balancer asks another one; then it ends."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType


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

        def begun(number: int, frame: FrameType | None) -> None:
            if not callable(end):
                return
            if self.has_begun or not self.drain_s:
                self.has_begun = True
                end(number, frame)
                return
            self.has_begun = True
            loop.call_soon_threadsafe(loop.call_later, self.drain_s, end, number, frame)

        signal.signal(signal.SIGTERM, begun)
