"""The same rows in another form: CSV, XLSX, Parquet, Arrow, JSON-stat; streamed, so memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from fastapi import Request, Response
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse

from app.api.answers import json_answer
from app.api.deps import invalid
from app.db import reading
from app.errors import NotAcceptable, TooLarge
from app.formats import arrow, csv, jsonstat, xlsx
from app.formats.csv import Dialect
from app.formats.table import Column, Notes
from app.queries import observations, reference
from app.queries.codes import city_codes, indicator_codes
from app.queries.observations import Figures, is_narrow, period_codes
from app.queries.selection import Selection

Format = Literal["json", "csv", "xlsx", "parquet", "arrow", "jsonstat"]
MEDIA_TYPES: dict[str, str] = {
    "json": "application/json",
    "csv": csv.MEDIA_TYPE,
    "xlsx": xlsx.MEDIA_TYPE,
    "parquet": arrow.PARQUET,
    "arrow": arrow.ARROW,
    "jsonstat": jsonstat.MEDIA_TYPE,
}
TABLE_FORMATS = ("csv", "xlsx", "parquet", "arrow")
# What an Accept header may ask for; JSON-stat has no type of its own and is asked for by name.
_BY_TYPE = {media.partition(";")[0]: name for name, media in MEDIA_TYPES.items() if name != "jsonstat"}
EXPORT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in dict.fromkeys(MEDIA_TYPES.values()) if media != "application/json"}},
    406: {"description": "No format of the Accept header is served."},
    413: {"description": "Too much for this format."},
}
ROWS_AT_ONCE = 20_000
COLUMNS = (
    Column("city", "text", "Code of the city"),
    Column("indicator", "text", "Code of the indicator"),
    Column("period", "text", "SDMX TIME_PERIOD"),
    Column("value", "number", "Blank where the status says why"),
    Column("unit", "text", "Unit of measure"),
    Column("status", "text", "SDMX observation status"),
    Column("vintage", "whole", "The vintage that made the value known"),
    Column("note", "text"),
    Column("attributes", "text", "Further attributes as JSON"),
    Column("withdrawn", "flag"),
)


def asked_format(request: Request, given: str | None) -> str:
    """The format by its name, else by the Accept header; NotAcceptable names those there are."""
    if given is not None:
        return given
    accepted = request.headers.get("accept", "*/*")
    for part in accepted.split(","):
        media = part.partition(";")[0].strip().lower()
        if media in ("*/*", "application/*", ""):
            return "json"
        if media in _BY_TYPE:
            return _BY_TYPE[media]
        if media in ("text/*", "text/html"):
            return "csv" if media == "text/*" else "json"
    raise NotAcceptable(f"none of {accepted[:80]!r} is served: use format={', '.join(MEDIA_TYPES)}")


def table_answer(
    name: str, columns: Sequence[Column], rows: Iterable[Sequence[object]], notes: Notes, asked: tuple[str, Dialect]
) -> Response:
    """A table in one of TABLE_FORMATS, as a file of this name."""
    format_, dialect = asked
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format_}"'}
    media = MEDIA_TYPES[format_]
    if format_ == "xlsx":
        return Response(xlsx.xlsx_file(columns, rows, notes), media_type=media, headers=headers)
    if format_ == "csv":
        return StreamingResponse(csv.csv_chunks(columns, rows, dialect), media_type=media, headers=headers)
    chunks = arrow.parquet_chunks if format_ == "parquet" else arrow.arrow_chunks
    return StreamingResponse(chunks(columns, rows, dict(notes.lines)), media_type=media, headers=headers)


def observation_answer(
    engine: Engine, selection: Selection, vintage: int, *, asked: tuple[str, Dialect], limit: int | None, total: int
) -> Response:
    """The whole selection as known with a vintage, or its first `limit` rows."""
    if asked[0] == "xlsx" and min(total, limit or total) > xlsx.MOST_ROWS:
        raise TooLarge(
            f"{total} rows: a workbook takes {xlsx.MOST_ROWS}; ask for csv or parquet, or narrow the selection"
        )
    notes = Notes("Citymark", {"vintage": str(vintage), "source": "Citymark, /api/v1/observations"})
    rows = observation_rows(engine, selection, vintage, limit)
    return table_answer(f"observations-{vintage}", COLUMNS, rows, notes, asked)


def observation_rows(
    engine: Engine, selection: Selection, vintage: int, limit: int | None
) -> Iterator[tuple[object, ...]]:
    """Rows under COLUMNS, a page at a time, in a session of their own: the answer outlives the request's."""
    left = limit
    with reading(engine) as session:
        units = {entry.code: entry.definition.unit for entry in reference.indicators(session)}
        for figures in _pages(session, selection, vintage, left):
            yield from _rows(session, figures, units)


def _pages(session: Session, selection: Selection, vintage: int, limit: int | None) -> Iterator[Figures]:
    if is_narrow(selection):
        whole = observations.every(session, selection, vintage)
        yield whole if limit is None else whole.head(limit)
        return
    after, left = None, limit
    while left is None or left > 0:
        size = ROWS_AT_ONCE if left is None else min(ROWS_AT_ONCE, left)
        found = observations.page(session, selection, vintage, limit=size, after=after)
        if not len(found):
            return
        yield found
        after = found.key(-1)
        left = None if left is None else left - len(found)


def _rows(session: Session, figures: Figures, units: dict[str, str]) -> Iterator[tuple[object, ...]]:
    indicators = indicator_codes(session, figures.indicator_id).tolist()
    return zip(
        city_codes(session, figures.city_id).tolist(),
        indicators,
        period_codes(figures.period).tolist(),
        figures.value.tolist(),
        [units.get(code) for code in indicators],
        figures.status.tolist(),
        figures.vintage.tolist(),
        figures.note.tolist(),
        figures.attributes.tolist(),
        figures.is_withdrawn.tolist(),
        strict=True,
    )


def jsonstat_answer(
    session: Session, figures: Figures, *, vintage: int, published_at: str | None, simulated: bool
) -> Response:
    """Figures as a JSON-stat dataset; TooLarge when its cube would have too many places."""
    cells = [
        jsonstat.Cell(*cell)
        for cell in zip(
            indicator_codes(session, figures.indicator_id).tolist(),
            city_codes(session, figures.city_id).tolist(),
            period_codes(figures.period).tolist(),
            figures.value.tolist(),
            figures.status.tolist(),
            strict=True,
        )
    ]
    entries = {entry.code: entry.definition for entry in reference.indicators(session)}
    labels = jsonstat.Labels(
        {code: words.name_en for code, words in entries.items()},
        {entry.city.code: entry.city.name_en for entry in reference.cities(session)},
        {code: (words.unit, words.decimals) for code, words in entries.items()},
    )
    try:
        body = jsonstat.jsonstat(
            cells,
            labels,
            title="Citymark observations",
            updated=published_at,
            extension={"vintage": vintage, "simulated": simulated},
        )
    except ValueError as error:
        raise TooLarge(str(error)) from error
    return json_answer(body)


def refuse_paging(cursor: str | None, format_: str) -> None:
    """Invalid where pages are asked of a format that holds everything."""
    if cursor is not None:
        raise invalid("cursor", f"{format_} holds the whole selection: leave the cursor out")
