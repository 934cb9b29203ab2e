"""Where a job's bytes come from: a path, several by a glob, an address or a service; never more than allowed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.errors import Invalid
from ingest.jobs.fetch import Answer, Fetcher
from ingest.jobs.services import fetched
from ingest.jobs.source_keys import Source


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
    # What a service's file is, whatever its name ends with.
    format: str | None = None
    answer: Answer | None = None

    @property
    def address(self) -> str:
        """Where it came from: an address, or the name of a file."""
        return self.answer.address if self.answer else self.name


def files(source: Source, folders: Iterable[Path], limits: Limits, fetcher: Fetcher) -> list[File]:
    """The source's files, by name; Invalid says which is absent, no file, too large, or cannot be fetched."""
    if source.is_remote:
        return [
            _demanded(File(name, answer.content, format_, answer), source)
            for answer, name, format_ in fetched(source, fetcher)
        ]
    if source.path is not None:
        return [_demanded(_read(_found(source.path, folders), limits), source)]
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
    raise Invalid(f"source {name} is not in {places}: set CITYMARK_SOURCES_DIR to the folder that holds it")


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


def _demanded(file: File, source: Source) -> File:
    """The file; Invalid when it is not the one whose hash the job names."""
    found = hashlib.sha256(file.content).hexdigest()
    if source.sha256 not in (None, found):
        raise Invalid(
            f"source {file.name} has the sha256 {found}, the job demands {source.sha256}: it is another file"
        )
    return file


def _too_large(name: str, limits: Limits) -> Invalid:
    return Invalid(f"source {name} is larger than {limits.max_bytes} bytes (CITYMARK_MAX_SOURCE_BYTES)")
