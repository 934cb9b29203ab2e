from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine

from app.db import reading, writing
from app.queries.codes import city_codes
from tests.makers import make_city


class Undone(Exception):
    """Leaves a transaction, so that nothing of it stays."""


def add_and_undo(engine: Engine) -> int:
    with writing(engine) as session:
        number = make_city(session, "ru-undone").id
        assert city_codes(session, np.asarray([number], dtype=np.int32)).tolist() == ["ru-undone"]
        raise Undone


def test_a_city_that_was_never_kept_leaves_no_code_behind(database: Engine) -> None:
    with pytest.raises(Undone):
        add_and_undo(database)
    with writing(database) as session:
        # SQLite gives the id of the undone row again; PostgreSQL the next one.
        number = make_city(session, "ru-kept").id
    with reading(database) as session:
        assert city_codes(session, np.asarray([number], dtype=np.int32)).tolist() == ["ru-kept"]
