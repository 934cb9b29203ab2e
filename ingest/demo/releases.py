"""The calendar of the simulated releases, and their rows in the words and digits that publish() takes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from app.domain.number import canonical
from app.domain.status import OBS_STATUS
from ingest.demo.parameters import Parameters, Time
from ingest.demo.reports import EVENT, EVENT_NOTE, LATE, RELEASE
from ingest.demo.world import World, ends_on, period_of

_SIMULATED = "simulated / модельные данные"


@dataclass(frozen=True)
class Release:
    """One vintage to be: when it comes out, why, and its figures."""

    published_at: datetime
    reason: str
    figures: pd.DataFrame


def releases(world: World, rows: pd.DataFrame) -> Iterator[Release]:
    """The releases in the order of their dates, up to the release of the last quarter."""
    parameters = world.parameters
    end = _published_on(parameters, world.last, step=RELEASE, is_annual=False)
    keys = pd.DataFrame({"quarter": rows["quarter"], "step": rows["step"], "annual": world.is_annual[rows["i"]]})
    dated = []
    for quarter, step, is_annual in keys.drop_duplicates().itertuples(index=False):
        day = _published_on(parameters, quarter, step=step, is_annual=is_annual)
        if day <= end:
            dated.append((day, is_annual, quarter, step))
    places = keys.groupby(list(keys.columns)).indices
    for day, is_annual, quarter, step in sorted(dated):
        reason = _reason(parameters, period_of(quarter, is_annual=is_annual).code, step)
        instant = datetime.combine(day, parameters.time.published_at, tzinfo=UTC)
        part = rows.iloc[places[quarter, step, is_annual]]
        yield Release(instant, f"{reason} ({_SIMULATED})", _figures(world, part))


def _published_on(parameters: Parameters, quarter: int, *, step: int, is_annual: bool) -> date:
    if step >= EVENT:
        return parameters.events[step - EVENT].published_on
    return ends_on(quarter) + timedelta(days=_days(parameters.time, is_late=step == LATE, is_annual=is_annual))


def _days(time: Time, *, is_late: bool, is_annual: bool) -> int:
    if is_annual:
        return time.annual_late_days if is_late else time.annual_release_days
    return time.quarterly_late_days if is_late else time.quarterly_release_days


def _reason(parameters: Parameters, period: str, step: int) -> str:
    if step >= EVENT:
        event = parameters.events[step - EVENT]
        return f"{event.en} / {event.ru}"
    if step == LATE:
        return f"Late reports and corrections, {period} / Поздние отчёты и исправления, {period}"
    return f"Release of {period} / Выпуск за {period}"


def _figures(world: World, part: pd.DataFrame) -> pd.DataFrame:
    """Rows as publish() takes them; notes in the language of the city."""
    places, measures = np.array(world.places, dtype=object), np.array(world.measures, dtype=object)
    periods = zip(part["t"], world.is_annual[part["i"]], strict=True)
    codes = {(t, annual): period_of(world.quarters[t], is_annual=annual).code for t, annual in set(periods)}
    missing = [code for code, status in OBS_STATUS.items() if status.is_missing]
    frame = pd.DataFrame(
        {
            "city": [place.code for place in places[part["c"]]],
            "indicator": [measure.code for measure in measures[part["i"]]],
            "period": [codes[key] for key in zip(part["t"], world.is_annual[part["i"]], strict=True)],
            "value": _digits(world, part),
            "status": part["status"].to_numpy(),
            "note": _notes(world, part),
            "is_withdrawn": part["is_withdrawn"].to_numpy(),
        },
        dtype=object,
    )
    frame.loc[frame["status"].isin(missing), "value"] = None
    return frame


def _digits(world: World, part: pd.DataFrame) -> list[str]:
    """Canonical decimal text; every spelling is made once."""
    decimals = np.array([measure.decimals for measure in world.measures])[part["i"]]
    keys = list(zip(part["digits"].tolist(), decimals.tolist(), strict=True))
    spelled = {key: canonical(Decimal(key[0]).scaleb(-key[1])) for key in set(keys)}
    return [spelled[key] for key in keys]


def _notes(world: World, part: pd.DataFrame) -> list[str | None]:
    russian = world.parameters.cities.russian_notes
    is_russian = np.array([place.country in russian for place in world.places])[part["c"]]
    said = {"": (None, None)} | {key: (w.en, w.ru) for key, w in world.parameters.notes.items()}
    told = {f"{EVENT_NOTE}{n}": (event.en, event.ru) for n, event in enumerate(world.parameters.events)}
    words: dict[str, tuple[str | None, str | None]] = {**said, **told}
    return [words[key][is_ru] for key, is_ru in zip(part["note"], is_russian.tolist(), strict=True)]
