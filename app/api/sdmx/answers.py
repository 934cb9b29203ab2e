"""Series as an answer in one of SDMX's forms; CSV and XML stream, JSON is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import orjson
from sqlalchemy.orm import Session
from starlette.responses import Response, StreamingResponse

from app.errors import TooLarge
from app.formats.csv import Dialect
from app.formats.sdmx import data_csv, data_json, data_ml
from app.formats.sdmx.model import Code, Codelist, Header, Series, codelists
from app.queries import reference

if TYPE_CHECKING:
    from app.models import Vintage

#: JSON is put together in memory: larger answers are for CSV and XML, which stream.
MOST_IN_JSON = 500_000
NEVER = "1970-01-01T00:00:00Z"


def header_of(vintage: Vintage | None) -> Header:
    """What messages of a vintage say of themselves."""
    if vintage is None:
        return Header("V0", NEVER, False)
    at = vintage.published_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Header(f"V{vintage.number}", at, vintage.is_simulated)


def our_codelists(session: Session) -> tuple[Codelist, ...]:
    """All code lists, cities and indicators by the register and the catalogue."""
    cities = [entry.city for entry in reference.cities(session)]
    entries = [(entry.code, entry.definition) for entry in reference.indicators(session)]
    return codelists(
        [Code(city.code, {"en": city.name_en, "ru": city.name_ru}) for city in cities],
        [Code(code, {"en": words.name_en, "ru": words.name_ru}) for code, words in entries],
    )


def sdmx_answer(
    form: str, header: Header, found: Iterator[Series], listed: tuple[Codelist, ...], dialect: Dialect = "plain"
) -> Response:
    """The series as `json`, `flat`, `csv`, `generic` or `specific`; TooLarge where JSON would hold too many."""
    match form:
        case "csv":
            chunks = data_csv.sdmx_csv_chunks(found, dialect)
            return StreamingResponse(chunks, media_type=data_csv.MEDIA_TYPE)
        case "json":
            message = data_json.json_message(header, _bounded(found), listed)
            return Response(orjson.dumps(message), media_type=data_json.MEDIA_TYPE)
        case "flat":
            message = data_json.flat_json_message(header, _bounded(found), listed)
            return Response(orjson.dumps(message), media_type=data_json.FLAT_MEDIA_TYPE)
        case "specific":
            return StreamingResponse(data_ml.specific_chunks(header, found), media_type=data_ml.SPECIFIC)
    return StreamingResponse(data_ml.generic_chunks(header, found), media_type=data_ml.GENERIC)


def _bounded(found: Iterator[Series]) -> Iterator[Series]:
    count = 0
    for each in found:
        count += len(each.observations)
        if count > MOST_IN_JSON:
            raise TooLarge(f"JSON holds {MOST_IN_JSON} figures: ask for SDMX-CSV or XML, or for fewer")
        yield each
