"""Every sentence shown, a file a language under `languages/`: `key | text`; a new file is a new language.

A file that lacks a sentence, has one too many, or fills in other parts than the first language does not load, so a
missing translation stops the build. `{names}` are filled in by Texts.say; sentences are plain text and never markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

FOLDER = Path(__file__).parent / "languages"
#: The language that the others are held against.
FIRST = "ru"
# How a language is written stands with its sentences.
_STYLE = ("language_name", "names_in", "decimal_mark", "thousands_mark", "day")
# Russian numbers half-years and quarters with Roman numerals.
_SAME = {"roman": "number", "name": "month"}


@dataclass(frozen=True)
class Language:
    """One language: its own name, how it writes numbers and days, its sentences.

    `names_in` says which of the two names of cities and indicators its readers see, `ru` or `en`.
    """

    code: str
    name: str
    names_in: str
    decimal_mark: str
    thousands_mark: str
    day: str
    sentences: Mapping[str, str]


def read_language(code: str, text: str) -> Language:
    """A language from its file; ValueError names the line that cannot be read."""
    said: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        key, bar, sentence = line.partition(" | ")
        if not bar or not sentence.strip() or key in said:
            raise ValueError(f"{code}.txt, line {number}: write `key | text`, each key once, not {line[:60]!r}")
        said[key] = sentence.strip()
    missing = [key for key in _STYLE if key not in said]
    if missing:
        raise ValueError(f"{code}.txt does not say {', '.join(missing)}")
    if said["names_in"] not in ("ru", "en"):
        raise ValueError(f"{code}.txt: names_in is ru or en, not {said['names_in']!r}")
    return Language(
        code,
        said["language_name"],
        said["names_in"],
        said["decimal_mark"],
        _mark(said["thousands_mark"]),
        said["day"],
        {key: sentence for key, sentence in said.items() if key not in _STYLE},
    )


def _mark(text: str) -> str:
    """A mark by itself, or by its number where an editor would not show it."""
    return chr(int(text[2:], 16)) if text.startswith("U+") else text


def check_against(first: Language, other: Language) -> None:
    """ValueError where the other language lacks a sentence, has one more, or fills in other parts."""
    missing = sorted(first.sentences.keys() - other.sentences.keys())
    unknown = sorted(other.sentences.keys() - first.sentences.keys())
    if missing or unknown:
        raise ValueError(
            f"{other.code}.txt against {first.code}.txt: missing {missing[:20] or 'nothing'}, "
            f"unknown {unknown[:20] or 'nothing'}"
        )
    for key, sentence in first.sentences.items():
        if _parts(sentence) != _parts(other.sentences[key]):
            raise ValueError(f"{other.code}.txt: {key} fills in other parts than in {first.code}.txt")


def _parts(sentence: str) -> frozenset[str]:
    return frozenset(_SAME.get(name, name) for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def read_languages(folder: Path) -> dict[str, Language]:
    """All languages of a folder by code, FIRST first; ValueError names what a file lacks."""
    files = sorted(folder.glob("*.txt"), key=lambda file: (file.stem != FIRST, file.stem))
    found = {file.stem: read_language(file.stem, file.read_text(encoding="utf-8")) for file in files}
    for language in found.values():
        check_against(found[FIRST], language)
    return found


LANGUAGES = read_languages(FOLDER)


@dataclass(frozen=True)
class Texts:
    """The sentences of one language."""

    language: str

    @property
    def style(self) -> Language:
        """How this language is written."""
        return LANGUAGES[self.language]

    def say(self, key: str, **parts: object) -> str:
        """The sentence of this name with its parts filled in; parts are text and are not read as patterns."""
        return self.style.sentences[key].format(**parts)

    def knows(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self.style.sentences
