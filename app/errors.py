"""Every error the program raises on purpose, each with its HTTP status and its stable code.

    CitymarkError
    ├── Unauthenticated   401  nobody has signed in
    ├── Forbidden         403  this account or token may not
    ├── NotFound          404  nothing has this code
    ├── NotAcceptable     406  no format that is served was asked for
    ├── TooLarge          413  more than this answer can hold
    ├── Invalid           422  a parameter or field cannot be read
    │   ├── WeakPassword       too short, too long or too well known
    │   └── InfectedFile       the scanner found something in it
    ├── Conflict          409  the state moved while you looked
    ├── NotOffered        501  the standard has it, this program does not
    ├── TooMany           429  too often; `retry_after_s` says when again
    ├── Busy              503  too much at once; `retry_after_s` says when again
    └── Unavailable       503  the database cannot answer now
        └── Unscanned          the scanner of files cannot

A message says what is wrong, where, and what would be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it stands, what it is, what would be right."""

    where: str
    message: str


class CitymarkError(Exception):
    """The root: a refusal that its reader can act on."""

    status = 500
    code = "internal"

    def __init__(self, message: str, *, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems
        # What else the answer holds, by name.
        self.extra: dict[str, Any] = {}


class Unauthenticated(CitymarkError):
    """Nobody has signed in, or the token is not valid."""

    status = 401
    code = "unauthenticated"


class Forbidden(CitymarkError):
    """This account or token may not do this to that."""

    status = 403
    code = "forbidden"


class NotFound(CitymarkError):
    """Nothing has this code or address."""

    status = 404
    code = "not-found"


class NotAcceptable(CitymarkError):
    """None of the formats asked for is served."""

    status = 406
    code = "not-acceptable"


class TooLarge(CitymarkError):
    """More than this form of answer can hold."""

    status = 413
    code = "too-large"


class Invalid(CitymarkError):
    """A parameter, field or file cannot be read as it stands."""

    status = 422
    code = "invalid"


class WeakPassword(Invalid):
    """A password that anybody could guess; `why` says how: `length`, `guessed` or `leaked`."""

    def __init__(self, why: Literal["length", "guessed", "leaked"], message: str) -> None:
        super().__init__(message, problems=(Problem("password", message),))
        self.why = why


class InfectedFile(Invalid):
    """The scanner of files found something in a file; `found` is its name for it."""

    code = "file-infected"

    def __init__(self, found: str) -> None:
        message = f"the scanner of this installation found {found} in the file: nothing of it was kept"
        super().__init__(message, problems=(Problem("file", message),))
        self.found = found


class Conflict(CitymarkError):
    """The state is not the one the request was made for."""

    status = 409
    code = "conflict"


class NotOffered(CitymarkError):
    """A standard knows it, and this program does not do it."""

    status = 501
    code = "not-offered"


class _Later(CitymarkError):
    """Worth another try after `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooMany(_Later):
    """Asked too often."""

    status = 429
    code = "too-many-requests"


class Busy(_Later):
    """Too much is being done at once."""

    status = 503
    code = "busy"


class Unavailable(CitymarkError):
    """The database or a file store cannot answer now; trying again may help."""

    status = 503
    code = "unavailable"


class Unscanned(Unavailable):
    """The scanner of files does not answer, so no file is taken."""

    def __init__(self) -> None:
        super().__init__("the scanner of files does not answer, so nothing was taken: try again in some minutes")
