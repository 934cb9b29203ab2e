"""Russian names in Latin letters, as road signs and maps write them (BGN/PCGN 1947 without its apostrophes)."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya".split(),
        strict=True,
    )
) | {"ъ": "", "ь": ""}
_YE_AFTER = re.compile("(^|[аеёиоуыэюяйъь\\s-])е", re.IGNORECASE)


def latin(name: str) -> str:
    """`Алейск` as `Aleysk`, `Ейск` as `Yeysk`; what is not Cyrillic stays."""
    spelled = _YE_AFTER.sub(lambda match: match.group(1) + ("Йе" if match.group(0)[-1] == "Е" else "йе"), name)
    return "".join(_letter(letter) for letter in spelled)


def _letter(letter: str) -> str:
    found = _LETTERS.get(letter.lower())
    if found is None:
        return letter
    return found.capitalize() if letter.isupper() else found


def slug(name: str) -> str:
    """A name as a code writes it: ASCII, lower case, words joined by hyphens."""
    plain = unicodedata.normalize("NFD", latin(name)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
