"""Where a job's bytes come from: a path, several by a glob, or an address; never more of them than allowed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from app.errors import Invalid
from ingest.jobs.description import Source

MOST_REDIRECTS = 3


@dataclass(frozen=True)
class Limits:
    """What a job may read."""

    max_bytes: int
    max_rows: int
    max_columns: int
    timeout_s: float


@dataclass(frozen=True)
class File:
    """Bytes with the name they are reported under."""

    name: str
    content: bytes


def files(source: Source, folders: Iterable[Path], limits: Limits) -> list[File]:
    """The source's files, by name; Invalid says which is absent, no file, or too large."""
    if source.url is not None:
        return [_fetched(source.url, limits)]
    if source.path is not None:
        return [_read(_found(source.path, folders), limits)]
    paths = _matching(source.glob or "", folders)
    return [_read(path, limits) for path in paths]


def sha256_of(parts: Iterable[bytes]) -> str:
    """The hash of several contents, each counted with its length."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()


def _found(name: str, folders: Iterable[Path]) -> Path:
    tried = [(folder / name).resolve() for folder in folders]
    for path in tried:
        if path.is_dir():
            raise Invalid(f"source {name} is a folder: name a file in it, or several with glob")
        if path.is_file():
            return path
    places = " or ".join(str(path.parent) for path in tried)
    raise Invalid(f"source {name} is neither in {places}: set CITYMARK_SOURCES_DIR to the folder that holds it")


def _matching(pattern: str, folders: Iterable[Path]) -> list[Path]:
    for folder in folders:
        try:
            paths = sorted(path for path in folder.glob(pattern) if path.is_file())
        except (ValueError, NotImplementedError) as error:
            raise Invalid(f"source {pattern} is not a pattern: {error}") from error
        if paths:
            return paths
    raise Invalid(f"no file fits the source {pattern}: set CITYMARK_SOURCES_DIR to the folder that holds them")


def _read(path: Path, limits: Limits) -> File:
    if path.stat().st_size > limits.max_bytes:
        raise _too_large(path.name, limits)
    try:
        return File(path.name, path.read_bytes())
    except OSError as error:
        raise Invalid(f"source {path.name} cannot be read: {error.strerror}") from error


def _fetched(url: str, limits: Limits) -> File:
    if urlsplit(url).scheme not in ("http", "https"):
        raise Invalid(f"source {url}: only http and https addresses are fetched")
    name = Path(urlsplit(url).path).name or "download"
    content = bytearray()
    try:
        with (
            httpx2.Client(timeout=limits.timeout_s, follow_redirects=True, max_redirects=MOST_REDIRECTS) as client,
            client.stream("GET", url) as answer,
        ):
            answer.raise_for_status()
            for part in answer.iter_bytes():
                content += part
                if len(content) > limits.max_bytes:
                    raise _too_large(name, limits)
    except httpx2.HTTPError as error:
        raise Invalid(f"source {url} cannot be fetched: {error}") from error
    return File(name, bytes(content))


def _too_large(name: str, limits: Limits) -> Invalid:
    return Invalid(f"source {name} is larger than {limits.max_bytes} bytes (CITYMARK_MAX_SOURCE_BYTES)")
