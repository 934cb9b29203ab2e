"""What stops every thread of a process at once is done seldom, or in pieces, while heavy work is done.

A full collection looks at every living object, and ninety thousand rows are half a million of them; to free them with
the list that holds them takes as long. Inside the interpreter no other thread has its turn: a ping waited for both.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

Item = TypeVar("Item")

#: So many collections of younger objects (each after 7,700 new ones) until a full one; usually ten.
RARELY = 1_000
AT_ONCE = 1_000
# Longer than a thread takes to wake.
ASIDE_S = 0.000_2
_lock = Lock()
#: The usual thresholds, once for each that is at work.
_at_work: list[tuple[int, int, int]] = []


@contextmanager
def full_collections_rare() -> Iterator[None]:
    """Meanwhile the collector looks at young objects; rows are in no circles and go without it.

    What is in circles waits until the work is done, or for seven million new objects: heavy work without end costs no
    memory without end.
    """
    with _lock:
        usual = _at_work[-1] if _at_work else gc.get_threshold()
        _at_work.append(usual)
        gc.set_threshold(*usual[:2], RARELY)
    try:
        yield
    finally:
        with _lock:
            _at_work.pop()
            if not _at_work:
                gc.set_threshold(*usual)


def give_way() -> None:
    """Let other threads have the interpreter, for certain.

    Who writes to files lets go of it at each write, and takes it back before a thread that waits has woken: on a
    quiet machine that waited for a tenth of a second, again and again. Who sleeps cannot take it back.
    """
    time.sleep(ASIDE_S)


def json_in_pieces(value: Any) -> str:
    """What `json.dumps` gives, of a list an item at a time."""
    return f"[{', '.join(map(json.dumps, value))}]" if isinstance(value, list) else json.dumps(value)


class LongList(list[Item]):
    """A list that lets its items go some at a time, so that other threads have their turn between."""

    def __del__(self) -> None:
        while self:
            del self[-AT_ONCE:]
