"""A real server over the figures of the API's tests, for clients that bring their own HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from app.main import create_app
from app.settings import Settings
from tests.servers import serving


@pytest.fixture
def site(figures: Engine, database_url: str) -> Iterator[str]:
    """The address of a running server."""
    with serving(create_app(Settings(database_url=database_url))) as address:
        yield address
