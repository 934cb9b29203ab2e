"""The installation behind a real nginx with the repository's own configuration: kept for all, never for one, and no
process that is missed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import yaml

from app.db import connect, writing
from tests.conftest import ROOT
from tests.makers import publish_figures, settle_one_figure
from tests.servers import free_port, nginx, wait_for

FIGURES = "/api/v1/observations?indicator=TI_SMART_LIGHTING"


@dataclass
class Installation:
    address: str
    webs: list[subprocess.Popen[bytes]]
    url: str


# What stands is started once: one process has these tests.
pytestmark = pytest.mark.xdist_group("deploy")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """What nobody stops; each test asks questions of its own."""
    with installed(tmp_path_factory.mktemp("standing")) as standing:
        yield standing


@contextmanager
def installed(tmp_path: Path) -> Iterator[Installation]:
    """Two web processes over one database, nginx in front."""
    url = f"sqlite:///{tmp_path}/citymark.db"
    settle_one_figure(url)
    ports = [free_port() for _ in range(2)]
    webs = [_web(url, port) for port in ports]
    try:
        for port in ports:
            wait_for(port)
        with nginx(tmp_path, ports) as address:
            yield Installation(address, webs, url)
    finally:
        for web in webs:
            web.kill()
            web.wait()


def _web(url: str, port: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "CITYMARK_DATABASE_URL": url}
    command = [sys.executable, "-m", "ingest", "serve", "--port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def test_a_form_of_its_own_is_known_by_its_origin_on_any_port(installation: Installation) -> None:
    """Over plain HTTP browsers name the origin alone, port included; nginx must hand on what it stands beside."""
    with httpx2.Client(base_url=installation.address) as reader:
        ours = reader.post("/sign-in", headers={"Origin": installation.address})
        others = reader.post("/sign-in", headers={"Origin": "https://elsewhere.example"})
    assert "cross-site" not in ours.text
    assert (others.status_code, "cross-site" in others.text) == (403, True)


def test_what_is_published_is_answered_from_the_cache_and_by_its_tag(installation: Installation) -> None:
    with httpx2.Client(base_url=installation.address) as reader:
        asked = f"{FIGURES}&limit=7"
        first, second = reader.get(asked), reader.get(asked)
        assert [answer.headers["x-cache"] for answer in (first, second)] == ["MISS", "HIT"]
        assert first.content == second.content
        known = reader.get(asked, headers={"If-None-Match": first.headers["etag"]})
        assert (known.status_code, known.headers["x-cache"], known.content) == (304, "HIT", b"")


def test_what_is_for_one_is_never_kept(installation: Installation) -> None:
    with httpx2.Client(base_url=installation.address) as reader:
        reader.get(FIGURES)
        for headers in ({"Authorization": "Bearer cm_x"}, {"Cookie": "citymark=x"}):
            assert reader.get(FIGURES, headers=headers).headers["x-cache"] == "BYPASS"
        told = [reader.get("/api/v1/submissions").headers["x-cache"] for _ in range(2)]
        assert "HIT" not in told
        for path in ("/account", "/sign-in", "/"):
            assert "x-cache" not in reader.get(path).headers, path


def test_metrics_stay_inside(installation: Installation) -> None:
    assert httpx2.get(f"{installation.address}/metrics").status_code == 404


def test_a_killed_process_is_not_missed(tmp_path: Path) -> None:
    """Every read of a bounded load is answered while one of the two is killed in the middle of it.

    An answer whose first half had gone out when its process was killed is cut; its reader asks once more.
    """
    statuses: list[int] = []

    def read(address: str) -> None:
        with httpx2.Client(base_url=address, timeout=20) as reader:
            for number in range(60):
                path = f"/api/v1/cities?limit={number + 1}"
                try:
                    answer = reader.get(path)
                except httpx2.RemoteProtocolError:
                    answer = reader.get(path)
                statuses.append(answer.status_code)

    with installed(tmp_path) as installation:
        readers = [threading.Thread(target=read, args=(installation.address,)) for _ in range(4)]
        for reader in readers:
            reader.start()
        while len(statuses) < 40:
            time.sleep(0.005)
        installation.webs[0].send_signal(signal.SIGKILL)
        for reader in readers:
            reader.join()
    assert statuses == [200] * 240


def test_a_new_vintage_is_seen_through_nginx(installation: Installation) -> None:
    """Within the moment that answers say they hold for, and at once by who asks for the newest vintage."""
    with httpx2.Client(base_url=installation.address) as reader:
        assert reader.get(FIGURES).json()["data"][0]["value"] == 60
        engine = connect(installation.url)
        with writing(engine) as session:
            publish_figures(session, {"value": "61"})
        engine.dispose()
        assert reader.get(f"{FIGURES}&as_of=2").json()["data"][0]["value"] == 61
        assert "max-age=30" in reader.get(FIGURES).headers["cache-control"]


def test_compose_has_no_password_of_its_own_and_every_service_is_bounded() -> None:
    body = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    services = body["services"]
    assert set(services) == {"nginx", "web1", "web2", "worker", "schema", "database", "counts", "certificates"}
    secrets = [
        value
        for service in services.values()
        for name, value in (service.get("environment") or {}).items()
        if ("PASSWORD" in name or "SECRET" in name or "AUTH" in name) and not name.endswith("_BEFORE")
    ]
    assert services["web1"]["environment"]["CITYMARK_SECRET_KEY_BEFORE"] == "${CITYMARK_SECRET_KEY_BEFORE:-}"
    assert len(secrets) >= 4
    web, owner = (services[name]["environment"]["CITYMARK_DATABASE_URL"] for name in ("web1", "schema"))
    assert (web.split(":")[1], owner.split(":")[1]) == ("//citymark_web", "//citymark")
    assert all("?sslmode=verify-full&sslrootcert=/tls/ca/" in url for url in (web, owner))
    assert services["web1"]["environment"]["CITYMARK_REDIS_URL"].startswith("rediss://")
    assert services["schema"]["command"] == ["citymark", "migrate", "--rights-for", "citymark_web"]
    assert all(value.startswith("${") and ":?" in value for value in secrets)
    for web in ("web1", "web2", "worker"):
        assert services[web]["read_only"]
        assert services[web]["cap_drop"] == ["ALL"]
        assert services[web]["environment"]["CITYMARK_TASKS"] == "worker"
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service.get("ports", []))
    assert body["networks"]["inner"] == {"internal": True}
