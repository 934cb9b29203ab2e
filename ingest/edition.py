"""The edition of reference data: kept answers are given only for the edition they were made of."""

from __future__ import annotations

import hashlib

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.models import (
    City,
    CityAlias,
    Country,
    Edition,
    FrameworkVersion,
    Indicator,
    IndicatorDefinition,
    Methodology,
    Principle,
    Region,
)

KINDS = (
    Country,
    Region,
    City,
    CityAlias,
    Principle,
    Indicator,
    Methodology,
    IndicatorDefinition,
    FrameworkVersion,
)


def settle_edition(session: Session) -> str:
    """Write the hash of everything that figures refer to; a load that changed nothing leaves it as it was."""
    session.flush()
    found = hashlib.sha256()
    for kind in KINDS:
        table = kind.__table__
        assert isinstance(table, Table)  # noqa: S101 - said for the reader of types
        for row in session.execute(select(table).order_by(*table.primary_key)):
            found.update(repr(tuple(row)).encode())
    edition = session.get(Edition, 1) or Edition(id=1, sha256="")
    edition.sha256 = found.hexdigest()
    session.add(edition)
    session.flush()
    return edition.sha256
