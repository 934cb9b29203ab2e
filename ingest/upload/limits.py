"""How large an upload may be; the same figures are enforced, served by the API and printed in the documentation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class UploadLimits:
    """Bounds of one uploaded file."""

    max_upload_bytes: int = 10_000_000
    max_upload_rows: int = 100_000
    max_upload_columns: int = 1_000
    max_cell_characters: int = 32_767
    max_line_characters: int = 1_000_000
    max_unpacked_bytes: int = 100_000_000
    max_archive_entries: int = 200
    max_workbook_memory_bytes: int = 1_000_000_000
    max_workbook_cpu_s: int = 30
    max_workbook_wait_s: int = 60
