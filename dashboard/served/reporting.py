"""Submit, the page of a submission, review, who has reported, receipts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from app.access import Action, Actor, Role, Thing, require
from app.db import reading, writing
from app.domain.period import Period, parse_period
from app.domain.submission import Dates, State
from app.errors import Conflict, InfectedFile, Invalid, NotFound, Unauthenticated, Unavailable
from app.queries import reference
from app.queries.reference import CityEntry
from dashboard.served.asked import Asked
from ingest.submissions import board, steps, views
from ingest.submissions.known import dates_of
from ingest.submissions.reminders import send_reminders
from ingest.submissions.sending import Desk, Received, receive
from ingest.upload import Choices

PERIODS = 8
SHOWN = 100
_CHOICES = ("encoding", "delimiter", "decimal", "sheet", "header_row", "fill_down")


def submit(asked: Asked, error: str | None = None) -> Response:
    """Choose the file; city and period stand already."""
    signed_in_only(asked)
    cities = sorted(asked.actor.cities) if Role.OFFICIAL in asked.actor.roles else []
    periods = recent_periods(asked.now.date())
    city = _one_of(asked.query.get("city") or asked.field("city"), cities)
    period = _one_of(asked.query.get("period") or asked.field("period"), [period.code for period in periods])
    with reading(asked.house.engine) as session:
        names = city_names(session, asked)
        sent = views.submissions(session, asked.actor, views.Wanted(), limit=20)
        dates = dates_of(session, parse_period(period)) if period else None
    return asked.page(
        "submit.html",
        422 if error else 200,
        cities=cities,
        city=city,
        periods=periods,
        period=period,
        names=names,
        sent=sent,
        dates=dates,
        is_closed=dates is not None and dates.closes_on < asked.now.date(),
        is_late=dates is not None and dates.due_on < asked.now.date(),
        error=error,
        size=asked.house.limits.max_upload_bytes // 1_000_000,
    )


def recent_periods(today: date) -> list[Period]:
    """The quarters that have ended, the newest first, and the years."""
    quarter = parse_period(f"{today.year}-Q{(today.month + 2) // 3}").previous()
    found = [quarter]
    while len(found) < PERIODS:
        found.append(found[-1].previous())
    return [*found, parse_period(str(today.year - 1)), parse_period(str(today.year - 2))]


def _one_of(asked: str, known: list[str]) -> str | None:
    return asked if asked in known else next(iter(known), None)


def city_names(session: Session, asked: Asked) -> dict[str, str]:
    """The names of cities in the reader's language, by code."""
    entries: list[CityEntry] = reference.cities(session)
    return {entry.city.code: asked.words.name(entry.city) for entry in entries}


def do_submit(asked: Asked) -> Response:
    """Receive what was chosen and go to its page."""
    signed_in_only(asked)
    given = asked.files.get("file")
    is_nothing = asked.field("deed") == "nothing"
    if given is None and not is_nothing:
        return submit(asked, asked.words.say("file_hint", size=asked.house.limits.max_upload_bytes // 1_000_000))
    name, content = given if given is not None and not is_nothing else ("", None)
    late = asked.field("late_reason") or None
    received = Received(asked.field("city"), asked.field("period"), content, name, Choices(), late)
    try:
        number = receive(asked.house.engine, desk_of(asked), received)
    except InfectedFile as error:
        return submit(asked, asked.words.say("file_infected", found=error.found))
    except (Invalid, Conflict) as error:
        return submit(asked, error.message)
    return asked.go(f"/submission/{number}")


def do_read(asked: Asked) -> Response:
    """Read the same bytes otherwise: the chips, flipped. The first reading gives way to the second."""
    signed_in_only(asked)
    old = asked.places["submission"]
    with reading(asked.house.engine) as session:
        content, name = views.file_of(session, asked.actor, old)
        row = views.summary(session, asked.actor, steps.seen(session, asked.actor, old))
    received = Received(row["city"], row["period"], content, name, _choices(asked))
    number = receive(asked.house.engine, desk_of(asked), received)
    if number != old:
        with steps.step(asked.house.engine, desk_of(asked), old) as (session, desk):
            steps.withdraw(session, desk, old)
    return asked.go(f"/submission/{number}")


def _choices(asked: Asked) -> Choices:
    given: dict[str, Any] = {name: asked.form.get(name) or None for name in _CHOICES}
    row = given["header_row"]
    given["header_row"] = int(row) if row and row.isascii() and row.isdigit() and len(row) < 7 else None
    given["fill_down"] = True if given["fill_down"] else None
    given["decimal"] = given["decimal"] if given["decimal"] in ("comma", "point") else None
    return Choices(**given)


def desk_of(asked: Asked) -> Desk:
    """The desk of whoever asks."""
    return Desk(asked.actor, asked.now, asked.house.limits, scanner=asked.house.scanner)


def do_step(asked: Asked) -> Response:
    """One step of a submission; a plan that does not hold any more is shown anew."""
    signed_in_only(asked)
    number, deed = asked.places["submission"], asked.field("deed")
    plan = asked.field("plan") or None
    try:
        with steps.step(asked.house.engine, desk_of(asked), number) as (session, desk):
            _stepped(asked, session, desk, (number, deed, plan))
    except steps.StalePlan:
        return asked.go(f"/submission/{number}?stale=1")
    except (Invalid, Conflict) as error:
        return asked.page("message.html", error.status, title=asked.words.say("refused"), text=error.message)
    return asked.go(f"/receipt/{number}" if deed == "submit" else f"/submission/{number}")


def _stepped(asked: Asked, session: Session, desk: Desk, what: tuple[str, str, str | None]) -> None:
    """Take the step."""
    number, deed, plan = what
    if deed == "confirm":
        steps.confirm(session, desk, number, _reasons(asked))
    elif deed == "submit":
        steps.submit(session, desk, number, plan=plan)
    elif deed == "approve":
        steps.approve(session, desk, number, plan=plan)
    elif deed == "return":
        steps.send_back(session, desk, number, asked.field("comment"))
    elif deed == "comment":
        steps.comment(session, desk, number, asked.field("comment"))
    elif deed == "withdraw":
        steps.withdraw(session, desk, number)
    elif deed in ("publish", "schedule"):
        at = _instant(asked.field("at")) if deed == "schedule" else None
        steps.publish(session, desk, number, plan=plan, at=at)
    else:
        raise Invalid(f"{deed!r} is no step")


def _instant(text: str) -> datetime:
    """What a browser's date and time field says, in UTC."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid("the time is written as 2026-11-30T09:00") from error


def _reasons(asked: Asked) -> dict[int, str]:
    """Reasons by the number of the finding: the chosen words, then one's own."""
    found = {}
    for name in asked.form:
        prefix, _, number = name.partition("-")
        if prefix == "kind" and number.isascii() and number.isdigit() and len(number) < 6:
            kind, own = asked.field(name), asked.field(f"why-{number}")
            words = asked.words.of("reason", kind) if kind and kind != "other" else ""
            reason = ": ".join(filter(None, (words, own)))
            if reason:
                found[int(number)] = reason
    if not found:
        raise Invalid(asked.words.say("confirm_text"))
    return found


def review(asked: Asked) -> Response:
    """What waits for a decision, and what was decided."""
    signed_in_only(asked)
    require(asked.actor, Action.APPROVE, Thing())
    waiting = frozenset({State.SUBMITTED, State.APPROVED})
    decided = frozenset({State.PUBLISHED, State.RETURNED, State.WITHDRAWN})
    with reading(asked.house.engine) as session:
        queue = views.submissions(session, asked.actor, views.Wanted(states=waiting), limit=SHOWN)
        done = views.submissions(session, asked.actor, views.Wanted(states=decided), limit=20)
        names = city_names(session, asked)
    return asked.page("review.html", queue=queue, done=done, names=names)


def status(asked: Asked, told: str | None = None, code: int = 200) -> Response:
    """City by period: who has reported."""
    signed_in_only(asked)
    periods = recent_periods(asked.now.date())[:4]
    with reading(asked.house.engine) as session:
        found = board.board(session, asked.actor, periods, today=asked.now.date())
        names = city_names(session, asked)
    rows: dict[str, dict[str, Any]] = {}
    for cell in found.cells:
        rows.setdefault(cell.city, {})[cell.period] = cell
    ordered = sorted(rows, key=lambda code: names[code])
    content = {"columns": found.columns, "rows": rows, "order": ordered, "names": names, "told": told}
    return asked.page("status.html", code, **content)


def do_status(asked: Asked) -> Response:
    """Set the dates of a period, or remind those who have not reported."""
    signed_in_only(asked)
    require(asked.actor, Action.SET_DEADLINE)
    period = parse_period(_one_of(asked.field("period"), [at.code for at in recent_periods(asked.now.date())]) or "")
    if asked.field("deed") == "remind":
        return _remind(asked, period)
    try:
        dates = Dates(date.fromisoformat(asked.field("due_on")), date.fromisoformat(asked.field("closes_on")))
        with writing(asked.house.engine) as session:
            board.set_deadline(session, desk_of(asked), period, dates)
    except (Invalid, ValueError) as error:
        return status(asked, str(error), 422)
    return asked.go("/status")


def _remind(asked: Asked, period: Period) -> Response:
    link = f"{asked.house.public_url}/submit"
    try:
        sent = send_reminders(asked.house.engine, desk_of(asked), period, asked.house.mail, link)
    except Unavailable:
        return status(asked, asked.words.say("no_mail"))
    return status(asked, asked.words.say("reminded", count=len(sent.people), refused=len(sent.refused)))


def receipt(asked: Asked) -> Response:
    """The receipt of a submission."""
    signed_in_only(asked)
    with reading(asked.house.engine) as session:
        found = views.receipt(session, asked.actor, asked.places["submission"])
    return asked.page("receipt.html", receipt=found, id=asked.places["submission"], found=None, sha256=None)


def verify(asked: Asked) -> Response:
    """Whether a file was received: by its hash, or by the file itself, which is not kept."""
    sha256 = asked.query.get("sha256") or asked.field("sha256")
    given = asked.files.get("file")
    if given is not None:
        sha256 = hashlib.sha256(given[1]).hexdigest()
    found: list[Mapping[str, Any]] | None = None
    if sha256:
        try:
            with reading(asked.house.engine) as session:
                found = list(views.verified(session, sha256.lower()))
        except NotFound:
            found = []
    return asked.page("receipt.html", receipt=None, id=None, found=found, sha256=sha256 or None)


def signed_in_only(asked: Asked) -> None:
    actor: Actor = asked.actor
    if not actor.is_signed_in:
        raise Unauthenticated("sign in first")
