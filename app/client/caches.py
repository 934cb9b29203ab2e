"""Answers kept with their ETag, so that the server says 304 in place of sending them; final ones need no asking."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections import OrderedDict
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

MOST_BYTES = 200_000_000


@dataclass(frozen=True)
class Kept:
    """An answer as it was; `is_final` says that it never changes."""

    etag: str
    is_final: bool
    content: bytes


class Cache(Protocol):
    """Where answers are kept, by their whole address."""

    def get(self, address: str) -> Kept | None:
        """What is kept of an address."""

    def put(self, address: str, kept: Kept) -> None:
        """Keep it, in place of what is kept."""


class MemoryCache:
    """Kept while the program runs; what was used longest ago goes first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, address: str) -> Kept | None:
        with self._lock:
            if address in self._kept:
                self._kept.move_to_end(address)
            return self._kept.get(address)

    def put(self, address: str, kept: Kept) -> None:
        with self._lock:
            if before := self._kept.pop(address, None):
                self._size -= len(before.content)
            self._kept[address] = kept
            self._size += len(kept.content)
            while self._size > self._most_bytes:
                self._size -= len(self._kept.popitem(last=False)[1].content)


class DiskCache:
    """Kept in a folder from run to run, for the user alone; what was used longest ago goes first.

    Several programs may share the folder. A file that is damaged counts as not there.
    """

    def __init__(self, folder: Path | str, most_bytes: int = MOST_BYTES) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._most_bytes = most_bytes

    def get(self, address: str) -> Kept | None:
        path = self._path(address)
        try:
            head, _, content = path.read_bytes().partition(b"\n")
            told = json.loads(head)
            if told.pop("address") != address or told.pop("sha256") != hashlib.sha256(content).hexdigest():
                return None
            os.utime(path)
            return Kept(content=content, **told)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, address: str, kept: Kept) -> None:
        told = {name: value for name, value in asdict(kept).items() if name != "content"}
        told |= {"address": address, "sha256": hashlib.sha256(kept.content).hexdigest()}
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".new")
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(told).encode() + b"\n" + kept.content)
        # Whole or not at all: another program never reads half of it.
        os.replace(name, self._path(address))
        self._make_room()

    def _path(self, address: str) -> Path:
        return self._folder / f"{hashlib.sha256(address.encode()).hexdigest()}.kept"

    def _make_room(self) -> None:
        found = []
        for path in self._folder.glob("*.kept"):
            try:
                found.append((path.stat().st_mtime, path.stat().st_size, path))
            except OSError:
                continue
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self._most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size


def kept_of(headers: dict[str, str], content: bytes) -> Kept | None:
    """An answer as it may be kept; None where its headers say that it must not be, or give no tag."""
    control, etag = headers.get("cache-control", ""), headers.get("etag")
    if etag is None or re.search(r"private|no-store", control):
        return None
    return Kept(etag, "immutable" in control, content)
