"""What a server does beside answering: deeds repeated in threads of their own, until they are stopped."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread

from app.errors import CitymarkError

log = logging.getLogger("citymark.background")
# What a deed is in the middle of is waited for so long when the server stops.
ENDS_S = 30.0


class Repeated:
    """One deed, done every so many seconds; an error is logged and the deed is done again."""

    def __init__(
        self,
        name: str,
        every_s: float,
        deed: Callable[[datetime], object],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        is_over: Event | None = None,
    ) -> None:
        self._name, self._every_s, self._deed, self._now = name, every_s, deed, now
        # The deed may know of it too, to end between its own steps.
        self._stopped = is_over or Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits for what is being done."""
        self._stopped.set()
        self._thread.join(ENDS_S)

    def _run(self) -> None:
        while not self._stopped.wait(self._every_s):
            try:
                self._deed(self._now())
            except CitymarkError as error:
                log.error("%s: %s", self._name, error.message)
            except Exception:
                log.exception("%s", self._name)
