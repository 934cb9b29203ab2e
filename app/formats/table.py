"""What every format of a table is made of: named columns, and what stands beside them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "whole", "flag"]


@dataclass(frozen=True)
class Column:
    """A column: its name, what it holds, and what it means.

    Cells of `number` are exact decimal text or numbers, so that no digit is lost before a format asks for it; None is
    a blank in every kind.
    """

    name: str
    kind: Kind
    title: str = ""


@dataclass(frozen=True)
class Notes:
    """What travels with a table: its title, and lines of name and text."""

    title: str
    lines: Mapping[str, str] = field(default_factory=dict)
