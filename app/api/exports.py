"""The same rows in another form: CSV, XLSX, Parquet, Arrow, JSON-stat; streamed, so memory stays flat."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal

from fastapi import Request, Response
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from app.api.answers import json_answer
from app.api.deps import invalid
from app.errors import NotAcceptable, TooLarge
from app.formats import arrow, csv, jsonstat, xlsx
from app.formats.csv import Dialect
from app.formats.sdmx import data_csv, data_json, data_ml
from app.formats.table import Column, Notes
from app.queries import reference
from app.queries.codes import city_codes, indicator_codes
from app.queries.figures import Figures, period_codes
from app.queries.rows import OBSERVATION_COLUMNS, observation_rows
from app.queries.selection import Selection

Format = Literal["json", "csv", "xlsx", "parquet", "arrow", "jsonstat", "sdmx-csv", "sdmx-json", "sdmx-ml"]
MEDIA_TYPES: dict[str, str] = {
    "json": "application/json",
    "csv": csv.MEDIA_TYPE,
    "xlsx": xlsx.MEDIA_TYPE,
    "parquet": arrow.PARQUET,
    "arrow": arrow.ARROW,
    "jsonstat": jsonstat.MEDIA_TYPE,
    "sdmx-csv": data_csv.MEDIA_TYPE,
    "sdmx-json": data_json.MEDIA_TYPE,
    "sdmx-ml": data_ml.GENERIC,
}
TABLE_FORMATS = ("csv", "xlsx", "parquet", "arrow")
# What an Accept header may ask for, JSON first; JSON-stat has no type of its own and is asked for by name.
_BY_TYPE = {media.partition(";")[0]: name for name, media in MEDIA_TYPES.items() if name != "jsonstat"}
_BY_TYPE |= {media: name for name, media in MEDIA_TYPES.items() if name.startswith("sdmx")}
EXPORT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in dict.fromkeys(MEDIA_TYPES.values()) if media != "application/json"}},
    406: {"description": "No format of the Accept header is served."},
    413: {"description": "Too much for this format."},
}


def asked_format(request: Request, given: str | None, offered: Collection[str] = tuple(MEDIA_TYPES)) -> str:
    """The format by its name, else by the weights of the Accept header; NotAcceptable names those there are."""
    if given is not None:
        return given
    accepted = request.headers.get("accept", "*/*")
    wanted = parse_accept_header(accepted, MIMEAccept)
    # A browser asks for a page and takes the rest: JSON is what it can show.
    if not wanted or any(media == "text/html" for media, _ in wanted):
        return "json"
    best = wanted.best_match([media for media, name in _BY_TYPE.items() if name in offered])
    if best is None:
        raise NotAcceptable(f"none of {accepted[:80]!r} is served: use format={', '.join(offered)}")
    return _BY_TYPE[best]


def table_answer(
    name: str, columns: Sequence[Column], rows: Iterable[Sequence[object]], notes: Notes, asked: tuple[str, Dialect]
) -> Response:
    """A table in one of TABLE_FORMATS, as a file of this name."""
    format_, dialect = asked
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format_}"'}
    media = MEDIA_TYPES[format_]
    if format_ == "xlsx":
        return StreamingResponse(xlsx.xlsx_chunks(columns, rows, notes), media_type=media, headers=headers)
    if format_ == "csv":
        return StreamingResponse(csv.csv_chunks(columns, rows, dialect), media_type=media, headers=headers)
    chunks = arrow.parquet_chunks if format_ == "parquet" else arrow.arrow_chunks
    return StreamingResponse(chunks(columns, rows, dict(notes.lines)), media_type=media, headers=headers)


def observation_answer(
    engine: Engine,
    selection: Selection,
    vintage: int,
    *,
    asked: tuple[str, Dialect],
    limit: int | None,
    total: int,
    fields: Sequence[str] | None = None,
) -> Response:
    """The whole selection as known with a vintage, or its first `limit` rows; with `fields` these columns alone."""
    if asked[0] == "xlsx" and min(total, limit or total) > xlsx.MOST_ROWS:
        raise TooLarge(
            f"{total} rows: a workbook takes {xlsx.MOST_ROWS}; ask for csv or parquet, or narrow the selection"
        )
    notes = Notes("Citymark", {"vintage": str(vintage), "source": "Citymark, /api/v1/observations"})
    rows = observation_rows(engine, selection, vintage, limit)
    if fields is None:
        return table_answer(f"observations-{vintage}", OBSERVATION_COLUMNS, rows, notes, asked)
    at = [number for number, column in enumerate(OBSERVATION_COLUMNS) if column.name in fields]
    cut = (tuple(row[number] for number in at) for row in rows)
    columns = [OBSERVATION_COLUMNS[number] for number in at]
    return table_answer(f"observations-{vintage}", columns, cut, notes, asked)


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
            figures.vintage.tolist(),
            figures.note.tolist(),
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
