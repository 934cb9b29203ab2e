"""The catalogue over HTTP: principles, indicators, periods."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.deps import NoQuery, Parameters, SessionDep, invalid
from app.domain.names import folded
from app.domain.number import canonical
from app.queries import reference, vintages
from app.queries.reference import IndicatorEntry

if TYPE_CHECKING:
    from app.models import Principle, ReferencePeriod

router = APIRouter(tags=["catalogue"], responses=PROBLEM_RESPONSES)


class PrincipleRow(BaseModel):
    """One of the five principles."""

    code: str = Field(examples=["infrastructure"])
    name_en: str = Field(examples=["Technology of infrastructure"])
    name_ru: str = Field(examples=["Технологичность инфраструктуры"])
    description_en: str
    description_ru: str


class PrincipleList(BaseModel):
    """The five principles."""

    meta: Meta
    data: list[PrincipleRow]


class IndicatorRow(BaseModel):
    """An indicator as the newest methodology defines it; exact decimals are JSON numbers."""

    code: str = Field(examples=["TI_SMART_LIGHTING"])
    principle: str = Field(examples=["infrastructure"])
    methodology: str = Field(examples=["citymark"])
    methodology_version: str = Field(examples=["2026.1"])
    name_en: str
    name_ru: str
    definition_en: str
    definition_ru: str
    unit: str = Field(examples=["%"])
    unit_label_en: str
    unit_label_ru: str
    direction: Literal["higher", "lower", "target", "none"]
    target: float | None
    valid_min: float | None
    valid_max: float | None
    soft_change_pct: float | None
    soft_mad: float | None
    goalpost_min: float | None
    goalpost_max: float | None
    goalpost_source: str
    transform: str
    frequency: str = Field(examples=["Q"])
    period_rule: str
    decimals: int
    numerator_en: str
    numerator_ru: str
    denominator_en: str
    denominator_ru: str
    cross_references: dict[str, Any]
    note_en: str
    note_ru: str
    source: str


class IndicatorList(BaseModel):
    """Indicators."""

    meta: Meta
    data: list[IndicatorRow]


class IndicatorOne(BaseModel):
    """One indicator."""

    meta: Meta
    data: IndicatorRow


class PeriodRow(BaseModel):
    """A period that figures exist for."""

    code: str = Field(examples=["2024-Q3"])
    frequency: str = Field(examples=["Q"])
    starts_on: date
    ends_on: date


class PeriodList(BaseModel):
    """Periods in time order."""

    meta: Meta
    data: list[PeriodRow]


class IndicatorParameters(Parameters):
    """Which indicators."""

    principle: str | None = Field(None, description="Only those of this principle.", examples=["infrastructure"])
    q: str | None = Field(None, description="Only those whose code or name holds this text.", max_length=100)


@router.get("/principles", response_model=None, responses={200: {"model": PrincipleList}})
def list_principles(session: SessionDep, _query: NoQuery) -> Response:
    """The five principles in their order."""
    rows = [_principle_row(principle) for principle in reference.principles(session)]
    return envelope(meta(vintages.newest(session), len(rows)), rows)


@router.get("/indicators", response_model=None, responses={200: {"model": IndicatorList}})
def list_indicators(session: SessionDep, query: Annotated[IndicatorParameters, Query()]) -> Response:
    """The catalogue of indicators."""
    entries = reference.indicators(session)
    if query.principle is not None:
        _require_principle(session, query.principle)
        entries = [entry for entry in entries if entry.principle == query.principle]
    if query.q is not None:
        wanted = folded(query.q)
        entries = [entry for entry in entries if any(wanted in folded(name) for name in _names(entry))]
    return envelope(meta(vintages.newest(session), len(entries)), [indicator_row(entry) for entry in entries])


@router.get("/indicators/{code}", response_model=None, responses={200: {"model": IndicatorOne}, **NOT_FOUND_RESPONSE})
def show_indicator(
    session: SessionDep, code: Annotated[str, Path(examples=["TI_SMART_LIGHTING"])], _query: NoQuery
) -> Response:
    """One indicator."""
    return envelope(meta(vintages.newest(session), 1), indicator_row(reference.indicator(session, code)))


@router.get("/periods", response_model=None, responses={200: {"model": PeriodList}})
def list_periods(session: SessionDep, _query: NoQuery) -> Response:
    """Every period that figures exist for."""
    rows = [_period_row(period) for period in reference.periods(session)]
    return envelope(meta(vintages.newest(session), len(rows)), rows)


def _require_principle(session: SessionDep, code: str) -> None:
    known = [principle.code for principle in reference.principles(session)]
    if code not in known:
        raise invalid("principle", f"no such principle: {code}; there are {', '.join(known)}")


def _names(entry: IndicatorEntry) -> tuple[str, str, str]:
    return entry.code, entry.definition.name_en, entry.definition.name_ru


def _principle_row(principle: Principle) -> dict[str, Any]:
    return {name: getattr(principle, name) for name in PrincipleRow.model_fields}


def _period_row(period: ReferencePeriod) -> dict[str, Any]:
    return {name: getattr(period, name) for name in PeriodRow.model_fields}


def indicator_row(entry: IndicatorEntry) -> dict[str, Any]:
    """An indicator as the API shows it."""
    own = {
        "code": entry.code,
        "principle": entry.principle,
        "methodology": entry.methodology.code,
        "methodology_version": entry.methodology.version,
    }
    names = [name for name in IndicatorRow.model_fields if name not in own]
    return own | {name: exact(getattr(entry.definition, name)) for name in names}


def exact(value: Any) -> Any:
    """A decimal as a JSON number with its own digits, anything else as it is."""
    return orjson.Fragment(canonical(value)) if isinstance(value, Decimal) else value
