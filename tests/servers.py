"""Servers that tests start for themselves, each on a free port of this machine and stopped afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import uvicorn
from starlette.types import ASGIApp

ROOT = Path(__file__).parents[1]
NGINX = """daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
include {folder}/citymark.conf; }}
"""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Where a program lies; `make setup` installs it."""
    found = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise RuntimeError(f"{name} is not installed: run `make setup`")
    return found


def wait_for(port: int, seconds: float = 60.0) -> None:
    """Until something listens on the port; so long may a web process take to start on a busy machine."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port} after {seconds} seconds")


def until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for what happens beside the test."""
    ends = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends:
            raise AssertionError(f"not so after {seconds} seconds")
        time.sleep(0.05)


@contextmanager
def started(command: list[str], port: int, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A server process that listens on `port`."""
    process = subprocess.Popen(command, **options)  # type: ignore[call-overload] # options are Popen's own
    try:
        wait_for(port)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis that keeps nothing; its address."""
    port = free_port()
    command = [
        program("redis-server"),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    with started(command, port, stdout=subprocess.DEVNULL):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def nginx(folder: Path, webs: list[int], authority: Path | None = None) -> Iterator[str]:
    """An nginx with the repository's own configuration before two web processes, by their ports; its address.

    With `authority` they answer over TLS, by certificates that it has signed.
    """
    port = free_port()
    filled = {
        "CITYMARK_WEB_1": f"127.0.0.1:{webs[0]}",
        "CITYMARK_WEB_2": f"127.0.0.1:{webs[1]}",
        "CITYMARK_WEB_SCHEME": "https" if authority else "http",
        "CITYMARK_CA": str(authority or folder / "none"),
        "CITYMARK_LISTEN": f"127.0.0.1:{port}",
        "CITYMARK_CACHE": f"{folder}/kept",
    }
    text = (ROOT / "docs" / "deploy" / "nginx.conf.template").read_text(encoding="utf-8")
    for name, value in filled.items():
        text = text.replace(f"${{{name}}}", value)
    (folder / "citymark.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder), encoding="utf-8")
    # nginx's own processes give up root's rights: the folder must let them in.
    folder.chmod(0o777)
    command = [program("nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder), "-g", "user root;"]
    if os.geteuid() != 0:
        command = command[:-2]
    with started(command, port):
        yield f"http://127.0.0.1:{port}"


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test's own process keeps its signals."""


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The application behind a real socket, in a thread; its address."""
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def running(database_url: str, **settings: str) -> Iterator[str]:
    """The address of a server over this database, from when it is ready to the end of the block."""
    port = free_port()
    environment = {**os.environ, "CITYMARK_DATABASE_URL": database_url, **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
    )
    try:
        ready(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until the server of this process answers 200 there."""
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
