"""Job: framework files into the database, each version once and for ever.

A framework that takes goalposts from the catalogue is kept with the rows it takes, so any version can be scored again
exactly, whatever the catalogue says later.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.composite.framework import Framework, FrameworkError
from app.domain.composite.parse import parse
from app.errors import Invalid, Problem
from app.models import FrameworkVersion, Methodology
from ingest.edition import settle_edition

# What a framework takes from a row of the catalogue.
MEANING = ("direction", "goalpost_min", "goalpost_max", "transform")
TAKEN = (*MEANING, "name_en", "name_ru")
Rows = Mapping[str, Mapping[str, str]]


def load_frameworks(session: Session, folder: Path, rows: Rows, methodology: Methodology) -> list[FrameworkVersion]:
    """Every `*.toml` of the folder; `rows` are the catalogue's by code, as `methodology` defines them.

    Raises Invalid for a file with faults, all named, and for other content under a version that is known.
    """
    return [_load(session, path, rows, methodology) for path in sorted(folder.glob("*.toml"))]


def _load(session: Session, path: Path, rows: Rows, methodology: Methodology) -> FrameworkVersion:
    try:
        content = path.read_bytes().decode("utf-8-sig")
        framework = parse(tomllib.loads(content), {code: dict(row) for code, row in rows.items()})
    except FrameworkError as error:
        raise Invalid(
            f"{path.name} is not a framework", problems=tuple(Problem(path.name, text) for text in error.errors)
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"{path.name} cannot be read: {error}") from error
    catalogue = _taken(framework, content, rows)
    return _put(session, framework, (methodology.version if catalogue else "", content, catalogue))


def _taken(framework: Framework, content: str, rows: Rows) -> dict[str, dict[str, str]]:
    """The rows of the catalogue that the framework refers to; none when it brings its own goalposts."""
    if '"catalogue"' not in content:
        return {}
    codes = sorted(leaf.code for leaf in framework.leaves if leaf.code in rows)
    return {code: {name: rows[code].get(name, "") for name in TAKEN} for code in codes}


def _put(
    session: Session, framework: Framework, source: tuple[str, str, dict[str, dict[str, str]]]
) -> FrameworkVersion:
    methodology, content, catalogue = source
    meaning = {code: {name: row[name] for name in MEANING} for code, row in catalogue.items()}
    text = json.dumps([content, meaning], ensure_ascii=False, sort_keys=True)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    known = session.scalar(
        select(FrameworkVersion).where(
            FrameworkVersion.code == framework.code,
            FrameworkVersion.version == framework.version,
            FrameworkVersion.methodology == methodology,
        )
    )
    if known is None:
        known = FrameworkVersion(
            code=framework.code,
            version=framework.version,
            methodology=methodology,
            content=content,
            catalogue=catalogue,
            sha256=sha256,
        )
        session.add(known)
        session.flush()
        settle_edition(session)
    if known.sha256 != sha256:
        raise Invalid(
            f"framework {framework.code} {framework.version} is known with other content: "
            "give the changed file a new version"
        )
    # A name may be corrected; what the framework takes for its scores may not.
    known.catalogue = catalogue
    return known
