"""Figures over HTTP: as known now or with any vintage, and the history of a single one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.deps import (
    AsOfParameters,
    Cursor,
    EngineDep,
    Limits,
    LimitsDep,
    SessionDep,
    as_known,
    codes,
    invalid,
    known_codes,
    parse_cursor,
    peer_group,
)
from app.api.exports import (
    EXPORT_RESPONSES,
    TABLE_FORMATS,
    Format,
    asked_format,
    jsonstat_answer,
    observation_answer,
    refuse_paging,
)
from app.api.sdmx.answers import header_of, our_codelists, sdmx_answer
from app.api.sdmx.asked import Asked
from app.api.sdmx.figures import cut, series
from app.domain.block import Objects
from app.domain.period import Period, parse_period_range
from app.domain.status import OBS_STATUS
from app.errors import TooLarge
from app.formats.csv import Dialect
from app.queries import counts, observations, reference, vintages
from app.queries.codes import city_codes, city_ids, indicator_codes, indicator_ids
from app.queries.figures import Figures, period_codes
from app.queries.rows import OBSERVATION_COLUMNS
from app.queries.selection import Selection

if TYPE_CHECKING:
    from app.models import Vintage

router = APIRouter(tags=["figures"], responses=PROBLEM_RESPONSES)

SORTED_BY = ("city", "indicator", "period", "value", "status", "vintage")
# More than these would be put in order in memory for every page.
MOST_SORTED = 500_000
COLUMNS = ("city", "indicator", "period", "value", "status", "vintage", "note", "attributes", "withdrawn")


def _none_required(schema: dict[str, Any]) -> None:
    schema.pop("required", None)


# `fields` may leave any member out.
SPARSE = ConfigDict(json_schema_extra=_none_required)


class ObservationRow(BaseModel):
    """One figure as known with a vintage; `value` is null when `status` says why it is blank."""

    model_config = SPARSE
    city: str = Field(examples=["ru-kazan"])
    indicator: str = Field(examples=["TI_SMART_LIGHTING"])
    period: str = Field(examples=["2024-Q3"])
    value: float | None = Field(examples=[62.5])
    status: str = Field(examples=["A"])
    vintage: int = Field(description="The vintage that made this value known.", examples=[12])
    note: str | None
    attributes: dict[str, str] | None = Field(examples=[{"lci_95": "61.9", "uci_95": "63.1"}])
    withdrawn: bool


class ObservationColumns(BaseModel):
    """The same figures as one list a column (`layout=columns`)."""

    model_config = SPARSE
    city: list[str]
    indicator: list[str]
    period: list[str]
    value: list[float | None]
    status: list[str]
    vintage: list[int]
    note: list[str | None]
    attributes: list[dict[str, str] | None]
    withdrawn: list[bool]


class ObservationList(BaseModel):
    """Figures, by city, then indicator, then time."""

    meta: Meta
    data: list[ObservationRow] | ObservationColumns


OBSERVATION_RESPONSES: dict[int | str, dict[str, Any]] = {
    **EXPORT_RESPONSES,
    200: {"model": ObservationList, **EXPORT_RESPONSES[200]},
    **NOT_FOUND_RESPONSE,
}


class ObservationParameters(AsOfParameters):
    """Which figures: filters combine, several values of one are joined by commas."""

    indicator: str | None = Field(None, examples=["TI_SMART_LIGHTING,QM_PM25"], max_length=20_000)
    principle: str | None = Field(None, examples=["infrastructure"], max_length=200)
    city: str | None = Field(None, examples=["ru-kazan,ru-ufa"], max_length=40_000)
    peer_group: str | None = Field(None, examples=["size:over_1m"], max_length=200)
    period: str | None = Field(
        None,
        description="Periods or ranges; `latest` is the newest period that any figure of the selection has.",
        examples=["2024-Q3", "2023-Q1..2024-Q4", "latest"],
        max_length=2_000,
    )
    status: str | None = Field(None, description="SDMX observation status letters.", examples=["A,P"], max_length=80)
    fields: str | None = Field(
        None,
        description="Only these members of a row, in the order of the rows; for JSON and tables.",
        examples=["city,period,value"],
        max_length=200,
    )
    sort: str | None = Field(
        None,
        description="Another order of JSON rows: city, indicator, period, value, status, vintage; `-` for downwards.",
        examples=["-value", "period,-value"],
        max_length=100,
    )
    layout: Literal["rows", "columns"] = Field("rows", description="`columns` gives one list a column.")
    format: Format | None = Field(
        None, description="The form of the answer; without it, what the Accept header asks for, else JSON."
    )
    dialect: Dialect = Field("plain", description="CSV `excel`: a mark, semicolons and decimal commas.")
    limit: int | None = Field(None, ge=1, description="Rows in one answer.")
    cursor: str | None = Field(None, description="meta.next of the page before.", max_length=200)
    total: bool = Field(False, description="Count all rows of the selection into meta.total.")


@router.get("/observations", response_model=None, responses=OBSERVATION_RESPONSES)
def list_observations(
    request: Request,
    session: SessionDep,
    engine: EngineDep,
    limits: LimitsDep,
    query: Annotated[ObservationParameters, Query()],
) -> Response:
    """Figures as known with a vintage, in the order city, indicator, time.

    A page names the vintage it shows; its cursor goes on in the same vintage whatever is published meanwhile. Other
    formats than JSON hold the whole selection in one answer.
    """
    format_ = asked_format(request, query.format)
    if format_ != "json":
        return _exported(session, engine, query, format_, limits)
    limit = _limit(query.limit, limits)
    cursor = parse_cursor(query.cursor, parts=3)
    vintage = _vintage(session, query.as_of, cursor)
    number = vintage.number if vintage else 0
    selection = _selection(session, query, number, limits)
    key = (cursor.key[0], cursor.key[1], cursor.key[2]) if cursor else None
    # One row more than asked for tells whether a next page exists.
    if query.sort is None:
        found = observations.page(session, selection, number, limit=limit + 1, after=key)
        shown = found.head(limit)
        end = shown.key(-1) if len(found) > limit else None
    else:
        offset = key[0] if key else 0
        found = _sorted(session, selection, number, query.sort, limit + 1, offset)
        shown = found.head(limit)
        end = (offset + limit, 0, 0) if len(found) > limit else None
    after = Cursor(number, end).text() if end else None
    total = counts.count(session, selection, number) if query.total else None
    is_simulated = vintages.is_simulated(session, set(np.unique(shown.vintage).tolist()))
    head = meta(vintage, len(shown), total=total, after=after, simulated=is_simulated)
    return envelope(head, _laid_out(session, shown, query.layout, _fields(query.fields, COLUMNS, limits)))


def _exported(
    session: Session, engine: Engine, query: ObservationParameters, format_: str, limits: Limits
) -> Response:
    refuse_paging(query.cursor, format_)
    if query.sort is not None:
        raise invalid("sort", f"{format_} stands in its own order: leave it out")
    if query.fields is not None and format_ not in TABLE_FORMATS:
        raise invalid("fields", f"{format_} has its own members: leave it out")
    vintage = as_known(session, query.as_of)
    number = vintage.number if vintage else 0
    selection = _selection(session, query, number, limits)
    if format_.startswith("sdmx"):
        return _sdmx(engine, session, selection, vintage, (format_, query))
    if format_ != "jsonstat":
        total = counts.count(session, selection, number) if format_ == "xlsx" else 0
        fields = _fields(query.fields, [column.name for column in OBSERVATION_COLUMNS], limits)
        asked = (format_, query.dialect)
        return observation_answer(
            engine, selection, number, asked=asked, limit=query.limit, total=total, fields=fields
        )
    figures = observations.every(session, selection, number)
    simulated = vintages.is_simulated(session, set(np.unique(figures.vintage).tolist()))
    at = vintage.published_at.isoformat() if vintage else None
    return jsonstat_answer(session, figures, vintage=number, published_at=at, simulated=simulated)


def _sdmx(
    engine: Engine,
    session: Session,
    selection: Selection,
    vintage: Vintage | None,
    asked: tuple[str, ObservationParameters],
) -> Response:
    """The selection as SDMX has it: without what was withdrawn."""
    format_, query = asked
    found = cut(Asked(limit=query.limit), series(engine, selection, vintage.number if vintage else 0))
    form = {"sdmx-csv": "csv", "sdmx-json": "json"}.get(format_, "generic")
    return sdmx_answer(form, header_of(vintage), found, our_codelists(session), query.dialect)


def _limit(asked: int | None, limits: Limits) -> int:
    if asked is not None and asked > limits.max_page_rows:
        raise invalid("limit", f"{asked} rows in one answer: at most {limits.max_page_rows}")
    return asked or limits.default_page_rows


def _vintage(session: Session, as_of: str | None, cursor: Cursor | None) -> Vintage | None:
    if cursor is None:
        return as_known(session, as_of)
    pinned = vintages.as_known(session, cursor.vintage) if cursor.vintage else None
    if as_of is not None and as_known(session, as_of) != pinned:
        raise invalid("cursor", "belongs to another vintage than as_of: start again without it")
    return pinned


def _selection(session: Session, query: ObservationParameters, vintage: int, limits: Limits) -> Selection:
    without_period = Selection(
        city_ids=_city_ids(session, query, limits),
        indicator_ids=_indicator_ids(session, query, limits),
        statuses=_statuses(query.status, limits),
    )
    if query.period is None:
        return without_period
    spans = []
    for text in codes(query.period, "period", limits) or ():
        newest = counts.newest_period(session, without_period, vintage) if "latest" in text else None
        if "latest" in text and newest is None:
            continue
        spans.append(_span(text.replace("latest", newest.code) if newest else text))
    return Selection(**{**vars(without_period), "periods": tuple(spans)})


def _city_ids(session: Session, query: ObservationParameters, limits: Limits) -> tuple[int, ...] | None:
    if query.city is None and query.peer_group is None:
        return None
    asked = codes(query.city, "city", limits) or ()
    ids = known_codes(query.city, "city", city_ids(session, asked), limits)
    group = peer_group(query.peer_group)
    if group is None:
        return ids
    members = tuple(entry.city.id for entry in reference.in_peer_group(reference.cities(session), group))
    return members if ids is None else tuple(member for member in members if member in set(ids))


def _indicator_ids(session: Session, query: ObservationParameters, limits: Limits) -> tuple[int, ...] | None:
    if query.indicator is None and query.principle is None:
        return None
    asked = codes(query.indicator, "indicator", limits) or ()
    ids = known_codes(query.indicator, "indicator", indicator_ids(session, asked), limits)
    wanted = codes(query.principle, "principle", limits)
    if wanted is None:
        return ids
    principles = {principle.code: principle.position for principle in reference.principles(session)}
    known_codes(query.principle, "principle", principles, limits)
    members = tuple(entry.id for entry in reference.indicators(session) if entry.principle in wanted)
    return members if ids is None else tuple(member for member in members if member in set(ids))


def _statuses(text: str | None, limits: Limits) -> tuple[str, ...] | None:
    letters = codes(text, "status", limits)
    for letter in letters or ():
        if letter not in OBS_STATUS:
            raise invalid("status", f"{letter!r} is not a status: use {' '.join(OBS_STATUS)}")
    return letters


def _span(text: str) -> tuple[Period, Period]:
    try:
        return parse_period_range(text)
    except ValueError as error:
        raise invalid("period", str(error)) from error


def _sorted(session: Session, selection: Selection, vintage: int, sort: str, limit: int, offset: int) -> Figures:
    by = [name.strip() for name in sort.split(",")]
    unknown = [name for name in by if name.removeprefix("-") not in SORTED_BY]
    if unknown:
        raise invalid("sort", f"{unknown[0]!r} is no order: use {', '.join(SORTED_BY)}, with - for downwards")
    if counts.count(session, selection, vintage) > MOST_SORTED:
        raise TooLarge(f"more than {MOST_SORTED} figures are not sorted: narrow the selection")
    return observations.sorted_page(session, selection, vintage, by=by, limit=limit, offset=offset)


def _fields(text: str | None, known: Sequence[str], limits: Limits) -> Sequence[str] | None:
    asked = codes(text, "fields", limits)
    unknown = [name for name in asked or () if name not in known]
    if unknown:
        raise invalid("fields", f"{unknown[0]!r} is no member of a row: there are {', '.join(known)}")
    return asked


def _laid_out(session: Session, figures: Figures, layout: str, fields: Sequence[str] | None = None) -> Any:
    columns = (
        city_codes(session, figures.city_id),
        indicator_codes(session, figures.indicator_id),
        period_codes(figures.period),
        _fragments(figures.value),
        figures.status,
        figures.vintage,
        figures.note,
        _fragments(figures.attributes),
        figures.is_withdrawn,
    )
    at = [number for number, name in enumerate(COLUMNS) if fields is None or name in fields]
    lists, names = [columns[number].tolist() for number in at], [COLUMNS[number] for number in at]
    if layout == "columns":
        return dict(zip(names, lists, strict=True))
    return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]


def _fragments(texts: Objects) -> Objects:
    """Exact digits and stored JSON go out as they are."""
    return np.asarray([None if text is None else orjson.Fragment(text) for text in texts.tolist()], dtype=object)
