"""A process that publishes one vintage and dies where it is told: `python -m tests.loss.publisher URL POINT`.

POINT counts the statements sent to the database; at that statement, before it goes out, the process kills itself as
`kill -9` would. At a POINT that is never reached the vintage is published.

Without words it takes lines of `URL POINT` and has a process of its own for each, whose exit code it says: what takes
longest, loading the program, is done once for all of them.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta

from sqlalchemy import Engine, event

from app.db import connect, writing
from ingest.publish import Provenance, figures, publish
from tests.makers import MORNING

PERIODS = [f"{year}-Q{quarter}" for year in range(2000, 2020) for quarter in range(1, 5)]


def rows(value: str) -> list[dict[str, object]]:
    """Figures of three cities in eighty quarters, and one revision."""
    cities = ("ru-kazan", "ru-oryol", "ru-ufa")
    usual = {"indicator": "TI_LIGHTS", "value": value}
    new: list[dict[str, object]] = [
        {**usual, "city": city, "period": period} for city in cities for period in PERIODS
    ]
    return [*new, {"city": "ru-kazan", "indicator": "HC_LIFE", "period": "2024", "value": value}]


def publish_some(engine: Engine, value: str = "42") -> int | None:
    """The number of the vintage, None when nothing was new."""
    provenance = Provenance("job", "loss", "tester", "a test of losses")
    with writing(engine) as session:
        return publish(session, figures(rows(value)), provenance=provenance, now=MORNING + timedelta(days=30)).vintage


def count_points(engine: Engine) -> list[str]:
    """Every statement from now on, commits and all."""
    seen: list[str] = []

    def note(statement: str) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", lambda _c, _cur, statement, *_more: note(statement))
    event.listen(engine, "commit", lambda _connection: note("COMMIT"))
    return seen


def die_at(engine: Engine, point: int) -> None:
    """Kill this process before the statement number `point`."""
    left = [point]

    def step(*_more: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)


def main(url: str, point: str) -> None:
    """Publish, and die on the way."""
    engine = connect(url)
    die_at(engine, int(point))
    publish_some(engine)
    engine.dispose()


def many() -> None:
    """A process for each line; nothing is connected to a database before it is on its own."""
    for line in sys.stdin:
        process, code = os.fork(), 1
        if process == 0:
            try:
                main(*line.split())
                code = 0
            finally:
                os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:]) if sys.argv[1:] else many()
