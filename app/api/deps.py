"""What routes ask for: a reading session, the limits, and parameters read the same way everywhere."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import orjson
from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.access import Actor
from app.accounts.identity import actor_of
from app.db import reading, writing
from app.domain.peers import PeerGroup, parse_peer_group
from app.errors import Invalid, Problem
from app.queries import vintages
from app.replicas import CHOSEN
from ingest.upload.limits import UploadLimits

if TYPE_CHECKING:
    from app.models import Vintage

# Answers kept in memory by one process, in bytes; 0 keeps none.
KEPT_BYTES = 64_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds that are enforced and told at /api/v1/config."""

    max_page_rows: int
    max_codes: int = 2_000
    default_page_rows: int = 1_000
    max_upload_bytes: int = UploadLimits.max_upload_bytes
    max_upload_rows: int = UploadLimits.max_upload_rows
    max_upload_columns: int = UploadLimits.max_upload_columns
    max_kept_bytes: int = KEPT_BYTES
    # 0 is any number.
    calls_per_minute: int = 0
    token_calls_per_minute: int = 0

    @property
    def uploads(self) -> UploadLimits:
        """The limits of one uploaded file."""
        return UploadLimits(self.max_upload_bytes, self.max_upload_rows, self.max_upload_columns)


class Parameters(BaseModel):
    """The parent of every route's query parameters: an unknown one is refused by name."""

    model_config = ConfigDict(extra="forbid")


class NoParameters(Parameters):
    """For routes that take none."""


class AsOfParameters(Parameters):
    """For routes whose answer depends on what was known when."""

    as_of: str | None = Field(
        None,
        description="A vintage number or an ISO instant: answer with what was known then.",
        examples=["12", "2026-02-01T09:00:00Z"],
        max_length=40,
    )


def source(request: Request) -> Engine:
    """The database a request reads: the one chosen for it if it asks for what is published, else the primary."""
    engine: Engine = request.scope.get(CHOSEN) or request.app.state.engine
    return engine


def _session(request: Request) -> Iterator[Session]:
    with reading(source(request)) as session:
        yield session


async def _source(request: Request) -> Engine:
    return source(request)


# What waits for nothing takes no thread: each change of threads costs more than the work.
async def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


def _writing_session(request: Request) -> Iterator[Session]:
    engine: Engine = request.app.state.engine
    with writing(engine) as session:
        yield session


async def clock() -> datetime:
    """The instant a request is answered at; tests set it."""
    return datetime.now(UTC)


def _actor(request: Request, now: Annotated[datetime, Depends(clock)]) -> Actor:
    """Who asks: by a token in the header, else by the cookie of a page."""
    engine: Engine = request.app.state.engine
    cookie = request.cookies.get(request.app.state.cookie)
    return actor_of(engine, cookie=cookie, authorization=request.headers.get("Authorization"), now=now)


# "function": the session is closed before the answer goes out, so a slow reader holds no transaction.
SessionDep = Annotated[Session, Depends(_session, scope="function")]
LimitsDep = Annotated[Limits, Depends(_limits)]
# Committed before the answer goes out: nobody is told of what was not kept.
WritingDep = Annotated[Session, Depends(_writing_session, scope="function")]
# For steps that read first and write after, each in its own transaction.
EngineDep = Annotated[Engine, Depends(_source)]
ActorDep = Annotated[Actor, Depends(_actor)]
NowDep = Annotated[datetime, Depends(clock)]
NoQuery = Annotated[NoParameters, Query()]


def invalid(where: str, message: str) -> Invalid:
    """A parameter that cannot be read: one error, named."""
    return Invalid(f"{where}: {message}", problems=(Problem(f"query.{where}", message),))


def codes(text: str | None, where: str, limits: Limits) -> tuple[str, ...] | None:
    """`a,b,c` as its parts; None when the parameter is absent."""
    if text is None:
        return None
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not all(parts):
        raise invalid(where, "an empty code: write codes joined by single commas")
    if len(parts) > limits.max_codes:
        raise invalid(where, f"{len(parts)} codes: at most {limits.max_codes}")
    return parts


def known_codes(text: str | None, where: str, known: dict[str, int], limits: Limits) -> tuple[int, ...] | None:
    """The ids of `a,b,c`; Invalid names those that are not in `known`."""
    parts = codes(text, where, limits)
    if parts is None:
        return None
    unknown = [part for part in parts if part not in known]
    if unknown:
        raise invalid(where, f"no such {where}: {', '.join(unknown[:20])}")
    return tuple(known[part] for part in parts)


def peer_group(text: str | None) -> PeerGroup | None:
    """The peer group of a parameter; Invalid says what may stand there."""
    if text is None:
        return None
    try:
        return parse_peer_group(text)
    except ValueError as error:
        raise invalid("peer_group", str(error)) from error


def as_known(session: Session, as_of: str | None) -> Vintage | None:
    """The vintage that `as_of` asks for; Invalid when it is neither a number nor an instant."""
    if as_of is None:
        return vintages.newest(session)
    if as_of.isascii() and as_of.isdigit() and len(as_of) <= 9:
        return vintages.as_known(session, int(as_of))
    try:
        # A + that was not escaped in the address arrives as a space.
        instant = datetime.fromisoformat(as_of.replace(" ", "+") if "T" in as_of else as_of)
    except ValueError as error:
        raise invalid(
            "as_of", f"{as_of!r} is neither a vintage number nor an instant like 2026-02-01T09:00Z"
        ) from error
    return vintages.as_known(session, instant if instant.tzinfo else instant.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the vintage it showed, so later publications neither skip nor repeat a row, and the key."""

    vintage: int
    key: tuple[int, ...]

    def text(self) -> str:
        """As it stands in addresses."""
        return base64.urlsafe_b64encode(orjson.dumps([self.vintage, *self.key])).decode().rstrip("=")


def parse_cursor(text: str | None, parts: int) -> Cursor | None:
    """The cursor of a parameter whose key has `parts` numbers; Invalid when it was not given out by us."""
    if text is None:
        return None
    try:
        numbers = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise invalid("cursor", "not a cursor: use meta.next of the page before") from error
    small = isinstance(numbers, list) and all(type(number) is int and 0 <= number < 2**31 for number in numbers)
    if not small or len(numbers) != parts + 1:
        raise invalid("cursor", "not a cursor of this list: use meta.next of the page before")
    return Cursor(numbers[0], tuple(numbers[1:]))
