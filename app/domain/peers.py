"""Comparable cities: size classes, and peer groups written as `size:over_1m`, `country:RU+size:250k_1m`.

`near:ru-kazan:10` are the ten cities most like Kazan and Kazan itself; `near:ru-kazan:10:2-1-0-1` weighs the aspects
of likeness in the order of ASPECTS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.similar import ASPECTS

# Lower bounds in residents, as the federal ranking of smart cities draws them.
SIZE_CLASSES = (("over_1m", 1_000_000), ("250k_1m", 250_000), ("100k_250k", 100_000), ("under_100k", 0))
KINDS = ("size", "country", "region", "climate", "near")
MOST_NEAR = 100
# Fewer others than these do not show what is usual among them.
FEWEST_PEERS = 5


def size_class(population: int | None) -> str | None:
    """The size class of a population; None when the population is not known."""
    if population is None:
        return None
    return next(name for name, least in SIZE_CLASSES if population >= least)


_NEAR = re.compile(r"(?P<city>[a-z0-9-]{1,80}):(?P<count>\d{1,3})(?::(?P<weights>\d{1,2}(?:-\d{1,2})*))?")


@dataclass(frozen=True)
class Near:
    """The `count` cities most like one, the aspects of likeness weighed by whole numbers (None: all alike)."""

    city: str
    count: int
    weights: tuple[int, ...] | None = None

    def by_aspect(self) -> dict[str, float]:
        """The weights by the aspect of likeness."""
        return dict(zip(ASPECTS, map(float, self.weights or (1,) * len(ASPECTS)), strict=True))

    @property
    def value(self) -> str:
        """As written behind `near:`."""
        weights = "" if self.weights is None else ":" + "-".join(map(str, self.weights))
        return f"{self.city}:{self.count}{weights}"


@dataclass(frozen=True)
class PeerGroup:
    """A group of cities: every named property must fit; `code` is its one spelling in addresses."""

    parts: tuple[tuple[str, str], ...]

    @property
    def code(self) -> str:
        """As written in addresses; empty for the group of all."""
        return "+".join(f"{kind}:{value}" for kind, value in self.parts)

    @property
    def near(self) -> Near | None:
        """The likeness that the group is made by, when it is."""
        return next((_near(value) for kind, value in self.parts if kind == "near"), None)

    def holds(self, **city: str | None) -> bool:
        """Whether a city with this size, country, region and climate has the properties that the group names."""
        return all(city[kind] == value for kind, value in self.parts if kind != "near")


def can_be_named(value: str | None) -> bool:
    """Whether a property of a city can stand in the code of a group: what joins properties cannot be in one."""
    return bool(value) and not {" ", "+"} & set(value or "")


def parse_peer_group(text: str) -> PeerGroup:
    """`size:over_1m+country:RU` as a group; ValueError says what may stand there."""
    parts = []
    # An unescaped + in an address arrives as a space.
    for part in text.replace(" ", "+").split("+"):
        kind, colon, value = part.partition(":")
        if not colon or kind not in KINDS or not value:
            raise ValueError(
                f"{part!r} is not a peer group: write size:over_1m, country:RU, region:RU-TA, climate:severe or "
                "near:ru-kazan:10, joined by +"
            )
        if kind == "size" and value not in dict(SIZE_CLASSES):
            raise ValueError(f"{value!r} is not a size class: use one of {', '.join(dict(SIZE_CLASSES))}")
        parts.append((kind, _near(value).value if kind == "near" else value))
    if len({kind for kind, _ in parts}) < len(parts):
        raise ValueError(f"{text!r} names one property twice, so no city fits")
    return PeerGroup(tuple(sorted(parts, key=lambda part: KINDS.index(part[0]))))


def _near(value: str) -> Near:
    """`ru-kazan:10` or `ru-kazan:10:2-1-0-1`; weights that are all alike are left out."""
    found = _NEAR.fullmatch(value)
    if found is None or not 1 <= int(found["count"]) <= MOST_NEAR:
        raise ValueError(f"near:{value[:60]} is not readable: write near:ru-kazan:10, with 1 to {MOST_NEAR} cities")
    if found["weights"] is None:
        return Near(found["city"], int(found["count"]))
    weights = tuple(int(weight) for weight in found["weights"].split("-"))
    if len(weights) != len(ASPECTS) or not any(weights):
        raise ValueError(f"near:{value[:60]} takes a weight for each of {', '.join(ASPECTS)}, not all 0")
    return Near(found["city"], int(found["count"]), None if len(set(weights)) == 1 else weights)
