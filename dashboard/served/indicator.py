"""One indicator: what it is, where cities stand, how it has gone, what was revised; and the list of all."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db import reading
from app.errors import NotFound
from app.queries.changes import Change, revisions
from app.queries.reference import IndicatorEntry
from app.queries.search import search_indicators
from app.queries.vintages import shows_simulated
from dashboard.reference import read_reference
from dashboard.served.asked import Asked
from dashboard.served.chart import Chart
from dashboard.served.indicator_charts import Shown, charts, shown
from dashboard.served.subjects import Here, here
from dashboard.served.taking import chart_file, cited, embedded, one_of, share

MOST_REVISIONS = 40
PATH = "/indicator/"


def indicator(asked: Asked) -> Response:
    """The page of one indicator."""
    with reading(asked.figures) as session:
        entry = _entry(session, asked)
        at = here(session, asked, (entry.code,))
        if at is None:
            return asked.page("no_figures.html", title=asked.words.name(entry.definition))
        it, drawn = _drawn(session, at, entry)
        path = PATH + entry.code
        content: dict[str, Any] = {
            "it": it,
            "charts": [(chart, share(session, at, chart, path)) for chart in drawn],
            "cited": cited(session, at, drawn),
            "revised": [_revised(at, it, change) for change in _revisions(session, at, entry)],
            "is_simulated": shows_simulated(session, at.subject.vintage.number),
        }
    return asked.page(
        "indicator.html",
        here=at,
        entry=entry,
        path_here=path,
        others=_others(at, entry),
        chosen_other=_other(at, entry),
        principle=asked.words.name(at.known.principles[entry.principle]),
        **at.choices(),
        **content,
    )


def indicator_list(asked: Asked) -> Response:
    """Every indicator under its principle, or those that a search means."""
    wanted = asked.query.get("q", "").strip()[:80]
    with reading(asked.figures) as session:
        known = read_reference(session)
    entries = list(known.indicators.values())
    found = search_indicators(entries, wanted) if wanted else entries
    groups = [
        (code, asked.words.name(words), [entry for entry in found if entry.principle == code])
        for code, words in known.principles.items()
    ]
    return asked.page("indicators.html", groups=[group for group in groups if group[2]], q=wanted, found=len(found))


def indicator_chart(asked: Asked) -> Response:
    """One chart of the page as a file."""
    with reading(asked.figures) as session:
        at, chart, path = _chart(session, asked)
        return chart_file(session, at, chart, path, asked.places["ending"])


def indicator_embed(asked: Asked) -> Response:
    """One chart of the page alone."""
    with reading(asked.figures) as session:
        return embedded(*_chart(session, asked))


def _chart(session: Session, asked: Asked) -> tuple[Here, Chart, str]:
    entry = _entry(session, asked)
    at = here(session, asked, (entry.code,))
    if at is None:
        raise NotFound(asked.words.say("no_figures"))
    _, drawn = _drawn(session, at, entry)
    return at, one_of(drawn, asked), PATH + entry.code


def _entry(session: Session, asked: Asked) -> IndicatorEntry:
    """The indicator of the address; NotFound proposes those that look like it."""
    known = read_reference(session)
    code = asked.places["code"]
    if code in known.indicators:
        return known.indicators[code]
    near = search_indicators(list(known.indicators.values()), code)[:3]
    meant = ", ".join(f"{entry.code} ({asked.words.name(entry.definition)})" for entry in near)
    key = "no_such_indicator_near" if near else "no_such_indicator"
    raise NotFound(asked.words.say(key, code=code[:60], meant=meant))


def _drawn(session: Session, at: Here, entry: IndicatorEntry) -> tuple[Shown, list[Chart]]:
    it = shown(session, at, entry)
    return it, charts(session, it, _other(at, entry))


def _other(at: Here, entry: IndicatorEntry) -> IndicatorEntry | None:
    """The second indicator, which the address names as `i`."""
    code = next((code for code in at.state.indicators if code != entry.code), None)
    return None if code is None else at.known.indicators[code]


def _others(at: Here, entry: IndicatorEntry) -> list[tuple[str, list[tuple[str, str]]]]:
    words = at.asked.words
    return [
        (
            words.name(principle),
            [(each.code, words.name(each.definition)) for each in at.known.of_principle(code) if each != entry],
        )
        for code, principle in at.known.principles.items()
    ]


def _revisions(session: Session, at: Here, entry: IndicatorEntry) -> list[Change]:
    return revisions(session, entry.id, at.subject.vintage.number, limit=MOST_REVISIONS)


def _revised(at: Here, it: Shown, change: Change) -> dict[str, Any]:
    words = at.asked.words
    return {
        "vintage": change.vintage,
        "city": it.name(change.city),
        "period": words.period_of(change.period),
        "before": words.digits(change.before),
        "after": words.digits(change.after),
        "note": change.note,
        "kind": change.kind,
        "address": at.address(PATH + it.entry.code, as_of=str(change.vintage - 1)),
    }
