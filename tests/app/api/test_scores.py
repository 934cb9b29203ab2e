"""The index over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from app.api.app import create_api
from app.api.deps import Limits
from app.db import connect
from ingest.scoring import bring_up_to_date
from tests.conftest import Databases
from tests.makers import MORNING
from tests.tiny import build

TINY = "/api/v1/scores?framework=tiny"


@pytest.fixture(scope="module")
def read_figures(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The tiny index for all tests here that only read."""
    engine = connect(databases.fresh_url())
    yield build(engine, tmp_path_factory.mktemp("tiny"))
    engine.dispose()


@pytest.fixture
def figures(tiny: Engine) -> Engine:
    return tiny


@pytest.fixture
def scored(asked_figures: Engine) -> Iterator[TestClient]:
    api = create_api(asked_figures, Limits(max_page_rows=50))
    with TestClient(Starlette(routes=[Mount("/api", api)]), raise_server_exceptions=False) as client:
        yield client


def rows(client: TestClient, address: str) -> list[dict[str, Any]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_scores_come_best_first_with_what_they_stand_on(scored: TestClient) -> None:
    answer = scored.get(f"{TINY}&period=2025-Q4&as_of=3").json()
    assert [(row["city"], row["rank"], row["score"]) for row in answer["data"]] == [
        ("ru-oryol", 1, 70.0),
        ("ru-kazan", 2, 67.5),
        ("ru-ufa", None, None),
    ]
    assert answer["meta"]["vintage"] == 3
    (about,) = answer["meta"]["about"]
    assert (about["official"], about["known_since"], about["ranked"], about["cities"]) == (True, 3, 2, 3)
    assert about["assumptions"][0].startswith("weights in people: Dirichlet")


def test_the_embargoed_figure_shows_nowhere(scored: TestClient) -> None:
    kazan = rows(scored, f"{TINY}&period=2025-Q4&city=ru-kazan")[0]
    assert kazan["rank"] is None
    assert "missing: TI_LIGHTS" in kazan["reason"]


def test_columns_hold_the_same_as_rows(scored: TestClient, figures: Engine) -> None:
    bring_up_to_date(figures, now=MORNING)
    address = f"{TINY}&period=2025-Q4..2026-Q1"
    lists = scored.get(f"{address}&layout=columns").json()["data"]
    listed = rows(scored, address)
    assert [row["period"] for row in listed] == ["2025-Q4"] * 3 + ["2026-Q1"] * 3
    assert {name: [row[name] for row in listed] for name in lists} == lists


def test_own_weights_are_marked_and_a_group_has_its_own_ranks(scored: TestClient) -> None:
    answer = scored.get(f"{TINY}&period=2025-Q4&as_of=1&weights=works:3&peer_group=size:over_1m").json()
    assert answer["meta"]["about"][0]["official"] is False
    assert answer["meta"]["about"][0]["peer_group"] == "size:over_1m"
    assert [(row["city"], row["rank"], row["score"]) for row in answer["data"]] == [
        ("ru-kazan", 1, 63.75),
        ("ru-ufa", None, None),
    ]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        (f"{TINY}&weights=works", 422, "'works' is not a weight"),
        (f"{TINY}&weights=works:nan", 422, "is not a weight"),
        (f"{TINY}&weights=works:1,works:2", 422, "stands twice"),
        (f"{TINY}&weights=roads:1", 422, "no part roads"),
        (f"{TINY}&weights=works:0,people:0", 422, "sum to nothing"),
        (f"{TINY}&period=soon", 422, "is not a period"),
        (f"{TINY}&intervals=5000", 422, "less than or equal to 2000"),
        (f"{TINY}&city=ru-nowhere", 422, "no such city"),
        (f"{TINY}&peer_group=size:huge", 422, "not a size class"),
        (f"{TINY}&colour=red", 422, "unknown parameter 'colour'"),
        ("/api/v1/scores?framework=nothing", 404, "there are: tiny@1"),
        (f"{TINY},tiny,tiny@1,tiny@1,x,y,z", 422, "at most 4"),
        (f"{TINY}&period=2025-Q4&as_of=99", 404, "no vintage 99"),
        ("/api/v1/scores/ru-kazan?framework=tiny&from_as_of=1", 422, "name the earlier period"),
        ("/api/v1/scores/ru-nowhere?framework=tiny", 404, "no city"),
        ("/api/v1/scores/ru-kazan?framework=tiny&period=2025-Q4..2026-Q1", 422, "name one"),
        ("/api/v1/scores/ru-kazan?framework=tiny&rank=0", 422, "greater than or equal to 1"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_what_would_be_right(
    scored: TestClient, address: str, status: int, words: str
) -> None:
    answer = scored.get(address)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text.replace('\\"', '"')


def test_nothing_is_scored_before_the_first_figure(scored: TestClient) -> None:
    answer = scored.get(f"{TINY}&as_of=2020-01-01")
    assert answer.status_code == 404
    assert "nothing is known yet" in answer.text


def test_one_city_is_explained(scored: TestClient) -> None:
    address = "/api/v1/scores/ru-kazan?framework=tiny&period=2026-Q1&from=2025-Q4&against=ru-oryol&rank=1&as_of=3"
    answer = scored.get(address).json()
    found = answer["data"]
    points = [item["points"] for item in found["contributions"] if item["points"] is not None]
    assert sum(points) + found["constant"] == pytest.approx(found["score"], abs=1e-12)
    change = found["change"]
    assert (change["since"], change["since_vintage"], change["since_framework"]) == ("2025-Q4", 1, "tiny@1")
    assert sum(step["score"] for step in change["steps"]) == pytest.approx(
        change["after"]["score"] - change["before"]["score"]
    )
    assert found["ahead"] == {"ru-oryol": None}
    assert found["reach"]["reason"] == "there are fewer than 1 other ranked cities"
    assert answer["meta"]["about"]["period"] == "2026-Q1"


def test_the_probability_of_being_ahead_and_what_a_rank_would_take(scored: TestClient) -> None:
    address = "/api/v1/scores/ru-kazan?framework=tiny&period=2025-Q4&against=ru-oryol&rank=1&as_of=3"
    found = scored.get(address).json()["data"]
    assert 0 < found["ahead"]["ru-oryol"] < 1
    assert found["reach"]["probability"] == pytest.approx(found["ahead"]["ru-oryol"], abs=0.01)
    assert {need["indicator"]: round(need["needed"], 6) for need in found["reach"]["needs"]} == {
        "TI_LIGHTS": 65.0,
        "HC_LIFE": 77.0,
        "HC_JOBLESS": 3.0,
    }


def test_frameworks_show_their_trees(scored: TestClient) -> None:
    (listed,) = rows(scored, "/api/v1/frameworks")
    assert (listed["code"], listed["fixed"], listed["lacking"]) == ("tiny", True, [])
    tree = scored.get("/api/v1/frameworks/tiny").json()["data"]["tree"]
    assert [(child["code"], child["effective_weight"]) for child in tree["children"]] == [
        ("people", 0.5),
        ("works", 0.5),
    ]
    assert tree["children"][0]["children"][1]["goalposts"] == {"worst": 20.0, "best": 0.0}
    assert scored.get("/api/v1/frameworks/tiny@7").status_code == 404


def test_the_quality_of_a_framework_is_shown(scored: TestClient) -> None:
    found = scored.get("/api/v1/frameworks/tiny/quality?period=2025-Q4&as_of=3&sensitivity=true").json()["data"]
    assert [item["effective_weight"] for item in found["indicators"]] == [0.25, 0.25, 0.5]
    assert found["indicators"][0]["correlation"] is None
    assert [item["assumption"] for item in found["sensitivity"]] == ["weights", "values"]
