"""HTTP to one server: tries with patience, answers from the cache, errors as types."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2

from app.client.caches import Cache, Kept, kept_of
from app.client.errors import Unexpected, Unreachable, error_of
from app.client.retries import RETRIED, wait_s

LONGEST_WAIT_S = 300.0
SEEN = "X-Citymark-Vintage"
# A reader may ask again after anything; who changes something only where the server says that it was not done.
READ_AGAIN = RETRIED | {500}
CHANGE_AGAIN = frozenset({429, 503})


@dataclass(frozen=True)
class Patience:
    """How long is tried."""

    attempts: int = 5
    timeout_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep


class Transport:
    """The way to one server; the token is sent there and nowhere else."""

    def __init__(self, url: str, token: str | None, cache: Cache, patience: Patience) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the address of a server: write https://host")
        self.base = url.rstrip("/").removesuffix("/api/v1") + "/api/v1"
        self._cache, self._patience = cache, patience
        headers = {"User-Agent": f"citymark-client/{_version()}", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._seen = 0
        carried: dict[str, list[Callable[..., Any]]] = {"request": [self._tell_seen], "response": [self._note_seen]}
        self._client = httpx2.Client(headers=headers, timeout=patience.timeout_s, event_hooks=carried)

    def _tell_seen(self, request: httpx2.Request) -> None:
        """Whichever process and database answers, it shows no less than was seen before."""
        if self._seen:
            request.headers[SEEN] = str(self._seen)

    def _note_seen(self, answer: httpx2.Response) -> None:
        told = answer.headers.get(SEEN, "")
        if told.isascii() and told.isdigit():
            self._seen = max(self._seen, int(told))

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def get(self, path: str, parameters: Mapping[str, object], *, exact: bool = False) -> dict[str, Any]:
        """The answer of an address; numbers as Decimal where `exact`."""
        told = {name: as_text(value) for name, value in parameters.items() if value is not None}
        address = f"{self.base}{path}" + (f"?{urlencode(sorted(told.items()))}" if told else "")
        kept = self._cache.get(address)
        if kept is None or not kept.is_final:
            kept = self._asked(address, kept)
        return _read(kept.content, exact=exact)

    def post(
        self, path: str, *, body: object | None = None, headers: Mapping[str, str] | None = None, **form: Any
    ) -> dict[str, Any]:
        """Change something; `form` are httpx's own `data` and `files`. Asked again with an Idempotency-Key alone."""
        is_named = bool(headers) and "Idempotency-Key" in (headers or {})
        sent: dict[str, Any] = {"headers": dict(headers or {}), **form}
        if body is not None:
            sent["json"] = body
        rewind = [file[1] for file in (form.get("files") or {}).values()]

        def once() -> httpx2.Response:
            for stream in rewind:
                stream.seek(0)
            return self._client.post(f"{self.base}{path}", **sent)

        answer = self._patiently(once, READ_AGAIN if is_named else CHANGE_AGAIN, after_breaks=is_named)
        return _read(answer.content)

    def _asked(self, address: str, kept: Kept | None) -> Kept:
        headers = {"If-None-Match": kept.etag} if kept else {}
        answer = self._patiently(lambda: self._client.get(address, headers=headers), READ_AGAIN, after_breaks=True)
        if answer.status_code == 304 and kept:
            return kept
        found = kept_of({name.lower(): text for name, text in answer.headers.items()}, answer.content)
        if found is not None:
            self._cache.put(address, found)
        return found or Kept("", is_final=False, content=answer.content)

    def _patiently(
        self, once: Callable[[], httpx2.Response], again: frozenset[int], *, after_breaks: bool
    ) -> httpx2.Response:
        """The first good answer, or the last error."""
        for attempt in range(1, self._patience.attempts + 1):
            is_last = attempt == self._patience.attempts
            try:
                answer = once()
            except httpx2.TransportError as error:
                if is_last or not after_breaks:
                    raise Unreachable(f"{self.base} does not answer, tried {attempt} times: {error}") from error
                self._patience.sleep(wait_s(attempt, None, datetime.now(UTC)))
                continue
            wait = wait_s(attempt, answer.headers.get("Retry-After"), datetime.now(UTC))
            if answer.status_code not in again or is_last or wait > LONGEST_WAIT_S:
                return _good(answer)
            self._patience.sleep(wait)
        raise ValueError("attempts must be 1 or more")


def _good(answer: httpx2.Response) -> httpx2.Response:
    """The answer; its error where it is one."""
    if answer.status_code < 300 or answer.status_code == 304:
        return answer
    if answer.status_code < 400:
        raise Unexpected(
            f"{answer.request.url} leads to {answer.headers.get('Location')}: give that server's address"
        )
    body = (
        _read(answer.content)
        if "json" in answer.headers.get("Content-Type", "")
        else {"detail": answer.reason_phrase}
    )
    raise error_of(answer.status_code, body)


def _read(content: bytes, *, exact: bool = False) -> dict[str, Any]:
    try:
        body = json.loads(content, parse_float=Decimal if exact else None)
    except ValueError as error:
        raise Unexpected(f"this is not an answer of the API: {content[:80]!r}") from error
    if not isinstance(body, dict):
        raise Unexpected(f"this is not an answer of the API: {content[:80]!r}")
    return body


def as_text(value: object) -> str:
    """A value as a parameter or form says it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _version() -> str:
    try:
        return version("citymark")
    except PackageNotFoundError:
        return "0"
