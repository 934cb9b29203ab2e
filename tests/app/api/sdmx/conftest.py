"""A real server over the figures of the API's tests, for clients that bring their own HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from sqlalchemy import Engine

from app.main import create_app
from app.settings import Settings


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test's own process keeps its signals."""


@pytest.fixture
def site(figures: Engine, database_url: str) -> Iterator[str]:
    """The address of a running server."""
    app = create_app(Settings(database_url=database_url))
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
