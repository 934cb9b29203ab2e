"""Inside an installation everything is encrypted, by certificates that are held against their names.

PostgreSQL and Redis are started with the options of compose.yaml, the web processes stand behind the nginx of
docs/deploy.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import psycopg
import pytest
import redis
import yaml
from cryptography import x509

from app.accounts.limits import SIGN_IN_OF_EMAIL, Limiter
from app.db import connect, reading
from app.errors import Unavailable
from app.queries import vintages
from app.settings import Settings
from tests.cluster.installation import STARTED_S, Process
from tests.conftest import ROOT
from tests.makers import settle_one_figure
from tests.postgres import Postgres, binaries_with_tls
from tests.servers import free_port, nginx, wait_for

pytestmark = pytest.mark.xdist_group("cluster")
DEPLOY = ROOT / "docs" / "deploy"
FIGURES = "/api/v1/observations?indicator=TI_SMART_LIGHTING"
PASSWORD = "a-password-of-the-tests"


def certified(folder: Path, *names: str) -> Path:
    """Certificates for these names, by the maker that compose.yaml runs; the folder."""
    subprocess.run([str(DEPLOY / "certificates.sh"), str(folder), *names], check=True, stdout=subprocess.DEVNULL)
    return folder


@dataclass
class Sealed:
    """The installation: its folder of certificates, and where everything listens."""

    tls: Path
    postgres: Postgres
    redis: int
    webs: list[int]

    @property
    def authority(self) -> Path:
        return self.tls / "ca" / "ca.crt"

    def database(self, authority: Path | None = None, mode: str = "verify-full", host: str = "localhost") -> str:
        query = f"sslmode={mode}&sslrootcert={authority or self.authority}"
        return f"postgresql://citymark:{PASSWORD}@{host}:{self.postgres.port}/postgres?{query}"

    def counts(self, authority: Path | None = None, host: str = "localhost") -> str:
        return f"rediss://:{PASSWORD}@{host}:{self.redis}/0?ssl_ca_certs={authority or self.authority}"


def _command(service: str, replaced: dict[str, str]) -> list[str]:
    """How compose.yaml starts a service, with the paths and ports of this test."""
    body = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    command: list[str] = body["services"][service]["command"]
    for name, value in replaced.items():
        command = [word.replace(name, value) for word in command]
    return command


def _postgres(tls: Path) -> Postgres:
    """With a copy of its key: nobody but the server's own user may read it, or it does not start."""
    cluster = Postgres(binaries_with_tls())
    shutil.copytree(tls / "localhost", cluster.root / "tls")
    shutil.copy(DEPLOY / "pg_hba.conf", cluster.root / "pg_hba.conf")
    for file in ("tls", "tls/tls.crt", "tls/tls.key", "pg_hba.conf"):
        shutil.chown(cluster.root / file, cluster.root.owner(), cluster.root.group())
    words = _command("database", {"/tls/database": f"{cluster.root}/tls", "/etc/citymark": str(cluster.root)})
    cluster.start(**dict(word.removeprefix("-c").split("=") for word in words[1:]))
    role = f"CREATE ROLE citymark LOGIN SUPERUSER PASSWORD '{PASSWORD}'"
    cluster.run("psql", "-h", str(cluster.root), "-p", str(cluster.port), "-U", "postgres", "-qc", role)
    return cluster


def _redis(tls: Path, folder: Path) -> Process:
    port = free_port()
    here = {"/tls/counts": f"{tls}/localhost", "/tls/ca": f"{tls}/ca", "6379": str(port), "$$": "$"}
    words = _command("counts", here)
    words[2] += f" --bind 127.0.0.1 --dir {folder}"
    return Process(words, port, REDISCLI_AUTH=PASSWORD)


def _web(sealed: Sealed, certificate: str = "web") -> Process:
    port = free_port()
    return Process(
        [sys.executable, "-m", "ingest", "serve", "--port", str(port)],
        port,
        CITYMARK_DATABASE_URL=sealed.database(),
        CITYMARK_REDIS_URL=sealed.counts(),
        CITYMARK_TLS_CERT=str(sealed.tls / certificate / "tls.crt"),
        CITYMARK_TLS_KEY=str(sealed.tls / certificate / "tls.key"),
        CITYMARK_TASKS="worker",
    )


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    folder = tmp_path_factory.mktemp("sealed")
    tls = certified(folder / "tls", "localhost", "web")
    cluster, running = _postgres(tls), [_redis(tls, folder)]
    try:
        found = Sealed(tls, cluster, running[0].port, [])
        settle_one_figure(found.database())
        # The last has a good certificate of another name.
        running += [_web(found), _web(found), _web(found, "localhost")]
        for process in running:
            wait_for(process.port, STARTED_S)
        found.webs = [process.port for process in running[1:]]
        yield found
    finally:
        for process in running:
            process.kill()
        cluster.stop()


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another authority, made the same way."""
    return certified(tmp_path / "other", "localhost", "web") / "ca" / "ca.crt"


@contextmanager
def reader(folder: Path, webs: list[int], authority: Path) -> Iterator[httpx2.Client]:
    with nginx(folder, webs, authority) as address, httpx2.Client(base_url=address, timeout=30) as client:
        yield client


def test_readers_are_answered_and_tries_are_counted_over_encrypted_connections(
    sealed: Sealed, tmp_path: Path
) -> None:
    with reader(tmp_path, sealed.webs[:2], sealed.authority) as client:
        assert client.get(FIGURES).json()["data"][0]["value"] == 60
        told = client.post("/sign-in", data={"email": "a@example.org", "password": "wrong"})
        assert told.status_code == 401
    with redis.Redis.from_url(sealed.counts()) as counts:
        assert counts.dbsize() > 0
    with psycopg.connect(sealed.database()) as connection:
        used = connection.execute(
            "SELECT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'citymark'"
        ).fetchall()
    assert len(used) > 1
    assert {row[0] for row in used} == {True}
    assert {row[1] for row in used} <= {"TLSv1.2", "TLSv1.3"}


def test_plain_connections_are_refused(sealed: Sealed) -> None:
    with pytest.raises(psycopg.OperationalError, match="no pg_hba.conf entry .*no encryption"):
        psycopg.connect(sealed.database(mode="disable"))
    plain = sealed.counts().replace("rediss:", "redis:").partition("?")[0]
    with redis.Redis.from_url(plain) as counts, pytest.raises(redis.ConnectionError):
        counts.ping()
    for port in sealed.webs:
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"http://127.0.0.1:{port}/healthz")


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_database_with_a_wrong_certificate_is_told_nothing(sealed: Sealed, other: Path, wrong: str) -> None:
    url = sealed.database(other) if wrong == "authority" else sealed.database(host="127.0.0.1")
    with pytest.raises(psycopg.OperationalError, match="certificate"):
        psycopg.connect(url)
    engine = connect(url)
    with pytest.raises(Unavailable), reading(engine) as session:
        vintages.newest(session)
    engine.dispose()


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_counts_with_a_wrong_certificate_are_told_nothing(
    sealed: Sealed, other: Path, tmp_path: Path, wrong: str
) -> None:
    url = sealed.counts(other) if wrong == "authority" else sealed.counts(host="127.0.0.1")
    with redis.Redis.from_url(url) as counts, pytest.raises(redis.ConnectionError, match="(?i)certificate"):
        counts.ping()
    engine = connect(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(Unavailable):
        Limiter.over(engine, url).count(SIGN_IN_OF_EMAIL, "sign-in-of", "a@example.org")
    engine.dispose()


def test_nginx_sends_nothing_to_a_web_process_with_a_wrong_certificate(
    sealed: Sealed, other: Path, tmp_path: Path
) -> None:
    with reader(tmp_path, sealed.webs[:2], other) as client:
        assert client.get(FIGURES).status_code == 502
    named = [sealed.webs[2]] * 2
    with reader(tmp_path, named, sealed.authority) as client:
        assert client.get(FIGURES).status_code == 502
    # The one with a certificate of another name is passed over.
    with reader(tmp_path, [sealed.webs[2], sealed.webs[0]], sealed.authority) as client:
        assert {client.get(f"{FIGURES}&limit={number}").status_code for number in range(1, 9)} == {200}


@pytest.mark.parametrize("half", [{"tls_cert": "a.crt"}, {"tls_key": "a.key"}])
def test_a_certificate_without_its_key_stops_the_start(half: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="CITYMARK_TLS_CERT and CITYMARK_TLS_KEY belong together"):
        Settings(**half)


def test_certificates_are_kept_while_they_hold_and_made_anew_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = certified(tmp_path / "tls", "database", "web")
    files = sorted(folder.glob("*/*"))
    assert [str(file.relative_to(folder)) for file in files] == [
        "ca/ca.crt",
        "database/tls.crt",
        "database/tls.key",
        "web/tls.crt",
        "web/tls.key",
    ]
    assert {file.stat().st_mode & 0o077 for file in files if file.suffix == ".key"} == {0}
    made = x509.load_pem_x509_certificate((folder / "web" / "tls.crt").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web"]
    assert timedelta(days=729) < made.not_valid_after_utc - datetime.now(UTC) <= timedelta(days=730)
    before = {file: file.read_bytes() for file in files}
    certified(folder, "database", "web")
    assert {file: file.read_bytes() for file in files} == before
    (folder / "web" / "tls.key").unlink()
    certified(folder, "database", "web")
    assert [file for file in files if file.read_bytes() == before[file]] == []
    before = {file: file.read_bytes() for file in files}
    monkeypatch.setenv("ANEW", "1")
    certified(folder, "database", "web")
    assert [file for file in files if file.read_bytes() == before[file]] == []
