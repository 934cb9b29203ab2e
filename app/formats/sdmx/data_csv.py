"""Figures as SDMX-CSV 2.x: one row a figure, the structure named in each.

https://github.com/sdmx-twg/sdmx-csv/blob/master/data-message/docs/sdmx-csv-field-guide.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.formats.csv import Dialect, csv_chunks
from app.formats.sdmx.model import AGENCY, COMPONENTS, FLOW, VERSION, Series
from app.formats.table import Column

MEDIA_TYPE = "application/vnd.sdmx.data+csv;version=2.0.0"
COLUMNS = (
    Column("STRUCTURE", "text"),
    Column("STRUCTURE_ID", "text"),
    Column("ACTION", "text"),
    *(Column(each.id, "number" if each.id == "OBS_VALUE" else "text") for each in COMPONENTS),
)
_HEAD = ("dataflow", f"{AGENCY}:{FLOW}({VERSION})", "I")
#: The standard's word for a value that is missing on purpose, beside a cell that says nothing.
MISSING = "NaN"


def sdmx_csv_chunks(series: Iterable[Series], dialect: Dialect = "plain") -> Iterator[bytes]:
    """The figures in pieces; a blank with a reason is NaN beside its status."""
    return csv_chunks(COLUMNS, _rows(series), dialect)


def _rows(series: Iterable[Series]) -> Iterator[tuple[object, ...]]:
    for each in series:
        head, unit = (*_HEAD, *each.key.values()), tuple(each.attributes.values())
        for figure in each.observations:
            value = MISSING if figure.value is None else figure.value
            yield (*head, figure.period, value, *unit, *figure.attributes.values())
