"""Servers for clients that bring their own HTTP: `citymark serve` in a process, or an application in a thread."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import uvicorn
from starlette.types import ASGIApp

from tests.conftest import ROOT


@contextmanager
def running(database_url: str, **settings: str) -> Iterator[str]:
    """The address of a server over this database, from when it is ready to the end of the block."""
    port = _free_port()
    environment = {**os.environ, "CITYMARK_DATABASE_URL": database_url, **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test's own process keeps its signals."""


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of this application, to the end of the block."""
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"the server ended with code {process.returncode} before it answered")
        try:
            with urlopen(url, timeout=5) as answer:  # noqa: S310 # our own server
                if answer.status == 200:
                    return
        except URLError:
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer 200 within a minute")
