"""Any one of the processes is killed under load: reads go on, writes fail clearly, nothing acknowledged is lost, and
no reader is shown less than it has seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from app.db import writing
from tests.cluster.installation import (
    FOLLOWING,
    RECOVERED_S,
    SAFE,
    STARTED_S,
    Installation,
    Process,
    installed,
    load,
    until,
)
from tests.makers import MORNING, publish_figures
from tests.servers import wait_for

pytestmark = pytest.mark.xdist_group("cluster")
FIGURES = "/api/v1/observations?indicator=TI_SMART_LIGHTING"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("cluster")) as installation:
        yield installation


@pytest.fixture
def cluster(standing: Installation) -> Installation:
    """The installation, whole again whatever the test before has killed."""
    until(standing.is_whole)
    return standing


def test_a_killed_web_process_is_not_missed(cluster: Installation) -> None:
    with load(cluster) as at_work:
        cluster.webs[0].kill()
        at_work.more(80)
        cluster.webs[0].start()
        wait_for(cluster.webs[0].port, STARTED_S)
        until(cluster.is_whole, RECOVERED_S)
    assert at_work.refused == []


def test_a_killed_replica_is_not_missed_and_is_used_again(cluster: Installation) -> None:
    with load(cluster) as at_work:
        cluster.replica.kill()
        at_work.more(80)
        assert [(told["code"], told["status"], told["replicas"]) for told in cluster.ready()] == [
            (200, "ready", ["down"])
        ] * 2
        cluster.replica.restart(**FOLLOWING)
        with at_work.may_publish:
            until(cluster.is_whole, RECOVERED_S)
    assert at_work.refused == []


def test_a_killed_redis_is_not_missed(cluster: Installation) -> None:
    with load(cluster) as at_work:
        cluster.redis.kill()
        at_work.more(80)
        # Tries to sign in that nobody counts are not let through.
        form = {"email": "a@example.org", "password": "wrong"}
        answer = httpx2.post(f"{cluster.address}/sign-in", data=form, timeout=20)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        cluster.redis.start()
        wait_for(cluster.redis.port, RECOVERED_S)
    assert at_work.refused == []


def test_a_killed_worker_leaves_nothing_undone(cluster: Installation) -> None:
    """Every vintage that was acknowledged has its files in the end, whatever the worker was at when it was killed."""
    with load(cluster) as at_work:
        for _ in range(3):
            at_work.more(30)
            cluster.worker.kill()
            cluster.worker.start()
        at_work.more(30)
    # What a killed one held is free after the lease; a new one needs its time to start.
    until(lambda: cluster.left() == 0, STARTED_S)
    folder = Path(cluster.worker.environment["CITYMARK_FILES_DIR"])
    assert [number for number in at_work.acknowledged if not (folder / str(number) / "SHA256SUMS").exists()] == []
    assert at_work.refused == []


def test_a_killed_primary_leaves_reads_and_refuses_changes_clearly(cluster: Installation) -> None:
    with load(cluster) as at_work:
        with at_work.may_publish:
            # Streaming is some milliseconds behind; what the replica has not got by then it cannot show.
            until(lambda: cluster.newest(cluster.replica) == cluster.newest())
            cluster.primary.kill()
        at_work.more(80)
        assert [(told["code"], told["status"]) for told in cluster.ready()] == [(200, "read-only")] * 2
        answer = httpx2.post(
            f"{cluster.address}/api/v1/submissions/x/withdraw", headers={"Authorization": "Bearer cm_x"}, timeout=20
        )
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "unavailable"
        until(lambda: len(at_work.refused) > 0)
        # A web process that ends now comes back without waiting for the primary.
        cluster.webs[1].kill()
        cluster.webs[1].start()
        until(lambda: is_read_only(cluster.webs[1]), STARTED_S)
        cluster.primary.restart(**SAFE)
        known = len(at_work.acknowledged)
        until(lambda: len(at_work.acknowledged) > known, RECOVERED_S)
        with at_work.may_publish:
            until(cluster.is_whole, RECOVERED_S)
    assert set(at_work.refused) == {"the database did not answer; try again in a moment"}


def is_read_only(web: Process) -> bool:
    try:
        return bool(httpx2.get(f"http://127.0.0.1:{web.port}/readyz", timeout=20).json()["status"] == "read-only")
    except httpx2.TransportError:
        return False


def _read(cluster: Installation, seen: int) -> list[tuple[int, int]]:
    """What each web process shows a reader who has seen a vintage: status and vintage."""
    answers = [
        httpx2.get(f"http://127.0.0.1:{web.port}{FIGURES}", headers={"X-Citymark-Vintage": str(seen)}, timeout=20)
        for web in cluster.webs
    ]
    return [(answer.status_code, answer.json().get("meta", {}).get("vintage", 0)) for answer in answers]


def test_a_replica_that_lags_never_shows_less_than_was_seen(cluster: Installation) -> None:
    before = cluster.newest()
    cluster.on_replica("SELECT pg_wal_replay_pause()")
    try:
        with writing(cluster.engine) as session:
            seen = publish_figures(session, {"value": "77"}, now=MORNING + timedelta(days=9)).vintage
        assert seen == before + 1
        assert _read(cluster, seen) == [(200, seen)] * 2
        assert [told["replicas"] for told in cluster.ready()] == [["behind"]] * 2
        # The replica has the log and does not show it: without the primary its readers wait.
        cluster.primary.kill()
        told: list[tuple[int, int]] = []
        until(lambda: told.extend(shown := _read(cluster, seen)) or shown == [(503, 0)] * 2)
        # Until a process has looked again it answers from memory what was seen, and nothing else.
        assert set(told) <= {(200, seen), (503, 0)}
        assert [each["code"] for each in cluster.ready()] == [503] * 2
        cluster.on_replica("SELECT pg_wal_replay_resume()")
        until(lambda: _read(cluster, seen) == [(200, seen)] * 2)
    finally:
        cluster.on_replica("SELECT pg_wal_replay_resume()")
        cluster.primary.restart(**SAFE)
    until(cluster.is_whole, RECOVERED_S)


def test_a_shared_cache_gives_nobody_less_than_they_have_seen(cluster: Installation) -> None:
    with httpx2.Client(base_url=cluster.address, timeout=20) as reader:
        kept = [reader.get(f"{FIGURES}&limit=7") for _ in range(2)]
        assert kept[1].headers["x-cache"] == "HIT"
        with writing(cluster.engine) as session:
            seen = publish_figures(session, {"value": "78"}, now=MORNING + timedelta(days=10)).vintage
        assert seen == kept[1].json()["meta"]["vintage"] + 1
        for headers in ({"X-Citymark-Vintage": str(seen)}, {"Cookie": f"citymark-vintage={seen}"}):
            for _ in range(2):
                answer = reader.get(f"{FIGURES}&limit=7", headers=headers)
                assert (answer.status_code, answer.json()["meta"]["vintage"]) == (200, seen)
        # Those who have seen as much share what is kept for them; who brings nothing waits for the moment to pass.
        again = reader.get(f"{FIGURES}&limit=7", headers={"X-Citymark-Vintage": str(seen)})
        assert again.headers["x-cache"] == "HIT"


def test_a_vintage_that_nobody_published_is_no_way_to_stop_others(cluster: Installation) -> None:
    newest = cluster.newest()
    assert _read(cluster, 999_999_999) == [(200, newest)] * 2
    assert _read(cluster, 0) == [(200, newest)] * 2
