"""A small ClamAV daemon for tests: it speaks INSTREAM as clamd(8) describes it, and knows the test file of EICAR."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ingest.submissions.scanner import Scanner

# The test file of EICAR, put together here so that no scanner stops at this source.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
Judge = Callable[[bytes], bytes]


def usual(content: bytes) -> bytes:
    return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@contextmanager
def daemon(judge: Judge = usual, at: str | None = None) -> Iterator[tuple[Scanner, list[bytes]]]:
    """A daemon that reads INSTREAM and answers what `judge` says; what it was sent."""
    sent: list[bytes] = []

    class Asked(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            assert self.rfile.read(10) == b"zINSTREAM\0"
            content = b""
            while length := struct.unpack(">I", self.rfile.read(4))[0]:
                content += self.rfile.read(length)
            sent.append(content)
            self.wfile.write(judge(content))

    if at is None:
        server: socketserver.BaseServer = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Asked)
        address = "{}:{}".format(*server.server_address)
    else:
        server, address = socketserver.ThreadingUnixStreamServer(at, Asked), at
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Scanner(address), sent
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
