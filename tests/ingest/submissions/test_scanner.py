"""Files go past a ClamAV daemon before they are read; without its clear word none is taken."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from app.db import reading
from app.errors import InfectedFile, Unscanned
from app.models import ReceivedBytes, Submission
from app.settings import Settings
from ingest.submissions.scanner import PIECE_BYTES, Scanner
from tests.clamd import EICAR, daemon
from tests.office import CLEAN, office
from tests.servers import free_port


@pytest.fixture(params=["tcp", "unix"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    return None if request.param == "tcp" else str(tmp_path / "clamd")


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 1_000_003])
def test_every_byte_arrives_in_its_order(address: str | None, size: int) -> None:
    content = bytes(number * 7 % 256 for number in range(size))
    with daemon(at=address) as (found, sent):
        found.refuse_infected(content)
    assert sent == [content]


def test_what_is_found_is_named(address: str | None) -> None:
    with daemon(at=address) as (found, _), pytest.raises(InfectedFile, match="Eicar-Test-Signature"):
        found.refuse_infected(CLEAN + EICAR)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"stream: OK FOUND",
        b"stream: not OK\0",
        b"stream: OK\nstream: Eicar FOUND\0",
        b"O" * 2_000,
    ],
)
def test_what_is_no_clear_answer_is_no_permission(answer: bytes) -> None:
    with daemon(lambda _: answer) as (found, _), pytest.raises(Unscanned):
        found.refuse_infected(CLEAN)


def test_where_nobody_listens_or_answers_in_time_no_file_is_taken(tmp_path: Path) -> None:
    for nowhere in (f"127.0.0.1:{free_port()}", f"[::1]:{free_port()}", str(tmp_path / "nobody")):
        with pytest.raises(Unscanned):
            Scanner(nowhere).refuse_infected(CLEAN)
    is_over = threading.Event()

    def silent(_content: bytes) -> bytes:
        is_over.wait(20)
        return b"stream: OK\0"

    with daemon(silent) as (found, _):
        with pytest.raises(Unscanned):
            Scanner(found.address, ends_s=0.2).refuse_infected(CLEAN)
        is_over.set()


def kept(engine: Engine) -> tuple[int, int]:
    with reading(engine) as session:
        counts = [
            session.scalar(select(func.count()).select_from(table)) or 0 for table in (Submission, ReceivedBytes)
        ]
    return counts[0], counts[1]


def test_the_api_takes_no_file_that_is_bad_or_was_not_looked_at(database: Engine) -> None:
    with office(database) as there:
        with daemon() as (there.client.app.state.scanner, sent):  # type: ignore[attr-defined]
            for more in ({}, {"dry_run": "true"}):
                bad = there.send("kazan", CLEAN + EICAR, **more)
                assert (bad.status_code, bad.json()["code"]) == (422, "file-infected")
                assert "Eicar-Test-Signature" in bad.json()["detail"]
            assert there.send("analyst", CLEAN).status_code == 403
            assert len(sent) == 2, "who may not send has nothing looked at"
            assert kept(database) == (0, 0)
            assert there.send("kazan", CLEAN).status_code == 201
            assert kept(database) == (1, 1)
        again = there.send("kazan2", CLEAN)
        assert (again.status_code, again.json()["code"]) == (503, "unavailable")
        assert int(again.headers["retry-after"]) > 0
        assert there.send("kazan2", None, nothing_to_report="true").status_code == 201
        assert kept(database) == (2, 1)


@pytest.mark.parametrize("wrong", ["clamd", "host:", "host:port", ":", "tcp://host:3310", "host:3310/x"])
def test_an_address_that_is_none_stops_the_start(wrong: str) -> None:
    with pytest.raises(ValueError, match="clamd"):
        Settings(clamd=wrong)
