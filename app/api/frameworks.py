"""Frameworks over HTTP: the tree of each version with weights and choices, and how its indicators hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from app.api.answers import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.deps import AsOfParameters, NoQuery, SessionDep, as_known
from app.api.scores import period_of
from app.domain.composite.framework import Framework, Leaf, Node
from app.domain.composite.multivariate import alphas, effective_weights, pairs, with_own_pillar
from app.domain.composite.sensitivity import Sobol
from app.queries import vintages
from app.queries.frameworks import framework_version, framework_versions, not_in_database, resolved
from app.queries.scores import computed, sensitivity, variant_of

if TYPE_CHECKING:
    import pandas as pd

    from app.models import FrameworkVersion

router = APIRouter(tags=["index"], responses=PROBLEM_RESPONSES)

# Sobol's sample: a power of two; so many times (assumptions + 2) draws are worked out.
SENSITIVITY_SAMPLE = 64


class FrameworkRow(BaseModel):
    """One version of a framework."""

    code: str = Field(examples=["citymark-5p"])
    version: str = Field(examples=["1.0"])
    methodology: str | None = Field(description="The catalogue's version goalposts are taken from.")
    name: dict[str, str]
    source: str
    indicators: int
    decimals: int | None
    fixed: bool = Field(description="No other city can move a score, so periods compare by themselves.")
    sha256: str
    lacking: list[str] = Field(description="What scoring needs and this database has not; empty when it is scored.")


class FrameworkList(BaseModel):
    """Every version, the newest of each framework first."""

    meta: Meta
    data: list[FrameworkRow]


class FrameworkTree(FrameworkRow):
    """A framework with its tree: nodes and indicators, each with nominal and effective weight."""

    tree: dict[str, Any]
    uncertainty: dict[str, Any]
    content: str = Field(description="The framework file itself (TOML).")


class FrameworkOne(BaseModel):
    """One framework."""

    meta: Meta
    data: FrameworkTree


class QualityOne(BaseModel):
    """How the indicators hang together in one period."""

    meta: Meta
    data: dict[str, Any]


class QualityParameters(AsOfParameters):
    """Which period is looked at."""

    period: str = Field("latest", description="One period, or `latest`.", max_length=40)
    sensitivity: bool = Field(False, description="Also the Sobol indices of the assumptions (some seconds).")


@router.get("/frameworks", response_model=None, responses={200: {"model": FrameworkList}})
def list_frameworks(session: SessionDep, _query: NoQuery) -> Response:
    """Every version of every framework."""
    rows = [_row(version, not_in_database(session, resolved(version))) for version in framework_versions(session)]
    return envelope(meta(vintages.newest(session), len(rows)), rows)


@router.get("/frameworks/{code}", response_model=None, responses={200: {"model": FrameworkOne}, **NOT_FOUND_RESPONSE})
def show_framework(
    session: SessionDep, code: Annotated[str, Path(examples=["citymark-5p", "citymark-5p@1.0"])], _query: NoQuery
) -> Response:
    """One framework with its tree; `code@version` for an earlier version."""
    version = framework_version(session, code)
    framework = resolved(version)
    shares = effective_weights(framework)
    body = {
        **_row(version, not_in_database(session, framework)),
        "tree": _branch(framework.root, shares),
        "uncertainty": vars(framework.uncertainty),
        "content": version.content,
    }
    return envelope(meta(vintages.newest(session), 1), body)


@router.get(
    "/frameworks/{code}/quality", response_model=None, responses={200: {"model": QualityOne}, **NOT_FOUND_RESPONSE}
)
def show_quality(
    session: SessionDep,
    code: Annotated[str, Path(examples=["citymark-5p"])],
    query: Annotated[QualityParameters, Query()],
) -> Response:
    """Effective weights, correlations with the own principle, Cronbach's alpha, redundant and opposing indicators."""
    version = framework_version(session, code)
    vintage = as_known(session, query.as_of)
    number = vintage.number if vintage else 0
    period = period_of(session, version, query.period, number)
    variant = variant_of(session, version, period, number, draws=0)
    found = computed(session, variant)
    body: dict[str, Any] = {
        "framework": version.code,
        "version": version.version,
        "period": period.code,
        "indicators": _records(with_own_pillar(found.scored)),
        "alpha": {code: _finite(value) for code, value in alphas(found.scored).items()},
        "pairs": [vars(pair) for pair in pairs(found.scored)],
    }
    if query.sensitivity:
        body["sensitivity"] = _indices(sensitivity(session, variant, SENSITIVITY_SAMPLE))
    simulated = vintages.is_simulated(session, found.inputs.used_vintages())
    return envelope(meta(vintage, 1, simulated=simulated), body)


def _indices(sobol: Sobol) -> list[dict[str, Any]]:
    columns = ("first", "first_low", "first_high", "total", "total_low", "total_high")
    return [
        {"assumption": name, **{column: float(getattr(sobol, column)[at]) for column in columns}}
        for at, name in enumerate(sobol.names)
    ]


def _row(version: FrameworkVersion, lacking: list[str]) -> dict[str, Any]:
    framework = resolved(version)
    return {
        "code": version.code,
        "version": version.version,
        "methodology": version.methodology or None,
        "name": dict(framework.name),
        "source": framework.source,
        "indicators": len(framework.leaves),
        "decimals": framework.decimals,
        "fixed": framework.is_fixed,
        "sha256": version.sha256,
        "lacking": lacking,
    }


def _branch(item: Node | Leaf, shares: dict[str, float]) -> dict[str, Any]:
    common = {"code": item.code, "name": dict(item.name), "weight": item.weight}
    if isinstance(item, Leaf):
        return {**common, "effective_weight": shares[item.code], **_recipe(item)}
    return {
        **common,
        "effective_weight": sum(shares[leaf.code] for leaf in _leaves(item)),
        "mean": item.mean,
        "minimum_coverage": item.minimum_coverage,
        "zeros": item.zeros,
        "weighting": item.weighting,
        "children": [_branch(child, shares) for child in item.children],
    }


def _leaves(node: Node) -> tuple[Leaf, ...]:
    return Framework(node.code, "", node).leaves


def _recipe(leaf: Leaf) -> dict[str, Any]:
    """What is done to the indicator's values, without what is left as usual."""
    posts = leaf.scale.goalposts
    return {
        "direction": leaf.direction,
        "transform": leaf.transform,
        "normalise": leaf.scale.method,
        "scale": [leaf.scale.lower, leaf.scale.upper],
        "clip": leaf.scale.clip,
        "goalposts": None if posts is None else {"worst": posts.worst, "best": posts.best},
        "target": leaf.scale.target,
        "denominator": leaf.denominator,
        "treated": leaf.treat,
        "imputation": leaf.imputation.method,
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.reset_index().to_dict("records")
    return [{str(name): _finite(value) for name, value in row.items()} for row in rows]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value
