"""Submissions over HTTP: send a file, see what came of it, its report, its differences, its receipt."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Header, Path, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from app.api.answers import (
    CONFLICT_RESPONSE,
    NOT_FOUND_RESPONSE,
    PRIVATE_RESPONSES,
    PROBLEM_RESPONSES,
    Meta,
    envelope,
    in_pieces,
    json_answer,
    meta,
    private,
    problem,
)
from app.api.deps import (
    ActorDep,
    Cursor,
    EngineDep,
    Limits,
    LimitsDep,
    NoQuery,
    NowDep,
    Parameters,
    SessionDep,
    codes,
    invalid,
    parse_cursor,
)
from app.db import reading
from app.domain.period import parse_period
from app.domain.submission import State
from app.errors import Invalid, Problem
from app.queries import vintages
from ingest.error_report import error_report_of
from ingest.submissions import views
from ingest.submissions.receipt_pdf import receipt_pdf
from ingest.submissions.sending import Desk, Received, dry_run, receive, report
from ingest.upload import Choices


def _desk(request: Request, limits: LimitsDep, actor: ActorDep, now: NowDep) -> Desk:
    return Desk(actor, now, limits.uploads, scanner=request.app.state.scanner)


DeskDep = Annotated[Desk, Depends(_desk)]
router = APIRouter(
    tags=["reporting"], responses=PROBLEM_RESPONSES | PRIVATE_RESPONSES | NOT_FOUND_RESPONSE | CONFLICT_RESPONSE
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$", examples=["1f1c3c5e-7d0a-4f4e-9a56-0d9f3b6b8a11"])]


class PlanCounts(BaseModel):
    """What publishing would change."""

    new: int
    revised: int
    unchanged: int
    withdrawn: int


class SubmissionRow(BaseModel):
    """A submission in short."""

    id: str
    number: int = Field(description="What the receipt shows.")
    city: str = Field(examples=["ru-kazan"])
    period: str = Field(examples=["2026-Q3"])
    state: State
    next_actor: Literal["official", "reviewer", "nobody"]
    deeds: list[str] = Field(description="What you may do now.")
    due_on: date
    file_name: str | None
    sha256: str | None
    nothing_to_report: bool
    verdict: Literal["ready", "confirm", "errors", "refused"]
    counts: PlanCounts
    plan: str = Field(description="The hash a decision is bound to.")
    received_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    publish_at: datetime | None
    vintage: int | None


class SubmissionList(BaseModel):
    """Submissions, the newest first."""

    meta: Meta
    data: list[SubmissionRow]


class SubmissionOne(BaseModel):
    """One submission."""

    meta: Meta
    data: dict[str, Any]


class FindingList(BaseModel):
    """Findings, the gravest first."""

    meta: Meta
    data: list[dict[str, Any]]


class Sending(BaseModel):
    """The form of a submission; without a file it says that there is nothing to report."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile | None = None
    city: str = Field(max_length=80, examples=["ru-kazan"])
    period: str = Field(max_length=32, examples=["2026-Q3"])
    nothing_to_report: bool = False
    dry_run: bool = False
    late_reason: str | None = Field(None, max_length=2_000)
    encoding: str | None = Field(None, max_length=20)
    delimiter: str | None = Field(None, max_length=1)
    decimal: Literal["comma", "point"] | None = None
    sheet: str | None = Field(None, max_length=100)
    header_row: int | None = Field(None, ge=1, le=1_000_000)
    fill_down: bool | None = None
    day_first: bool | None = None


class SubmissionParameters(Parameters):
    """Which submissions."""

    city: str | None = Field(None, max_length=80)
    period: str | None = Field(None, max_length=32)
    state: str | None = Field(None, max_length=100, examples=["submitted,approved"])
    limit: int | None = Field(None, ge=1)
    cursor: str | None = Field(None, max_length=200)


class LanguageParameters(Parameters):
    """What words are written in."""

    language: Literal["ru", "en"] = "ru"


class ReceiptParameters(LanguageParameters):
    """The form of a receipt."""

    format: Literal["json", "pdf"] = "json"


@router.post(
    "/submissions",
    status_code=201,
    response_model=None,
    responses={200: {"model": SubmissionOne, "description": "A dry run."}, 201: {"model": SubmissionOne}},
)
def send(
    engine: EngineDep,
    limits: LimitsDep,
    desk: DeskDep,
    form: Annotated[Sending, Form(media_type="multipart/form-data")],
    _query: NoQuery,
    key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)] = None,
) -> Response:
    """Send a file for a city and period; what it would change and everything noticed comes back.

    A file that cannot be read is 422 and kept as a draft with its report; one in which the scanner of this
    installation finds something is 422 and not kept. `dry_run` keeps nothing at all.
    """
    received = _received(form, limits)
    if form.dry_run:
        with reading(engine) as session:
            found = report(dry_run(session, desk, received))
            head = meta(vintages.newest(session), 1)
        body = {"id": None, "state": None, **found, "counts": found["plan"], "findings_by_kind": found["counts"]}
        return private(_told(body, head, 200))
    submission_id = receive(engine, desk, received, key=key)
    with reading(engine) as session:
        body = views.whole(session, desk.actor, submission_id)
        body |= {"findings": views.findings(session, desk.actor, submission_id)}
        head = meta(vintages.newest(session), 1)
    return private(_told(body, head, 201))


def _told(body: dict[str, Any], head: dict[str, Any], status: int) -> Response:
    if body["verdict"] != "refused":
        return json_answer({"meta": head, "data": body | {"findings": in_pieces(body["findings"])}}, status)
    items = tuple(
        Problem(item["cell"] or "file", item["message"]) for item in body["findings"] if item["severity"] == "error"
    )
    return problem(422, "file-refused", "the file cannot be read", items, {"submission": body["id"], "data": body})


def _received(form: Sending, limits: Limits) -> Received:
    if (form.file is None) is not form.nothing_to_report:
        raise Invalid(
            "send a file, or say nothing_to_report=true", problems=(Problem("body.file", "a file or nothing"),)
        )
    content, name = None, ""
    if form.file is not None:
        # One byte more than is allowed shows that the file is too large.
        content, name = form.file.file.read(limits.max_upload_bytes + 1), form.file.filename or "file"
    names = ("encoding", "delimiter", "decimal", "sheet", "header_row", "fill_down", "day_first")
    choices = Choices(**{name: getattr(form, name) for name in names})
    return Received(form.city, form.period, content, name, choices, form.late_reason)


@router.get("/submissions", response_model=None, responses={200: {"model": SubmissionList}})
def list_submissions(
    session: SessionDep, actor: ActorDep, limits: LimitsDep, query: Annotated[SubmissionParameters, Query()]
) -> Response:
    """The submissions you may see, the newest first: an official those of their cities, a reviewer all."""
    limit = min(query.limit or 100, limits.max_page_rows)
    cursor = parse_cursor(query.cursor, parts=1)
    found = views.submissions(
        session, actor, _wanted(query, limits), before=cursor.key[0] if cursor else None, limit=limit + 1
    )
    shown = found[:limit]
    after = Cursor(0, (shown[-1]["number"],)).text() if len(found) > limit else None
    return private(envelope(meta(vintages.newest(session), len(shown), after=after), shown))


def _wanted(query: SubmissionParameters, limits: Limits) -> views.Wanted:
    names = codes(query.state, "state", limits)
    unknown = [name for name in names or () if name not in set(State)]
    if unknown:
        raise invalid("state", f"{unknown[0]!r} is not a state: use {', '.join(State)}")
    try:
        period = None if query.period is None else parse_period(query.period).number
    except ValueError as error:
        raise invalid("period", str(error)) from error
    return views.Wanted(query.city, period, None if names is None else frozenset(State(name) for name in names))


@router.get("/submissions/{submission_id}", response_model=None, responses={200: {"model": SubmissionOne}})
def show(session: SessionDep, actor: ActorDep, submission_id: Id, _query: NoQuery) -> Response:
    """One submission: its report by kind, the largest revisions, answers and comments."""
    return private(envelope(meta(vintages.newest(session), 1), views.whole(session, actor, submission_id)))


@router.get("/submissions/{submission_id}/findings", response_model=None, responses={200: {"model": FindingList}})
def show_findings(session: SessionDep, actor: ActorDep, submission_id: Id, _query: NoQuery) -> Response:
    """Everything noticed, with the cell as Excel shows it, in both languages."""
    found = views.findings(session, actor, submission_id)
    return private(envelope(meta(vintages.newest(session), len(found)), in_pieces(found)))


@router.get(
    "/submissions/{submission_id}/report.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}}
)
def show_report(
    session: SessionDep, actor: ActorDep, submission_id: Id, query: Annotated[LanguageParameters, Query()]
) -> Response:
    """The error report as a workbook, in words."""
    content = error_report_of(session, views.findings(session, actor, submission_id), query.language)
    return _file(content, XLSX, f"report-{submission_id[:8]}.xlsx")


@router.get("/submissions/{submission_id}/diff", response_model=None, responses={200: {"model": SubmissionOne}})
def show_diff(
    session: SessionDep, actor: ActorDep, now: NowDep, limits: LimitsDep, submission_id: Id, _query: NoQuery
) -> Response:
    """What publishing would change now, figure by figure."""
    found = views.diff(session, Desk(actor, now, limits.uploads), submission_id)
    return private(envelope(meta(vintages.newest(session), 1), found))


@router.get("/submissions/{submission_id}/file", response_class=Response)
def show_file(session: SessionDep, actor: ActorDep, submission_id: Id, _query: NoQuery) -> Response:
    """The bytes as they were received."""
    content, name = views.file_of(session, actor, submission_id)
    suffix = name.rpartition(".")[2] if name.rpartition(".")[2].isalnum() and "." in name else "bin"
    return _file(content, "application/octet-stream", f"{submission_id[:8]}.{suffix[:8]}")


@router.get("/submissions/{submission_id}/receipt", response_model=None, responses={200: {"model": SubmissionOne}})
def show_receipt(
    session: SessionDep, actor: ActorDep, submission_id: Id, query: Annotated[ReceiptParameters, Query()]
) -> Response:
    """The receipt: number, hash, time, counts; `format=pdf` to print."""
    found = views.receipt(session, actor, submission_id)
    if query.format == "pdf":
        address = f"/receipt?sha256={found.sha256}" if found.sha256 else "–"
        content = receipt_pdf(found, language=query.language, address=address)
        return _file(content, "application/pdf", f"receipt-{found.number}.pdf")
    return private(envelope(meta(vintages.newest(session), 1), vars(found)))


@router.get("/receipts/{sha256}", response_model=None, responses={200: {"model": FindingList}})
def verify(session: SessionDep, sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")], _query: NoQuery) -> Response:
    """That a file with this hash was received, when, and where it stands: for whoever holds the file."""
    found = views.verified(session, sha256)
    return private(envelope(meta(vintages.newest(session), len(found)), found))


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return private(Response(content, media_type=media_type, headers=headers))
