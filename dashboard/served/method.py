"""How everything is computed, from the program's own definitions; and how to take the data along."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.responses import Response

from app.db import reading
from app.domain.composite.framework import Leaf, Node
from app.domain.status import OBS_STATUS
from app.errors import NotFound
from app.formats.package import schema_org
from app.queries import vintages
from app.queries.frameworks import DEFAULT, framework_version, resolved
from dashboard.reference import read_reference
from dashboard.served.asked import Asked
from dashboard.served.chart import snippets
from ingest.upload.texts import TEXTS

METHODOLOGY = Path(__file__).parents[2] / "data" / "reference" / "methodology.toml"
FORMULAS = ("score", "mean", "coverage", "interval", "tier", "contribution", "percentile", "swarm", "moved", "alike")
# Those of the API; a test holds them equal.
FORMATS = ("json", "csv", "xlsx", "parquet", "arrow", "jsonstat", "sdmx-csv", "sdmx-json", "sdmx-ml")
# The forms that search engines are told of.
SEARCHED = {"text/csv": "csv", "application/json": "json", "application/vnd.apache.parquet": "parquet"}
EXAMPLE = "/api/v1/observations?indicator=TI_SMART_LIGHTING&period=latest"


def method(asked: Asked) -> Response:
    """Formulas, the tree of the index, statuses, checks, sources, accessibility."""
    with reading(asked.figures) as session:
        known = read_reference(session)
        try:
            version = framework_version(session, DEFAULT)
            tree, title = resolved(version).root, version.version
        except NotFound:
            tree, title = None, ""
        methodologies = {entry.methodology.version: entry.methodology for entry in known.indicators.values()}
    names = {code: asked.words.name(entry.definition) for code, entry in known.indicators.items()}
    is_ru = asked.words.style.names_in == "ru"
    return asked.page(
        "method.html",
        formulas=FORMULAS,
        tree=[]
        if tree is None
        else [_branch(asked, names, part) for part in tree.children if isinstance(part, Node)],
        least=None if tree is None else tree.minimum_coverage,
        version=title,
        statuses=list(OBS_STATUS.values()),
        checks=[(name, text.tier, text.severity, text.ru if is_ru else text.en) for name, text in TEXTS.items()],
        sources=_sources(is_ru),
        methodologies=list(methodologies.values()),
    )


def _branch(asked: Asked, names: dict[str, str], node: Node) -> dict[str, Any]:
    leaves = [leaf for leaf in node.children if isinstance(leaf, Leaf)]
    whole = sum(leaf.weight for leaf in leaves if leaf.is_scored) or 1.0
    return {
        "name": node.name.get(asked.words.style.names_in) or node.code,
        "weight": node.weight,
        "mean": node.mean,
        "least": node.minimum_coverage,
        "leaves": [
            (
                leaf.code,
                names.get(leaf.code, leaf.code),
                leaf.direction,
                leaf.weight / whole if leaf.is_scored else 0.0,
            )
            for leaf in leaves
        ],
    }


@lru_cache(maxsize=2)
def _sources(is_ru: bool) -> list[dict[str, Any]]:
    listed = tomllib.loads(METHODOLOGY.read_text(encoding="utf-8"))["sources"]
    half = "ru" if is_ru else "en"
    return [
        {
            "title": each[f"title_{half}"],
            "used": each[f"used_for_{half}"],
            **{k: each[k] for k in ("address", "licence")},
        }
        for each in listed
    ]


def _described(asked: Asked, address: str) -> dict[str, Any]:
    """The page's data as search engines read them (schema.org)."""
    say = asked.words.say
    about = {"name": say("product"), "description": say("data_lead"), "inLanguage": asked.words.language}
    served = {media: f"{asked.base}/api/v1/observations?format={name}" for name, media in SEARCHED.items()}
    return schema_org(address, about, served)


def data(asked: Asked) -> Response:
    """Files, formats, code, the programming interface, what has been published."""
    with reading(asked.figures) as session:
        newest = vintages.newest(session)
        published = vintages.vintages(session)[:12] if newest else []
    address = f"{asked.base}/data"
    return asked.page(
        "data.html",
        newest=newest,
        files=asked.house.exported()[:12],
        described=_described(asked, address),
        published=published,
        formats=FORMATS,
        example=EXAMPLE,
        code=snippets(asked.base + EXAMPLE),
    )
