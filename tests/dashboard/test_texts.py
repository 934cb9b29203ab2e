from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import dashboard
from dashboard.texts import LANGUAGES, SENTENCES, Texts

# The pages with forms have sentences of their own, and a test of theirs.
SOURCES = [
    file.read_text(encoding="utf-8")
    for file in Path(dashboard.__path__[0]).rglob("*.py")
    if file.parent.name != "served"
]
SAME = {"roman": "number"}


def parts(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_stands_in_every_language_with_the_same_parts(key: str) -> None:
    assert set(SENTENCES[key]) == set(LANGUAGES)
    assert all(SENTENCES[key][language].strip() for language in LANGUAGES)
    # Russian numbers half-years and quarters with Roman numerals.
    told = {frozenset(SAME.get(part, part) for part in parts(SENTENCES[key][language])) for language in LANGUAGES}
    assert len(told) == 1


def test_every_sentence_named_in_the_source_exists() -> None:
    named = {key for source in SOURCES for key in re.findall(r'\bsay\(\s*"([^"]+)"', source)}
    assert named - SENTENCES.keys() == set()
    assert len(named) > 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_parts_are_text_and_are_never_read_as_patterns(language: str) -> None:
    assert "{0.__class__}" in Texts(language).say("city_add", city="{0.__class__}")
