"""One city's score over HTTP: contributions that add up, strengths, the change since, what a rank would take."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.deps import LimitsDep, SessionDep, as_known, codes, invalid
from app.api.scores import COLUMNS, About, VariantParameters, about_of, choices_of, period_of, score_row
from app.domain.composite.moves import Move
from app.queries import explanations, reference
from app.queries.explanations import Change, Explanation, Reach
from app.queries.frameworks import DEFAULT, framework_version, resolved
from app.queries.scores import Variant, variant_of

router = APIRouter(tags=["index"], responses=PROBLEM_RESPONSES)


class ContributionRow(BaseModel):
    """What one indicator brings; `points` and `constant` add up to the score."""

    indicator: str
    node: str = Field(description="The principle it belongs to.")
    value: float | None
    status: str | None
    period: str | None = Field(description="The period of the figure: an annual one may be carried.")
    state: str = Field(description="reported, imputed, missing, not_applicable or context")
    score: float | None
    weight: float = Field(description="Its share in the whole index.")
    points: float | None
    peer_median: float | None = Field(description="The median score of the other cities.")
    gap: float | None
    gap_points: float | None = Field(description="What the lead over that median is worth in the index.")
    place: int | None
    of: int | None


class StepRow(BaseModel):
    """One cause of a change, in the order they are applied."""

    cause: str = Field(description="revisions, method, coverage, own or others")
    score: float | None
    rank: int | None = Field(description="Negative is a step up.")
    merged: list[str] = Field(description="Causes this step carries because the city had no rank in between.")


class ChangeBody(BaseModel):
    """The change since another period; the steps add up to it."""

    since: str
    since_vintage: int
    since_framework: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    steps: list[StepRow]


class NeedRow(BaseModel):
    """The value that would be enough if this indicator alone moved; null when even its best goalpost is not."""

    indicator: str
    value: float
    needed: float | None
    best_gain: float


class ReachBody(BaseModel):
    """What a rank would take, the other cities standing still."""

    rank: int
    goal: float | None = Field(description="The score that has this rank.")
    probability: float | None = Field(description="Share of the draws in which the city has it already.")
    reason: str | None
    needs: list[NeedRow] | None


class ScoreDetail(BaseModel):
    """One city's score and why."""

    city: str
    score: float | None
    rank: int | None
    contributions: list[ContributionRow]
    constant: float | None
    strengths: list[str]
    weaknesses: list[str]
    change: ChangeBody | None
    reach: ReachBody | None
    ahead: dict[str, float | None] | None


class DetailMeta(Meta):
    """The envelope's head, with what the score stands on."""

    about: About


class ScoreOne(BaseModel):
    """One city's score."""

    meta: DetailMeta
    data: ScoreDetail


class DetailParameters(VariantParameters):
    """What is explained."""

    framework: str = Field(DEFAULT, description="`code` or `code@version`.", max_length=120)
    period: str = Field("latest", description="One period, or `latest`.", examples=["2026-Q2"], max_length=40)
    since: str | None = Field(
        None, alias="from", description="Decompose the change since this period.", examples=["2025-Q2"], max_length=40
    )
    since_as_of: str | None = Field(
        None,
        alias="from_as_of",
        description="What was known then; by default the last vintage before the later period had figures.",
        max_length=40,
    )
    since_framework: str | None = Field(
        None, alias="from_framework", description="The version in force then.", max_length=120
    )
    against: str | None = Field(
        None, description="Probability of being ahead of these.", examples=["ru-ufa"], max_length=2_000
    )
    rank: int | None = Field(None, ge=1, le=100_000, description="What would this rank take?", examples=[10])


@router.get("/scores/{city}", response_model=None, responses={200: {"model": ScoreOne}, **NOT_FOUND_RESPONSE})
def show_score(
    session: SessionDep,
    limits: LimitsDep,
    city: Annotated[str, Path(examples=["ru-kazan"])],
    query: Annotated[DetailParameters, Query()],
) -> Response:
    """Why a city has its score.

    Contributions add up to the score exactly; `from=` takes its change apart into revisions, method, coverage, its
    own and the others' change; `rank=` says what each indicator alone would have to be.
    """
    code = reference.city(session, city).city.code
    vintage = as_known(session, query.as_of)
    variant = _variant(session, query, vintage.number if vintage else 0)
    found = explanations.explanation(session, variant, code)
    others = codes(query.against, "against", limits)
    body = {
        **_explained(found),
        "change": _change(session, query, variant, code),
        "reach": None if query.rank is None else _reach(explanations.reach(session, variant, code, query.rank)),
        "ahead": None if others is None else explanations.ahead(session, variant, code, others),
    }
    head = meta(vintage, 1, simulated=found.is_simulated)
    head["about"] = about_of(variant, found.assumptions, query.peer_group)
    return envelope(head, body)


def _variant(session: Session, query: DetailParameters, vintage: int) -> Variant:
    version = framework_version(session, query.framework)
    period = period_of(session, version, query.period, vintage)
    return variant_of(session, version, period, vintage, **choices_of(session, query))


def _explained(found: Explanation) -> dict[str, Any]:
    row = score_row(found.variant, found.row)
    return {
        **{name: row[name] for name in COLUMNS},
        "contributions": [vars(item) for item in found.contributions],
        "constant": found.constant,
        "strengths": list(found.strengths),
        "weaknesses": list(found.weaknesses),
    }


def _change(session: Session, query: DetailParameters, variant: Variant, city: str) -> dict[str, Any] | None:
    if query.since is None:
        if query.since_as_of or query.since_framework:
            raise invalid("from", "name the earlier period as well, as in from=2025-Q2")
        return None
    then = framework_version(session, query.since_framework) if query.since_framework else variant.framework
    if then.code != variant.framework.code:
        raise invalid("from_framework", f"is another index than {variant.framework.code}")
    since = period_of(session, then, query.since, variant.vintage)
    known = None
    if query.since_as_of is not None:
        vintage = as_known(session, query.since_as_of)
        known = vintage.number if vintage else 0
    found = explanations.change(session, variant, city, since=since, since_vintage=known, since_framework=then)
    return _moved(found, found.move, resolved(then).version)


def _moved(found: Change, moved: Move, version: str) -> dict[str, Any]:
    def end(standing: tuple[float, int] | None) -> dict[str, Any] | None:
        return None if standing is None else {"score": standing[0], "rank": standing[1]}

    return {
        "since": found.earlier.period.code,
        "since_vintage": found.earlier_vintage,
        "since_framework": f"{found.earlier.framework.code}@{version}",
        "before": end(moved.before),
        "after": end(moved.after),
        "reason": moved.reason,
        "steps": [{**vars(step), "merged": list(step.merged)} for step in moved.steps],
    }


def _reach(found: Reach) -> dict[str, Any]:
    wanted = None if found.needs is None else [vars(need) for need in found.needs]
    return {**vars(found), "needs": wanted}
