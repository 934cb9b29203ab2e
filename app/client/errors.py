"""What can go wrong between a script and the API, each with its own type.

ClientError
├── Unreachable          no answer, after every try
├── Unexpected           an answer that is not this API's
└── ApiError             the API refuses: `status`, `code`, `detail`, `errors`
    ├── Unauthenticated  401
    ├── Forbidden        403
    ├── NotFound         404
    ├── Conflict         409  the state moved; `stale-plan` among them
    ├── Invalid          422  a parameter or field cannot be read
    │   └── FileRefused       a file cannot be read; `findings` says where
    └── Unavailable      429, 503  busy, after every try
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Item(NamedTuple):
    """One thing that is wrong: where it stands and what would be right."""

    where: str
    message: str


class ClientError(Exception):
    """The root of everything that this client raises on purpose."""


class Unreachable(ClientError):
    """The server did not answer, whatever was tried."""


class Unexpected(ClientError):
    """Something answered that is not this API: a proxy's page, another program."""


class ApiError(ClientError):
    """The API's own refusal (problem+json); `code` stays the same from release to release."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(body.get("code", "http-error"))
        self.detail = str(body.get("detail", ""))
        self.errors = [Item(str(item["where"]), str(item["message"])) for item in body.get("errors", ())]
        self.body = dict(body)
        super().__init__(f"{self.code} ({status}): {self.detail}")


class Unauthenticated(ApiError):
    """There is no token, or it is not valid."""


class Forbidden(ApiError):
    """The token's owner or scope may not do this."""


class NotFound(ApiError):
    """Nothing has this code, or it belongs to others."""


class Conflict(ApiError):
    """The state is not the one the request was made for."""


class Invalid(ApiError):
    """A parameter, field or file cannot be read; `errors` names each."""


class FileRefused(Invalid):
    """A file cannot be read as it stands; the server keeps it with its report as `submission`."""

    @property
    def submission(self) -> str | None:
        """The id under which file and report are kept."""
        found = self.body.get("submission")
        return None if found is None else str(found)

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Everything noticed, with cells as Excel shows them."""
        return list(self.body.get("data", {}).get("findings", ()))


class Unavailable(ApiError):
    """Too much at once, or the database does not answer; later may help."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: Invalid,
    429: Unavailable,
    503: Unavailable,
}


def error_of(status: int, body: Mapping[str, Any]) -> ApiError:
    """The error of a problem+json."""
    kind = FileRefused if body.get("code") == "file-refused" else _BY_STATUS.get(status, ApiError)
    return kind(status, body)
