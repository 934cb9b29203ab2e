"""How figures get in: bytes become rows, findings, a diff and, at the end, one vintage."""
