"""When a request is worth another try, and after how long. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRIED = frozenset({429, 502, 503, 504})
FIRST_WAIT_S = 1.0
LONGEST_BACKOFF_S = 60.0


def wait_s(attempt: int, retry_after: str | None, now: datetime) -> float:
    """Seconds to wait after the `attempt`-th try (from 1): what the server asks for, else twice as long each time."""
    asked = asked_s(retry_after, now) if retry_after else None
    return asked if asked is not None else min(FIRST_WAIT_S * 2 ** (attempt - 1), LONGEST_BACKOFF_S)


def asked_s(retry_after: str, now: datetime) -> float | None:
    """The header's seconds or instant; None where it is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - now).total_seconds())
