"""What tests of figures and of the API share."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.tiny import build


@pytest.fixture
def tiny(database: Engine, tmp_path: Path) -> Engine:
    """A database with the tiny index."""
    return build(database, tmp_path)
