"""The fingerprint of a vintage: a digest of what it made known, alike on every engine, sealing the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

#: Rows hashed together, a column at a time. Part of what a fingerprint is: never change it.
ROWS = 50_000
_BLANK = "\x00"


def fingerprint(previous: str | None, number: int, parts: Iterable[Sequence[Sequence[object]]]) -> str:
    """SHA-256 of a vintage's rows, given in parts of exactly ROWS rows (the last may be shorter) as columns.

    Columns are city, indicator, period, value, status, confidentiality, note, attributes, is withdrawn; rows stand
    in the order of the first three. `previous` is the fingerprint of the vintage before, None where it has none.
    """
    found = hashlib.sha256(f"{previous or ''}\n{number}\n".encode())
    for columns in parts:
        for column in columns:
            found.update("\x1f".join(map(_text, column)).encode())
            found.update(b"\x1e")
    return found.hexdigest()


def _text(cell: object) -> str:
    if cell is None:
        return _BLANK
    return str(int(cell)) if isinstance(cell, bool) else str(cell)
