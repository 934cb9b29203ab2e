"""Figures as the rows of a table, for every format and every file: read a page at a time, so memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db import reading
from app.formats.table import Column
from app.queries import observations, reference
from app.queries.codes import city_codes, indicator_codes
from app.queries.figures import Figures, period_codes
from app.queries.selection import Selection

OBSERVATION_COLUMNS = (
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


def observation_rows(
    engine: Engine, selection: Selection, vintage: int, limit: int | None
) -> Iterator[tuple[object, ...]]:
    """Rows under OBSERVATION_COLUMNS, a page at a time, in a session of their own, which outlives the request's."""
    left = limit
    with reading(engine) as session:
        units = {entry.code: entry.definition.unit for entry in reference.indicators(session)}
        for figures in observations.pages(session, selection, vintage, left):
            yield from _rows(session, figures, units)


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
