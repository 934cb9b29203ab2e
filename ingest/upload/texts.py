"""Every sentence a finding may say, in English and Russian, by its check: severity, tier and words in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ingest.findings import Finding, Severity
from ingest.upload.model import Place
from ingest.upload.texts_cells import CELLS
from ingest.upload.texts_file import FILE

Tier = Literal["file", "format", "validity", "plausibility", "cross-city"]
SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Text:
    """What a check says and how grave it is; `{names}` in both languages are the same."""

    severity: Severity
    tier: Tier
    en: str
    ru: str
    refuses_file: bool = False


def _texts(table: str) -> dict[str, Text]:
    """The blocks of a table of texts: `check severity tier`, then the English and the Russian sentence."""
    found = {}
    for block in table.strip().split("\n\n"):
        head, en, ru = block.split("\n")
        check, severity, tier = head.split()
        is_refusal = severity == "refusal"
        found[check] = Text("error" if is_refusal else severity, tier, en, ru, is_refusal)  # type: ignore[arg-type]
    return found


TEXTS: dict[str, Text] = _texts(FILE) | _texts(CELLS)


def noticed(
    check: str,
    place: Place | None = None,
    *,
    text: str | None = None,
    column: str | None = None,
    proposed: str | None = None,
    readings: tuple[str, ...] = (),
    key: tuple[str | None, str | None, str | None] = (None, None, None),
    **words: object,
) -> Finding:
    """A finding of this check: its sentences filled with `words`, its place as Excel shows it."""
    said = TEXTS[check]
    shown = None if text is None else text[:SHOWN_CHARACTERS]
    filled = {"text": shown or "", "proposed": proposed or "", "readings": " / ".join(readings), **words}
    return Finding(
        check=check,
        severity=said.severity,
        message=said.en.format_map(_Worded(filled, "en")),
        message_ru=said.ru.format_map(_Worded(filled, "ru")),
        line=place.line if place else None,
        cell=place.cell if place else None,
        sheet=place.sheet if place else None,
        column=column,
        text=shown,
        proposed=proposed,
        readings=readings,
        refuses_file=said.refuses_file,
        city=key[0],
        indicator=key[1],
        period=key[2],
    )


class _Worded(dict[str, object]):
    """Words of one language: a pair (English, Russian) gives its half."""

    def __init__(self, words: dict[str, object], language: Literal["en", "ru"]) -> None:
        half = 0 if language == "en" else 1
        super().__init__({name: word[half] if isinstance(word, tuple) else word for name, word in words.items()})
