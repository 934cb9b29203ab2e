"""What can be asked of workers. A worker takes only kinds it knows, so that versions may run beside each other."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Wanted(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    vintage: int = Field(ge=1)


class StoreScores(_Wanted):
    """Compute and store what `vintage` and those before it touched, so that no reader waits for it."""

    kind: Literal["scores"] = "scores"

    @property
    def key(self) -> str:
        """One task stores whatever is missing: it does for all vintages."""
        return "all"


class WriteFiles(_Wanted):
    """Write `vintage` as a folder of files, where this installation wants that."""

    kind: Literal["files"] = "files"

    @property
    def key(self) -> str:
        """Each vintage has a folder of its own."""
        return str(self.vintage)


Wanted = StoreScores | WriteFiles
KINDS = tuple(get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(Wanted))
_EVERY: TypeAdapter[Wanted] = TypeAdapter(Annotated[Wanted, Field(discriminator="kind")])


def wanted_of(arguments: dict[str, object]) -> Wanted:
    """The arguments of a row as what they ask for; raises pydantic's ValidationError."""
    return _EVERY.validate_python(arguments)
