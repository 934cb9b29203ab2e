"""What figures that are not published yet would do to a city's index, the other cities standing still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.domain.composite.score import Scored, score
from app.domain.period import Period, parse_period
from app.errors import CitymarkError
from app.queries import vintages
from app.queries.frameworks import DEFAULT, framework_version
from app.queries.scores import computed, refuse_unscorable, variant_of


@dataclass(frozen=True)
class Effect:
    """Score and rank now and with the figures; None where there is no rank."""

    before: tuple[float, int] | None
    after: tuple[float, int] | None


def effect(
    session: Session, city: str, period: Period, cells: Mapping[tuple[str, str], float | None]
) -> Effect | None:
    """The effect of values by (indicator, period code) on the city's official index of a period.

    None where the index cannot be computed here at all. A later annual value takes the place of one that was carried.
    """
    newest = vintages.newest(session)
    try:
        version = framework_version(session, DEFAULT)
        refuse_unscorable(session, version)
    except CitymarkError:
        return None
    if newest is None:
        return None
    found = computed(session, variant_of(session, version, period, newest.number, draws=0))
    index = found.inputs.values.index
    everyone = index if city in index else index.append(type(index)([city], name=index.name))
    values = found.inputs.values.reindex(everyone)
    applicable = found.inputs.applicable.reindex(everyone, fill_value=True)
    for (indicator, code), value in cells.items():
        at = parse_period(code)
        counts = at == period or (at.frequency == "A" and period.frequency != "A" and at.ends_on <= period.ends_on)
        if counts and indicator in found.inputs.columns:
            values.loc[city, indicator] = np.nan if value is None else value
            applicable.loc[city, [name for name in applicable.columns if name == indicator]] = True
    return Effect(_standing(found.scored, city), _standing(score(values, found.framework, applicable), city))


def _standing(scored: Scored, city: str) -> tuple[float, int] | None:
    if city not in scored.stages.index:
        return None
    row = int(scored.stages.index.get_indexer(type(scored.stages.index)([city]))[0])
    return (float(scored.index_score[row]), int(scored.ranks[row])) if scored.ranks[row] else None
