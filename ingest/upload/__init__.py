"""Files that offices send, to figures nobody doubts: a number is never changed without a report.

Two calls, both pure except that a workbook is opened in a child process:

    reading = read_upload(content, file_name, choices, known=known, limits=limits)
    checked = check(reading, known)

`read_upload` finds encoding, separator, sheet, header and layout and gives records of cells with their places;
`reading.detected` holds what was found, and the same fields in `Choices` override it. `check` types the cells and
runs every check against `known`: catalogue, cities, history, peers, rights and periods as plain data. Whatever was
normalised, doubted or refused is a finding; `checked.rows` may be published once nothing in `checked.findings` is an
error and every `confirm` has its reason. A cell with two readings is an error, never a guess.
"""

from ingest.upload.check import check, confirmation
from ingest.upload.known import CityFacts, Confirmation, IndicatorFacts, Known, reference_known
from ingest.upload.limits import UploadLimits
from ingest.upload.model import Checked, Choices, Detected, Place, Reading, Record, Row
from ingest.upload.read import read_upload

__all__ = [
    "Checked",
    "Choices",
    "CityFacts",
    "Confirmation",
    "Detected",
    "IndicatorFacts",
    "Known",
    "Place",
    "Reading",
    "Record",
    "Row",
    "UploadLimits",
    "check",
    "confirmation",
    "read_upload",
    "reference_known",
]
