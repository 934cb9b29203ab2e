from __future__ import annotations

import pytest

from app.domain.similar import Context, kilometres, similar

MOSCOW, KAZAN = (55.7558, 37.6173), (55.7887, 49.1221)


def test_the_distance_of_moscow_and_kazan_is_that_of_the_atlas() -> None:
    """About 719 km as the crow flies."""
    assert kilometres(MOSCOW, KAZAN) == pytest.approx(719, abs=3)
    assert kilometres(MOSCOW, MOSCOW) == 0


def test_what_is_not_known_does_not_count_and_ties_go_by_code() -> None:
    own = Context("a", 100_000, None, None, "RU", None)
    others = [
        Context(code, population, None, None, "RU", None) for code, population in (("c", 10_000), ("b", 1_000_000))
    ]
    assert [(each.code, each.distance) for each in similar(own, others, 5)] == [("b", 0.5), ("c", 0.5)]
    abroad = Context("d", 100_000, None, None, "KZ", "severe")
    assert similar(own, [*others, abroad], 1, {"country": 0.0})[0].code == "d"
