"""Records to typed rows and everything noticed."""

from __future__ import annotations

from ingest.upload.known import Known
from ingest.upload.model import Checked, Reading


def check(reading: Reading, known: Known) -> Checked:
    raise NotImplementedError
