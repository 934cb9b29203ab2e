"""bytes and a name to records of cells: container, encoding, separator, sheet, header, layout."""

from __future__ import annotations

from ingest.upload.known import Known
from ingest.upload.limits import UploadLimits
from ingest.upload.model import Choices, Reading


def read_upload(
    content: bytes,
    file_name: str,
    choices: Choices | None = None,
    *,
    known: Known,
    limits: UploadLimits | None = None,
) -> Reading:
    raise NotImplementedError
