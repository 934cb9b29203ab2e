"""Which database answers: a stand-in for a replica knows the same vintage and edition, and has another city name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

import migrations
from app.access import Role
from app.accounts import people, signing_in
from app.accounts.identity import COOKIE
from app.accounts.people import Rights
from app.db import connect, reading, writing
from app.errors import Unavailable
from app.main import create_app
from app.replicas import ASIDE_S, MOMENT_S, Published
from app.settings import Settings
from tests.makers import MORNING, make_city, make_indicator, publish_figures
from tests.office import OPERATOR
from tests.postgres import Postgres

CITY = "/api/v1/cities/ru-kazan"
SEARCH = {
    "output": "compare-found.children",
    "outputs": {"id": "compare-found", "property": "children"},
    "inputs": [{"id": "compare-search", "property": "value", "value": "name"}],
    "state": [{"id": "url", "property": "search", "value": "?lang=en"}],
    "changedPropIds": ["compare-search.value"],
}
PUBLIC = (CITY, "/city/ru-kazan?lang=en", "/sdmx/codelist/all/CL_AREA", "search")


@dataclass
class Pair:
    client: TestClient
    published: Published
    cookie: dict[str, str]

    def publish(self, number: int, value: str) -> None:
        """One vintage more on one of the two, the same if the value is."""
        with writing(self.published.engines[number]) as session:
            publish_figures(session, {"value": value}, now=MORNING + timedelta(days=int(value)))

    def shown(self, path: str = CITY, **headers: str) -> str:
        """Whose name of the city an answer bears."""
        if path == "search":
            answer = self.client.post("/_dash-update-component", json=SEARCH, headers=headers)
        else:
            answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        (found,) = (name for name in ("Primary", "Replica") if f"{name} name" in answer.text)
        return found


def _filled(cluster: Postgres, name: str) -> str:
    server = create_engine(cluster.url().replace(":", "+psycopg:", 1), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}_one WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}_one"))
    server.dispose()
    engine = connect(cluster.url(f"{name}_one"))
    migrations.upgrade(engine)
    with writing(engine) as session:
        words = f"{name.title()} name"
        make_city(session, name_en=words, name_ru=words, population=1_300_000)
        make_indicator(session)
        publish_figures(session, {"value": "1"})
    engine.dispose()
    return cluster.url(f"{name}_one")


@pytest.fixture
def pair(postgres: Postgres, tmp_path: Path) -> Iterator[Pair]:
    urls = [_filled(postgres, name) for name in ("primary", "replica")]
    app = create_app(Settings(database_url=urls[0], replica_urls=urls[1], files_dir=tmp_path))
    now = datetime.now(UTC)
    with writing(app.state.published.primary) as session:
        rights = Rights(frozenset({Role.ANALYST}), frozenset())
        person = people.add_person(session, OPERATOR, "a@city.example", "Alsou", rights, now=now)
        secret = signing_in.start(session, person.id, "test", now=now)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Pair(client, app.state.published, {"Cookie": f"{COOKIE}={secret}"})


@contextmanager
def silent(engine: Engine, words: str = "") -> Iterator[None]:
    """The database refuses every statement, or those with these words; and is tried again at once afterwards."""

    def refuse(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if words in statement:
            raise OperationalError(statement, {}, OSError("gone"))

    event.listen(engine, "before_cursor_execute", refuse)
    yield
    event.remove(engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize("path", PUBLIC)
def test_what_is_published_is_read_on_a_replica_that_knows_as_much(pair: Pair, path: str) -> None:
    assert pair.shown(path) == "Replica"


def test_people_are_looked_up_on_the_primary(pair: Pair) -> None:
    assert "Alsou" in pair.client.get("/account", headers=pair.cookie).text
    assert pair.shown("/city/ru-kazan?lang=en", **pair.cookie) == "Replica"


def test_a_replica_that_lags_is_passed_over_until_it_has_caught_up(pair: Pair) -> None:
    pair.publish(0, "2")
    assert [pair.shown(path) for path in PUBLIC] == ["Primary"] * 4
    assert pair.published.states() == ["up", "behind"]
    pair.publish(1, "2")
    assert pair.published.states() == ["up", "up"]
    assert pair.published.choose().number == 1


@pytest.mark.parametrize("path", PUBLIC)
def test_a_replica_that_fails_in_the_middle_is_not_the_readers_affair(pair: Pair, path: str) -> None:
    with silent(pair.published.engines[1], "FROM city"):
        assert pair.shown(path) == "Primary"


@pytest.mark.parametrize("path", PUBLIC)
def test_without_the_primary_published_figures_are_still_read(pair: Pair, path: str) -> None:
    with silent(pair.published.primary):
        assert pair.shown(path) == "Replica"
        if path.startswith("/city"):
            assert pair.shown(path, **pair.cookie) == "Replica"


def test_without_the_primary_the_rest_is_refused_clearly(pair: Pair) -> None:
    with silent(pair.published.primary):
        told = pair.client.get("/readyz").json()
        assert (told["status"], told["replicas"]) == ("read-only", ["up"])
        for answer in (
            pair.client.get("/account", headers=pair.cookie),
            pair.client.post("/sign-in", data={"email": "a@city.example", "password": "x"}),
            pair.client.post("/api/v1/tokens", json={"name": "x"}, headers=pair.cookie),
        ):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_without_the_primary_nobody_is_shown_less_than_they_have_seen(pair: Pair) -> None:
    with silent(pair.published.primary):
        for path in (CITY, "/city/ru-kazan", "/sdmx/codelist/all/CL_AREA"):
            for headers in ({"X-Citymark-Vintage": "2"}, {"Cookie": "citymark-vintage=2"}):
                answer = pair.client.get(path, headers=headers)
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert pair.shown() == "Replica"
        # What this process has shown holds for everybody.
    pair.published.shown = 2
    with silent(pair.published.primary):
        assert pair.client.get(CITY).status_code == 503
        assert pair.client.get("/readyz").status_code == 503


def test_nobody_at_all_is_said_clearly(pair: Pair) -> None:
    with silent(pair.published.primary), silent(pair.published.engines[1]):
        answer = pair.client.get(CITY)
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert pair.client.post("/_dash-update-component", json=SEARCH).status_code == 503
        assert pair.client.get("/").status_code == 503


def test_answers_tell_what_was_shown_and_caches_what_they_depend_on(pair: Pair) -> None:
    api = pair.client.get(CITY)
    assert api.headers["X-Citymark-Vintage"] == "1"
    assert {"X-Citymark-Vintage", "Cookie"} <= set(api.headers["Vary"].split(", "))
    assert "set-cookie" not in api.headers
    first = pair.client.get("/")
    assert "citymark-vintage=1; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax" in first.headers["set-cookie"]
    assert "set-cookie" not in pair.client.get("/").headers
    pair.publish(0, "2")
    assert pair.client.get("/").cookies["citymark-vintage"] == "2"
    pair.client.cookies.clear()
    # Nobody's number is lowered: another process has shown more.
    assert "set-cookie" not in pair.client.get("/", headers={"Cookie": "citymark-vintage=3"}).headers


def test_who_publishes_is_told_what_to_ask_for(pair: Pair) -> None:
    pair.client.get(CITY)
    pair.publish(0, "2")
    answer = pair.client.post("/sign-out", follow_redirects=False)
    assert (answer.headers["X-Citymark-Vintage"], answer.cookies["citymark-vintage"]) == ("2", "2")


def test_a_database_left_aside_is_tried_again(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("app.replicas.monotonic", lambda: now[0])
    with silent(pair.published.engines[1]):
        assert pair.published.choose().number == 0
    assert pair.published.choose().number == 0
    assert pair.published.states() == ["up", "down"]
    now[0] += ASIDE_S
    assert pair.published.choose().number == 1
    assert pair.published.states() == ["up", "up"]


def test_a_primary_that_is_back_is_asked_when_nobody_else_knows_enough(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader has seen there, by another process, what the replica has not got yet."""
    now = [1_000.0]
    monkeypatch.setattr("app.replicas.monotonic", lambda: now[0])
    with silent(pair.published.engines[0]):
        assert pair.published.choose(seen=1).number == 1
    pair.publish(0, "2")
    with pytest.raises(Unavailable):
        pair.published.choose(seen=2)
    now[0] += 2 * MOMENT_S
    assert pair.published.choose(seen=2).number == 0


@pytest.mark.parametrize("number", [0, 1])
def test_what_a_transaction_can_see_counts_as_shown(pair: Pair, number: int) -> None:
    """It may be newer than the last look."""
    assert pair.published.choose().now.vintage == 1
    pair.publish(number, "2")
    assert pair.published.shown == 1
    with reading(pair.published.engines[number]) as session:
        session.execute(text("SELECT 1"))
    assert pair.published.shown == 2


def test_figures_are_held_once_for_all_databases(pair: Pair) -> None:
    path = "/api/v1/observations?indicator=TI_SMART_LIGHTING"
    values = []
    for value in ("2", "3"):
        values.append(pair.client.get(path).json()["data"][0]["value"])
        pair.publish(0, value)
        pair.client.post("/sign-out")
        values.append(pair.client.get(path).json()["data"][0]["value"])
        pair.publish(1, value)
        pair.client.post("/sign-out")
    assert values == [1, 2, 2, 3]


def test_without_replicas_nothing_is_added(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/one.db"
    migrations.upgrade(connect(url))
    with TestClient(create_app(Settings(database_url=url, files_dir=tmp_path))) as client:
        answer = client.get("/api/v1/config")
        assert "X-Citymark-Vintage" not in answer.headers
        assert "Cookie" not in answer.headers["Vary"]
        assert "set-cookie" not in client.get("/").headers
        assert "replicas" not in client.get("/readyz").json()
