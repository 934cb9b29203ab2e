"""Many rows at once, as columns, by each engine's own fast way: what app.db is for single ones.

A column of whole numbers is an array, a column of texts is app.domain.block.Texts; no object a row is made where an
engine can be given or asked for more.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any, cast

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray
from sqlalchemy import Boolean, Connection, Integer, Select, Table, func, literal, select, text
from sqlalchemy.orm import Session
from sqlalchemy.schema import AddConstraint, DropConstraint

from app.domain.block import Ints, Texts

#: A column of many rows: plain cells, whole numbers, or texts kept once each.
Column = Sequence[Any] | NDArray[Any] | Texts

# As many values as any SQLite since 3.32 lets one statement bind.
MOST_BOUND = 32_766
# Longer lists of VALUES cost more a row: they outgrow the processor's caches.
ROWS_A_STATEMENT = 1_000
ROWS_A_COPY = 50_000
GROUPS_AT_ONCE = 5_000
COPIED_BYTES = 1 << 24


def insert_columns(session: Session, table: Table, columns: Mapping[str, Column]) -> None:
    """Add many rows, given as columns of one length, by the engine's own fast way: COPY, or long lists of VALUES.

    Columns hold what the driver takes: numbers, text, None.
    """
    connection = session.connection()
    write = _copy if connection.dialect.name == "postgresql" else _insert_values
    write(connection, table, columns)


@contextmanager
def rebuilt_indexes(session: Session, table: Table, *, is_bulk: bool) -> Iterator[None]:
    """Build the table's key and indexes anew after the block, sorted, in place of letting them grow at random.

    `is_bulk` says that the rows to come are many beside those there; done only where that holds nobody up.
    """
    connection = session.connection()
    is_rebuilt = is_bulk and _is_alone(connection, table)
    indexes = sorted(table.indexes, key=lambda index: str(index.name)) if is_rebuilt else []
    # SQLite keeps the rows themselves in the key.
    keys = [table.primary_key] if is_rebuilt and connection.dialect.name == "postgresql" else []
    for index in indexes:
        index.drop(connection)
    for key in keys:
        connection.execute(DropConstraint(key))
    yield
    for key in keys:
        connection.execute(AddConstraint(key))
    for index in indexes:
        index.create(connection)


def best_order(session: Session, table: Table) -> list[str]:
    """The columns by which many rows are best in order when they are added.

    On SQLite those of the key, in whose order rows are kept. PostgreSQL leaves rows where they came: there those of
    an index that is read by the range, so that what it finds lies together.
    """
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    return [column.name for column in (indexes[0] if is_postgresql and indexes else table.primary_key).columns]


def _is_alone(connection: Connection, table: Table) -> bool:
    """Whether nobody waits while an index is away: on SQLite never, on PostgreSQL while there is nothing."""
    if connection.dialect.name == "sqlite":
        return True
    owner = text("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(:name)")
    is_ours = connection.scalar(owner, {"name": f'"{table.name}"'})
    return bool(is_ours) and connection.execute(select(literal(1)).select_from(table).limit(1)).first() is None


def _copy(connection: Connection, table: Table, columns: Mapping[str, Column]) -> None:
    """As CSV written by Arrow: an empty cell is NULL, a text has quotes; what is NULL throughout is left out."""
    columns = {name: column for name, column in columns.items() if not _is_blank(column)}
    names = ", ".join(f'"{name}"' for name in columns)
    cursor = connection.connection.cursor()
    with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT csv)') as copy:
        for part in _batches(columns):
            written = io.BytesIO()
            arrow_csv.write_csv(part, written, arrow_csv.WriteOptions(include_header=False))
            copy.write(written.getbuffer())
    cursor.close()


def _batches(columns: Mapping[str, Column]) -> Iterator[pa.RecordBatch]:
    """The rows as Arrow has them, some at a time; texts themselves in place of their numbers."""
    texts = {
        name: pa.array(column.texts, pa.string()) for name, column in columns.items() if isinstance(column, Texts)
    }
    for first in range(0, _length(columns), ROWS_A_COPY):
        part = slice(first, first + ROWS_A_COPY)
        cells = [
            texts[name].take(pa.array(column.codes[part])) if isinstance(column, Texts) else pa.array(column[part])
            for name, column in columns.items()
        ]
        yield pa.RecordBatch.from_arrays(cells, names=list(columns))


def _insert_values(connection: Connection, table: Table, columns: Mapping[str, Column]) -> None:
    """Binding a value costs more than writing it, so a column that says one thing throughout is bound once."""
    names = [name for name, column in columns.items() if not _is_constant(column)] or list(columns)[:1]
    constant = {name: _cells(columns[name], 0, 1) for name in columns if name not in names}
    same = [cell for cells in constant.values() for cell in cells]
    at_once = min(ROWS_A_STATEMENT, (MOST_BOUND - len(constant)) // len(names))
    cursor = connection.connection.cursor()
    count = _length(columns)
    whole = _values_statement(table, names, list(constant), at_once)
    for first in range(0, count, at_once):
        rows = zip(*(_cells(columns[name], first, first + at_once) for name in names), strict=True)
        is_whole = first + at_once <= count
        statement = whole if is_whole else _values_statement(table, names, list(constant), count - first)
        cursor.execute(statement, [*same, *chain.from_iterable(rows)])
    cursor.close()


def _values_statement(table: Table, names: Sequence[str], constant: Sequence[str], rows: int) -> str:
    """`INSERT … SELECT` over a list of VALUES; names come from our own table definitions, values are bound."""
    into = ", ".join(f'"{name}"' for name in (*constant, *names))
    chosen = ", ".join([*"?" * len(constant), *(f"column{n + 1}" for n in range(len(names)))])
    row = f"({', '.join('?' * len(names))})"
    return f'INSERT INTO "{table.name}" ({into}) SELECT {chosen} FROM (VALUES {", ".join([row] * rows)})'  # noqa: S608


def _length(columns: Mapping[str, Column]) -> int:
    column = next(iter(columns.values()))
    return len(column.codes if isinstance(column, Texts) else column)


def _cells(column: Column, first: int, last: int) -> list[Any]:
    if isinstance(column, Texts):
        return cast(list[Any], column.texts[column.codes[first:last]].tolist())
    part = column[first:last]
    return part.tolist() if isinstance(part, np.ndarray) else list(part)


def _is_blank(column: Column) -> bool:
    return isinstance(column, Texts) and not column.codes.any()


def _is_constant(column: Column) -> bool:
    cells = column.codes if isinstance(column, Texts) else column
    if isinstance(cells, np.ndarray):
        return bool(cells.size and (cells == cells[0]).all())
    return bool(cells) and all(value == cells[0] for value in cells)


def fetch_columns(
    session: Session, query: Select[*tuple[Any, ...]], keys: int
) -> Iterator[list[NDArray[Any] | Texts]]:
    """The answer to a query as columns, in parts: arrays of whole numbers and truths, Texts of all else.

    In no order. The first `keys` columns are whole numbers in which many rows agree, best those of an index: SQLite
    hands over a group at a time.
    """
    connection = session.connection()
    is_number = [isinstance(column.type, Integer | Boolean) for column in query.selected_columns]
    if connection.dialect.name == "postgresql":
        return _copied(connection, query, is_number)
    return _aggregated(connection, query, keys, is_number)


def _aggregated(
    connection: Connection, query: Select[*tuple[Any, ...]], keys: int, is_number: Sequence[bool]
) -> Iterator[list[NDArray[Any] | Texts]]:
    """SQLite hands over one JSON list a group and column, so that no row is an object."""
    columns = list(query.subquery().c)
    lists = [func.json_group_array(column) for column in columns[keys:]]
    grouped = select(func.count(), *columns[:keys], *lists).group_by(*columns[:keys])
    statement, bound = _compiled(connection, grouped)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, bound)
        while groups := cursor.fetchmany(GROUPS_AT_ONCE):
            count, *found = zip(*groups, strict=True)
            counts = np.asarray(count, dtype=np.int64)
            numbers = [np.repeat(np.asarray(column, dtype=np.int64), counts) for column in found[:keys]]
            yield [*numbers, *map(partial(_unlisted, counts), found[keys:], is_number[keys:])]
    finally:
        cursor.close()


def _unlisted(counts: NDArray[np.int64], lists: Sequence[str], is_number: bool) -> NDArray[Any] | Texts:
    """The cells of JSON lists of so many cells each; lists that are alike are read once, as most are."""
    codes, different = pd.factorize(np.asarray(lists, dtype=object))
    lengths = np.zeros(len(different), dtype=np.int64)
    lengths[codes] = counts
    cells = orjson.loads(f"[{','.join(cells[1:-1] for cells in different)}]")
    begins, starts = np.cumsum(lengths) - lengths, np.cumsum(counts) - counts
    places = np.repeat(begins[codes] - starts, counts) + np.arange(counts.sum())
    if is_number:
        return np.take(np.asarray(cells, dtype=np.int64), places)
    texts = Texts.of(cells)
    return Texts(texts.codes[places], texts.texts)


def _copied(
    connection: Connection, query: Select[*tuple[Any, ...]], is_number: Sequence[bool]
) -> Iterator[list[NDArray[Any] | Texts]]:
    """PostgreSQL hands over CSV, which Arrow reads."""
    statement, bound = _compiled(connection, query)
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)", bound) as copy:
            for content in _in_parts(copy):
                yield _parsed(content, query, is_number)
    finally:
        cursor.close()


def _in_parts(copy: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Whole rows, as the server sends them, some megabytes at a time."""
    rows: list[bytes | memoryview] = []
    size = 0
    for row in copy:
        rows.append(row)
        size += len(row)
        if size >= COPIED_BYTES:
            yield b"".join(rows)
            rows, size = [], 0
    if rows:
        yield b"".join(rows)


def _parsed(content: bytes, query: Select[*tuple[Any, ...]], is_number: Sequence[bool]) -> list[NDArray[Any] | Texts]:
    names = [str(n) for n in range(len(is_number))]
    kinds = {Integer: pa.int64(), Boolean: pa.bool_()}
    types = {
        name: next(
            (kinds[kind] for kind in kinds if isinstance(column.type, kind)), pa.dictionary(pa.int32(), pa.string())
        )
        for name, column in zip(names, query.selected_columns, strict=True)
    }
    table = arrow_csv.read_csv(
        io.BytesIO(content),
        arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=2 * COPIED_BYTES),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=types,
            true_values=["t"],
            false_values=["f"],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return [_of_arrow(column) for column in table.columns]


def _of_arrow(column: pa.ChunkedArray) -> NDArray[Any] | Texts:
    if not pa.types.is_dictionary(column.type):
        return cast(NDArray[Any], column.to_numpy())
    whole = column.combine_chunks()
    whole = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
    codes = pc.fill_null(pc.add(pc.cast(whole.indices, pa.int32()), 1), 0)
    texts = np.asarray([None, *whole.dictionary.to_pylist()], dtype=object)
    return Texts(cast(Ints, codes.to_numpy(zero_copy_only=False)), texts)


def _compiled(connection: Connection, query: Select[*tuple[Any, ...]]) -> tuple[str, Any]:
    """Its text and what is bound to it, as the driver takes them."""
    compiled = query.compile(connection.engine, compile_kwargs={"render_postcompile": True})
    names = getattr(compiled, "positiontup", None)
    parameters = compiled.params
    return str(compiled), parameters if names is None else [parameters[name] for name in names]
