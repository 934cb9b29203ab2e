"""Tables as Arrow record batches: an IPC stream, or a Parquet file with row groups. Blanks stay blank."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq

from app.formats.table import Column

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
ROWS_AT_ONCE = 20_000
_TYPES = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "flag": pa.bool_()}


def schema_of(columns: Sequence[Column], notes: Mapping[str, str]) -> pa.Schema:
    """The schema with what stands beside the table as its metadata."""
    fields = [
        pa.field(column.name, _TYPES[column.kind], metadata={"title": column.title} if column.title else None)
        for column in columns
    ]
    return pa.schema(fields, metadata={key: text for key, text in notes.items() if text})


def _batches(
    columns: Sequence[Column], rows: Iterable[Sequence[object]], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    remaining = iter(rows)
    while part := list(islice(remaining, ROWS_AT_ONCE)):
        listed = zip(*part, strict=True)
        arrays = [
            pa.array([_plain(cell, column.kind) for cell in cells], type=_TYPES[column.kind])
            for column, cells in zip(columns, listed, strict=True)
        ]
        yield pa.record_batch(arrays, schema=schema)


def _plain(cell: object, kind: str) -> object:
    return float(str(cell)) if kind == "number" and cell is not None else cell


def arrow_chunks(
    columns: Sequence[Column], rows: Iterable[Sequence[object]], notes: Mapping[str, str]
) -> Iterator[bytes]:
    """An Arrow IPC stream, a piece a batch."""
    schema, buffer = schema_of(columns, notes), _Buffer()
    with pa.ipc.new_stream(buffer, schema) as stream:
        for batch in _batches(columns, rows, schema):
            stream.write_batch(batch)
            yield buffer.taken()
    yield buffer.taken()


def parquet_chunks(
    columns: Sequence[Column], rows: Iterable[Sequence[object]], notes: Mapping[str, str]
) -> Iterator[bytes]:
    """A Parquet file, a piece a row group; the same table gives the same bytes."""
    schema, buffer = schema_of(columns, notes), _Buffer()
    with pq.ParquetWriter(buffer, schema, compression="zstd", memory_pool=pa.system_memory_pool()) as file:
        for batch in _batches(columns, rows, schema):
            file.write_batch(batch)
            yield buffer.taken()
    yield buffer.taken()


class _Buffer(io.RawIOBase):
    """A file that is read away as it is written, so that memory holds a piece and never the whole."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        part = bytes(content)  # type: ignore[call-overload] # whatever Arrow hands over is a buffer
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        return self._written

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
