"""Round ticks for an axis, and labels pushed apart so that none covers another."""

from __future__ import annotations

from math import floor, log10

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most `most` round numbers from `low` to `high`."""
    if not high > low:
        return [low]
    rough = (high - low) / most
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in _STEPS if size * factor >= rough * (1 - 1e-9))
    first = -floor(-low / step + 1e-9)
    return [round(number * step, 12) for number in range(first, floor(high / step + 1e-9) + 1)]


def decimals_of(numbers: list[float]) -> int:
    """How many decimals tell these ticks apart."""
    for decimals in range(7):
        if all(abs(round(number, decimals) - number) < 1e-9 * max(1.0, abs(number)) for number in numbers):
            return decimals
    return 7


def apart(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """The places moved as little as needed to stand `gap` apart inside low..high; order in is order out."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = list(places)
    floor_at = low
    for index in order:
        moved[index] = max(moved[index], floor_at)
        floor_at = moved[index] + gap
    ceiling = high
    for index in reversed(order):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - gap
    return moved
