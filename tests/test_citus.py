"""The schema and the questions allow what docs/citus.md plans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine, UniqueConstraint, event, text
from sqlalchemy.orm import Session

from app.db import Base, reading
from app.domain.period import parse_period
from app.queries import changes, comparison, counts, observations, reference, score_inputs
from app.queries.held import limit_memory
from app.queries.selection import Selection
from tests.conftest import ROOT
from tests.tiny import build

PLAN = (ROOT / "docs" / "citus.md").read_text(encoding="utf-8")
OBSERVATIONS = re.compile(r"(?:FROM|JOIN|,)\s+observation(?:\s+AS\s+(\w+))?")
SAME_CITY = re.compile(r"(\w+)\.city_id = (\w+)\.(?:city_id|id)\b")
INNER = re.compile(r"\(SELECT[^()]*(?:\([^()]*\)[^()]*)*FROM[^()]*\bobservation\b")
VINTAGE = 4
Asked = Callable[[Session], object]


def planned(how: str) -> set[str]:
    line = next(line for line in PLAN.splitlines() if line.startswith(f"| {how}"))
    return set(re.findall(r"`(\w+)`", line.rpartition(f"{how}")[2])) - {"city_id"}


DISTRIBUTED, REFERENCE = planned("distributed"), planned("reference")


def test_every_key_of_a_distributed_table_holds_the_city_and_nothing_counts_up() -> None:
    assert {"observation", "score"} == DISTRIBUTED
    for name in DISTRIBUTED:
        table = Base.metadata.tables[name]
        unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
        indexes = [index for index in table.indexes if index.unique]
        for key in (table.primary_key, *unique, *indexes):
            assert "city_id" in key.columns, key
        assert table.autoincrement_column is None, name


def test_foreign_keys_lead_from_distributed_to_reference_tables_and_none_to_distributed_ones() -> None:
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            target = key.column.table.name
            assert target not in DISTRIBUTED, key
            if table.name in DISTRIBUTED | REFERENCE:
                assert target in REFERENCE, f"{table.name} refers to {target}"


def test_every_trigger_is_one_that_the_plan_speaks_of(database: Engine) -> None:
    if database.dialect.name == "sqlite":
        return
    with database.connect() as connection:
        found = set(connection.scalars(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")))
    assert found == set(re.findall(r"`(\w+_append_only)`", PLAN))


QUESTIONS: dict[str, Asked] = {
    "every": lambda session: observations.every(session, Selection(indicator_ids=(1,)), VINTAGE),
    "page": lambda session: observations.page(session, Selection(), VINTAGE, limit=3, after=(1, 1, 1)),
    "count": lambda session: counts.count(session, Selection(city_ids=(1, 2)), VINTAGE),
    "newest_period": lambda session: counts.newest_period(session, Selection(city_ids=(1, 2)), VINTAGE),
    "history": lambda session: observations.history(session, 1, 1, parse_period("2024")),
    "changes": lambda session: changes.changes(session, 0, VINTAGE, limit=9),
    "revisions": lambda session: changes.revisions(session, 1, VINTAGE, limit=9),
    "reporting_ids": lambda session: score_inputs.reporting_ids(session, [1], VINTAGE),
    "reporting_cities": lambda session: comparison.reporting_cities(session, reference.cities(session), VINTAGE),
}


@contextmanager
def statements(database: Engine) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(" ".join(statement.split()))

    event.listen(database, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database, "before_cursor_execute", note)


def needs_another_form(statement: str) -> bool:
    """Whether figures are looked up by a subquery beside a reference table."""
    outside = re.sub(INNER, "", statement)
    return bool(INNER.search(statement)) and bool(
        re.search(rf"(?:FROM|JOIN) (?:{'|'.join(sorted(REFERENCE))})\b", outside)
    )


def test_questions_join_figures_by_the_city_and_those_that_need_another_form_are_named(
    database: Engine, tmp_path: Path
) -> None:
    build(database, tmp_path)
    limit_memory(database.pool, 1)
    named = set()
    for name, ask in QUESTIONS.items():
        with statements(database) as found, reading(database) as session:
            ask(session)
        asked = [statement for statement in found if OBSERVATIONS.search(statement)]
        assert asked, name
        for statement in asked:
            tables = [alias or "observation" for alias in OBSERVATIONS.findall(statement)]
            joined = {frozenset(pair) for pair in SAME_CITY.findall(statement)}
            for pair in pairwise(dict.fromkeys(tables)):
                assert any(pair[1] in each for each in joined), f"{name}: {statement}"
        named |= {name for statement in asked if needs_another_form(statement)}
    section = PLAN.partition("need another form")[2].partition("## ")[0]
    assert named == set(re.findall(r"`(\w+)`", section))
