"""Templates to fill in for a city and a period, and their Table Schema; they show the catalogue, which is public."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES
from app.api.deps import Parameters, SessionDep
from app.domain.period import parse_period
from app.errors import NotFound
from app.queries import observations, vintages
from app.queries.codes import city_ids, indicator_codes
from app.queries.selection import Selection
from ingest.templates import Template, schema_json, template_csv, template_xlsx
from ingest.upload.known import cities_of, indicators_of

router = APIRouter(tags=["reporting"], responses={**PROBLEM_RESPONSES, **NOT_FOUND_RESPONSE})
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TemplateParameters(Parameters):
    """What the words of a template are written in."""

    language: Literal["ru", "en"] = Field("ru", description="Language of names and explanations.")


TemplateQuery = Annotated[TemplateParameters, Query()]


@router.get("/templates/{city}/{period}.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def show_workbook(session: SessionDep, city: str, period: str, query: TemplateQuery) -> Response:
    """The workbook to fill in: locked codes, lists, valid ranges."""
    return _file(template_xlsx(_template(session, city, period, query)), XLSX, f"{city}-{period}.xlsx")


@router.get("/templates/{city}/{period}.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def show_csv(session: SessionDep, city: str, period: str, query: TemplateQuery) -> Response:
    """The same as CSV that Excel opens by a double click."""
    content = template_csv(_template(session, city, period, query))
    return _file(content, "text/csv; charset=utf-8", f"{city}-{period}.csv")


@router.get("/templates/{city}/{period}/schema.json", response_class=Response)
def show_schema(session: SessionDep, city: str, period: str, query: TemplateQuery) -> Response:
    """The Table Schema (Frictionless) of the CSV, for checking without a server."""
    content = schema_json(_template(session, city, period, query))
    return _file(content, "application/json", f"{city}-{period}.schema.json")


def _template(session: SessionDep, city: str, period: str, query: TemplateParameters) -> Template:
    cities = cities_of(session)
    if city not in cities:
        raise NotFound(f"there is no city {city!r}: see /api/v1/cities?q=")
    try:
        frequency = parse_period(period).frequency
    except ValueError as error:
        raise NotFound(f"there is no template for {period!r}: {error}") from error
    indicators = list(indicators_of(session).values())
    if not any(facts.frequency == frequency for facts in indicators):
        raise NotFound(f"nothing is reported for a period like {period!r}: write 2024-Q3 or 2024")
    return Template(cities[city], period, indicators, _previous(session, city, period), language=query.language)


def _previous(session: SessionDep, city: str, period: str) -> dict[str, Decimal | None]:
    """What is published of the city for the period before, by indicator."""
    newest = vintages.newest(session)
    if newest is None:
        return {}
    before = parse_period(period).previous()
    selection = Selection(city_ids=tuple(city_ids(session, [city]).values()), periods=((before, before),))
    found = observations.every(session, selection, newest.number)
    codes = indicator_codes(session, found.indicator_id).tolist()
    return {
        code: None if value is None else Decimal(value)
        for code, value in zip(codes, found.value.tolist(), strict=True)
    }


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
