"""Comparable cities: size classes, and peer groups written as `size:over_1m`, `country:RU+size:250k_1m`."""

from __future__ import annotations

from dataclasses import dataclass

# Lower bounds in residents, as the federal ranking of smart cities draws them.
SIZE_CLASSES = (("over_1m", 1_000_000), ("250k_1m", 250_000), ("100k_250k", 100_000), ("under_100k", 0))
KINDS = ("size", "country", "region", "climate")


def size_class(population: int | None) -> str | None:
    """The size class of a population; None when the population is not known."""
    if population is None:
        return None
    return next(name for name, least in SIZE_CLASSES if population >= least)


@dataclass(frozen=True)
class PeerGroup:
    """A group of cities: every named property must fit; `code` is its one spelling in addresses."""

    parts: tuple[tuple[str, str], ...]

    @property
    def code(self) -> str:
        """As written in addresses; empty for the group of all."""
        return "+".join(f"{kind}:{value}" for kind, value in self.parts)

    def holds(self, **city: str | None) -> bool:
        """Whether a city with this size, country, region and climate belongs to the group."""
        return all(city[kind] == value for kind, value in self.parts)


def parse_peer_group(text: str) -> PeerGroup:
    """`size:over_1m+country:RU` as a group; ValueError says what may stand there."""
    parts = []
    # An unescaped + in an address arrives as a space.
    for part in text.replace(" ", "+").split("+"):
        kind, colon, value = part.partition(":")
        if not colon or kind not in KINDS or not value:
            raise ValueError(
                f"{part!r} is not a peer group: write size:over_1m, country:RU, region:RU-TA or climate:severe, "
                "joined by +"
            )
        if kind == "size" and value not in dict(SIZE_CLASSES):
            raise ValueError(f"{value!r} is not a size class: use one of {', '.join(dict(SIZE_CLASSES))}")
        parts.append((kind, value))
    if len({kind for kind, _ in parts}) < len(parts):
        raise ValueError(f"{text!r} names one property twice, so no city fits")
    return PeerGroup(tuple(sorted(parts, key=lambda part: KINDS.index(part[0]))))
