"""What a program asks first: limits, formats, languages, version, current vintage."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.api.answers import PROBLEM_RESPONSES, Meta, envelope, meta
from app.api.deps import LimitsDep, NoQuery, SessionDep
from app.api.exports import MEDIA_TYPES
from app.api.scores import MOST_FRAMEWORKS, MOST_PERIODS
from app.domain.peers import KINDS, SIZE_CLASSES
from app.domain.status import OBS_STATUS
from app.queries import vintages
from app.queries.scores import MOST_DRAWS

router = APIRouter(tags=["start here"], responses=PROBLEM_RESPONSES)

FORMATS = list(MEDIA_TYPES)
SCORE_LIMITS = {"max_draws": MOST_DRAWS, "max_frameworks": MOST_FRAMEWORKS, "max_score_periods": MOST_PERIODS}
LANGUAGES = ["ru", "en"]


class StatusRow(BaseModel):
    """An SDMX observation status."""

    code: str = Field(examples=["P"])
    name_en: str = Field(examples=["provisional"])
    name_ru: str
    is_missing: bool


class Config(BaseModel):
    """How this installation is set up."""

    version: str = Field(examples=["0.1.0"])
    formats: list[str] = Field(examples=[FORMATS])
    languages: list[str] = Field(examples=[LANGUAGES])
    limits: dict[str, int] = Field(examples=[{"max_page_rows": 10_000, "max_codes": 2_000}])
    statuses: list[StatusRow]
    size_classes: dict[str, int] = Field(examples=[dict(SIZE_CLASSES)])
    peer_group_kinds: list[str] = Field(examples=[list(KINDS)])


class ConfigAnswer(BaseModel):
    """The configuration."""

    meta: Meta
    data: Config


@router.get("/config", response_model=None, responses={200: {"model": ConfigAnswer}})
def show_config(session: SessionDep, limits: LimitsDep, _query: NoQuery) -> Response:
    """Limits, formats, languages and the current vintage: the limits told here are those enforced."""
    newest = vintages.newest(session)
    body: dict[str, Any] = {
        "version": version("citymark"),
        "formats": FORMATS,
        "languages": LANGUAGES,
        "limits": {**vars(limits), **SCORE_LIMITS},
        "statuses": [vars(status) for status in OBS_STATUS.values()],
        "size_classes": dict(SIZE_CLASSES),
        "peer_group_kinds": list(KINDS),
    }
    return envelope(meta(newest, 1, simulated=bool(newest and newest.is_simulated)), body)
