"""What follows from a reviewer's publication, and how administrators see it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from starlette.testclient import TestClient

from app.db import connect, reading, writing
from app.models import Methodology, ScoreRun, Task, VintageScope
from ingest.frameworks import load_frameworks
from tests.dashboard.served.conftest import Site, file
from tests.servers import until

FRAMEWORK = """
code = "lights"
version = "1"
minimum_coverage = 0.5
[nodes.index]
children = [
  { code = "TI_SMART_LIGHTING", goalposts = [0, 100] },
  { code = "CE_OPEN_DATA", goalposts = [0, 100] },
]
"""


def _load_framework(site: Site, folder: Path) -> None:
    (folder / "lights.toml").write_text(FRAMEWORK, encoding="utf-8")
    engine = connect(site.url)
    with writing(engine) as session:
        load_frameworks(session, folder, {}, session.scalars(select(Methodology)).one())
    engine.dispose()


def test_the_scores_of_what_a_reviewer_publishes_are_stored_beside_the_answer(site: Site, tmp_path: Path) -> None:
    _load_framework(site, tmp_path)
    number = site.send("kazan", file(("TI_SMART_LIGHTING", 61.5), ("CE_OPEN_DATA", 31))).rpartition("/")[2]
    page = site.browser("kazan").get(f"/submission/{number}").text
    plan = re.findall(r'name="plan" value="([0-9a-f]{64})"', page)[0]
    site.browser("kazan").post(f"/submission/{number}", data={"deed": "submit", "plan": plan})
    for deed in ("approve", "publish"):
        answer = site.browser("reviewer").post(f"/submission/{number}", data={"deed": deed, "plan": plan})
        assert answer.status_code == 303
    engine = connect(site.url)

    def stored() -> set[tuple[int, int]]:
        with reading(engine) as session:
            return {(run.period, run.vintage) for run in session.scalars(select(ScoreRun))}

    assert stored() == set(), "the reviewer did not wait for it"
    with reading(engine) as session:
        (touched,) = set(session.scalars(select(VintageScope.period).where(VintageScope.vintage == 2)))
    # Only a server that runs works beside its answers.
    with TestClient(site.app):
        until(lambda: (touched, 2) in stored())
    engine.dispose()


def test_an_administrator_sees_what_failed_and_has_it_tried_again(site: Site) -> None:
    engine = connect(site.url)
    with writing(engine) as session:
        task = session.scalars(select(Task).where(Task.kind == "files")).one()
        task.state, task.attempts, task.ended_at = "failed", 7, datetime.now(UTC)
        task.error = "no room <b>left</b>"
    boss = site.browser("administrator")
    page = boss.get("/admin?lang=en").text
    assert "Write the files of vintage 1" in page
    assert "no room &lt;b&gt;left&lt;/b&gt;" in page
    assert "Рассчитать индексы, выпуск 1" in boss.get("/admin?lang=ru").text
    (action,) = re.findall(r'action="(/admin/tasks/\d+/again)"', page)
    assert site.browser("reviewer").post(action).status_code == 403
    assert boss.post(action).headers["location"] == "/admin#tasks"
    assert boss.post(action).status_code == 422, "it is waiting by now"
    assert "retry_task" in boss.get("/admin").text
    with reading(engine) as session:
        assert session.scalars(select(Task.state).where(Task.kind == "files")).one() == "waiting"
    engine.dispose()
