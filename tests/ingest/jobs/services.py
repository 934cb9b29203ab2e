"""A server on this machine that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Told:
    """One answer; `missing` bytes of what its length promises are never sent."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    before: Callable[[], object] = lambda: None


Answers = Callable[[Asked], Told]


@dataclass
class Service:
    """A running server."""

    url: str
    asked: list[Asked]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A reader that goes away is what some tests are about."""


@contextmanager
def service(answers: Answers, sealed: ssl.SSLContext | None = None) -> Iterator[Service]:
    """A server that answers with what `answers` makes of each request; over TLS where it is `sealed`."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): text for name, text in self.headers.items()}
            request = Asked(parts.path, parse_qs(parts.query), headers, body)
            asked.append(request)
            told = answers(request)
            told.before()
            self.send_response(told.status)
            for name, text in told.headers.items():
                self.send_header(name, text)
            if told.status != 304:
                self.send_header("Content-Length", str(len(told.content) + told.missing))
            self.end_headers()
            self.wfile.write(told.content)

        def log_message(self, *_: object) -> None:
            """The output of tests stays silent."""

    server = _Server(("127.0.0.1", 0), Handler)
    if sealed:
        server.socket = sealed.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Service(f"{'https' if sealed else 'http'}://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def in_turn(*told: Told) -> Answers:
    """These answers one after the other, the last one for ever."""
    left = list(told)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]
