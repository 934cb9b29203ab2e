"""Peer groups as they are written in addresses."""

from __future__ import annotations

import pytest

from app.domain.peers import can_be_named, parse_peer_group


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("country:RU+size:250k_1m", "size:250k_1m+country:RU"),
        ("near:ru-kazan:10", "near:ru-kazan:10"),
        ("near:ru-kazan:10:2-1-0-1", "near:ru-kazan:10:2-1-0-1"),
        # Weights that are all alike are no weighting.
        ("near:ru-kazan:10:3-3-3-3", "near:ru-kazan:10"),
        ("near:ru-kazan:5 country:RU", "country:RU+near:ru-kazan:5"),
    ],
)
def test_a_group_has_one_spelling(text: str, code: str) -> None:
    assert parse_peer_group(text).code == code


@pytest.mark.parametrize(
    "text",
    ["near:ru-kazan", "near:ru-kazan:0", "near:ru-kazan:101", "near:ru-kazan:10:1-2", "near:ru-kazan:10:0-0-0-0",
     "near:Kazan:10", "near:ru-kazan:10:1-2-3-x", "size:huge", "country:", "near:ru-kazan:5+near:ru-ufa:5"],
)  # fmt: skip
def test_what_is_no_group_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"near:|size class|peer group|twice"):
        parse_peer_group(text)


def test_the_weights_of_likeness_are_by_aspect() -> None:
    near = parse_peer_group("near:ru-kazan:10:2-1-0-4").near
    assert near is not None
    assert near.by_aspect() == {"population": 2.0, "distance": 1.0, "country": 0.0, "climate": 4.0}


def test_a_property_that_cannot_be_written_in_an_address_makes_no_group() -> None:
    """A register whose climates have two words must not break the page that offers them as groups."""
    assert can_be_named("severe")
    assert [value for value in (None, "", "very cold", "a+b") if can_be_named(value)] == []
