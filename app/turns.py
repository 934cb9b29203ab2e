"""One at a time for the same thing: who asks for what is just being made waits for it and finds it made."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock


class Turns:
    """Turns by key; different keys do not wait for each other."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._turns: dict[Hashable, tuple[Lock, int]] = {}

    @contextmanager
    def of(self, key: Hashable) -> Iterator[None]:
        """The turn of this key, for as long as the block lasts."""
        with self._guard:
            turn, waiting = self._turns.get(key, (Lock(), 0))
            self._turns[key] = (turn, waiting + 1)
        try:
            with turn:
                yield
        finally:
            with self._guard:
                turn, waiting = self._turns.pop(key)
                if waiting > 1:
                    self._turns[key] = (turn, waiting - 1)
