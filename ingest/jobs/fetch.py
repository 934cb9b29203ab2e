"""Bytes from an address: bounded, patient with busy services, polite, and only where a job may go."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

import httpx2

from app.client.retries import RETRIED, wait_s
from app.errors import Invalid
from ingest.guard import DIRECT, parsed, pinned, reachable, shown
from ingest.jobs.source_keys import Fetch

MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A service that asks for more is left alone until the next run.
LONGEST_WAIT_S = 300.0
USER_AGENT = f"Citymark/{version('citymark')} (citymark load)"
SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class Known:
    """What is remembered of an address's last answer."""

    etag: str | None
    last_modified: str | None

    @property
    def headers(self) -> dict[str, str]:
        """The condition under which a new answer is wanted."""
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: text for name, text in pairs.items() if text}


@dataclass(frozen=True)
class Answer:
    """What an address gave; `address` is the one that was asked, whatever it led to."""

    address: str
    content: bytes
    etag: str | None
    last_modified: str | None


class _Again(Exception):
    """Worth another try; `retry_after` is what the service says."""

    def __init__(self, message: str, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass
class Fetcher:
    """Asks addresses for one run of a job; `ahead` are answers that came while looking for news."""

    max_bytes: int
    timeout_s: float
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    ahead: dict[str, Answer] = field(default_factory=dict)
    _asked_at: float | None = None

    def get(self, address: str, how: Fetch, accept: str = "*/*") -> Answer:
        """What the address gives; Invalid says why there is nothing."""
        answer = self.ahead.pop(address, None) or self.ask(address, how, accept, Known(None, None))
        if answer is None:
            raise Invalid(f"source {shown(parsed(address))} answered 304 to a question without a condition")
        return answer

    def ask(self, address: str, how: Fetch, accept: str, known: Known) -> Answer | None:
        """What the address gives, or None where that is still what is known."""
        url, until = parsed(address), self.monotonic() + how.deadline_s
        for attempt in range(1, how.attempts + 1):
            self._pause(how)
            try:
                return self._followed(url, how, {"Accept": accept, **known.headers}, attempt, until)
            except (_Again, httpx2.HTTPError) as error:
                reason = str(error) or type(error).__name__
                wait = wait_s(attempt, getattr(error, "retry_after", None), datetime.now(UTC))
            if attempt == how.attempts or wait > LONGEST_WAIT_S or self.monotonic() + wait > until:
                break
            self.sleep(wait)
        later = f"; it asks to come back in {wait:.0f} s" if wait > LONGEST_WAIT_S else ""
        raise Invalid(f"source {shown(url)} cannot be fetched, tried {attempt} times: {reason}{later}")

    def _pause(self, how: Fetch) -> None:
        if self._asked_at is not None:
            self.sleep(max(0.0, self._asked_at + how.min_interval_s - self.monotonic()))
        self._asked_at = self.monotonic()

    def _followed(
        self, url: httpx2.URL, how: Fetch, headers: dict[str, str], attempt: int, until: float
    ) -> Answer | None:
        """The answer behind the redirects; what is secret is not carried to another host."""
        at, secrets = url, _secrets(how)
        for _ in range(MOST_REDIRECTS + 1):
            numbers = reachable(at, allow_private=how.allow_private)
            number = numbers[(attempt - 1) % len(numbers)] if numbers else None
            sent = {**headers, **how.headers, **(secrets if _origin(at) == _origin(url) else {})}
            try:
                found = self._once(at, number, sent, until)
            except Invalid as error:
                # A service that repeats what it was sent must not bring a secret into reports.
                raise Invalid(_without(error.message, secrets.values())) from None
            if not isinstance(found, str):
                return Answer(str(url), *found) if found else None
            at = _led(at, found)
            if url.scheme == "https" and at.scheme == "http":
                raise Invalid(f"source {shown(url)} leads from https to {shown(at)}: name an https address")
        raise Invalid(f"source {shown(url)} leads on more than {MOST_REDIRECTS} times")

    def _once(
        self, url: httpx2.URL, number: str | None, headers: dict[str, str], until: float
    ) -> str | tuple[bytes, str | None, str | None] | None:
        """One request: where it leads on, or its content with its tags, or None for 304."""
        target, host, extensions = pinned(url, number)
        sent = {"User-Agent": USER_AGENT, **headers, **host}
        with (
            httpx2.Client(timeout=self.timeout_s, mounts=None if number is None else DIRECT) as client,
            client.stream("GET", target, headers=sent, extensions=extensions) as answer,
        ):
            if answer.status_code == 304:
                return None
            if answer.status_code in REDIRECTS and "Location" in answer.headers:
                return answer.headers["Location"]
            if answer.status_code in RETRIED:
                raise _Again(f"it answered {answer.status_code}", answer.headers.get("Retry-After"))
            if answer.status_code >= 300:
                raise Invalid(f"source {shown(url)} answered {answer.status_code}: {self._said(answer)}")
            content = self._content(url, answer, until)
            return content, answer.headers.get("ETag"), answer.headers.get("Last-Modified")

    def _content(self, url: httpx2.URL, answer: httpx2.Response, until: float) -> bytes:
        content = bytearray()
        for part in answer.iter_bytes():
            content += part
            if len(content) > self.max_bytes:
                raise Invalid(
                    f"source {shown(url)} is larger than {self.max_bytes} bytes (CITYMARK_MAX_SOURCE_BYTES)"
                )
            if self.monotonic() > until:
                raise Invalid(f"source {shown(url)} did not end in time (fetch.deadline_s)")
        return bytes(content)

    def _said(self, answer: httpx2.Response) -> str:
        """The beginning of what an error answer says, for the person who wrote the query."""
        for part in answer.iter_text(SHOWN_CHARACTERS * 2):
            return " ".join(part.split())[:SHOWN_CHARACTERS] or answer.reason_phrase
        return answer.reason_phrase


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _led(at: httpx2.URL, location: str) -> httpx2.URL:
    try:
        return parsed(str(at.join(location)))
    except (httpx2.InvalidURL, ValueError) as error:
        raise Invalid(f"source {shown(at)} leads to {location[:SHOWN_CHARACTERS]!r}, which is no address") from error


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        for part in (secret, secret.rpartition(" ")[2]):
            text = text.replace(part, "…")
    return text


def _secrets(how: Fetch) -> dict[str, str]:
    """The secret headers from the environment; Invalid names a variable that is not set or cannot be sent."""
    for name in how.secret_headers.values():
        secret = os.environ.get(name)
        if not secret:
            raise Invalid(f"the environment variable {name} is not set: a header of the source is taken from it")
        if not (secret.isascii() and secret.isprintable()) or secret != secret.strip():
            raise Invalid(
                f"the environment variable {name} holds a line break or another character no header may hold"
            )
    return {header: os.environ[name] for header, name in how.secret_headers.items()}
