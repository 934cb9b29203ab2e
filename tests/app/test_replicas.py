from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from app.queries.freshness import Freshness
from app.replicas import choice, seen_in
from app.settings import Settings

SEVEN = Freshness(7, datetime(2026, 3, 1, tzinfo=UTC), "a")
SIX, EIGHT = replace(SEVEN, vintage=6), replace(SEVEN, vintage=8)
OTHER_EDITION = replace(SEVEN, edition="b")


@pytest.mark.parametrize(
    ("looks", "least", "chosen"),
    [
        # No replica: the primary, and nobody when it is silent.
        ([SEVEN], 0, 0),
        ([None], 0, None),
        # A replica that knows the same answers; one that lags, is silent or has another edition does not.
        ([SEVEN, SEVEN], 7, 1),
        ([SEVEN, SIX], 0, 0),
        ([SEVEN, None], 0, 0),
        ([SEVEN, OTHER_EDITION], 0, 0),
        ([SEVEN, SIX, SEVEN], 7, 2),
        # Ahead of the primary's last word: only once somebody has seen it.
        ([SEVEN, EIGHT], 7, 0),
        ([SEVEN, EIGHT], 8, 1),
        # More than anybody knows was lost in a restore or never there: the primary is the truth.
        ([SEVEN, SEVEN], 9, 0),
        # Without the primary: the newest of those that know enough, or nobody.
        ([None, SIX, SEVEN], 0, 2),
        ([None, SEVEN, SIX], 6, 1),
        ([None, OTHER_EDITION], 7, 1),
        ([None, SIX, None], 7, None),
        ([None, None], 0, None),
        # Before the first vintage.
        ([Freshness(0, None, ""), Freshness(0, None, "")], 0, 1),
        ([None, Freshness(0, None, "")], 0, 1),
    ],
)
def test_who_answers(looks: list[Freshness | None], least: int, chosen: int | None) -> None:
    assert choice(looks, least, 0) == chosen


def test_replicas_take_turns() -> None:
    assert [choice([SEVEN, SEVEN, SIX, SEVEN], 7, turn) for turn in range(4)] == [1, 3, 1, 3]


@pytest.mark.parametrize(
    ("header", "cookie", "seen"),
    [
        ("", "", 0),
        ("12", "", 12),
        ("", "a=1; citymark-vintage=12; b=2", 12),
        ("11", "citymark-vintage=12", 12),
        ("12", "citymark-vintage=9; citymark-vintage=13", 13),
        ("-1", "", 0),
        ("1e9", "xcitymark-vintage=5", 0),
        ("12345678901", "citymark-vintage=12x", 0),
    ],
)
def test_what_a_reader_says_to_have_seen(header: str, cookie: str, seen: int) -> None:
    assert seen_in(header, cookie) == seen


@pytest.mark.parametrize(
    ("primary", "replicas", "words"),
    [
        ("sqlite:///x.db", "postgresql://h/x", "SQLite has no replicas"),
        ("postgresql://h/x", "sqlite:///x.db", "postgresql://"),
        ("postgresql://h/x", "postgresql://a/x,,postgresql://b/x", "single commas"),
        ("postgresql://h/x", "postgresql://a/x,postgresql://a/x", "twice"),
        ("postgresql://h/x", "postgresql://h/x", "primary itself"),
    ],
)
def test_replicas_that_cannot_be_stop_the_start(primary: str, replicas: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings(database_url=primary, replica_urls=replicas)


def test_replicas_are_named_by_commas() -> None:
    set_up = Settings(database_url="postgresql://h/x", replica_urls="postgresql://a/x, postgresql://b/x")
    assert set_up.replicas == ("postgresql://a/x", "postgresql://b/x")
    assert Settings(database_url="sqlite:///x.db").replicas == ()
