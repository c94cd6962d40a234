"""Parquet tables: schemas, two ways of writing, errors that name what is wrong."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scripts.lib.schemas
from scripts.lib.files import InputError, sha256
from scripts.lib.tables import (
    Column,
    Table,
    read_table,
    rows_to_arrow,
    to_arrow,
    write_rows,
    write_table,
)

TABLE = Table(
    "things",
    2,
    "Things.",
    (
        Column("name", pa.string(), "what it is called"),
        Column("size", pa.int32(), "how big, m", nullable=True),
        Column("seen", pa.timestamp("ms", tz="UTC"), "when"),
    ),
    ("2: seen", "1: first version"),
)
SEEN = "2025-01-02T03:04:05Z"
NAMES = st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": NAMES,
            "size": st.none() | st.integers(-(2**31), 2**31 - 1),
            "seen": st.dates(pd.Timestamp(1970, 1, 1).date()).map("{}T00:00:00Z".format),
        }
    )
)


def frame(**columns: list[Any]) -> pd.DataFrame:
    values = {"name": ["a"], "size": [1], "seen": pd.to_datetime([SEEN])} | columns
    return pd.DataFrame(values)


def tables() -> list[Table]:
    """Every table declared in scripts/lib/schemas."""
    package = scripts.lib.schemas
    modules = [
        importlib.import_module(f"{package.__name__}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
    ]
    return [value for module in modules for value in vars(module).values()
            if isinstance(value, Table)]  # fmt: skip


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
def test_every_declared_table_is_documented(table: Table) -> None:
    assert len(set(table.names)) == len(table.names)
    assert all(column.doc for column in table.columns)
    assert table.history[0].startswith(f"{table.version}: ")
    assert len(table.history) == table.version


@given(ROWS)
def test_both_ways_of_writing_agree(rows: list[dict[str, Any]]) -> None:
    arrow = rows_to_arrow(rows, TABLE)
    assert arrow.schema.equals(TABLE.schema, check_metadata=True)
    assert [row["name"] for row in arrow.to_pylist()] == [row["name"] for row in rows]
    as_frame = pd.DataFrame(rows, columns=TABLE.names).astype({"size": "Int64"})
    as_frame["seen"] = pd.to_datetime(as_frame["seen"], utc=True).astype("datetime64[ms, UTC]")
    assert to_arrow(as_frame, TABLE).equals(arrow)


def test_a_table_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "things.parquet"
    write_table(
        path, frame(name=["a", "b"], size=[1, None], seen=pd.to_datetime([SEEN] * 2)), TABLE
    )
    found = read_table(path, TABLE)
    assert found["name"].tolist() == ["a", "b"]
    assert found["size"].dtype == pd.Int64Dtype()
    assert found["size"].isna().tolist() == [False, True]
    assert found["seen"].tolist() == [pd.Timestamp(SEEN)] * 2
    assert read_table(path, TABLE, ["size"]).columns.tolist() == ["size"]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [{"name": f"thing {i}", "size": i, "seen": SEEN} for i in range(20_000)]
    for name in ("one", "two"):
        write_rows(tmp_path / name, iter(rows), TABLE)
    assert sha256(tmp_path / "one") == sha256(tmp_path / "two")
    assert read_table(tmp_path / "one", TABLE)["size"].tolist() == list(range(20_000))


def test_rows_are_written_without_pandas(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from scripts.lib.schemas.transfer import PROPOSALS
from scripts.lib.tables import write_rows
write_rows(Path({str(tmp_path / "t")!r}), [{{"cell_id": "a", "strategy": "b", "source": None,
    "config_id": "c", "file": None}}], PROPOSALS)
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (frame().drop(columns="size"), r"missing columns \['size'\]"),
        (frame(more=[1]), r"unknown columns \['more'\]"),
        (frame(size=["big"]), "table things"),
        (frame(size=[2**40]), "table things"),
        (frame(name=[None]), "column name holds empty values"),
    ],
)
def test_a_frame_of_another_form_is_refused(
    tmp_path: Path, wrong: pd.DataFrame, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write_table(tmp_path / "things.parquet", wrong, TABLE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": 1}, r"unknown columns \['more'\]"),
        ({"size": "big"}, "table things"),
        ({"size": 2**40}, "table things"),
        ({"seen": "yesterday"}, "table things"),
        ({"name": None}, "column name holds empty values"),
    ],
)
def test_rows_of_another_form_are_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    rows = [{"name": "a", "size": 1, "seen": SEEN} | change]
    with pytest.raises(InputError, match=message):
        write_rows(tmp_path / "things.parquet", rows, TABLE)
    assert not list(tmp_path.iterdir())


def test_files_that_are_not_the_table_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "things.parquet"
    with pytest.raises(InputError, match="not found"):
        read_table(path, TABLE)
    write_table(path, frame(), TABLE)
    older = Table("things", 1, TABLE.doc, TABLE.columns, TABLE.history[1:])
    with pytest.raises(InputError, match="holds things/2, expected things/1"):
        read_table(path, older)
    whole = path.read_bytes()
    for content in (b"", whole[: len(whole) // 2], whole[:-4], b"x" * 100):
        path.write_bytes(content)
        with pytest.raises(InputError, match="not a readable Parquet file"):
            read_table(path, TABLE)
    pq.write_table(pa.table({"name": ["a"]}), path)
    with pytest.raises(InputError, match="holds no graphx table"):
        read_table(path, TABLE)
