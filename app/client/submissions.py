"""A submission as a script sees it: its findings and plan, the steps to the ministry, waiting for the outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from app.client.frames import frame_of
from app.client.transport import Transport

# Nothing further happens to a submission in these states unless somebody acts.
DECIDED = ("published", "returned", "withdrawn")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0


class Submission:
    """One submission; a dry run has neither `id` nor `state`."""

    def __init__(self, transport: Transport, facts: Mapping[str, Any]) -> None:
        self._transport = transport
        self.facts = dict(facts)

    def __repr__(self) -> str:
        return f"Submission({self.id!r}, state={self.state!r}, verdict={self.verdict!r})"

    @property
    def id(self) -> str | None:
        """Its id."""
        return self._text("id")

    @property
    def state(self) -> str | None:
        """Where it stands: draft, checked, submitted, approved, returned, published, withdrawn."""
        return self._text("state")

    @property
    def verdict(self) -> str | None:
        """What was found: `ok`, or what stands in the way."""
        return self._text("verdict")

    @property
    def plan(self) -> dict[str, int]:
        """How many figures publishing would change: new, revised, unchanged, withdrawn."""
        return dict(self.facts["counts"])

    @property
    def vintage(self) -> int | None:
        """The vintage it became."""
        found = self.facts.get("vintage")
        return None if found is None else int(found)

    @property
    def findings(self) -> pd.DataFrame:
        """Everything noticed; those that ask for a reason are answered with `confirm`, by `number`."""
        found = self.facts.get("findings")
        if found is None:
            found = self._transport.get(f"{self._path()}/findings", {})["data"]
        return frame_of(found, {})

    def refresh(self) -> Submission:
        """Ask how it stands now."""
        self.facts = dict(self._transport.get(self._path(), {})["data"])
        return self

    def confirm(self, reasons: Mapping[int, str]) -> Submission:
        """Say why doubtful figures are right: finding's number to reason."""
        return self._step("confirm", {"confirmations": {str(number): reason for number, reason in reasons.items()}})

    def submit(self) -> Submission:
        """Hand it to the ministry, with the plan that was seen here; Conflict where that would no longer happen."""
        return self._step("submit", {"plan": self.facts.get("plan")})

    def withdraw(self) -> Submission:
        """Take it back before it is published."""
        return self._step("withdraw", None)

    def receipt(self) -> dict[str, Any]:
        """Number, hash, time and counts, to keep."""
        return dict(self._transport.get(f"{self._path()}/receipt", {})["data"])

    def wait(
        self,
        states: Iterable[str] = DECIDED,
        timeout_s: float = 3_600.0,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Submission:
        """Wait until it stands in one of these states; TimeoutError names the state it is still in.

        A state that only leads elsewhere by somebody's act (returned, withdrawn, published) ends the wait too.
        """
        wanted, waited, pause = {*states, *DECIDED}, 0.0, FIRST_PAUSE_S
        while self.refresh().state not in wanted:
            if waited >= timeout_s:
                raise TimeoutError(f"submission {self.id} is still {self.state} after {waited:.0f} s")
            pause = min(pause, timeout_s - waited)
            sleep(pause)
            waited, pause = waited + pause, min(pause * 2, LONGEST_PAUSE_S)
        return self

    def _step(self, deed: str, body: object | None) -> Submission:
        answer = self._transport.post(f"{self._path()}/{deed}", body=body)
        self.facts = dict(answer["data"])
        return self

    def _path(self) -> str:
        if self.id is None:
            raise ValueError("a dry run is kept nowhere: send the file without dry_run")
        return f"/submissions/{self.id}"

    def _text(self, name: str) -> str | None:
        found = self.facts.get(name)
        return None if found is None else str(found)
