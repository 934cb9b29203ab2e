"""SDMX REST as one application, mounted at /sdmx.

`/sdmx/…` answers both versions of the API, `/sdmx/xml/…` and `/sdmx/json/…` answer 2.1 in the form their readers take
without naming it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import orjson
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from app.api.deps import as_known, source
from app.api.sdmx import asked as asking
from app.api.sdmx.answers import header_of, our_codelists, sdmx_answer
from app.api.sdmx.figures import asked_series
from app.db import reading
from app.errors import CitymarkError, Invalid, NotAcceptable, NotFound
from app.formats.sdmx import data_csv, data_json, data_ml, structure_json, structure_ml
from app.formats.sdmx.model import FLOW, SCHEME, STRUCTURE, Codelist

_CSV_21 = data_csv.MEDIA_TYPE.replace("2.0.0", "2.1.0")
_JSON_21 = data_json.MEDIA_TYPE.replace("2.0.0", "2.1.0")
#: What an Accept header may name, and how it is written.
DATA = {
    data_json.MEDIA_TYPE: "json",
    data_ml.GENERIC: "generic",
    data_ml.SPECIFIC: "specific",
    data_csv.MEDIA_TYPE: "csv",
    _CSV_21: "csv",
    _JSON_21: "json",
    data_json.FLAT_MEDIA_TYPE: "flat",
    "application/vnd.sdmx.data+csv": "csv",
    "application/vnd.sdmx.data+json": "json",
    "text/csv": "csv",
    "application/json": "json",
    "application/xml": "generic",
    "text/xml": "generic",
}
STRUCTURES = {
    structure_json.MEDIA_TYPE: "json",
    structure_ml.MEDIA_TYPE: "xml",
    "application/vnd.sdmx.structure+json": "json",
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}
_CHILDREN = {"dataflow": {"datastructure"}, "datastructure": {"codelist", "conceptscheme"}}
_KINDS = {"dataflow": FLOW, "datastructure": STRUCTURE, "conceptscheme": SCHEME, "codelist": None}
_CONTEXTS = ("dataflow", "datastructure", "provisionagreement", "*")


@dataclass(frozen=True)
class _Address:
    """A path taken apart: which default it has, whether it is of version 2 of the API, and its parts."""

    default: str
    is_second: bool
    parts: tuple[str, ...]

    def part(self, number: int) -> str:
        return self.parts[number] if number < len(self.parts) else "all"


def create_sdmx(engine: Engine) -> Starlette:
    """The service over one database."""
    handlers = {CitymarkError: _refused, OperationalError: _refused}
    app = Starlette(routes=[Route("/{path:path}", _answer)], exception_handlers=handlers)
    app.state.engine = engine
    return app


def _address(request: Request) -> _Address:
    whole = request.url.path.removeprefix(request.scope.get("root_path", "")).strip("/")
    first, _, rest = whole.partition("/")
    default = first if first in ("xml", "json") else ""
    parts = tuple((rest if default else whole).split("/"))
    # 1.5 writes agency, flow and version into one part, joined by commas.
    is_second = (parts[0] == "data" and len(parts) > 3 and parts[1] in _CONTEXTS) or parts[0] in (
        "structure",
        "schema",
    )
    return _Address(default, is_second, parts)


def _answer(request: Request) -> Response:
    return (_data if _address(request).parts[0] == "data" else _structure)(request)


def _data(request: Request) -> Response:
    address, engine = _address(request), source(request)
    media = _media(request, DATA, {"xml": data_ml.GENERIC, "json": data_json.FLAT_MEDIA_TYPE}, address)
    form = DATA[media]
    flow, key = (address.part(3), address.part(5)) if address.is_second else (address.part(1), address.part(2))
    if flow.split(",")[1 if "," in flow else 0] not in (FLOW, STRUCTURE, "*"):
        raise NotFound(f"there is no flow {flow[:60]!r}: {FLOW} is the one")
    asked = asking.read(key, request.query_params.multi_items())
    if form == "csv" and asked.detail != "full":
        raise Invalid("detail is for XML and JSON: CSV holds figures")
    with reading(engine) as session:
        vintage = as_known(session, asked.as_of)
        listed = our_codelists(session) if form in ("json", "flat") else ()
    found = asked_series(engine, asked, vintage.number if vintage else 0)
    first = next(found, None)
    if first is None and address.is_second:
        return Response(status_code=204)
    answer = sdmx_answer(form, header_of(vintage), chain([first] if first else [], found), listed)
    if "version" in media:
        answer.headers["content-type"] = media
    return answer


def _structure(request: Request) -> Response:
    address = _address(request)
    is_schema = address.parts[0] == "schema"
    parts = address.parts[1:] if is_schema or address.parts[0] == "structure" else address.parts
    kind, wanted = parts[0].lower() if parts else "*", parts[2] if len(parts) > 2 else "all"
    kinds = set(_KINDS) if kind in ("*", "structure") else {kind}
    if not kinds <= set(_KINDS):
        raise NotFound(f"there is no {parts[0][:40]!r} here: use data, {', '.join(_KINDS)}")
    form = STRUCTURES[_media(request, STRUCTURES, dict.fromkeys(("xml", "json"), structure_ml.MEDIA_TYPE), address)]
    with reading(source(request)) as session:
        listed = our_codelists(session)
        header = header_of(as_known(session, None))
    if wanted not in asking.ANY:
        listed = _named(kind, wanted, listed)
    # A schema is a structure with all it needs.
    references = "descendants" if is_schema else request.query_params.get("references", "none")
    kinds |= _referenced(kinds, references)
    if form == "xml":
        return Response(structure_ml.structure_message(header, kinds, listed), media_type=structure_ml.MEDIA_TYPE)
    message = structure_json.structure_message(header, kinds, listed)
    return Response(orjson.dumps(message), media_type=structure_json.MEDIA_TYPE)


def _named(kind: str, wanted: str, listed: tuple[Codelist, ...]) -> tuple[Codelist, ...]:
    """The code lists that an identity leaves; NotFound when nothing has it."""
    ids = wanted.replace(",", "+").split("+")
    known = [each.id for each in listed] if kind == "codelist" else [_KINDS.get(kind)]
    if not set(ids) <= set(known):
        raise NotFound(f"there is no {kind} {wanted[:60]!r}: there is {', '.join(map(str, known))}")
    return tuple(each for each in listed if each.id in ids) if kind == "codelist" else listed


def _referenced(kinds: set[str], references: str) -> set[str]:
    children = set().union(*(_CHILDREN.get(kind, set()) for kind in kinds))
    match references:
        case "none":
            return set()
        case "children":
            return children
        case "descendants":
            return children | set().union(*(_CHILDREN.get(kind, set()) for kind in children))
        case "all" | "parents" | "parentsandsiblings" | "ancestors":
            return set(_KINDS)
    raise Invalid(f"references={references[:40]!r}: use none, children, descendants, parents or all")


def _media(request: Request, offered: dict[str, str], of_prefix: dict[str, str], address: _Address) -> str:
    """The offered type that the Accept header weighs most; without one, what readers of the path expect."""
    wanted = parse_accept_header(request.headers.get("accept", "*/*"), MIMEAccept)
    if wanted.best in (None, "*/*"):
        return of_prefix.get(address.default) or list(offered)[0 if address.is_second else 1]
    best = wanted.best_match(list(offered))
    if best is None:
        raise NotAcceptable(f"none of {str(wanted)[:120]!r} is served: use {', '.join(offered)}")
    return best


async def _refused(request: Request, error: Exception) -> Response:
    """An error as the standard's clients read it: JSON with `errors`, or an XML message for the paths of 2.1."""
    known = error if isinstance(error, CitymarkError) else CitymarkError("the database did not answer; try again")
    status = (400 if known.status == 422 else known.status) if known is error else 503
    code = {400: 140, 404: 100, 413: 130, 501: 501, 503: 503}.get(status, status)
    if _address(request).default == "xml":
        return Response(structure_ml.error_message(code, known.message), status, media_type="application/xml")
    body = {"errors": [{"code": code, "title": known.code, "detail": known.message, "status": status}]}
    return Response(orjson.dumps(body), status, media_type="application/json")
