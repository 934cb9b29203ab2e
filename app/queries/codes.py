"""The codes of cities and indicators by their ids. A code is an identity and never changes, so it is read once."""

from __future__ import annotations

from collections.abc import Collection
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from app.db import shared_pool
from app.domain.block import Ints, Objects
from app.models import City, Indicator

Table = type[City] | type[Indicator]
_READ: WeakKeyDictionary[Pool, dict[Table, dict[int, str]]] = WeakKeyDictionary()


def city_codes(session: Session, ids: Ints) -> Objects:
    """The code of every id, in the order given."""
    return _codes(session, City, ids)


def indicator_codes(session: Session, ids: Ints) -> Objects:
    """The code of every id, in the order given."""
    return _codes(session, Indicator, ids)


def city_ids(session: Session, codes: Collection[str]) -> dict[str, int]:
    """The ids of those codes that the register has."""
    return _ids(session, City, codes)


def indicator_ids(session: Session, codes: Collection[str]) -> dict[str, int]:
    """The ids of those codes that the catalogue has."""
    return _ids(session, Indicator, codes)


def _ids(session: Session, table: Table, codes: Collection[str]) -> dict[str, int]:
    query = select(table.code, table.id).where(table.code.in_(codes))
    return {code: number for code, number in session.execute(query)}


def _codes(session: Session, table: Table, ids: Ints) -> Objects:
    found, places = np.unique(ids, return_inverse=True)
    known = _known(session, table, found)
    codes: NDArray[np.object_] = np.asarray([known[number] for number in found.tolist()], dtype=object)
    return np.asarray(codes[places], dtype=object)


def _known(session: Session, table: Table, ids: Ints) -> dict[int, str]:
    pool = shared_pool(session)
    read = {} if pool is None else _READ.setdefault(pool, {})
    known = read.get(table, {})
    if not known.keys() >= set(ids.tolist()):
        known = read[table] = {number: code for number, code in session.execute(select(table.id, table.code))}
    return known
