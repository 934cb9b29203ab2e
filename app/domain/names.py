"""Names as people type them: one folded form, so case, ё, hyphens, spaces and look-alike spaces do not matter."""

from __future__ import annotations

import re
import unicodedata

from app.domain.remembered import remembered

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_HYPHENS = re.compile(r"[\u2010-\u2015\u2212\-_]+")
_SPACES = re.compile(r"\s+")


# The names of a whole register are asked for at every letter of a search.
@remembered(16_384)
def folded(name: str) -> str:
    """The form two spellings of one name share: `Орёл` and `ОРЕЛ`, `Улан-Удэ` and `улан – удэ`, `São` and `Sao`."""
    text = unicodedata.normalize("NFKC", name).translate(_INVISIBLE).casefold()
    text = _HYPHENS.sub(" ", text).replace("ё", "е")
    # Latin accents go; й is a letter of its own and stays.
    letters = (letter if letter == "й" else _without_accents(letter) for letter in text)
    return _SPACES.sub(" ", "".join(letters)).strip()


def _without_accents(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))
