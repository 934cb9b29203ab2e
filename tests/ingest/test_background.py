"""What a server does beside answering goes on after an error, which is logged."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from app.errors import Unavailable
from ingest.background import Repeated
from tests.servers import until


@pytest.mark.parametrize("error", [Unavailable("the database did not answer"), ZeroDivisionError("a fault of ours")])
def test_a_deed_that_fails_is_logged_and_done_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    done: list[datetime] = []

    def deed(now: datetime) -> None:
        done.append(now)
        if len(done) == 1:
            raise error

    instant = datetime(2026, 11, 27, tzinfo=UTC)
    repeated = Repeated("the deed", 0.01, deed, now=lambda: instant)
    with caplog.at_level(logging.ERROR):
        repeated.start()
        until(lambda: len(done) > 2)
        repeated.stop()
    count = len(done)
    assert done == [instant] * count
    (line,) = caplog.records
    assert "the deed" in line.getMessage()
    assert str(error) in caplog.text
    until(lambda: not repeated._thread.is_alive())
    assert len(done) == count
