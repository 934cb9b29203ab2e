"""Frameworks kept in the database: which there are, which one a reader asks for, and whether figures exist for it."""

from __future__ import annotations

import tomllib
from functools import lru_cache

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.composite.framework import Framework
from app.domain.composite.parse import parse
from app.errors import NotFound
from app.models import FrameworkVersion, Indicator

DEFAULT = "citymark-5p"
# Columns that the register gives: a framework may group by them.
REGISTER_COLUMNS = ("size", "country", "region", "climate")


def framework_versions(session: Session) -> list[FrameworkVersion]:
    """Every version of every framework, by code, the newest version first."""
    return list(session.scalars(select(FrameworkVersion).order_by(FrameworkVersion.code, FrameworkVersion.id.desc())))


def framework_version(session: Session, name: str) -> FrameworkVersion:
    """The framework `code`, `code@version` or `code@version@methodology`: the newest that fits.

    NotFound names those there are.
    """
    code, *rest = name.split("@")
    for known in framework_versions(session):
        if known.code == code and [known.version, known.methodology][: len(rest)] == rest and len(rest) <= 2:
            return known
    there = ", ".join(spelled(known) for known in framework_versions(session))
    raise NotFound(f"there is no framework {name!r}; there are: {there or 'none'}")


def spelled(version: FrameworkVersion) -> str:
    """The name that asks for exactly this version."""
    return "@".join(filter(None, (version.code, version.version, version.methodology)))


def resolved(version: FrameworkVersion) -> Framework:
    """The framework itself, as it was when it was stored."""
    return _parsed(version.sha256, version.content, orjson.dumps(version.catalogue))


@lru_cache(maxsize=64)
def _parsed(_sha256: str, content: str, catalogue: bytes) -> Framework:
    return parse(tomllib.loads(content), orjson.loads(catalogue) or None)


def needed_columns(framework: Framework) -> list[str]:
    """The indicators, by code, that scoring reads: values and denominators."""
    names = [leaf.source_column for leaf in framework.leaves]
    names += [leaf.denominator for leaf in framework.leaves if leaf.denominator is not None]
    return list(dict.fromkeys(names))


def group_columns(framework: Framework) -> list[str]:
    """The columns of groups, not figures, that scoring reads."""
    names = [leaf.imputation.group for leaf in framework.leaves if leaf.imputation.group]
    return list(dict.fromkeys([*names, *([framework.within] if framework.within else [])]))


def not_in_database(session: Session, framework: Framework) -> list[str]:
    """What scoring needs and the database cannot give; empty when the framework can be scored here."""
    known = set(session.scalars(select(Indicator.code)))
    absent = [name for name in needed_columns(framework) if name not in known]
    return absent + [name for name in group_columns(framework) if name not in REGISTER_COLUMNS]
