"""What the API answers with: one envelope for every list, problem+json for every error."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.errors import Busy, CitymarkError, Forbidden, Problem, TooMany, Unauthenticated, Unavailable
from app.observed import DATABASE_ERRORS

if TYPE_CHECKING:
    from app.models import Vintage

log = logging.getLogger("citymark.api")

PROBLEM_JSON = "application/problem+json"
# A database that was restarted is back by then.
AGAIN_S = 5
# Errors that the framework finds before our code runs.
_HTTP_CODES = {404: "not-found", 405: "method-not-allowed", 406: "not-acceptable", 413: "too-large"}


class Meta(BaseModel):
    """What an answer stands on: the vintage it shows, how much it holds, where it goes on."""

    vintage: int
    as_of: datetime | None
    count: int
    total: int | None
    next: str | None
    simulated: bool


class ProblemItem(BaseModel):
    """One thing that is wrong: where it stands and what would be right."""

    where: str
    message: str


class ProblemBody(BaseModel):
    """An error (RFC 9457), with a `code` that stays the same from release to release."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Invalid",
                "status": 422,
                "detail": "period: '2024-Q5' is not a period: write 2024-Q3",
                "code": "invalid",
                "errors": [{"where": "query.period", "message": "'2024-Q5' is not a period: write 2024-Q3"}],
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemItem]


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}}
    for status, text in {
        422: "A parameter is unknown or cannot be read; `errors` names each.",
        429: "Too many calls; `Retry-After` says in how many seconds again.",
        503: "The database cannot answer now.",
    }.items()
}
PRIVATE_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}}
    for status, text in {
        401: "Sign in first, or send a valid token.",
        403: "This account or token may not, or another site sent this.",
    }.items()
}
CONFLICT_RESPONSE: dict[int | str, dict[str, Any]] = {
    409: {
        "description": "The state moved while you looked; `stale-plan` holds the plan of now.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }
}
NOT_FOUND_RESPONSE: dict[int | str, dict[str, Any]] = {
    404: {
        "description": "Nothing has this code.",
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }
}


def meta(
    vintage: Vintage | None,
    count: int,
    *,
    total: int | None = None,
    after: str | None = None,
    simulated: bool = False,
) -> dict[str, Any]:
    """The `meta` part of the envelope; vintage 0 means that nothing was known."""
    return {
        "vintage": vintage.number if vintage else 0,
        "as_of": vintage.published_at if vintage else None,
        "count": count,
        "total": total,
        "next": after,
        "simulated": simulated,
    }


def json_answer(body: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """`body` as JSON bytes; instants end with Z."""
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status_code=status, media_type=media_type)


def in_pieces(rows: Sequence[Any], at_once: int = 1_000) -> orjson.Fragment:
    """A long list for json_answer, written some rows at a time: written whole it would stop every other thread."""
    pieces = (orjson.dumps(rows[at : at + at_once], option=orjson.OPT_UTC_Z) for at in range(0, len(rows), at_once))
    return orjson.Fragment(b"[" + b",".join(piece[1:-1] for piece in pieces) + b"]")


def envelope(meta: dict[str, Any], data: Any) -> Response:
    """The one shape of every successful answer."""
    return json_answer({"meta": meta, "data": data})


def private(answer: Response) -> Response:
    """The same answer, for its reader alone: no cache between may keep it."""
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def problem(
    status: int, code: str, detail: str, errors: tuple[Problem, ...] = (), extra: dict[str, Any] | None = None
) -> Response:
    """An error as problem+json; `extra` are further members of it."""
    body = {
        **(extra or {}),
        "type": "about:blank",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"where": error.where, "message": error.message} for error in errors],
    }
    return json_answer(body, status, PROBLEM_JSON)


def install_problems(api: FastAPI) -> None:
    """Make every error that leaves `api` a problem+json."""
    api.add_exception_handler(CitymarkError, _of_our_own)
    api.add_exception_handler(RequestValidationError, _of_parameters)
    api.add_exception_handler(HTTPException, _of_the_framework)
    api.add_exception_handler(OperationalError, _of_the_database)
    api.add_exception_handler(PoolTimeout, _of_the_pool)
    api.add_exception_handler(Exception, _unforeseen)


async def _of_our_own(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CitymarkError)  # noqa: S101 - registered for this type alone
    if isinstance(error, Forbidden | Unauthenticated):
        log.warning("refused", extra={"said": {"code": error.code}})
    answer = problem(error.status, error.code, error.message, error.problems, error.extra)
    if isinstance(error, TooMany | Busy):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = str(AGAIN_S)
    if isinstance(error, Unauthenticated):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


async def _of_parameters(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type alone
    found = error.errors()
    items = tuple(Problem(".".join(map(str, item["loc"])), _words(item)) for item in found)
    unknown = any(item["type"] == "extra_forbidden" for item in found)
    code = "unknown-parameter" if unknown else "invalid"
    return problem(422, code, "; ".join(f"{item.where}: {item.message}" for item in items), items)


def _words(item: dict[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return f"unknown parameter {item['loc'][-1]!r}: see /api/docs for those this address takes"
    return str(item["msg"])


async def _of_the_framework(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    if error.status_code == 400:
        # The framework could not take the body apart: to its sender that is what an unreadable field is.
        return problem(422, "invalid", f"the body cannot be read: {error.detail}")
    code = _HTTP_CODES.get(error.status_code, "http-error")
    answer = problem(error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _of_the_database(_request: Request, _error: Exception) -> Response:
    answer = problem(503, "unavailable", "the database did not answer; try again in a moment")
    answer.headers["Retry-After"] = str(AGAIN_S)
    return answer


async def _of_the_pool(request: Request, error: Exception) -> Response:
    """Every connection is at work; the engine tells nobody of it, so it is counted here."""
    DATABASE_ERRORS.labels("PoolTimeout").inc()
    return await _of_the_database(request, error)


async def _unforeseen(request: Request, error: Exception) -> Response:
    if isinstance(error, OperationalError | PoolTimeout):
        # Asked for before any route was reached.
        return await _of_the_database(request, error)
    reference = uuid4().hex[:12]
    log.error("unforeseen error %s", reference, exc_info=error)
    return problem(500, "internal", f"something went wrong on our side; quote {reference} when you write to us")
