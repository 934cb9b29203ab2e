"""Secrets: made here, told once, kept as a hash. Passwords by Argon2id, random secrets by SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import Invalid, Problem

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 200
# Above the least that OWASP names (19 MiB, two passes), and low enough for several sign-ins at once.
_HASHER = PasswordHasher(time_cost=3, memory_cost=32_768, parallelism=1)


def new_secret(prefix: str = "") -> str:
    """A random secret of 256 bits, as it stands in a cookie, a link or a header."""
    return prefix + secrets.token_urlsafe(32)


def sha256_of(secret: str) -> str:
    """What is kept of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hashed(password: str, email: str) -> str:
    """What is kept of a password; Invalid when it is too short, too long or the address itself."""
    problem = None
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        problem = f"a password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters: a sentence is easy to remember"
    elif email.partition("@")[0].casefold() in password.casefold() or len(set(password)) < 5:
        problem = "this password is easy to guess: do not use your address or few different characters"
    if problem:
        raise Invalid(problem, problems=(Problem("password", problem),))
    return _HASHER.hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one that was hashed. Without a hash it takes as long and says no."""
    try:
        is_right = _HASHER.verify(password_hash or _nobodys(), password[: MOST_CHARACTERS + 1])
    except (VerificationError, InvalidHashError):
        return False
    return is_right and password_hash is not None


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe(16))
