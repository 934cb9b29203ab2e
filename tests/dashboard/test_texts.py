from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

import dashboard
from app.main import create_app
from app.settings import Settings
from dashboard.texts import FOLDER, LANGUAGES, Texts, check_against, read_language, read_languages

PACKAGE = Path(dashboard.__path__[0])
SOURCES = [file.read_text(encoding="utf-8") for end in ("*.py", "*.html") for file in PACKAGE.rglob(end)]
#: English with every word turned over is a language nobody has translated by hand.
MARK = "ʇ"


def third(folder: Path) -> Path:
    """The languages of the package and one more: English with a mark at every sentence, numbers as in Switzerland."""
    for file in FOLDER.glob("*.txt"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    lines = []
    for line in (FOLDER / "en.txt").read_text(encoding="utf-8").splitlines():
        key, bar, text = line.partition(" | ")
        own = {"language_name": "Third", "thousands_mark": "’", "day": "{day}/{month}/{year}"}
        same = key in ("names_in", "decimal_mark", "months")
        lines.append(f"{key}{bar}{own.get(key, text if same or not bar else MARK + text)}")
    (folder / "xx.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_every_sentence_named_in_the_source_exists() -> None:
    named = {key for source in SOURCES for key in re.findall(r'\bsay\(\s*"([^"]+)"', source)}
    for language in LANGUAGES.values():
        assert named - language.sentences.keys() == set()
    assert len(named) > 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_parts_are_text_and_are_never_read_as_patterns(language: str) -> None:
    assert "{0.__class__}" in Texts(language).say("city_add", city="{0.__class__}")


def test_a_missing_translation_does_not_load(tmp_path: Path) -> None:
    third(tmp_path)
    text = (tmp_path / "xx.txt").read_text(encoding="utf-8")
    (tmp_path / "xx.txt").write_text(re.sub(r"(?m)^city_add \|.*\n", "", text), encoding="utf-8")
    with pytest.raises(ValueError, match=r"xx\.txt against ru\.txt: missing \['city_add'\]"):
        read_languages(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("key without a bar", "line 1"),
        ("key | ", "line 1"),
        ("language_name | X", "does not say names_in"),
    ],
)
def test_a_file_that_cannot_be_read_names_the_line(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_language("xx", line)


def test_a_sentence_with_other_parts_does_not_load(tmp_path: Path) -> None:
    languages = read_languages(third(tmp_path))
    broken = {**languages["xx"].sentences, "city_add": "{town}"}
    other = read_language(
        "yy",
        "\n".join(
            [
                "language_name | Y",
                "names_in | en",
                "decimal_mark | .",
                "thousands_mark | ,",
                "day | {day}",
                *(f"{key} | {text}" for key, text in broken.items()),
            ]
        ),
    )
    with pytest.raises(ValueError, match="city_add fills in other parts"):
        check_against(languages["ru"], other)


def test_a_third_language_is_a_file(demo: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the file in place every page is in it: its switch, its sentences, its numbers; names in English."""
    monkeypatch.setitem(LANGUAGES, "xx", read_languages(third(tmp_path))["xx"])
    with TestClient(create_app(Settings(database_url=str(demo.url)))) as client:
        _is_third_everywhere(client)


def _is_third_everywhere(client: TestClient) -> None:
    for path in ("/", "/index", "/city/ru-kazan", "/indicator/TI_SMART_LIGHTING", "/coverage", "/method", "/sign-in"):
        page = client.get(path, params={"lang": "xx"}).text
        assert '<html lang="xx">' in page
        assert ">Third</a>" in page
        assert page.count(MARK) > 10, path
        assert not re.search(r"[а-яё]{3}", re.sub(r'(?s)lang="ru".*?</a>', "", page).lower()), path
    city = client.get("/city/ru-kazan", params={"lang": "xx"}).text
    assert "Kazan" in city
    assert re.search(r"1’\d{3}’\d{3}", city)
