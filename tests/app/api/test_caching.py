"""Tags and 304: never an answer of yesterday, on both engines, in several processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.api.app import create_api
from app.api.caching import lasts_for_ever
from app.api.deps import Limits
from app.db import reading, writing
from app.models import Edition
from ingest.reference import load_reference
from tests.makers import MORNING, make_city, publish_figures

FIGURES = "/v1/observations?indicator=TI_SMART_LIGHTING"


@pytest.fixture
def processes(figures: Engine) -> Iterator[tuple[TestClient, TestClient]]:
    """Two servers over one database, each with a memory of its own."""
    with TestClient(create_api(figures, Limits(50))) as one, TestClient(create_api(figures, Limits(50))) as other:
        yield one, other


def publish(engine: Engine, value: str, days: int = 9) -> None:
    with writing(engine) as session:
        publish_figures(session, {"value": value}, now=MORNING + timedelta(days=days))


def test_a_tag_sent_back_is_answered_by_304_until_something_is_published(
    processes: tuple[TestClient, TestClient], figures: Engine
) -> None:
    one, other = processes
    first = one.get(FIGURES)
    tag = first.headers["etag"]
    for client in processes:
        again = client.get(FIGURES, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert one.get(FIGURES).content == first.content
    publish(figures, "77")
    for client in processes:
        fresh = client.get(FIGURES, headers={"If-None-Match": tag})
        assert fresh.status_code == 200
        assert fresh.headers["etag"] != tag
        assert 77 in [row["value"] for row in fresh.json()["data"]]
    assert one.get(FIGURES).content == other.get(FIGURES).content


def test_another_question_has_another_tag(processes: tuple[TestClient, TestClient]) -> None:
    one, _ = processes
    tags = {
        one.get(address).headers["etag"]
        for address in (
            FIGURES,
            f"{FIGURES}&layout=columns",
            f"{FIGURES}&as_of=1",
            f"{FIGURES}&as_of=2",
            "/v1/cities",
        )
    }
    assert len(tags) == 5


def test_what_is_pinned_to_a_vintage_is_immutable_and_stays_valid(
    processes: tuple[TestClient, TestClient], figures: Engine
) -> None:
    one, _ = processes
    pinned = one.get(f"{FIGURES}&as_of=2")
    assert pinned.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert one.get(FIGURES).headers["cache-control"].startswith("public, max-age=30")
    assert "immutable" not in one.get(f"{FIGURES}&as_of=2&peer_group=size:over_1m").headers["cache-control"]
    publish(figures, "78")
    again = one.get(f"{FIGURES}&as_of=2", headers={"If-None-Match": pinned.headers["etag"]})
    assert again.status_code == 304
    assert one.get(f"{FIGURES}&as_of=2").content == pinned.content


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/observations?bogus=1", 422), ("/v1/cities/ru-nowhere", 404), (FIGURES + "&as_of=99", 404)],
)
def test_any_tag_hides_no_error(processes: tuple[TestClient, TestClient], path: str, status: int) -> None:
    assert processes[0].get(path, headers={"If-None-Match": "*"}).status_code == status


def test_the_order_of_parameters_makes_no_other_answer(processes: tuple[TestClient, TestClient]) -> None:
    one, other = FIGURES + "&period=2024-Q3", "/v1/observations?period=2024-Q3&indicator=TI_SMART_LIGHTING"
    assert processes[0].get(one).headers["etag"] == processes[0].get(other).headers["etag"]


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/v1/observations", "as_of=3", True),
        ("/v1/observations", "as_of=2026-01-01", False),
        ("/v1/observations", "as_of=3&peer_group=size:over_1m", False),
        # A newer version of the framework would give other scores.
        ("/v1/scores", "framework=tiny&as_of=3", False),
        ("/v1/scores", "framework=tiny@1.0&as_of=3", True),
        ("/v1/scores", "as_of=3&framework=tiny%401.0", True),
        ("/v1/cities", "as_of=3", False),
    ],
)
def test_only_what_can_never_change_is_immutable(path: str, query: str, expected: bool) -> None:
    assert lasts_for_ever(path, query) is expected


def test_an_error_is_kept_by_nobody(processes: tuple[TestClient, TestClient], figures: Engine) -> None:
    one, _ = processes
    wrong = one.get("/v1/observations?city=ru-new")
    assert wrong.status_code == 422
    assert "etag" not in wrong.headers
    with writing(figures) as session:
        make_city(session, "ru-new")
    assert one.get("/v1/observations?city=ru-new").status_code == 200


def test_private_answers_have_no_tag_and_who_shows_credentials_gets_a_private_copy(
    processes: tuple[TestClient, TestClient],
) -> None:
    one, _ = processes
    for path in ("/v1/submissions", "/v1/receipts/" + "0" * 64, "/v1/tokens"):
        assert "etag" not in one.get(path).headers
    assert one.get("/v1/submissions").headers["cache-control"] == "private, no-store"
    answer = one.get(FIGURES, headers={"Cookie": "citymark-session=x"})
    assert answer.headers["cache-control"] == "private, no-cache"


def test_head_says_the_same_without_the_body_and_other_sites_may_read(
    processes: tuple[TestClient, TestClient],
) -> None:
    one, _ = processes
    got = one.get(FIGURES)
    for _ in range(2):
        head = one.head(FIGURES)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", got.headers["etag"])
    assert got.headers["access-control-allow-origin"] == "*"
    assert one.options(FIGURES).status_code == 204
    assert "access-control-allow-origin" not in one.get("/v1/submissions").headers


def test_loading_the_same_reference_data_again_is_the_same_edition(database: Engine) -> None:
    folder = Path(__file__).parents[3] / "data" / "reference"
    editions = []
    for _ in range(2):
        with writing(database) as session:
            load_reference(session, folder)
        with reading(database) as session:
            editions.append(session.get(Edition, 1))
    assert editions[0] is not None
    assert editions[1] is not None
    assert editions[0].sha256 == editions[1].sha256 != ""
    with TestClient(create_api(database, Limits(50))) as client:
        tag = client.get("/v1/cities").headers["etag"]
        with writing(database) as session:
            load_reference(session, folder)
        assert client.get("/v1/cities", headers={"If-None-Match": tag}).status_code == 304
