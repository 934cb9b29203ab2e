"""The page of one submission: what was read, what is odd, what would change, and what may be done now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db import reading
from app.domain.period import parse_period
from app.domain.submission import State
from app.queries import observations, reference, vintages
from app.queries.codes import city_ids
from app.queries.effects import Effect, effect
from app.queries.figures import period_codes
from app.queries.selection import Selection
from dashboard.served.asked import Asked
from dashboard.served.reporting import desk_of, signed_in_only
from dashboard.served.spark import spark
from ingest.submissions import views
from ingest.upload.encoding import ENCODINGS

FIRST_OF_A_KIND = 5
FIRST_ERRORS = 20
TRENDS = 12
PAST = 12
REASONS = ("capacity", "season", "method", "past", "event", "other")
_CODE = re.compile(r"\b[A-Z][A-Z0-9_]{2,31}\b")
DELIMITERS = (";", ",", "\t", "|")


@dataclass(frozen=True)
class Kind:
    """The findings of one check: how many, and the first of them."""

    severity: str
    check: str
    count: int
    first: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Trend:
    """One figure before and after, with its past as a picture."""

    name: str
    unit: str
    before: str | None
    after: str | None
    picture: Markup


def submission(asked: Asked) -> Response:
    """Everything about one submission, for its official and for the reviewer."""
    signed_in_only(asked)
    number = asked.places["submission"]
    with reading(asked.house.engine) as session:
        whole = views.whole(session, asked.actor, number)
        findings = views.findings(session, asked.actor, number)
        plan = None if whole["state"] == State.PUBLISHED else views.diff(session, desk_of(asked), number)
        entry = reference.city(session, whole["city"])
        names = {each.code: asked.words.name(each.definition) for each in reference.indicators(session)}
        changes = [] if plan is None else plan["changes"]
        trends = _trends(session, asked, whole["city"], changes)
        moved = _effect(session, whole, changes)
    severities = views.severities(whole["findings_by_kind"])
    return asked.page(
        "submission.html",
        row=whole,
        named=partial(_named, names),
        names=names,
        city=asked.words.name(entry.city),
        plan=plan,
        is_stale=bool(plan and plan["is_stale"]) or "stale" in asked.query,
        kinds=_kinds(whole["findings_by_kind"], findings),
        errors=[item for item in findings if item["severity"] == "error"][:FIRST_ERRORS],
        doubts=[item for item in findings if item["severity"] == "confirm"],
        severities=severities,
        trends=trends,
        effect=moved,
        reasons=REASONS,
        encodings=ENCODINGS,
        delimiters=DELIMITERS,
        is_answerable=whole["state"] in (State.DRAFT, State.CHECKED) and "submit" in _possible(whole),
    )


def _named(names: Mapping[str, str], text: str) -> str:
    """A sentence with the names of indicators in place of their codes."""
    return _CODE.sub(lambda match: f"«{names[match[0]]}»" if match[0] in names else match[0], text)


def _possible(whole: Mapping[str, Any]) -> list[str]:
    """A draft may not be submitted yet, but its official may work on it."""
    return [*whole["deeds"], "submit"] if "withdraw" in whole["deeds"] else list(whole["deeds"])


def _kinds(counts: list[dict[str, Any]], findings: list[dict[str, Any]]) -> list[Kind]:
    order = {"error": 0, "confirm": 1, "warning": 2, "notice": 3}
    by_kind = {
        key: list(group)
        for key, group in groupby(
            sorted(findings, key=lambda item: (item["severity"], item["check"])),
            key=lambda item: (item["severity"], item["check"]),
        )
    }
    kinds = [
        Kind(
            kind["severity"],
            kind["check"],
            kind["count"],
            tuple(by_kind.get((kind["severity"], kind["check"]), ())[:FIRST_OF_A_KIND]),
        )
        for kind in counts
    ]
    return sorted(kinds, key=lambda kind: (order[kind.severity], -kind.count))


def _trends(session: Session, asked: Asked, city: str, changes: list[dict[str, Any]]) -> list[Trend]:
    """The largest changes, each with the city's own past."""
    newest = vintages.newest(session)
    if newest is None or not changes:
        return []
    entries = {entry.code: entry for entry in reference.indicators(session)}
    chosen = sorted(changes, key=lambda change: (change["kind"] != "revised", change["indicator"]))[:TRENDS]
    selection = Selection(
        city_ids=tuple(city_ids(session, [city]).values()),
        indicator_ids=tuple(entries[change["indicator"]].id for change in chosen),
    )
    found = observations.every(session, selection, newest.number)
    past: dict[tuple[int, str], float | None] = {}
    codes = period_codes(found.period).tolist()
    for indicator, code, value in zip(found.indicator_id.tolist(), codes, found.value.tolist(), strict=True):
        past[indicator, code] = None if value is None else float(value)
    return [_trend(asked, entries[change["indicator"]], change, past) for change in chosen]


def _trend(
    asked: Asked,
    entry: reference.IndicatorEntry,
    change: Mapping[str, Any],
    past: Mapping[tuple[int, str], float | None],
) -> Trend:
    at, line = parse_period(change["period"]), []
    for _ in range(PAST):
        line.append(past.get((entry.id, at.code)))
        at = at.previous()
    before, after = (_shown(asked, change[name], entry.definition.decimals) for name in ("before", "after"))
    numbers = [None if change[name] is None else float(change[name]) for name in ("after", "before")]
    unit = asked.words.own(entry.definition, "unit_label")
    return Trend(asked.words.name(entry.definition), unit, before, after, spark(line[::-1], *numbers))


def _shown(asked: Asked, digits: str | None, decimals: int) -> str | None:
    if digits is None:
        return None
    own = len(digits.partition(".")[2])
    return asked.words.number(float(digits), max(decimals, own))


def _effect(session: Session, whole: Mapping[str, Any], changes: list[dict[str, Any]]) -> Effect | None:
    cells = {
        (change["indicator"], change["period"]): None if change["after"] is None else float(change["after"])
        for change in changes
        if change["city"] == whole["city"]
    }
    return effect(session, whole["city"], parse_period(whole["period"]), cells) if cells else None
