"""The ranking as a chart that can be taken along: files, code, embedded, cited."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db import reading
from app.errors import NotFound
from app.queries import scores
from app.queries.citation import Shown, changed, hash_of
from app.queries.scores import Answer
from dashboard.charts.ranks import Ranked, ranks
from dashboard.reference import Reference, group_name, read_reference
from dashboard.served.asked import Asked
from dashboard.served.chart import Chart, with_query
from dashboard.served.standing import Question, scorable
from dashboard.served.taking import HASH_SHOWN, Cited, Share, embed_page, file_of, share_of
from dashboard.state import EVERY

NAME = "ranks"
PATH = "/index"


@dataclass(frozen=True)
class ScoreExtract:
    """The scores of a question, as an API address says them."""

    question: Question

    def api(self, vintage: int, **more: str) -> str:
        """The address that gives these scores as known with a vintage, by the version of the framework shown."""
        here = self.question
        parts = {
            "framework": f"{here.version.code}@{here.version.version}",
            "period": here.period.code,
            "peer_group": here.peer,
            "weights": ",".join(f"{code}:{weight:g}" for code, weight in here.weights),
            "as_of": str(vintage),
            **more,
        }
        return f"/api/v1/scores?{urlencode({name: part for name, part in parts.items() if part}, safe=',:@.')}"


def score_rows(session: Session, here: Question, vintage: int) -> list[Shown]:
    """City, framework, period, score and rank with its range, as known with a vintage."""
    variant = scores.variant_of(
        session, here.version, here.period, vintage, cities=here.variant.cities, weights=here.variant.weights
    )
    return [
        (
            row.city, here.version.code, here.period.code, None if row.score is None else repr(row.score),
            f"{row.rank} {row.rank_low}-{row.rank_high}",
        )
        for row in scores.scores(session, variant).rows
    ]  # fmt: skip


def chart_of(asked: Asked, known: Reference, here: Question, answer: Answer) -> Chart:
    """Every ranked city; the first ten, the last five and the gap between them are drawn."""
    words = asked.words
    listed = [row for row in answer.rows if row.rank is not None]
    rows = []
    for row in listed:
        said = f"{words.number(row.score or 0, 1)} · {row.rank_low or '–'}–{row.rank_high or '–'}"
        name = words.name(known.cities[row.city].city)
        rows.append(Ranked(row.rank or 0, row.rank_low, row.rank_high, name, said))
    title = here.framework.name.get(words.style.names_in) or here.version.code
    mark = "" if here.variant.is_official else f" · {words.say('not_official')}"
    return Chart(
        name=NAME,
        title=f"{title}, {words.period(here.period)}{mark}",
        summary=f"{group_name(here.peer or EVERY, known, words)}. {words.say('interval')}: 90 %.",
        drawing=ranks(rows),
        narrow=ranks(rows, width=340),
        head=(words.say("rank"), words.say("city"), words.say("score"), words.say("interval")),
        rows=[(str(row.rank), row.name, *row.said.split(" · ")) for row in rows],
        extract=ScoreExtract(here),
        vintage=here.vintage.number,
        numbers=frozenset({0, 2, 3}),
    )


def share(session: Session, asked: Asked, here: Question, chart: Chart) -> Share:
    """The ways to take the ranking along."""
    digest = hash_of(score_rows(session, here, here.vintage.number))[:HASH_SHOWN]
    pinned, live = here.address("", as_of=str(here.vintage.number)), here.address("")
    return share_of(asked.base, chart, PATH, pinned=pinned, live=live, digest=digest)


def cited(session: Session, asked: Asked, here: Question, chart: Chart, newest: int) -> Cited | None:
    """What has become of a citation of the ranking, where the address is one."""
    name, _, digest = asked.query.get("cite", "").partition(":")
    if name != NAME or not digest:
        return None
    then, now = score_rows(session, here, here.vintage.number), score_rows(session, here, newest)
    return Cited(chart.title, hash_of(then).startswith(digest.lower()), changed(then, now), len(then))


def index_chart(asked: Asked) -> Response:
    """The ranking as SVG or PNG."""
    here, chart, rows = _read(asked)
    address = asked.base + with_query(PATH, here.address("", as_of=str(chart.vintage)))
    return file_of(chart, rows, address, asked.places["ending"], is_pinned=bool(here.as_of))


def index_embed(asked: Asked) -> Response:
    """The ranking alone."""
    here, chart, _ = _read(asked)
    return embed_page(asked, chart, asked.base + here.address(PATH), here.vintage, is_past=bool(here.as_of))


def _read(asked: Asked) -> tuple[Question, Chart, list[Shown]]:
    with reading(asked.figures) as session:
        known = read_reference(session)
        here = scorable(session, asked)
        if here is None or asked.places["chart"] != NAME:
            raise NotFound(asked.words.say("no_such_chart", name=asked.places["chart"][:40], there=NAME))
        answer = scores.scores(session, here.variant)
        rows = score_rows(session, here, here.vintage.number)
    return here, chart_of(asked, known, here, answer), rows
