"""Finding an indicator by what a reader calls it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from app.domain.names import folded
from app.queries.reference import IndicatorEntry

LIKE = 0.6


def search_indicators(entries: Sequence[IndicatorEntry], text: str) -> list[IndicatorEntry]:
    """Indicators whose code, name or definition holds every word of `text`; where none does, those spelled alike."""
    words = folded(text).split()
    if not words:
        return []
    found = [(rank, entry) for entry in entries if (rank := _rank(entry, words)) is not None]
    if found:
        return [entry for _, entry in sorted(found, key=lambda item: item[0])]
    alike = [(SequenceMatcher(None, folded(text), folded(entry.code)).ratio(), entry) for entry in entries]
    return [entry for share, entry in sorted(alike, key=lambda item: -item[0]) if share >= LIKE]


def _rank(entry: IndicatorEntry, words: Sequence[str]) -> int | None:
    """0 when the name or code says it all, 1 when the definition is needed, None when a word is nowhere."""
    definition = entry.definition
    name = folded(" ".join((entry.code, definition.name_ru, definition.name_en)))
    whole = f"{name} {folded(definition.definition_ru)} {folded(definition.definition_en)}"
    if all(word in name for word in words):
        return 0
    return 1 if all(word in whole for word in words) else None
