"""Reading one key of a framework file at a time: the right kind of value, or a fault that names the key's path.

Faults are collected, not raised, so an author sees all of them at once; a stand-in value lets reading go on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
Table = Mapping[str, object]


@dataclass(frozen=True)
class Faults:
    """The faults found so far; every one opens with the path of its key."""

    found: list[str] = field(default_factory=list)

    def add(self, path: str, words: str) -> None:
        """Note a fault once."""
        line = f"{path}: {words}"
        if line not in self.found:
            self.found.append(line)


@dataclass(frozen=True)
class Keys:
    """A table of the file with its path; each method reads one key or notes a fault."""

    table: Table
    path: str
    faults: Faults

    def at(self, key: str) -> str:
        """The path of a key of this table."""
        return f"{self.path}.{key}" if self.path else key

    def fault(self, key: str, words: str) -> None:
        """Note a fault of one key."""
        self.faults.add(self.at(key), words)

    def known(self, allowed: Sequence[str]) -> None:
        """Refuse keys that mean nothing here: a misspelt key would otherwise be a silent default."""
        for key in self.table:
            if key not in allowed:
                self.fault(key, f"unknown key; allowed here: {', '.join(allowed)}")

    def text(self, key: str, default: str | None = "") -> str:
        """A text; with default None the key must be there."""
        value = self.table.get(key, default)
        if value is None:
            self.fault(key, "is missing; write a text")
        elif isinstance(value, int | float) and not isinstance(value, bool) and key == "version":
            return str(value)
        elif isinstance(value, str) and (value.strip() or default == ""):
            return value
        else:
            self.fault(key, f"{value!r} is not a text")
        return "?"

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One word of a list."""
        value = self.table.get(key, default)
        if not isinstance(value, str) or value not in allowed:
            self.fault(key, f"{value!r} is not one of {', '.join(allowed)}")
            return default
        return value

    def number(self, key: str, default: float, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number within bounds."""
        if key not in self.table:
            return default
        value = number(self.table[key])
        if value is None or not low <= value <= high:
            bounds = "" if low == -math.inf and high == math.inf else f" between {low:g} and {high:g}"
            self.fault(key, f"{self.table[key]!r} is not a number{bounds}")
            return default
        return value

    def optional(self, key: str) -> float | None:
        """A finite number or nothing."""
        return self.number(key, 0.0) if key in self.table else None

    def whole(self, key: str, default: int | None = None, low: int = 0) -> int | None:
        """A whole number of at least `low`."""
        value = self.table.get(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            self.fault(key, f"{value!r} is not a whole number of {low} or more")
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            self.fault(key, f"{value!r} is not true or false")
            return default
        return value

    def below(self, key: str) -> Keys:
        """The table under a key; an absent one is empty."""
        value = self.table.get(key, {})
        if not isinstance(value, Mapping):
            self.fault(key, "is not a table")
            value = {}
        return Keys(value, self.at(key), self.faults)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; an absent one is empty."""
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(key, "is not a list of texts")
            return ()
        return tuple(value)

    def names(self, key: str = "name") -> dict[str, str]:
        """Names by language: a table {en, ru}, or one text that is taken for English."""
        value = self.table.get(key, {})
        if isinstance(value, str):
            return {"en": value}
        if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
            self.fault(key, "is not a text or a table of texts by language")
            return {}
        return {str(language): str(text) for language, text in value.items()}


def number(value: object) -> float | None:
    """A finite number as a float, anything else (true and false included) as None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def numbers(value: object, count: int | None = None) -> tuple[float, ...] | None:
    """A list of finite numbers, of a given length if one is given; anything else is None."""
    if not isinstance(value, list) or (count is not None and len(value) != count):
        return None
    found = [number(item) for item in value]
    return None if any(item is None for item in found) else tuple(item for item in found if item is not None)
