"""The command `citymark doctor`: prove that the database is whole, or name what is not."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Engine, Text, cast, func, select
from sqlalchemy.orm import Session

import migrations
from app import audit
from app.db import connect, integrity_faults, reading
from app.domain.fingerprint import ROWS, fingerprint
from app.models import Observation, Vintage, VintageScope, VintageShown
from app.queries.selection import Selection, keys_known

if TYPE_CHECKING:
    from app.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--head", metavar="NUMBER:SHA256", help="the audit chain's head as it was noted elsewhere")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Examine the database; 0 when it is whole, 1 when something is not, each fault a line."""
    engine = connect(settings.database_url)
    try:
        found = list(faults(engine, noted=arguments.head))
        head = _head(engine)
    finally:
        engine.dispose()
    if arguments.json:
        sys.stdout.write(json.dumps({"faults": found, "audit_head": head}, ensure_ascii=False) + "\n")
    else:
        for fault in found:
            sys.stdout.write(f"fault: {fault}\n")
        sys.stdout.write(f"{len(found)} faults; audit chain ends with {head}\n")
    return int(bool(found))


def _head(engine: Engine) -> str | None:
    """The audit chain's head as --head takes it; None under another schema."""
    if migrations.current_revision(engine) != migrations.newest_revision():
        return None
    with reading(engine) as session:
        number, sha256 = audit.head(session)
    return f"{number}:{sha256}"


def faults(engine: Engine, *, noted: str | None = None) -> Iterator[str]:
    """Everything that is wrong, in words."""
    if fault := migrations.schema_fault(migrations.current_revision(engine)):
        yield fault
        return
    yield from integrity_faults(engine)
    with reading(engine) as session:
        yield from _vintage_faults(session)
        yield from _shown_faults(session)
        yield from audit.faults(session)
        yield from _head_faults(session, noted)


def _vintage_faults(session: Session) -> Iterator[str]:
    """Numbers without gaps, instants in order, as many figures as each vintage says it made known."""
    rows = select(Observation.vintage, func.count()).group_by(Observation.vintage)
    counted = {number: count for number, count in session.execute(rows)}
    scope = select(VintageScope.vintage, func.sum(VintageScope.figures)).group_by(VintageScope.vintage)
    scoped = {number: int(count) for number, count in session.execute(scope)}
    before: Vintage | None = None
    for vintage in session.scalars(select(Vintage).order_by(Vintage.number)):
        expected = 1 if before is None else before.number + 1
        if vintage.number != expected:
            yield f"vintage {expected} is missing: the next is {vintage.number}"
        if before is not None and vintage.published_at <= before.published_at:
            yield f"vintage {vintage.number} is not later than vintage {before.number}"
        told = vintage.new + vintage.revised + vintage.withdrawn
        has = counted.pop(vintage.number, 0)
        if has != told:
            yield f"vintage {vintage.number} says it made {told} figures known and has {has}"
        if scoped.get(vintage.number, 0) != has:
            yield f"the scope of vintage {vintage.number} counts {scoped.get(vintage.number, 0)} figures of {has}"
        yield from _fingerprint_faults(session, before, vintage)
        before = vintage
    for number, has in sorted(counted.items()):
        yield f"{has} figures belong to vintage {number}, which does not exist"


def _shown_faults(session: Session) -> Iterator[str]:
    """Whether there are as many public figures as the vintages together say."""
    last = session.scalar(select(func.max(Vintage.number))) or 0
    has = session.scalar(select(func.count()).select_from(keys_known(Selection(), last).subquery()))
    told = session.scalar(select(func.sum(VintageShown.more))) or 0
    if told != has:
        yield f"vintages say that {told} figures are shown, and {has} are"


def _fingerprint_faults(session: Session, before: Vintage | None, vintage: Vintage) -> Iterator[str]:
    """Whether a vintage still holds what it made known; one from before there were fingerprints says nothing."""
    if vintage.sha256 is None:
        if before is not None and before.sha256 is not None:
            yield f"vintage {vintage.number} has no fingerprint, and the one before has"
        return
    row = Observation
    texts = (cast(row.value, Text), row.status, row.confidentiality, row.note, row.attributes, row.is_withdrawn)
    query = (
        select(row.city_id, row.indicator_id, row.period, *texts)
        .where(row.vintage == vintage.number)
        .order_by(row.city_id, row.indicator_id, row.period)
        .execution_options(yield_per=ROWS)
    )
    parts = (list(zip(*part, strict=True)) for part in session.execute(query).partitions(ROWS))
    if fingerprint(before.sha256 if before else None, vintage.number, parts) != vintage.sha256:
        yield f"vintage {vintage.number} does not hold the figures it was published with"


def _head_faults(session: Session, noted: str | None) -> Iterator[str]:
    """Whether the chain still holds the event that was its last when somebody noted it."""
    if noted is None:
        return
    number, _, sha256 = noted.partition(":")
    if not number.isascii() or not number.isdigit() or len(sha256) != 64:
        yield f"--head {noted}: write NUMBER:SHA256 as doctor printed it"
        return
    if int(number) and audit.sha256_of(session, int(number)) != sha256:
        yield f"audit event {number} is gone or not the one that was noted: the chain was cut or rewritten"
