"""When a job is due: cron text as occasions in time. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Protocol

from apscheduler.triggers.cron import CronTrigger

INSTANT = timedelta(microseconds=1)


class Occasions(Protocol):
    """What gives the next occasion."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The first occasion at `now` or after it."""


def occasions(cron: str, timezone: str) -> Occasions:
    """The occasions of a cron text of five fields; ValueError says what is wrong with it."""
    fields = cron.split()
    if len(fields) != 5:
        raise ValueError(
            f"{cron!r} is no cron text: write minute, hour, day, month, day of the week: 30 6 * * mon-fri"
        )
    if re.search(r"\d", fields[4].partition("/")[0]):
        raise ValueError("name the days of the week, as mon-fri: by number they differ from program to program")
    try:
        trigger: Occasions = CronTrigger.from_crontab(cron, timezone=timezone)
    except (ValueError, LookupError, OSError) as error:
        raise ValueError(f"{cron!r} in the zone {timezone!r} cannot be read: {error}") from error
    if trigger.get_next_fire_time(None, datetime.fromisoformat("2000-01-01T00:00Z")) is None:
        raise ValueError(f"{cron!r} names a day that never comes")
    return trigger


def next_after(found: Occasions, instant: datetime) -> datetime:
    """The first occasion after `instant`; one that has been served is not served again."""
    following = found.get_next_fire_time(None, instant + INSTANT)
    if following is None:
        raise ValueError("there is no further occasion")
    return following
