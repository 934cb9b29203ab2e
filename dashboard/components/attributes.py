"""Attributes whose names hold a hyphen, which Python's keywords cannot: `aria-label`, `data-choose`."""

from __future__ import annotations

from typing import Any


def aria(**values: str | bool) -> dict[str, Any]:
    """`aria(label="City", pressed=True)` as keywords of a component: `aria-label`, `aria-pressed` = "true"."""
    return {
        f"aria-{name}": str(value).lower() if isinstance(value, bool) else value for name, value in values.items()
    }


def data(**values: str) -> dict[str, Any]:
    """`data(choose="city-add", value="ru-kazan")` as keywords of a component: `data-choose`, `data-value`."""
    return {f"data-{name}": value for name, value in values.items()}
