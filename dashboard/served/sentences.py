"""The sentences of the pages with forms, from `sentences.txt`: a line a sentence, a column a language.

A line without one of the languages does not load; parts in braces are filled in when the sentence is said.
"""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).parent / "sentences.txt"


def read_sentences(text: str) -> dict[str, dict[str, str]]:
    """Sentences by key, then by language. ValueError names a line that does not have every column."""
    head, *lines = text.strip().splitlines()
    languages = [name.strip() for name in head.split("|")][1:]
    found: dict[str, dict[str, str]] = {}
    for number, line in enumerate(lines, start=2):
        key, *said = (part.strip() for part in line.split("|"))
        if len(said) != len(languages) or not all(said) or key in found:
            raise ValueError(f"{FILE.name}, line {number}: {key!r} needs {', '.join(languages)}, once each")
        found[key] = dict(zip(languages, said, strict=True))
    return found


SENTENCES = read_sentences(FILE.read_text(encoding="utf-8"))
