"""The queue: asked for if and only if it is committed, done at least once, by one worker at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, event, select

from app import audit
from app.access import Actor, Role
from app.db import clock, connect, reading, writing
from app.errors import CitymarkError, Conflict, Forbidden, NotFound
from app.models import AuditEvent, ScoreRun, Task
from ingest.__main__ import main
from ingest.tasks import queue
from ingest.tasks.deeds import GoOn, Means
from ingest.tasks.kinds import StoreScores, Wanted, WriteFiles
from ingest.tasks.queue import Taken
from ingest.tasks.working import Interrupted, Worker
from tests import tiny
from tests.conftest import ROOT, Databases
from tests.makers import MORNING, make_city, make_indicator, publish_figures
from tests.servers import until

BOSS = Actor(1, "Boss", frozenset({Role.ADMINISTRATOR}))
HELD = """
import sys, time
from app.db import connect
from ingest.tasks.deeds import Means
from ingest.tasks.working import Worker
def do(means, wanted, go_on):
    print(wanted.kind, flush=True)
    time.sleep(600)
Worker(Means(connect(sys.argv[1])), do=do).work()
"""


@pytest.fixture
def published(database: Engine) -> Engine:
    """One vintage, so two tasks: its scores and its files."""
    with writing(database) as session:
        make_city(session)
        make_indicator(session)
        publish_figures(session, {"value": "1"})
    return database


def told(engine: Engine) -> list[tuple[str, str, str, int]]:
    with reading(engine) as session:
        found = session.scalars(select(Task).order_by(Task.id))
        return [(task.kind, task.key, task.state, task.attempts) for task in found]


def taken(engine: Engine, worker: str, now: datetime = MORNING) -> Taken | None:
    with writing(engine) as session:
        return queue.take(session, worker, now=now)


def must_take(engine: Engine, worker: str, now: datetime = MORNING) -> Taken:
    found = taken(engine, worker, now)
    assert found is not None
    return found


def ended(engine: Engine, ending: Callable[..., bool], task: Taken, now: datetime = MORNING) -> bool:
    with writing(engine) as session:
        return ending(session, task, now=now)


def after(**wait: float) -> datetime:
    return MORNING + timedelta(**wait)


def _publish_and_undo(engine: Engine) -> None:
    with writing(engine) as session:
        publish_figures(session, {"value": "2"})
        assert session.scalar(select(Task.id).where(Task.key == "2"))
        raise ZeroDivisionError


def test_what_follows_is_asked_for_if_and_only_if_the_publication_is_committed(published: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        _publish_and_undo(published)
    assert told(published) == [("scores", "all", "waiting", 0), ("files", "1", "waiting", 0)]
    with writing(published) as session:
        assert publish_figures(session, {"value": "1"}).vintage is None
    assert len(told(published)) == 2, "nothing new, nothing that follows"
    with writing(published) as session:
        publish_figures(session, {"value": "2"})
    assert told(published)[2:] == [("files", "2", "waiting", 0)], "one task stores the scores of both"
    assert must_take(published, "a").wanted == StoreScores(vintage=2)


def test_scores_asked_for_while_they_are_stored_are_stored_anew(published: Engine) -> None:
    first = must_take(published, "a")
    with writing(published) as session:
        publish_figures(session, {"value": "2"})
    assert [task[0] for task in told(published)] == ["scores", "files", "scores", "files"]
    kinds = [must_take(published, "b").wanted.kind for _ in range(2)]
    assert kinds == ["files", "files"], "the second task for the same waits for the first"
    assert taken(published, "b") is None
    assert ended(published, queue.finish, first)
    assert must_take(published, "b").wanted == StoreScores(vintage=2)


def test_a_task_is_not_taken_under_a_publication_that_counts_on_it(published: Engine, databases: Databases) -> None:
    """A worker that took it before the commit would not see the new figures, and nobody would ask again."""
    if databases.kind == "sqlite":
        return  # There one writer is at work at a time: nothing is taken beside an open publication.
    with writing(published) as session:
        publish_figures(session, {"value": "2"})
        assert must_take(published, "a").wanted == WriteFiles(vintage=1)
        assert taken(published, "a") is None
    assert must_take(published, "a").wanted == StoreScores(vintage=2)


def test_no_two_workers_have_one_task(published: Engine) -> None:
    with writing(published) as session:
        for number in range(2, 42):
            queue.enqueue(session, WriteFiles(vintage=number), now=MORNING)
    done: list[str] = []

    def do(_means: Means, wanted: Wanted, _go_on: GoOn) -> None:
        done.append(f"{wanted.kind} {wanted.key}")

    workers = [threading.Thread(target=Worker(Means(published), do=do).work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(done) == sorted(["scores all", *(f"files {number}" for number in range(1, 42))])
    assert {state for _, _, state, _ in told(published)} == {"done"}


def test_who_has_lost_the_lease_changes_nothing(published: Engine) -> None:
    lost = must_take(published, "slow")
    assert must_take(published, "other", after(seconds=9.9)).wanted.kind == "files"
    later = after(seconds=10.1)
    assert (now := must_take(published, "quick", later)).id == lost.id
    assert (now.attempt, now.worker) == (2, "quick")
    before = told(published)
    assert not ended(published, queue.finish, lost, later)
    assert not ended(published, queue.renew, lost, later)
    with writing(published) as session:
        assert not queue.fail(session, lost, "late", now=later)
        assert not queue.give_back(session, lost)
    assert told(published) == before == [("scores", "all", "running", 2), ("files", "1", "running", 1)]
    assert ended(published, queue.renew, now, later)
    assert ended(published, queue.finish, now, later)
    assert not ended(published, queue.finish, now, later), "done once"


def test_a_failing_task_is_tried_after_growing_waits_then_shown_and_tried_again_by_hand(published: Engine) -> None:
    at, waits = MORNING, []
    with writing(published) as session:
        session.delete(session.scalars(select(Task).where(Task.kind == "scores")).one())
    while (task := taken(published, "a", at)) is not None:
        with writing(published) as session:
            queue.fail(session, task, "no room", now=at)
            row = session.get_one(Task, task.id)
            waits.append((row.next_at - at).total_seconds() if row.next_at and row.state == "waiting" else row.state)
            if row.state == "waiting":
                assert row.next_at
                assert not queue.has_work(session, now=row.next_at - timedelta(seconds=0.1))
                at = row.next_at
    assert waits == [5, 30, 120, 600, 1_800, 3_600, "failed"]
    assert told(published) == [("files", "1", "failed", 7)]
    with writing(published) as session, pytest.raises(Forbidden):
        queue.again(session, Actor(2, "Reviewer", frozenset({Role.REVIEWER})), task_id=2, now=at)
    with writing(published) as session:
        assert queue.again(session, BOSS, 2, now=at).error == "no room", "why it failed is seen until it is done"
        with pytest.raises(Conflict, match="task 2 is waiting"):
            queue.again(session, BOSS, 2, now=at)
        with pytest.raises(NotFound):
            queue.again(session, BOSS, 77, now=at)
    with reading(published) as session:
        (noted,) = session.scalars(select(AuditEvent))
        assert (noted.action, noted.kind, noted.key, noted.actor) == ("retry_task", "task", "2", "Boss")
        assert list(audit.faults(session)) == []
    assert ended(published, queue.finish, must_take(published, "a", at), at)
    assert told(published) == [("files", "1", "done", 1)]


def test_a_task_that_ends_its_workers_is_given_up(published: Engine) -> None:
    at = MORNING
    for attempt in range(1, 8):
        assert must_take(published, "mortal", at).attempt == attempt
        at += timedelta(seconds=11)
    assert must_take(published, "next", at).wanted.kind == "files"
    with reading(published) as session:
        task = session.scalars(select(Task).where(Task.kind == "scores")).one()
        assert (task.state, task.error) == ("failed", "its worker ended in the middle of it")


def test_a_new_publication_does_not_wait_for_the_next_try_of_an_old_one(published: Engine) -> None:
    task = must_take(published, "a")
    with writing(published) as session:
        queue.fail(session, task, "away", now=MORNING)
        publish_figures(session, {"value": "2"})
    now = must_take(published, "a")
    assert (now.id, now.attempt, now.wanted) == (task.id, 1, StoreScores(vintage=2))


def test_a_kind_of_a_later_version_is_left_to_it_and_a_row_that_cannot_be_read_fails(published: Engine) -> None:
    with writing(published) as session:
        session.add(Task(kind="poems", key="1", arguments={"kind": "poems"}, created_at=MORNING))
        session.add(Task(kind="files", key="x", arguments={"kind": "files", "vintage": "x"}, created_at=MORNING))
    assert Worker(Means(published)).work() >= 3
    assert [task[2] for task in told(published)] == ["done", "done", "waiting", "waiting"]
    with reading(published) as session:
        tried = {task.key: (task.attempts > 0, task.error) for task in session.scalars(select(Task)) if task.id > 2}
    assert tried == {"1": (False, ""), "x": (True, "ValidationError")}


def test_what_was_done_long_ago_is_forgotten(published: Engine) -> None:
    assert ended(published, queue.finish, must_take(published, "a"))
    late = after(days=31)
    assert ended(published, queue.finish, must_take(published, "a", late), late)
    assert [task[0] for task in told(published)] == ["files"]


def test_a_killed_worker_loses_its_task_to_the_next(database: Engine, database_url: str, tmp_path: Path) -> None:
    tiny.build(database, tmp_path)
    command = [sys.executable, "-c", HELD, database_url]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE
    ) as held:
        assert held.stdout
        assert held.stdout.readline() == b"scores\n"
        assert Worker(Means(database)).work() == 4, "the files of four vintages; the scores are in its hands"
        held.send_signal(signal.SIGKILL)
    with reading(database) as session:
        assert session.scalars(select(ScoreRun)).all() == []
        lost = clock(session) + queue.LEASE
    with writing(database) as session:
        assert queue.take(session, "impatient", now=lost - queue.LEASE) is None
        task = queue.take(session, "next", now=lost)
        assert task is not None
        queue.give_back(session, task)
    assert Worker(Means(database)).work() == 1
    assert told(database)[0] == ("scores", "all", "done", 2)
    with reading(database) as session:
        assert len(session.scalars(select(ScoreRun)).all()) == 2


def test_scores_and_files_are_there_once_and_stay_when_done_again(database: Engine, tmp_path: Path) -> None:
    tiny.build(database, tmp_path)
    files = tmp_path / "files"
    left = files / "1.part-77"
    left.mkdir(parents=True)
    os.utime(left, (1_700_000_000, 1_700_000_000))
    assert Worker(Means(database, files)).work() == 5
    assert sorted(path.name for path in files.iterdir()) == ["1", "2", "3", "4"]
    before = (files / "4" / "SHA256SUMS").read_bytes()
    with reading(database) as session:
        runs = session.scalars(select(ScoreRun.id)).all()
    with writing(database) as session:
        for wanted in (StoreScores(vintage=4), WriteFiles(vintage=4)):
            queue.enqueue(session, wanted, now=MORNING)
    assert Worker(Means(database, files)).work() == 2
    assert {state for _, _, state, _ in told(database)} == {"done"}
    assert (files / "4" / "SHA256SUMS").read_bytes() == before
    with reading(database) as session:
        assert session.scalars(select(ScoreRun.id)).all() == runs


def test_a_worker_that_is_told_to_stop_gives_its_task_back(published: Engine) -> None:
    is_over = Event()

    def do(_means: Means, _wanted: Wanted, go_on: GoOn) -> None:
        is_over.set()
        go_on()

    assert Worker(Means(published), is_over=is_over, do=do).work() == 1
    assert told(published)[0] == ("scores", "all", "waiting", 0)


def test_a_lease_is_renewed_while_the_work_goes_on(published: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LEASE", timedelta(seconds=2))

    def lease() -> datetime | None:
        with reading(published) as session:
            return session.scalars(select(Task.lease_until).where(Task.state == "running")).one()

    def do(_means: Means, _wanted: Wanted, go_on: GoOn) -> None:
        first = lease()
        until(lambda: lease() != first)
        go_on()

    assert Worker(Means(published), do=do).work() == 2
    assert {state for _, _, state, _ in told(published)} == {"done"}


def test_who_learns_that_the_lease_is_lost_stops_and_changes_nothing(
    published: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(queue, "LEASE", timedelta(seconds=1))

    def do(_means: Means, wanted: Wanted, go_on: GoOn) -> None:
        if wanted.kind == "files":
            return
        with writing(published) as session:
            task = session.scalars(select(Task).where(Task.kind == "scores")).one()
            task.worker, task.attempts, task.lease_until = "other", 2, clock(session) + timedelta(hours=1)
        until(lambda: _raises(go_on))
        go_on()

    assert Worker(Means(published), do=do).work() == 2
    assert told(published)[0] == ("scores", "all", "running", 2)
    assert "taken over by another worker" in caplog.text


def _raises(go_on: GoOn) -> bool:
    try:
        go_on()
    except Interrupted:
        return True
    return False


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CitymarkError("the folder is not empty"), "the folder is not empty"),
        (OSError(28, "No space left on device", "var/files/1"), "No space left on device"),
        (RuntimeError("postgresql://citymark:secret@database"), "RuntimeError"),
    ],
)
def test_a_row_tells_what_went_wrong_without_secrets(published: Engine, error: Exception, words: str) -> None:
    is_over = Event()

    def do(_means: Means, _wanted: Wanted, _go_on: GoOn) -> None:
        is_over.set()
        raise error

    assert Worker(Means(published), is_over=is_over, do=do).work() == 1
    with reading(published) as session:
        assert session.get_one(Task, 1).error == words


def test_looking_for_work_writes_nothing(published: Engine) -> None:
    Worker(Means(published)).work()
    seen: list[str] = []
    event.listen(published, "before_cursor_execute", lambda _c, _cur, statement, *_more: seen.append(statement))
    assert Worker(Means(published)).work() == 0
    assert seen
    assert [statement for statement in seen if "UPDATE" in statement] == []


def test_the_commands_work_and_tell(
    database: Engine,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tiny.build(database, tmp_path)
    monkeypatch.setenv("CITYMARK_DATABASE_URL", database_url)
    with writing(database) as session:
        session.add(Task(kind="files", key="9", arguments={"kind": "files", "vintage": 9}, created_at=MORNING))
        task = session.scalars(select(Task).where(Task.key == "9")).one()
        task.state, task.attempts, task.error = "failed", 7, "No space left on device"
    assert main(["work", "--once"]) == 0
    assert main(["tasks", "--json", "list"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["kind"], row["vintage"], row["state"]) == (6, "files", 9, "failed")
    assert main(["tasks", "again", "6"]) == 0
    assert main(["work", "--once"]) == 0
    assert main(["tasks", "list"]) == 0
    assert main(["tasks", "again", "6"]) == 2
    assert "only failed ones are tried again" in capsys.readouterr().err


def test_the_worker_process_does_what_comes_and_ends_when_it_is_told(published: Engine, database_url: str) -> None:
    environment = {**os.environ, "CITYMARK_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "ingest", "work"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        engine = connect(database_url)
        until(lambda: {task[2] for task in told(engine)} == {"done"}, 60)
        engine.dispose()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
