"""A ClamAV daemon looks at what an office sends before anything of it is read or kept.

Source: clamd(8), command INSTREAM: pieces, each after its length in four bytes, ended by a length of zero; the answer
is one line. Whatever is not a clear "OK" is no permission: without the scanner no file is taken.
"""

from __future__ import annotations

import logging
import re
import socket
import struct
import time
from dataclasses import dataclass

from app.errors import InfectedFile, Unscanned

log = logging.getLogger("citymark.scanner")
# The whole of it, however slowly the daemon takes or says something.
ENDS_S = 20.0
PIECE_BYTES = 64 * 1_024
MOST_ANSWER_BYTES = 1_000
_FOUND = re.compile(rb"stream: (.{1,200}) FOUND")


@dataclass(frozen=True)
class Scanner:
    """Where the daemon listens: `host:port`, or the path of a socket."""

    address: str
    ends_s: float = ENDS_S

    def refuse_infected(self, content: bytes) -> None:
        """InfectedFile when the daemon finds something, Unscanned when it does not say that it found nothing."""
        try:
            answer = self._asked(content)
        except OSError as error:
            log.error("the scanner of files does not answer: %s", type(error).__name__)
            raise Unscanned from error
        found = _FOUND.fullmatch(answer)
        if found:
            name = re.sub(r"[^\w.:-]", "?", found[1].decode(errors="replace"))
            log.warning("a file was refused: the scanner found %s", name)
            raise InfectedFile(name)
        if answer != b"stream: OK":
            log.error("the scanner of files did not look: %r", answer[:100])
            raise Unscanned

    def _asked(self, content: bytes) -> bytes:
        ends = time.monotonic() + self.ends_s
        with self._connected() as daemon:
            daemon.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), PIECE_BYTES):
                piece = content[at : at + PIECE_BYTES]
                daemon.settimeout(_left_s(ends))
                daemon.sendall(struct.pack(">I", len(piece)) + piece)
            daemon.sendall(struct.pack(">I", 0))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < MOST_ANSWER_BYTES:
                daemon.settimeout(_left_s(ends))
                told = daemon.recv(MOST_ANSWER_BYTES)
                if not told:
                    raise ConnectionError
                answer += told
        return answer.removesuffix(b"\0")

    def _connected(self) -> socket.socket:
        if self.address.startswith("/"):
            daemon = socket.socket(socket.AF_UNIX)
            daemon.settimeout(self.ends_s)
            try:
                daemon.connect(self.address)
            except OSError:
                daemon.close()
                raise
            return daemon
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=self.ends_s)


def _left_s(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
