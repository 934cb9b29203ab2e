"""Bytes to text: mark, strict UTF-8, then Russian one-byte encodings by how Russian the letters come out.

A guess is shown and can be overridden; two encodings that read equally well are a question. Nothing is decoded with
replacement: a line of another encoding is an error of its own.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from ingest.findings import Finding
from ingest.upload.model import Place
from ingest.upload.texts import noticed

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp866", "koi8-r", "mac-cyrillic")
LEGACY = ("cp1251", "cp866", "koi8-r", "mac-cyrillic")
SAMPLE_BYTES = 200_000
# Readings whose letters are Russian to within this share of the best are rivals.
CLOSE = 0.9
# Letters of Russian prose in per mille, as counted in the national corpus, rounded.
_FREQUENCY = dict(
    zip(
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
        (110, 85, 80, 74, 67, 63, 55, 47, 45, 43, 35, 32, 30, 28, 26, 20, 19, 17, 17, 16, 16, 14, 12, 10, 9, 7, 6, 5,
         4, 3, 3, 1, 1),
        strict=True,
    )
)  # fmt: skip
_FINE = set("№«»–—…°“”„’‘\u00a0±§•²³")
_CYRILLIC = re.compile("[Ѐ-ӿ]")
_WORD = re.compile(r"[^\W\d_]+")
_LETTER_AMONG_DIGITS = re.compile(r"(?<=\d)[^\W\d_](?=\d)")


@dataclass(frozen=True)
class Decoded:
    """Text with its encoding; lines that are of another one are left blank and named in `bad_lines`, from 1."""

    text: str | None
    encoding: str | None = None
    findings: tuple[Finding, ...] = ()
    bad_lines: frozenset[int] = field(default_factory=frozenset)


def decoded(content: bytes, chosen: str | None = None) -> Decoded:
    """The text of a file; a refusal when its letters cannot be read with certainty."""
    if chosen is not None:
        return _as_chosen(content, chosen)
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return Decoded(None, None, (noticed("encoding-unclear", readings=("utf-32",)),))
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):  # noqa: E501 # fmt: skip
        if content.startswith(mark):
            return _strictly(content, encoding)
    if wide := _unmarked_utf16(content):
        return _strictly(content, wide)
    try:
        return Decoded(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _legacy(content)


def _as_chosen(content: bytes, chosen: str) -> Decoded:
    if chosen not in ENCODINGS:
        return Decoded(None, None, (noticed("encoding-unclear", readings=ENCODINGS),))
    return _strictly(content, "utf-8-sig" if chosen == "utf-8" else chosen)


def _strictly(content: bytes, encoding: str) -> Decoded:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Decoded(None, encoding, (noticed("encoding-wrong", number=line, encoding=encoding),))
    found = () if encoding == "utf-8-sig" else (noticed("encoding-detected", encoding=encoding),)
    return Decoded(text.removeprefix("\ufeff"), encoding, found)


def _unmarked_utf16(content: bytes) -> str | None:
    """UTF-16 without its mark: zero bytes, and all of it reads as letters, digits and separators."""
    head = content[: 2_000 - len(content[:2_000]) % 2]
    if b"\x00" not in head.rstrip(b"\x00\x1a\r\n"):
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = head.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = sum(letter in "\t\r\n" or " " <= letter < "\x7f" or "Ѐ" <= letter <= "ӿ" for letter in text)
        if plain > 0.98 * len(text):
            return encoding
    return None


def _legacy(content: bytes) -> Decoded:
    lines = content.splitlines(keepends=True)
    kinds = [_kind_of(line) for line in lines]
    if "utf-8" in kinds:
        return _mixed(lines, kinds)
    best, second = _ranked(content[:SAMPLE_BYTES])
    if best is None:
        return Decoded(None, None, (noticed("encoding-unclear", readings=LEGACY),))
    if second is not None:
        return Decoded(None, None, (noticed("encoding-unclear", readings=(best, second)),))
    return _strictly(content, best)


def _kind_of(line: bytes) -> str:
    if line.isascii():
        return "ascii"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "other"
    return "utf-8"


def _mixed(lines: list[bytes], kinds: list[str]) -> Decoded:
    """Lines of two encodings: the rarer ones are errors, each by its line."""
    other = b"".join(line for line, kind in zip(lines, kinds, strict=True) if kind == "other")
    base, rare = ("utf-8", "other") if kinds.count("utf-8") >= kinds.count("other") else (_ranked(other)[0], "utf-8")
    if base is None:
        return Decoded(None, None, (noticed("encoding-unclear", readings=("utf-8", *LEGACY)),))
    texts, bad, findings = [], set(), []
    for number, (line, kind) in enumerate(zip(lines, kinds, strict=True), start=1):
        if kind == rare:
            bad.add(number)
            findings.append(noticed("mixed-encoding", Place(number, 1, number), encoding=base))
            texts.append("\n" if line.endswith((b"\n", b"\r")) else "")
        else:
            texts.append(line.decode(base))
    return Decoded("".join(texts).removeprefix("\ufeff"), base, tuple(findings), frozenset(bad))


def _ranked(sample: bytes) -> tuple[str | None, str | None]:
    """The encoding in which the letters are most Russian, and another that reads as well."""
    scores = []
    for encoding in LEGACY:
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        scores.append((_russian(text), encoding))
    scores.sort(key=lambda scored: (-scored[0], LEGACY.index(scored[1])))
    if not scores or scores[0][0] <= 0:
        return None, None
    # Without one letter the choice changes nothing but punctuation: the commonest encoding is taken, and shown.
    has_letters = bool(_CYRILLIC.search(sample.decode(scores[0][1])))
    close = [encoding for score, encoding in scores if score > CLOSE * scores[0][0]]
    best = scores[0][1]
    # Small letters are the same bytes in both, and capitals of the Mac read as rubbish in Windows: where Windows
    # reads nearly as well as the Mac, it is Windows.
    if set(close) == {"cp1251", "mac-cyrillic"}:
        best, close = "cp1251", ["cp1251"]
    rivals = [encoding for encoding in close if sample.decode(encoding) != sample.decode(best)]
    return best, rivals[0] if has_letters and rivals else None


def _russian(text: str) -> float:
    """How Russian a text is: the mean frequency of its letters beyond ASCII, less what no Russian text holds."""
    foreign = [letter for letter in text if ord(letter) > 127]
    if not foreign:
        return 0.0
    score = 0.0
    for letter in foreign:
        if letter in _FINE:
            score += 30
        else:
            score += _FREQUENCY.get(letter.lower(), -120)
    # Ъ and Ь begin no word, and a capital after a small letter is a sign of swapped halves of the alphabet.
    for word in _WORD.findall(text):
        if not word.isascii():
            score -= 80 * sum(a.islower() and b.isupper() for a, b in zip(word, word[1:], strict=False))
            score -= 80 * (word[0] in "ъьыЪЬЫ")
    score -= 200 * len(_LETTER_AMONG_DIGITS.findall(text))
    return score / len(foreign)
