from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.office import Office
from tests.office import office as opened


@pytest.fixture
def office(database: Engine) -> Iterator[Office]:
    """A ministry on a fresh database of each engine."""
    with opened(database) as office:
        yield office
