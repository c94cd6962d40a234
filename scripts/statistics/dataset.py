"""Several measured datasets read as one table, each row knowing which it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.tables import Table, read_table


def named(paths: Iterable[Path]) -> dict[str, Path]:
    """Dataset -> its file; the folder names the dataset. InputError if two have one name."""
    found: dict[str, Path] = {}
    for path in paths:
        name = path.parent.name
        if name in found:
            raise InputError(f"{path}: dataset {name} was already given by {found[name]}")
        found[name] = path
    return found


def read_datasets(
    paths: Iterable[Path], table: Table, columns: list[str] | None = None
) -> pd.DataFrame:
    """All files of one schema, with a column ``dataset`` more; InputError as ``read_table``."""
    parts = [
        read_table(path, table, columns).assign(dataset=name) for name, path in named(paths).items()
    ]
    return pd.concat(parts, ignore_index=True)


def read_recordings(
    paths: Iterable[Path], table: Table, columns: list[str] | None = None
) -> pd.DataFrame:
    """``read_datasets`` of recordings that share no cell: one a GPU, or parts of one.

    ``columns`` holds cell_id. InputError naming a cell that two of them hold.
    """
    rows = read_datasets(paths, table, columns)
    owners = rows[["cell_id", "dataset"]].drop_duplicates()
    twice = owners[owners["cell_id"].duplicated(keep=False)]
    if len(twice):
        first, second = twice[twice["cell_id"] == twice["cell_id"].iloc[0]]["dataset"][:2]
        raise InputError(
            f"{table.name}: cell {twice['cell_id'].iloc[0]} is in {first} and in {second}; name one"
            " recording of each cell"
        )
    return rows


def repetitions(first: Sequence[Path], again: Sequence[Path]) -> dict[str, tuple[Path, Path]]:
    """Second recording -> file of the first, its own; InputError if one lacks its counterpart."""
    second = named(again)
    if len(first) != len(second):
        raise InputError(
            f"{len(first)} first and {len(second)} second recordings; name both of each pair, in"
            " the same order"
        )
    return {name: (path, second[name]) for name, path in zip(second, first, strict=True)}
