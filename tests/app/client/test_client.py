"""The client against a running server: frames, pages of one vintage, patience, caches, errors as types."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from app.client import (
    ApiError,
    Cache,
    Citymark,
    DiskCache,
    Invalid,
    MemoryCache,
    NotFound,
    Unavailable,
    Unreachable,
)
from app.client.caches import Kept
from app.client.errors import Unexpected
from app.client.transport import Patience
from app.db import writing
from tests.app.client.conftest import Log
from tests.ingest.jobs.services import Told, in_turn, service
from tests.makers import MORNING, publish_figures

KEY = ["city", "indicator", "period"]
# The tiny index as known with its last vintage, in the API's order.
FIGURES = [
    ("ru-kazan", "HC_LIFE", "2024", 75.0, "A"),
    ("ru-kazan", "HC_JOBLESS", "2025-Q4", 5.0, "A"),
    ("ru-kazan", "HC_JOBLESS", "2026-Q1", 4.0, "A"),
    ("ru-kazan", "TI_LIGHTS", "2026-Q1", 70.0, "A"),
    ("ru-oryol", "HC_LIFE", "2023", 65.0, "A"),
    ("ru-oryol", "HC_LIFE", "2024", 70.0, "A"),
    ("ru-oryol", "HC_JOBLESS", "2025-Q4", None, "M"),
    ("ru-oryol", "TI_LIGHTS", "2025-Q4", 90.0, "A"),
    ("ru-ufa", "TI_LIGHTS", "2025-Q4", 99.0, "F"),
]


def rows(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    plain = frame[[*KEY, "value", "status"]].astype(object)
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


def test_figures_of_three_pages_are_one_frame_that_says_what_it_stands_on(client: Citymark, log: Log) -> None:
    frame = client.observations()
    assert rows(frame) == FIGURES
    assert frame.dtypes["value"] == "float64"
    assert (frame.attrs["vintage"], frame.attrs["simulated"]) == (4, False)
    assert frame.attrs["as_of"] == "2026-03-04T09:00:00Z"
    assert frame.attrs["units"] == {"HC_LIFE": "%", "HC_JOBLESS": "%", "TI_LIGHTS": "%"}
    assert len(log.pages()) == 3
    assert all("as_of=4" in path for _, path, _ in log.pages())


def test_filters_are_codes_or_lists_of_them(client: Citymark) -> None:
    frame = client.observations(indicator=["HC_LIFE", "TI_LIGHTS"], city="ru-oryol", period="2024")
    assert rows(frame) == [("ru-oryol", "HC_LIFE", "2024", 70.0, "A")]
    assert set(client.observations(peer_group="size:over_1m")["city"]) == {"ru-kazan", "ru-ufa"}
    assert set(client.observations(principle="infrastructure")["indicator"]) == {"TI_LIGHTS"}
    assert rows(client.observations(status="M")) == [("ru-oryol", "HC_JOBLESS", "2025-Q4", None, "M")]


def test_nothing_found_is_an_empty_frame_with_its_columns(client: Citymark) -> None:
    frame = client.observations(period="1999")
    assert len(frame) == 0
    assert [*frame.columns[:5]] == [*KEY, "value", "status"]
    assert frame.attrs["vintage"] == 4


def test_the_past_is_read_by_vintage_and_by_instant(client: Citymark) -> None:
    past = client.observations(city="ru-oryol", indicator="TI_LIGHTS", as_of=1)
    assert (past["value"].tolist(), past.attrs["vintage"]) == ([50.0], 1)
    instant = client.observations(city="ru-oryol", indicator="TI_LIGHTS", as_of=MORNING + timedelta(days=1))
    assert (instant["value"].tolist(), instant.attrs["vintage"]) == ([50.0], 2)


def test_exact_values_keep_every_digit(client: Citymark) -> None:
    values = client.observations(indicator="HC_LIFE", exact=True)["value"].tolist()
    assert all(isinstance(value, Decimal) for value in values)
    assert values == [75, 65, 70]


def test_a_publication_between_pages_mixes_nothing(client: Citymark, tiny: Engine, log: Log) -> None:
    counted: list[float] = []

    class Publishing(MemoryCache):
        def put(self, address: str, kept: Kept) -> None:
            super().put(address, kept)
            if "observations" in address and not counted:
                counted.append(1)
                with writing(tiny) as session:
                    new = {"city": "ru-ufa", "indicator": "TI_LIGHTS", "period": "2025-Q4", "value": "1"}
                    publish_figures(session, new, now=MORNING + timedelta(days=9))

    with Citymark(client._transport.base, cache=Publishing()) as other:
        frame = other.observations()
        assert rows(frame) == FIGURES
        assert frame.attrs["vintage"] == 4
        assert other.observations(city="ru-ufa")["value"].tolist() == [1.0]


def test_the_register_the_catalogue_and_the_past_are_frames(client: Citymark) -> None:
    cities = client.cities()
    assert cities["code"].tolist() == ["ru-kazan", "ru-oryol", "ru-ufa"]
    assert cities["population"].tolist() == [1_300_000, 290_000, 1_100_000]
    assert client.cities(q="Ufa")["code"].tolist() == ["ru-ufa"]
    assert set(client.indicators(principle="human_capital")["code"]) == {"HC_LIFE", "HC_JOBLESS"}
    history = client.history("ru-oryol", "TI_LIGHTS", "2025-Q4")
    assert history["value"].tolist() == [50.0, 90.0]
    vintages = client.vintages()
    assert vintages["number"].tolist() == [4, 3, 2, 1]
    assert vintages["published_at"].dt.tz is not None


def test_changes_go_on_from_a_vintage(client: Citymark) -> None:
    frame = client.changes(since=2)
    first = frame.iloc[0]
    assert (first["kind"], first["before"], first["after"], first["city"]) == ("revised", 50.0, 90.0, "ru-oryol")
    assert frame.attrs["vintage"] == 4
    assert client.changes(since=4).empty
    # Pages of two rows: eight figures in the first vintage, two in the second.
    whole = client.changes(since=0)
    assert whole["vintage"].tolist()[:10] == [1] * 8 + [2] * 2
    assert not whole.duplicated(["vintage", *KEY]).any()


def test_scores_have_their_nodes_as_columns(client: Citymark) -> None:
    frame = client.scores("tiny", period="2026-Q1", intervals=0)
    kazan = frame[frame["city"] == "ru-kazan"].iloc[0]
    # By hand: life 75 of 60 to 80 is 75, jobless 4 of 20 to 0 is 80, lights 70.
    assert math.isclose(kazan["score_people"], 77.5)
    assert math.isclose(kazan["score"], 73.75)
    assert frame.attrs["about"][0]["framework"] == "tiny"
    own = client.scores("tiny", period="2026-Q1", intervals=0, weights={"people": 3, "works": 1})
    assert own.attrs["about"][0]["official"] is False
    assert math.isclose(own[own["city"] == "ru-kazan"].iloc[0]["score"], (77.5 * 3 + 70) / 4)


@pytest.fixture(params=[lambda _: MemoryCache(), lambda folder: DiskCache(folder / "kept")], ids=["memory", "disk"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Cache:
    make: Callable[[Path], Cache] = request.param
    return make(tmp_path)


def test_what_is_pinned_is_asked_once_and_the_rest_by_its_tag(site: str, log: Log, cache: Cache) -> None:
    with Citymark(site, cache=cache) as client:
        first = client.observations()
        log.asked.clear()
        again = client.observations()
    pd.testing.assert_frame_equal(first, again)
    assert first.attrs == again.attrs
    assert [(path.partition("?")[0], status) for _, path, status in log.asked] == [
        ("/api/v1/config", 304),
        ("/api/v1/indicators", 304),
    ]


def test_a_cache_on_disk_serves_the_next_program_and_survives_damage(site: str, log: Log, tmp_path: Path) -> None:
    with Citymark(site, cache=DiskCache(tmp_path)) as client:
        client.observations()
    for path in tmp_path.glob("*.kept"):
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    log.asked.clear()
    with Citymark(site, cache=DiskCache(tmp_path)) as client:
        assert rows(client.observations()) == FIGURES
    assert {status for _, _, status in log.asked} == {200}


@pytest.mark.parametrize("make", [lambda _: MemoryCache(25), lambda folder: DiskCache(folder, 350)])
def test_a_cache_is_bounded(make: Callable[[Path], Cache], tmp_path: Path) -> None:
    cache = make(tmp_path)
    for number in range(4):
        cache.put(f"address {number}", Kept('"tag"', is_final=False, content=b"0123456789"))
    kept = [number for number in range(4) if cache.get(f"address {number}")]
    assert 3 in kept or isinstance(cache, DiskCache)
    assert len(kept) == 2


def test_a_busy_server_is_asked_again_as_it_says(client: Citymark, log: Log, waits: list[float]) -> None:
    log.told = [(429, {"Retry-After": "7"}), (503, {}), (500, {})]
    assert client.config()["vintage"] == 4
    assert waits == [7, 2, 4]


def test_what_was_seen_is_said_with_every_question_after_it(client: Citymark, log: Log) -> None:
    log.told = [(503, {"X-Citymark-Vintage": told}) for told in ("3", "2", "x")]
    client.config()
    assert log.seen == ["", "3", "3", "3"]


def test_patience_ends_with_the_servers_word(client: Citymark, log: Log, waits: list[float]) -> None:
    log.told = [(503, {})] * 4
    with pytest.raises(Unavailable, match=r"http-error \(503\)"):
        client.config()
    assert waits == [1, 2, 4]
    log.told = [(429, {"Retry-After": "86400"})]
    with pytest.raises(Unavailable):
        client.config()


def test_nobody_there_is_said_after_every_try(waits: list[float]) -> None:
    with (
        Citymark("http://127.0.0.1:9", patience=Patience(attempts=2, timeout_s=5, sleep=waits.append)) as client,
        pytest.raises(Unreachable, match="does not answer, tried 2 times"),
    ):
        client.config()
    assert waits == [1]


def test_errors_have_types_codes_and_places(client: Citymark) -> None:
    with pytest.raises(Invalid) as refused:
        client.observations(period="2024-Q5")
    assert (refused.value.code, refused.value.status) == ("invalid", 422)
    assert refused.value.errors[0].where == "query.period"
    with pytest.raises(NotFound) as absent:
        client.history("ru-moscow", "TI_LIGHTS", "2024")
    assert absent.value.code == "not-found"
    assert isinstance(absent.value, ApiError)


@pytest.mark.parametrize(
    "told",
    [
        Told(b"<html>Sign in to the network</html>"),
        Told(b"[1, 2]"),
        Told(status=302, headers={"Location": "https://elsewhere.example/"}),
    ],
)
def test_what_is_not_this_api_is_said(told: Told) -> None:
    with service(in_turn(told)) as there, Citymark(there.url) as client, pytest.raises(Unexpected):
        client.config()


@pytest.mark.parametrize("url", ["citymark.example.org", "ftp://x", "https://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a server"):
        Citymark(url)
