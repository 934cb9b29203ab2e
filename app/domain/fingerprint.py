"""The fingerprint of a vintage: a digest of what it made known, alike on every engine, sealing the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

#: Rows hashed together, a column at a time. Part of what a fingerprint is: never change it.
ROWS = 50_000
BLANK = "\x00"


def fingerprint(previous: str | None, number: int, parts: Iterable[Sequence[Sequence[object]]]) -> str:
    """SHA-256 of a vintage's rows, given in parts of exactly ROWS rows (the last may be shorter) as columns.

    Columns are city, indicator, period, value, status, confidentiality, note, attributes, is withdrawn; rows stand
    in the order of the first three. `previous` is the fingerprint of the vintage before, None where it has none.
    A cell may be given as what it is or as `spelled` spells it.
    """
    found = hashlib.sha256(f"{previous or ''}\n{number}\n".encode())
    for columns in parts:
        for column in columns:
            found.update(_joined(column).encode())
            found.update(b"\x1e")
    return found.hexdigest()


def spelled(cell: object) -> str:
    """A cell as the text that is hashed."""
    if cell is None:
        return BLANK
    return str(int(cell)) if isinstance(cell, bool) else str(cell)


def _joined(column: Sequence[object]) -> str:
    try:
        # Ten million cells that are texts already are joined at once.
        return "\x1f".join(column)  # type: ignore[arg-type]
    except TypeError:
        return "\x1f".join(map(spelled, column))
