"""A worker: takes a task, does it while its lease is renewed beside it, ends it, and so on until nothing waits."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from secrets import token_hex
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db import clock, reading, writing
from app.errors import CitymarkError
from ingest.background import Repeated
from ingest.tasks import deeds, queue
from ingest.tasks.deeds import GoOn, Means
from ingest.tasks.kinds import Wanted
from ingest.tasks.queue import Taken

if TYPE_CHECKING:
    from app.settings import Settings

log = logging.getLogger("citymark.tasks")
LOOK_EVERY_S = 1.0
Do = Callable[[Means, Wanted, GoOn], None]
Ending = Callable[[Session, Taken], bool]


class Interrupted(Exception):
    """The worker has to stop, or another one has the task."""


class Worker:
    """One of any number; `is_over` tells it to stop after the step it is at."""

    def __init__(self, means: Means, *, is_over: Event | None = None, do: Do = deeds.do) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{token_hex(3)}"
        self._means, self._is_over, self._do = means, is_over or Event(), do

    def work(self) -> int:
        """Do what waits until nothing does; how many tasks were begun."""
        begun = 0
        while not self._is_over.is_set() and self._work_one():
            begun += 1
        return begun

    def _work_one(self) -> bool:
        taken = self._take()
        if taken is None:
            return False
        with self._renewed(taken) as go_on:
            ending = self._tried(taken, go_on)
        with writing(self._engine) as session:
            is_ours = ending(session, taken)
        if not is_ours:
            log.warning("task %s (%s) was taken over by another worker", taken.id, taken.kind)
        return True

    @property
    def _engine(self) -> Engine:
        return self._means.engine

    def _take(self) -> Taken | None:
        with reading(self._engine) as session:
            if not queue.has_work(session, now=clock(session)):
                return None
        with writing(self._engine) as session:
            return queue.take(session, self.name, now=clock(session))

    def _tried(self, taken: Taken, go_on: GoOn) -> Ending:
        """Do it; what is to be noted of it."""
        try:
            self._do(self._means, taken.wanted, go_on)
        except Interrupted:
            return queue.give_back
        except Exception as error:
            log.exception("task %s (%s) failed, try %s", taken.id, taken.kind, taken.attempt)
            return _by_the_clock(partial(queue.fail, error=_words(error)))
        log.info("task %s (%s) is done", taken.id, taken.kind)
        return _by_the_clock(queue.finish)

    @contextmanager
    def _renewed(self, taken: Taken) -> Iterator[GoOn]:
        """Hold the lease as long as the block lasts; what is yielded raises once it is lost or the worker ends."""
        is_lost = Event()

        def renew(_now: datetime) -> None:
            with writing(self._engine) as session:
                if not queue.renew(session, taken, now=clock(session)):
                    is_lost.set()

        def go_on() -> None:
            if is_lost.is_set() or self._is_over.is_set():
                raise Interrupted

        renewing = Repeated("lease of a task", queue.LEASE.total_seconds() / 4, renew)
        renewing.start()
        try:
            yield go_on
        finally:
            renewing.stop()


def _by_the_clock(ending: Callable[..., bool]) -> Ending:
    return lambda session, taken: ending(session, taken, now=clock(session))


def _words(error: Exception) -> str:
    """What a row may tell of an error: our own words, what the system says of a file; else its kind alone."""
    if isinstance(error, CitymarkError):
        return error.message
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def work_off(engine: Engine, settings: Settings) -> None:
    """After a command has published: do what follows, unless workers are there for that."""
    if settings.tasks == "embedded":
        Worker(deeds.means_of(engine, settings)).work()
