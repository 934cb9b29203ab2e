"""What a webhook is sent, and how it is signed: the symmetric scheme `v1` of Standard Webhooks. Pure.

Source: Standard Webhooks specification 1.0.0 (standardwebhooks.com): headers `webhook-id`, `webhook-timestamp`,
`webhook-signature`; HMAC-SHA256 over `id.timestamp.body`; secrets as `whsec_` and base64.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import orjson

PREFIX = "whsec_"
PUBLISHED, TRIAL = "vintage.published", "trial"
# After a secret was changed messages carry the signature of the one before as well, so nobody misses one.
OVERLAP = timedelta(hours=24)
# Between tries: a receiver that is down for a day or three still hears of it. About 75 hours in all.
WAITS_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MOST_TRIES = len(WAITS_S) + 1
LONGEST_WAIT_S = 86_400.0


@dataclass(frozen=True)
class Secrets:
    """Where secrets come from: each follows from the installation's key, so no copy of the database holds one.

    While that key is being changed there are two: receivers that still have a secret of the one before must know a
    message by it.
    """

    key: str
    before: str | None = None

    def of(self, webhook_id: int, generation: int) -> str:
        """The secret of one webhook, as its receiver is told it."""
        return _secret(self.key, webhook_id, generation)

    def signing(self, webhook_id: int, numbers: Sequence[int]) -> list[str]:
        """The secrets of these generations that a message is signed with, those of the present key first."""
        keys = (self.key, self.before) if self.before else (self.key,)
        return [_secret(key, webhook_id, number) for key in keys for number in numbers]


def _secret(key: str, webhook_id: int, generation: int) -> str:
    digest = hmac.digest(key.encode(), f"webhook:{webhook_id}:{generation}".encode(), hashlib.sha256)
    return PREFIX + base64.b64encode(digest).decode()


def signature(secret: str, message_id: str, at: datetime, body: bytes) -> str:
    """The signature of one message under one secret."""
    signed = f"{message_id}.{int(at.timestamp())}.".encode() + body
    digest = hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """What goes before the body: several signatures, by spaces, while a secret is being changed."""
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Citymark/{version('citymark')} (webhook)",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signature(secret, message_id, at, body) for secret in secrets),
    }


def generations(generation: int, rotated_at: datetime | None, now: datetime) -> list[int]:
    """The numbers of the secrets that sign now, the present one first."""
    both = generation > 1 and rotated_at is not None and now < rotated_at + OVERLAP
    return [generation, generation - 1] if both else [generation]


def body(kind: str, at: datetime, data: dict[str, Any]) -> bytes:
    """A message as it is sent: its kind, the instant it tells of, and what is known to everybody anyway."""
    return orjson.dumps({"type": kind, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data})


def next_try(tries: int, asked_s: float | None, now: datetime) -> datetime | None:
    """When to try again after `tries` tries; later where the receiver asks for it; None when it was tried enough."""
    if tries >= MOST_TRIES:
        return None
    return now + timedelta(seconds=max(WAITS_S[tries - 1], min(asked_s or 0.0, LONGEST_WAIT_S)))
