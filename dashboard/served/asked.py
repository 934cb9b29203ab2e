"""A request to a page with forms, read once and bounded: who asks, in which language, what form and file say."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.access import ANONYMOUS, Actor
from app.accounts.identity import actor_of
from app.accounts.limits import Limiter
from app.errors import CitymarkError, Forbidden, NotFound, TooMany, Unauthenticated, Unavailable, Unscanned
from app.replicas import Published, Source, seen_by
from dashboard.served.kept import KeptPages, tag_of
from dashboard.served.pages import page
from dashboard.served.words import Words
from dashboard.texts import LANGUAGES
from ingest.mail import MailServer
from ingest.submissions.scanner import Scanner
from ingest.upload import UploadLimits

log = logging.getLogger("citymark.forms")
LANGUAGE_COOKIE = "citymark-language"
MOST_FIELDS = 3_000


def language_cookie(*, is_secure: bool) -> str:
    """Under HTTPS by a name that a browser takes from this host alone."""
    return f"__Host-{LANGUAGE_COOKIE}" if is_secure else LANGUAGE_COOKIE


@dataclass(frozen=True)
class House:
    """What the pages stand on: the database, limits, and how this installation is set."""

    engine: Engine
    published: Published
    limits: UploadLimits
    language: str
    cookie: str
    is_secure: bool
    public_url: str
    mail: MailServer | None
    limiter: Limiter
    single_sign_on: str | None = None
    has_passwords: bool = True
    scanner: Scanner | None = None
    # The vintages that lie ready as files, the newest first.
    exported: Callable[[], list[int]] = list
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Asked:
    """One request."""

    house: House
    actor: Actor
    now: datetime
    words: Words
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]
    places: Mapping[str, str]
    secret: str | None
    address: str
    # Where published figures are read for this request.
    figures: Engine
    # Where this installation stands, as `https://figures.example`.
    base: str = ""

    def field(self, name: str) -> str:
        """A field of the form, stripped; empty when it is not there."""
        return self.form.get(name, "").strip()

    def listed(self, name: str) -> list[str]:
        """The words of a field that holds several, separated by spaces or commas."""
        return [part for part in self.field(name).replace(",", " ").split() if part]

    def page(self, template: str, status: int = 200, **content: Any) -> Response:
        """A page of this template."""
        return page(self, template, status=status, **content)

    def go(self, path: str) -> Response:
        """On to another page, by GET."""
        return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})


Handler = Callable[[Asked], Response]
_Given = tuple[dict[str, str], dict[str, tuple[str, bytes]]]
NOTHING: _Given = ({}, {})


def kept(house: House, handler: Handler, pages: KeptPages | None) -> Callable[[Request], Awaitable[Response]]:
    """A handler of an open page as an endpoint; who is not signed in may get the page that another has got."""

    def made(request: Request, source: Source) -> Response:
        if pages is None or house.cookie in request.cookies or request.query_params.get("lang"):
            return _answered(house, handler, request, NOTHING, source.engine)
        tag = tag_of(source.now, request, _language(house, request))
        found = pages.known(request, tag)
        if found is None:
            with pages.turns.of(tag):
                found = pages.known(request, tag)
                found = found or pages.keep(request, tag, _answered(house, handler, request, NOTHING, source.engine))
        return found

    def answered(request: Request) -> Response:
        seen = seen_by(request.headers)
        try:
            source = house.published.choose(seen)
            answer = made(request, source)
            # A database that fails in the middle is not the reader's affair: another is asked, once.
            return answer if answer.status_code != 503 else made(request, house.published.choose(seen, source))
        except Unavailable as error:
            return _answered(house, _refusing(error), request, NOTHING)

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answered, request)

    return endpoint


def served(house: House, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A handler as an endpoint: the form is read, the work is done in a thread, errors become pages."""

    async def endpoint(request: Request) -> Response:
        form: dict[str, str] = {}
        files: dict[str, tuple[str, bytes]] = {}
        if request.method == "POST":
            async with request.form(max_files=2, max_fields=MOST_FIELDS) as given:
                for name, value in given.multi_items():
                    if isinstance(value, UploadFile):
                        content = await value.read(house.limits.max_upload_bytes + 1)
                        if value.filename:
                            files[name] = (value.filename, content)
                    else:
                        form[name] = f"{form[name]} {value}" if name in form else value
        return await run_in_threadpool(_answered, house, handler, request, (form, files))

    return endpoint


def _refusing(error: CitymarkError) -> Handler:
    def refuse(_asked: Asked) -> Response:
        raise error

    return refuse


def _who(house: House, secret: str | None, now: datetime) -> tuple[Actor, CitymarkError | None]:
    """Who asks; nobody, and why, where that cannot be looked up."""
    try:
        return actor_of(house.engine, cookie=secret, authorization=None, now=now), None
    except CitymarkError as error:
        return ANONYMOUS, error


def _answered(
    house: House, handler: Handler, request: Request, given: _Given, figures: Engine | None = None
) -> Response:
    """The answer of a handler; `figures` is where an open page reads, which is shown whoever asks."""
    now, secret = house.clock(), request.cookies.get(house.cookie)
    language = _language(house, request)
    asked = Asked(
        house,
        ANONYMOUS,
        now,
        Words(language),
        request.url.path,
        dict(request.query_params),
        *given,
        dict(request.path_params),
        secret,
        request.client.host if request.client else "",
        house.engine if figures is None else figures,
        house.public_url or f"{request.url.scheme}://{request.url.netloc}",
    )
    try:
        actor, refusal = _who(house, secret, now)
        asked = replace(asked, actor=actor)
        if refusal is not None and figures is None:
            raise refusal
        answer = handler(asked)
    except CitymarkError as error:
        answer = _refused(asked, error)
    except Exception as error:
        reference = uuid4().hex[:8]
        log.error("page failed, reference %s", reference, exc_info=error)
        text = asked.words.say("error_text", reference=reference)
        answer = asked.page("message.html", 500, title=asked.words.say("failed"), text=text, retry=True)
    if request.query_params.get("lang") in LANGUAGES and "public" not in answer.headers.get("Cache-Control", ""):
        # What stands between may keep a public answer, and would hand the cookie to everybody.
        name = language_cookie(is_secure=house.is_secure)
        answer.set_cookie(name, language, max_age=31_536_000, secure=house.is_secure, httponly=True, samesite="lax")
    return answer


def _language(house: House, request: Request) -> str:
    return language_of(request, house.language, is_secure=house.is_secure)


def language_of(request: Request, usual: str, *, is_secure: bool) -> str:
    """The language of the address, else the one chosen before, else the usual one."""
    chosen = request.cookies.get(language_cookie(is_secure=is_secure))
    for language in (request.query_params.get("lang"), chosen):
        if language in LANGUAGES:
            return str(language)
    return usual


def _refused(asked: Asked, error: CitymarkError) -> Response:
    """What went wrong and what would be right; who has not signed in is taken to the sign-in."""
    if isinstance(error, Unauthenticated) and asked.path != "/sign-in":
        return asked.go(f"/sign-in?next={asked.path}")
    if isinstance(error, Forbidden):
        log.warning("refused: this account may not", extra={"said": {"account": asked.actor.account_id}})
    key = "not_found" if isinstance(error, NotFound) else "too_many" if isinstance(error, TooMany) else "refused"
    lines = [problem.message for problem in error.problems]
    text = asked.words.say("file_unscanned") if isinstance(error, Unscanned) else error.message
    answer = asked.page("message.html", error.status, title=asked.words.say(key), text=text, lines=lines, error=error)
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = "5"
    return answer
