"""A demonstration with people in it, for tests that go over the whole program."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.accounts import people
from app.accounts.people import Rights
from app.db import connect, writing
from tests.dashboard.served.conftest import PASSWORD
from tests.office import OPERATOR, PEOPLE
from tests.security.hostile import Ministry, build


@pytest.fixture(scope="session")
def peopled(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a copy of the demonstration in which everybody of the small ministry has an account."""
    file = tmp_path_factory.mktemp("peopled") / "peopled.db"
    shutil.copyfile(demo_file, file)
    url, now = f"sqlite:///{file}", datetime.now(UTC)
    engine = connect(url)
    with writing(engine) as session:
        for name, (roles, cities) in PEOPLE.items():
            rights = Rights(frozenset(roles), frozenset(cities))
            person = people.add_person(session, OPERATOR, f"{name}@city.example", name, rights, now=now)
            people.set_password(session, person.actor(), PASSWORD, now=now)
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def ministry(tmp_path_factory: pytest.TempPathFactory) -> Ministry:
    """The ministry whose every name is hostile."""
    return build(tmp_path_factory.mktemp("hostile"))
