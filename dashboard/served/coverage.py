"""Coverage: how much of what is asked each city has reported, quarter by quarter."""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.responses import Response

from app.db import reading
from app.errors import NotFound
from app.queries.grid import Floats, grid, reported_shares
from app.queries.reference import CityEntry, IndicatorEntry
from dashboard.reference import place
from dashboard.served.asked import Asked
from dashboard.served.subjects import Here, here
from dashboard.state import EVERY

PERIODS = 8
FIRST = 60


def coverage(asked: Asked) -> Response:
    """City by quarter, and indicator by the newest quarter."""
    with reading(asked.figures) as session:
        at = here(session, asked)
        if at is None:
            raise NotFound(asked.words.say("no_figures"))
        cities = sorted(at.known.peers(at.state.peer or EVERY), key=lambda entry: -(entry.city.population or 0))
        asked_of = [entry for entry in at.known.indicators.values() if entry.definition.frequency == "Q"]
        periods = [each for each in at.periods("Q") if each <= at.subject.at][:PERIODS][::-1]
        vintage = at.subject.vintage.number
        shares = reported_shares(session, periods, cities, asked_of, vintage)
        newest = grid(session, at.subject.at, cities, asked_of, vintage)
    reports = [bool(line.any()) for line in shares > 0]
    rows = [_row(at, entry, line) for entry, line, has in zip(cities, shares, reports, strict=True) if has]
    is_whole = at.state.more == EVERY
    return asked.page(
        "coverage.html",
        here=at,
        shown_periods=periods,
        rows=rows if is_whole else rows[:FIRST],
        hidden=0 if is_whole else max(len(rows) - FIRST, 0),
        silent=[asked.words.name(entry.city) for entry, has in zip(cities, reports, strict=True) if not has],
        sums=[asked.words.percent(float(share)) for share in shares[reports].mean(axis=0)] if rows else [],
        by_indicator=_by_indicator(at, asked_of, newest),
        reporting=len(rows),
        **at.choices(),
    )


def _by_indicator(at: Here, asked_of: list[IndicatorEntry], newest: Floats) -> list[tuple[str, str, int]]:
    """How many cities have a value of each indicator, the fewest first."""
    counts = np.isfinite(newest).sum(axis=0).tolist()
    found = [
        (at.asked.words.name(entry.definition), entry.code, count)
        for entry, count in zip(asked_of, counts, strict=True)
    ]
    return sorted(found, key=lambda item: (item[2], item[0]))


def _row(at: Here, entry: CityEntry, shares: Floats) -> dict[str, Any]:
    words = at.asked.words
    return {
        "code": entry.city.code,
        "name": words.name(entry.city),
        "where": place(entry, at.known, words),
        "cells": [(words.percent(share), _class(share)) for share in shares.tolist()],
    }


def _class(share: float) -> str:
    """How full a cell is, as the class that colours it."""
    return "none" if share == 0 else "some" if share < 0.65 else "most" if share < 0.95 else "whole"
