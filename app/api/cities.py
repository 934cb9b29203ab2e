"""The city register over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.deps import Cursor, LimitsDep, NoQuery, Parameters, SessionDep, invalid, parse_cursor, peer_group
from app.domain.similar import ASPECTS, similar
from app.queries import reference, vintages
from app.queries.reference import CityEntry

router = APIRouter(tags=["cities"], responses=PROBLEM_RESPONSES)


class CityRow(BaseModel):
    """A city of the register."""

    code: str = Field(examples=["ru-kazan"])
    name_en: str = Field(examples=["Kazan"])
    name_ru: str = Field(examples=["Казань"])
    aliases: list[str]
    country: str = Field(examples=["RU"])
    region: str | None = Field(examples=["RU-TA"])
    region_en: str | None
    region_ru: str | None
    kind: str = Field(examples=["city"])
    latitude: float | None
    longitude: float | None
    population: int | None
    population_year: int | None
    size: str | None = Field(examples=["over_1m"])
    climate: str | None = Field(examples=["comfortable"], description="A class of the register; null: not known.")
    geonames_id: int | None
    oktmo: str | None = Field(examples=["92701000001"])
    is_capital: bool


class CityList(BaseModel):
    """Cities."""

    meta: Meta
    data: list[CityRow]


class CityOne(BaseModel):
    """One city."""

    meta: Meta
    data: CityRow


class CityParameters(Parameters):
    """Which cities."""

    country: str | None = Field(None, description="ISO 3166-1 code.", examples=["RU"], max_length=2)
    peer_group: str | None = Field(None, examples=["size:over_1m", "country:RU+size:250k_1m"], max_length=200)
    q: str | None = Field(None, description="A part of a name in Russian or English, or of an alias.", max_length=100)
    limit: int | None = Field(None, ge=1, description="Rows in one answer.")
    cursor: str | None = Field(None, description="meta.next of the page before.", max_length=200)


@router.get("/cities", response_model=None, responses={200: {"model": CityList}})
def list_cities(session: SessionDep, limits: LimitsDep, query: Annotated[CityParameters, Query()]) -> Response:
    """The register, or the cities that a search or a peer group gives."""
    entries = _chosen(reference.cities(session), query)
    limit = min(query.limit or limits.default_page_rows, limits.max_page_rows)
    cursor = parse_cursor(query.cursor, parts=1)
    start = cursor.key[0] if cursor else 0
    shown = entries[start : start + limit]
    vintage = vintages.newest(session)
    after = None
    if start + limit < len(entries):
        after = Cursor(vintage.number if vintage else 0, (start + limit,)).text()
    rows = [city_row(entry) for entry in shown]
    return envelope(meta(vintage, len(rows), total=len(entries), after=after), rows)


def _chosen(entries: list[CityEntry], query: CityParameters) -> list[CityEntry]:
    if query.country is not None:
        entries = [entry for entry in entries if entry.city.country == query.country]
        if not entries:
            raise invalid("country", f"no city of country {query.country!r} is registered")
    group = peer_group(query.peer_group)
    if group is not None:
        entries = reference.in_peer_group(entries, group)
    return entries if query.q is None else reference.search_cities(entries, query.q)


@router.get("/cities/{code}", response_model=None, responses={200: {"model": CityOne}, **NOT_FOUND_RESPONSE})
def show_city(session: SessionDep, code: Annotated[str, Path(examples=["ru-kazan"])], _query: NoQuery) -> Response:
    """One city."""
    return envelope(meta(vintages.newest(session), 1), city_row(reference.city(session, code)))


class SimilarRow(BaseModel):
    """A city that is like another, and how unlike it is in each respect."""

    code: str
    name_en: str
    name_ru: str
    distance: float = Field(description="0 is the same; the weighted mean of the parts that are known.")
    parts: dict[str, float | None]


class SimilarList(BaseModel):
    """Similar cities, the nearest first."""

    meta: Meta
    data: list[SimilarRow]


class SimilarParameters(Parameters):
    """How many, and what counts."""

    count: int = Field(10, ge=1, le=100)
    population: float = Field(1.0, ge=0, le=100, description="Weight of size: a tenfold difference is 1.")
    distance: float = Field(1.0, ge=0, le=100, description="Weight of place: 3,000 km are 1.")
    country: float = Field(1.0, ge=0, le=100, description="Weight of being in the same country.")
    climate: float = Field(1.0, ge=0, le=100, description="Weight of the same climate, where it is known.")


@router.get(
    "/cities/{code}/similar", response_model=None, responses={200: {"model": SimilarList}, **NOT_FOUND_RESPONSE}
)
def show_similar(
    session: SessionDep,
    code: Annotated[str, Path(examples=["ru-kazan"])],
    query: Annotated[SimilarParameters, Query()],
) -> Response:
    """Cities like this one by size, place, country and climate, with weights of your own."""
    entries = {entry.city.code: entry for entry in reference.cities(session)}
    own = reference.city(session, code).city.code
    weights = {name: getattr(query, name) for name in ASPECTS}
    contexts = {name: reference.context(entry) for name, entry in entries.items()}
    try:
        found = similar(contexts[own], list(contexts.values()), query.count, weights)
    except ValueError as error:
        raise invalid("population", str(error)) from error
    rows = [
        {
            "code": each.code,
            "name_en": entries[each.code].city.name_en,
            "name_ru": entries[each.code].city.name_ru,
            "distance": each.distance,
            "parts": each.parts,
        }
        for each in found
    ]
    return envelope(meta(vintages.newest(session), len(rows)), rows)


def city_row(entry: CityEntry) -> dict[str, Any]:
    """A city as the API shows it."""
    own = {
        "aliases": list(entry.aliases),
        "region_en": entry.region_en,
        "region_ru": entry.region_ru,
        "size": entry.size,
    }
    return {name: own[name] if name in own else getattr(entry.city, name) for name in CityRow.model_fields}
