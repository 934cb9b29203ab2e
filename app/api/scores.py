"""The index over HTTP: scores, ranks and how sure they are, for any period, group, weights, version and vintage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.deps import AsOfParameters, Limits, LimitsDep, SessionDep, as_known, codes, invalid, peer_group
from app.api.exports import EXPORT_RESPONSES, TABLE_FORMATS, asked_format, table_answer
from app.domain.composite.framework import Framework
from app.domain.period import Period, parse_period_range
from app.errors import NotFound
from app.formats.csv import Dialect
from app.formats.table import Column, Kind, Notes
from app.queries import reference, scores
from app.queries.codes import city_ids
from app.queries.frameworks import DEFAULT, framework_version, resolved
from app.queries.scores import DRAWS, MOST_DRAWS, SEED, Answer, CityScore, Variant, refuse_unscorable

if TYPE_CHECKING:
    from app.models import FrameworkVersion

router = APIRouter(tags=["index"], responses=PROBLEM_RESPONSES)

MOST_FRAMEWORKS = 4
MOST_PERIODS = 60
# Scores of several periods that are not stored are worked out without intervals beyond so many.
MOST_DRAWN_AT_ONCE = 4

COLUMNS: tuple[str, ...] = (
    "city",
    "framework",
    "version",
    "period",
    "score",
    "rank",
    "rank_low",
    "rank_high",
    "rank_median",
)
COLUMNS += ("p_top10", "tier", "coverage", "reason", "missing", "parts")


class ScoreRow(BaseModel):
    """A city's score under one framework in one period; without a rank, `reason` names the gaps."""

    city: str = Field(examples=["ru-kazan"])
    framework: str = Field(examples=["citymark-5p"])
    version: str = Field(examples=["1.0"])
    period: str = Field(examples=["2026-Q2"])
    score: float | None = Field(description="Unrounded; `meta.about` says how many decimals are shown.")
    rank: int | None = Field(description="1 is best; equal scores share the best rank.")
    rank_low: int | None = Field(description="The best rank of the interval that holds 90 % of the draws.")
    rank_high: int | None = Field(description="The worst rank of that interval.")
    rank_median: float | None
    p_top10: float | None = Field(description="Share of the draws in which the city is among the first ten.")
    tier: int | None = Field(description="Cities of one tier cannot be told apart from its first.")
    coverage: float | None = Field(description="Share of the indicators that apply and were reported.")
    reason: str | None
    missing: list[str] = Field(description="Indicators that apply and were not reported.")
    parts: dict[str, float | None] = Field(description="The score of every node of the tree.")


class About(BaseModel):
    """What the scores of one framework and period stand on."""

    framework: str
    version: str
    methodology: str | None
    period: str
    official: bool = Field(description="False for weights of one's own: not the official weighting.")
    known_since: int = Field(description="The vintage that last touched what is scored.")
    peer_group: str | None
    decimals: int | None
    draws: int
    seed: int
    assumptions: list[str] = Field(description="Every assumption that was varied for the intervals.")


class AboutSet(About):
    """The same of a set of scores, with how many it holds."""

    cities: int
    ranked: int


class ScoreMeta(Meta):
    """The envelope's head, with what each set of scores stands on."""

    about: list[AboutSet]


class ScoreList(BaseModel):
    """Scores, best first, cities without a rank last."""

    meta: ScoreMeta
    data: list[ScoreRow] | dict[str, list[Any]]


class VariantParameters(AsOfParameters):
    """What is scored."""

    peer_group: str | None = Field(
        None, description="Rank inside this group alone.", examples=["size:over_1m"], max_length=200
    )
    weights: str | None = Field(
        None,
        description="Weights of your own for nodes or indicators, `code:weight`; the others keep theirs.",
        examples=["human_capital:2,infrastructure:1"],
        max_length=4_000,
    )
    intervals: int = Field(DRAWS, ge=0, le=MOST_DRAWS, description="Draws behind the rank intervals; 0 for none.")
    seed: int = Field(SEED, ge=0, lt=2**31, description="The same seed gives the same draws.")


ScoreFormat = Literal["json", "csv", "xlsx", "parquet", "arrow"]
SCORE_RESPONSES: dict[int | str, dict[str, Any]] = {
    **EXPORT_RESPONSES,
    200: {"model": ScoreList, **EXPORT_RESPONSES[200]},
    **NOT_FOUND_RESPONSE,
}


class ScoreParameters(VariantParameters):
    """Which scores: several frameworks, periods and cities are joined by commas."""

    framework: str = Field(
        DEFAULT, description="`code` or `code@version`.", examples=["citymark-5p", "citymark-5p@1.0"], max_length=400
    )
    period: str = Field("latest", examples=["2026-Q2", "2025-Q1..2026-Q2", "latest"], max_length=400)
    city: str | None = Field(
        None, description="Show only these; ranks stay those among all.", examples=["ru-kazan"], max_length=40_000
    )
    layout: Literal["rows", "columns"] = Field("rows", description="`columns` gives one list a column.")
    format: ScoreFormat | None = Field(None, description="The form of the answer; without it, what Accept asks for.")
    dialect: Dialect = Field("plain", description="CSV `excel`: a mark, semicolons and decimal commas.")


@router.get("/scores", response_model=None, responses=SCORE_RESPONSES)
def list_scores(
    request: Request, session: SessionDep, limits: LimitsDep, query: Annotated[ScoreParameters, Query()]
) -> Response:
    """Scores and ranks of cities, with the interval each rank lies in.

    `latest` is the newest period that most cities have reported. Scores of different groups, weights or versions do
    not stand on one scale: `meta.about` says what each set is.
    """
    vintage = as_known(session, query.as_of)
    number = vintage.number if vintage else 0
    answers = [scores.scores(session, variant) for variant in _variants(session, query, number, limits)]
    shown = _cities(session, query.city, limits)
    rows = [
        score_row(answer.variant, row)
        for answer in answers
        for row in answer.rows
        if shown is None or row.city in shown
    ]
    format_ = asked_format(request, query.format, ("json", *TABLE_FORMATS))
    if format_ in TABLE_FORMATS:
        return _tabled(rows, number, (format_, query.dialect))
    head = meta(vintage, len(rows), simulated=any(answer.is_simulated for answer in answers))
    head["about"] = [about(answer, query.peer_group) for answer in answers]
    return envelope(head, _columns(rows) if query.layout == "columns" else rows)


def _tabled(rows: list[dict[str, Any]], vintage: int, asked: tuple[str, Dialect]) -> Response:
    """The rows as a table: the nodes' scores as columns of their own."""
    nodes = list(dict.fromkeys(code for row in rows for code in row["parts"]))
    plain = [name for name in COLUMNS if name not in ("missing", "parts")]
    columns = [Column(name, _KINDS.get(name, "text")) for name in plain]
    columns += [Column("missing", "text"), *(Column(f"score_{code}", "number") for code in nodes)]
    lines = (
        [*(row[name] for name in plain), " ".join(row["missing"]), *(row["parts"].get(code) for code in nodes)]
        for row in rows
    )
    notes = Notes("Citymark scores", {"vintage": str(vintage), "source": "Citymark, /api/v1/scores"})
    return table_answer(f"scores-{vintage}", columns, lines, notes, asked)


_KINDS: dict[str, Kind] = {
    "score": "number",
    "rank": "whole",
    "rank_low": "whole",
    "rank_high": "whole",
    "rank_median": "number",
    "p_top10": "number",
    "tier": "whole",
    "coverage": "number",
}


def _variants(session: Session, query: ScoreParameters, vintage: int, limits: Limits) -> list[Variant]:
    names = codes(query.framework, "framework", limits) or ()
    if len(names) > MOST_FRAMEWORKS:
        raise invalid("framework", f"{len(names)} frameworks: at most {MOST_FRAMEWORKS} side by side")
    found = []
    for name in names:
        version = framework_version(session, name)
        refuse_unscorable(session, version)
        periods = _periods(session, resolved(version), query.period, vintage, limits)
        choices = choices_of(session, query)
        variants = [scores.variant_of(session, version, period, vintage, **choices) for period in periods]
        _refuse_much_work(session, variants)
        found += variants
    return found


def _refuse_much_work(session: Session, variants: list[Variant]) -> None:
    drawn = [
        variant
        for variant in variants
        if variant.draws and not (variant.is_stored and scores.stored_run(session, variant))
    ]
    if len(drawn) > MOST_DRAWN_AT_ONCE:
        raise invalid(
            "period",
            f"intervals of {len(drawn)} periods are not stored and would have to be drawn: ask for at most "
            f"{MOST_DRAWN_AT_ONCE} at once, or leave them out with intervals=0",
        )


def choices_of(session: Session, query: VariantParameters) -> dict[str, Any]:
    """The fields of a Variant that a reader may choose; Invalid names what cannot be read."""
    group = peer_group(query.peer_group)
    members = None
    if group is not None:
        entries = reference.in_peer_group(reference.cities(session), group)
        members = frozenset(entry.city.id for entry in entries)
    return {"cities": members, "weights": parse_weights(query.weights), "draws": query.intervals, "seed": query.seed}


def parse_weights(text: str | None) -> tuple[tuple[str, float], ...]:
    """`code:weight,code:weight` as pairs; Invalid says what a weight looks like."""
    if not text:
        return ()
    pairs: dict[str, float] = {}
    for part in text.split(","):
        code, colon, number = part.strip().partition(":")
        try:
            weight = float(number) if colon and number.isascii() else float("nan")
        except ValueError:
            weight = float("nan")
        if not code or not 0 <= weight <= 1e6:
            raise invalid("weights", f"{part!r} is not a weight: write code:number, 0 or more, joined by commas")
        if code in pairs:
            raise invalid("weights", f"{code} stands twice")
        pairs[code] = weight
    return tuple(sorted(pairs.items()))


def period_of(session: Session, version: FrameworkVersion, text: str, vintage: int) -> Period:
    """One period, or `latest`, of a framework that can be scored here.

    Invalid says what a period looks like or what the framework lacks, NotFound that there are no figures yet.
    """
    refuse_unscorable(session, version)
    found = _span(session, resolved(version), text, vintage)
    if len(found) != 1:
        raise invalid("period", f"{text!r} names {len(found)} periods: name one")
    return found[0]


def _periods(session: Session, framework: Framework, text: str, vintage: int, limits: Limits) -> list[Period]:
    found: dict[Period, None] = {}
    for part in codes(text, "period", limits) or ():
        found.update(dict.fromkeys(_span(session, framework, part, vintage)))
    if len(found) > MOST_PERIODS:
        raise invalid("period", f"{len(found)} periods: at most {MOST_PERIODS} in one answer")
    return sorted(found)


def _span(session: Session, framework: Framework, text: str, vintage: int) -> list[Period]:
    """The periods of one part of the parameter: of a range those that have figures."""
    if text == "latest":
        newest = scores.latest_period(session, framework, vintage)
        if newest is None:
            raise NotFound(f"nothing is known yet that {framework.code} could score")
        return [newest]
    try:
        low, high = parse_period_range(text)
    except ValueError as error:
        raise invalid("period", str(error)) from error
    if low == high:
        return [low]
    there = scores.periods_of(session, framework, vintage)
    return [period for period in there if period.frequency == low.frequency and low <= period <= high]


def _cities(session: Session, text: str | None, limits: Limits) -> frozenset[str] | None:
    asked = codes(text, "city", limits)
    if asked is None:
        return None
    unknown = [code for code in asked if code not in city_ids(session, asked)]
    if unknown:
        raise invalid("city", f"no such city: {', '.join(unknown[:20])}")
    return frozenset(asked)


def score_row(variant: Variant, row: CityScore) -> dict[str, Any]:
    """One city as the API shows it."""
    own = {
        "framework": variant.framework.code,
        "version": variant.framework.version,
        "period": variant.period.code,
        "missing": list(row.missing),
        "parts": dict(row.parts),
    }
    return {name: own[name] if name in own else getattr(row, name) for name in COLUMNS}


def about(answer: Answer, group: str | None) -> dict[str, Any]:
    """What a set of scores stands on."""
    ranked = sum(row.rank is not None for row in answer.rows)
    return {
        **about_of(answer.variant, answer.assumptions, group),
        "cities": len(answer.rows),
        "ranked": ranked,
    }


def about_of(variant: Variant, assumptions: tuple[str, ...], group: str | None) -> dict[str, Any]:
    """What the scores of a variant stand on."""
    return {
        "framework": variant.framework.code,
        "version": variant.framework.version,
        "methodology": variant.framework.methodology or None,
        "period": variant.period.code,
        "official": variant.is_official,
        "known_since": variant.vintage,
        "peer_group": group,
        "decimals": resolved(variant.framework).decimals,
        "draws": variant.draws,
        "seed": variant.seed,
        "assumptions": list(assumptions),
    }


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in COLUMNS}
