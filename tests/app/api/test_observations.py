from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.db import writing
from tests.makers import MORNING, publish_figures


def rows(client: TestClient, address: str = "") -> list[tuple[object, ...]]:
    answer = client.get(f"/api/v1/observations{address}")
    assert answer.status_code == 200, answer.text
    return [
        tuple(row[name] for name in ("city", "indicator", "period", "value", "status"))
        for row in answer.json()["data"]
    ]


KAZAN = ("ru-kazan", "TI_SMART_LIGHTING", "2024-Q3")
ORYOL = ("ru-oryol", "TI_SMART_LIGHTING", "2024-Q3")


def test_everything_as_known_now_by_city_then_indicator_then_time(client: TestClient) -> None:
    assert rows(client) == [
        (*KAZAN, 61.5, "A"),
        ("ru-kazan", "TI_SMART_LIGHTING", "2024-Q4", None, "L"),
        ("ru-kazan", "QM_PM25", "2024", 12.25, "A"),
        (*ORYOL, None, "O"),
    ]


@pytest.mark.parametrize(
    ("as_of", "kazan", "oryol"),
    [
        ("1", 62.5, 0.0),
        ("2", 61.5, 0.0),
        ("3", 61.5, None),
        ("2026-03-01T09:00:00Z", 62.5, 0.0),
        ("2026-03-02T08:59:59Z", 62.5, 0.0),
        ("2026-03-02T12:00:00%2B03:00", 61.5, 0.0),
        ("2026-03-02T12:00:00+03:00", 61.5, 0.0),
        ("2030-01-01", 61.5, None),
    ],
)
def test_as_of_answers_with_what_was_known_then(
    client: TestClient, as_of: str, kazan: float, oryol: float | None
) -> None:
    found = rows(client, f"?indicator=TI_SMART_LIGHTING&period=2024-Q3&as_of={as_of}")
    assert [row[3] for row in found] == [kazan, oryol]


def test_before_the_first_publication_nothing_was_known(client: TestClient) -> None:
    answer = client.get("/api/v1/observations?as_of=2026-03-01T08:59:59Z").json()
    assert answer["meta"]["vintage"] == 0
    assert answer["data"] == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("city=ru-oryol", 1),
        ("city=ru-kazan,ru-oryol", 4),
        ("principle=management", 1),
        ("indicator=QM_PM25&principle=infrastructure", 0),
        ("peer_group=size:over_1m", 3),
        ("peer_group=size:250k_1m", 1),
        ("peer_group=country:RU%2Bsize:over_1m", 3),
        ("peer_group=size:over_1m&city=ru-oryol", 0),
        ("peer_group=near:ru-oryol:1", 4),
        ("peer_group=near:xx-nowhere:5", 0),
        ("period=2024-Q3", 2),
        ("period=2024-Q1..2024-Q4", 3),
        ("period=2024", 1),
        ("period=latest&indicator=TI_SMART_LIGHTING", 1),
        ("period=2024-Q1..latest&indicator=TI_SMART_LIGHTING", 3),
        ("status=L,O", 2),
        ("status=F", 0),
    ],
)
def test_filters_combine(client: TestClient, filters: str, expected: int) -> None:
    assert len(rows(client, f"?{filters}")) == expected


@pytest.mark.parametrize(
    ("filters", "where", "words"),
    [
        ("citty=ru-kazan", "query.citty", "unknown parameter 'citty'"),
        ("city=ru-nowhere", "query.city", "no such city: ru-nowhere"),
        ("indicator=X,QM_PM25", "query.indicator", "no such indicator: X"),
        ("principle=none", "query.principle", "no such principle"),
        ("period=2024-Q5", "query.period", "2024-Q5"),
        ("period=2024..2024-Q4", "query.period", "joins annual with quarterly"),
        ("period=2024-Q4..2024-Q1", "query.period", "ends before it begins"),
        ("status=Z", "query.status", "not a status"),
        ("peer_group=big", "query.peer_group", "size:over_1m"),
        ("city=ru-kazan,,ru-oryol", "query.city", "empty code"),
        ("limit=0", "query.limit", "greater than or equal to 1"),
        ("limit=51", "query.limit", "at most 50"),
        ("cursor=!!!", "query.cursor", "meta.next"),
        ("cursor=WzEsMl0", "query.cursor", "meta.next"),
        ("as_of=yesterday", "query.as_of", "neither a vintage number nor an instant"),
        ("layout=cube", "query.layout", "rows"),
        ("format=xls", "query.format", "json"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(client: TestClient, filters: str, where: str, words: str) -> None:
    answer = client.get(f"/api/v1/observations?{filters}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["errors"][0]["where"] == where
    assert words in body["errors"][0]["message"]


def test_a_vintage_that_never_was_is_not_found(client: TestClient) -> None:
    answer = client.get("/api/v1/observations?as_of=99")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_columns_hold_the_same_figures_as_rows(client: TestClient) -> None:
    by_row = client.get("/api/v1/observations").json()["data"]
    by_column = client.get("/api/v1/observations?layout=columns").json()["data"]
    assert by_column == {name: [row[name] for row in by_row] for name in by_row[0]}


def test_empty_columns_keep_their_names(client: TestClient) -> None:
    empty = client.get("/api/v1/observations?layout=columns&status=F").json()["data"]
    assert (empty["city"], empty["value"]) == ([], [])


def test_digits_are_those_that_were_published(client: TestClient, figures: Engine) -> None:
    with writing(figures) as session:
        publish_figures(session, {"value": "123456789012345.678901"}, now=MORNING + timedelta(days=3))
    assert '"value":123456789012345.678901' in client.get("/api/v1/observations?city=ru-kazan").text


def test_attributes_and_notes_travel_with_the_figure(client: TestClient) -> None:
    found = client.get("/api/v1/observations").json()["data"]
    assert found[0]["note"] == "late data"
    assert found[2]["attributes"] == {"lci_95": "11.9"}
    assert found[3]["withdrawn"] is True


def test_pages_neither_skip_nor_repeat_while_new_figures_are_published(client: TestClient, figures: Engine) -> None:
    seen, address = [], "/api/v1/observations?limit=1"
    answer = client.get(f"{address}&total=true").json()
    assert answer["meta"]["total"] == 4
    for day in range(3, 7):
        seen += [(row["city"], row["indicator"], row["period"], row["value"]) for row in answer["data"]]
        with writing(figures) as session:
            changed = {"city": "ru-oryol", "value": str(day)}
            publish_figures(
                session, changed, {"period": "2023-Q1", "value": str(day)}, now=MORNING + timedelta(days=day)
            )
        if answer["meta"]["next"]:
            answer = client.get(f"{address}&cursor={answer['meta']['next']}").json()
            assert answer["meta"]["vintage"] == 3
    assert seen == [row[:4] for row in rows(client, "?as_of=3")]


def test_a_cursor_of_another_vintage_than_as_of_is_refused(client: TestClient) -> None:
    cursor = client.get("/api/v1/observations?limit=1").json()["meta"]["next"]
    answer = client.get(f"/api/v1/observations?limit=1&as_of=1&cursor={cursor}")
    assert answer.status_code == 422


def test_history_lists_every_value_a_figure_has_had(client: TestClient) -> None:
    address = "/api/v1/observations/ru-kazan/TI_SMART_LIGHTING/2024-Q3/history"
    found = client.get(address).json()["data"]
    assert [(row["value"], row["vintage"], row["reason"]) for row in found] == [
        (62.5, 1, "a test"),
        (61.5, 2, "a test"),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "ru-nowhere/TI_SMART_LIGHTING/2024-Q3",
        "ru-kazan/TI_NOTHING/2024-Q3",
        "ru-kazan/TI_SMART_LIGHTING/2024-Q9",
        "ru-kazan/TI_SMART_LIGHTING/2019-Q1",
    ],
)
def test_no_history_where_nothing_was_published(client: TestClient, address: str) -> None:
    answer = client.get(f"/api/v1/observations/{address}/history")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_figures_that_are_not_free_never_leave(client: TestClient, figures: Engine) -> None:
    with writing(figures) as session:
        secret = {"period": "2025-Q1", "value": "99", "confidentiality": "C"}
        publish_figures(session, secret, now=MORNING + timedelta(days=3))
    assert all(row[2] != "2025-Q1" for row in rows(client))
    assert client.get("/api/v1/observations/ru-kazan/TI_SMART_LIGHTING/2025-Q1/history").status_code == 404


def test_simulated_figures_say_so(client: TestClient, figures: Engine) -> None:
    assert client.get("/api/v1/observations").json()["meta"]["simulated"] is False
    with writing(figures) as session:
        publish_figures(
            session, {"period": "2025-Q1", "value": "1"}, now=MORNING + timedelta(days=3), is_simulated=True
        )
    assert client.get("/api/v1/observations").json()["meta"]["simulated"] is True
    assert client.get("/api/v1/observations?period=2024-Q3").json()["meta"]["simulated"] is False
