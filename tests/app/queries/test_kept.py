"""What is worked out once is given to the next reader, and to nobody who would see something else."""

from __future__ import annotations

from sqlalchemy import Engine

from app.db import reading, writing
from app.models import Edition
from app.queries.kept import Kept
from app.queries.reference import cities
from tests.makers import make_city


def _settle(engine: Engine, sha256: str) -> None:
    with writing(engine) as session:
        edition = session.get(Edition, 1) or Edition(id=1)
        edition.sha256 = sha256
        session.add(edition)


def _read(engine: Engine, kept: Kept[str], value: str) -> str:
    with reading(engine) as session:
        return kept.get(session, "key", lambda: value)


def test_the_next_reader_gets_what_was_made_until_the_edition_is_another(database: Engine) -> None:
    kept: Kept[str] = Kept(5)
    _settle(database, "a" * 64)
    assert [_read(database, kept, value) for value in ("first", "second")] == ["first", "first"]
    _settle(database, "b" * 64)
    assert _read(database, kept, "third") == "third"


def test_nothing_is_kept_for_a_writer_or_while_no_edition_is_settled(database: Engine) -> None:
    kept: Kept[str] = Kept(5)
    with writing(database) as session:
        session.query(Edition).delete()
    assert [_read(database, kept, value) for value in ("first", "second")] == ["first", "second"]
    _settle(database, "a" * 64)
    assert _read(database, kept, "published") == "published"
    with writing(database) as session:
        assert kept.get(session, "key", lambda: "as the writer sees it") == "as the writer sees it"


def test_the_least_used_is_let_go_and_what_is_too_large_is_never_kept(database: Engine) -> None:
    kept: Kept[str] = Kept(10, size=len)
    _settle(database, "a" * 64)
    with reading(database) as session:
        assert [kept.get(session, 1, lambda word=word: word) for word in ("x" * 11, "y" * 6)] == ["x" * 11, "y" * 6]
        assert kept.get(session, 2, lambda: "z" * 6) == "z" * 6
        assert kept.get(session, 1, lambda: "anew") == "anew"


def test_the_register_outlives_the_session_it_was_read_in(database: Engine) -> None:
    with writing(database) as session:
        make_city(session, "ru-kazan", name_ru="Казань")
    _settle(database, "a" * 64)
    with reading(database) as session:
        first = cities(session)
    with reading(database) as session:
        second = cities(session)
    assert [(entry.city.code, entry.city.name_ru) for entry in second] == [("ru-kazan", "Казань")]
    assert second[0] is first[0]
