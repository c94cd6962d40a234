"""Parquet tables with named, versioned schemas: written whole, read with clear errors.

A schema stands in ``scripts/lib/schemas/``, one module per phase. Every column says what it is
and in which unit; the schema's name and version travel in the file's metadata, and a file of
another version is refused rather than guessed at.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq

from scripts.lib.absent import not_found
from scripts.lib.files import InputError, replacing

if TYPE_CHECKING:
    # Importing pandas takes over a second; only those who use a frame pay for it.
    import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column: name, Arrow type, and what it holds (with its unit)."""

    name: str
    type: pa.DataType
    doc: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """A table's schema. ``history`` says, newest first, what each version changed."""

    name: str
    version: int
    doc: str
    columns: tuple[Column, ...]
    history: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema with the docs and the version as metadata."""
        fields = [
            pa.field(c.name, c.type, nullable=c.nullable, metadata={"doc": c.doc})
            for c in self.columns
        ]
        return pa.schema(fields, metadata={"graphx": f"{self.name}/{self.version}"})

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]


def to_arrow(frame: pd.DataFrame, table: Table) -> pa.Table:
    """Convert a frame to the schema; InputError names a missing, extra or ill-typed column."""
    _check_names(frame.columns, table)
    try:
        arrow = pa.Table.from_pandas(frame[table.names], _relaxed(table), preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(f"table {table.name}: {error}") from error
    return _checked(arrow, table)


def rows_to_arrow(rows: Iterable[Mapping[str, Any]], table: Table) -> pa.Table:
    """Convert rows of plain values (timestamps as ISO 8601 text) to the schema, without pandas.

    They go through Arrow's JSON reader, the one way into Arrow that does not import pandas.
    Raises InputError as ``to_arrow`` does.
    """
    lines = []
    for row in rows:
        _check_names(row, table)
        lines.append(json.dumps(row, allow_nan=False))
    if not lines:
        return table.schema.empty_table()
    options = pyarrow.json.ParseOptions(explicit_schema=_relaxed(table))
    try:
        data = io.BytesIO("\n".join(lines).encode())
        arrow = pyarrow.json.read_json(data, parse_options=options)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(f"table {table.name}: {error}") from error
    return _checked(arrow.select(table.names).combine_chunks(), table)


def _check_names(names: Iterable[str], table: Table) -> None:
    missing = [name for name in table.names if name not in names]
    extra = [str(name) for name in names if name not in table.names]
    if missing or extra:
        raise InputError(f"table {table.name}: missing columns {missing}, unknown columns {extra}")


def _relaxed(table: Table) -> pa.Schema:
    """The schema with all columns nullable, so that it is we who name one with empty values."""
    return pa.schema([field.with_nullable(True) for field in table.schema])


def _checked(arrow: pa.Table, table: Table) -> pa.Table:
    for column in table.columns:
        if not column.nullable and arrow[column.name].null_count:
            raise InputError(f"table {table.name}: column {column.name} holds empty values")
    return pa.Table.from_arrays(arrow.columns, schema=table.schema)


def write_table(path: Path, frame: pd.DataFrame, table: Table) -> None:
    """Write a Parquet file, whole or not at all; the same frame gives the same bytes."""
    _write_arrow(path, to_arrow(frame, table))


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], table: Table) -> None:
    """As ``write_table``, from rows of plain values and without importing pandas."""
    _write_arrow(path, rows_to_arrow(rows, table))


def _write_arrow(path: Path, arrow: pa.Table) -> None:
    with replacing(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd", compression_level=9)


def read_table(path: Path, table: Table, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet file of this schema.

    Raises InputError if the file is absent, truncated or of another schema or version.
    Integer columns that may be empty come back as pandas' ``Int64``, the others as int64.
    """
    try:
        arrow = pq.read_table(path, columns=columns)
    except FileNotFoundError as error:
        raise not_found(path) from error
    except (pa.ArrowInvalid, pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({error})") from error
    found = (arrow.schema.metadata or {}).get(b"graphx", b"no graphx table").decode()
    if found != f"{table.name}/{table.version}":
        raise InputError(f"{path}: holds {found}, expected {table.name}/{table.version}")
    frame: pd.DataFrame = arrow.to_pandas()
    for column in table.columns:
        if column.name in frame and column.nullable and pa.types.is_integer(column.type):
            frame[column.name] = arrow[column.name].to_pandas(types_mapper=_nullable_integer)
    return frame


def _nullable_integer(arrow_type: pa.DataType) -> pd.Int64Dtype | None:
    import pandas as pd  # noqa: PLC0415 (see the top of this module)

    return pd.Int64Dtype() if pa.types.is_integer(arrow_type) else None
