"""G1: the configs that results are judged against are byte for byte those of the upstream files.

Of every upstream file the history holds the entries and the id that git gives its content: a hash
of the bytes. The file is written anew from the entries, and hashed the same way: the ids agree only
if every byte does. Files were written by hand and by tools, in a handful of layouts; one of them
must fit. The road goes on from there: the triples' and the measured cells' committed configs have
to be the history's.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.claims.guardrail import Evidence, Guardrail
from scripts.claims.inputs import Dataset, records
from scripts.lib.blob import blob_id
from scripts.lib.config import ALL_KEYS, ConfigError, from_entry
from scripts.lib.schemas.history import Status

RULE = "target configs are byte-identical to their upstream blobs"
MINE = (
    "python -m scripts.mine.mine --repo ../vllm.git --upstream data/upstream.yaml --out {history}"
)
_KEYS = tuple(ALL_KEYS)
# SPLIT_K stands where the tuner of int4 files put it; AMD's keys in the order of either tuner.
_ORDERS = (
    _KEYS,
    (*_KEYS[:4], "SPLIT_K", *_KEYS[4:6]),
    (*_KEYS[:6], "matrix_instr_nonkdim", "waves_per_eu", "kpack"),
    tuple(sorted(_KEYS)),
)
_INDENTS = (4, 2, None)
_ENDS = ("\n", "", "\r\n")


@dataclass(frozen=True)
class Layout:
    """How a file was written: order of keys, spaces of indentation, what ends it."""

    order: Sequence[str]
    indent: int | None
    end: str

    def render(self, version: str | None, entries: Sequence[tuple[int, dict[str, Any]]]) -> bytes:
        """The file's bytes; ``entries`` are (batch, entry) in file order."""
        place = {key: number for number, key in enumerate(self.order)}
        body: dict[str, Any] = {} if version is None else {"triton_version": version}
        for batch, entry in entries:
            keys = sorted(entry, key=lambda key: place.get(key, len(place)))
            body[str(batch)] = {key: entry[key] for key in keys}
        return (json.dumps(body, indent=self.indent) + self.end).encode()


LAYOUTS = tuple(Layout(*choice) for choice in itertools.product(_ORDERS, _INDENTS, _ENDS))


def rebuild(rows: pd.DataFrame) -> bytes | None:
    """The bytes of the file that these rows of HISTORY are; None if no layout gives its blob id."""
    ordered = rows.sort_values("position")
    if ordered[["batch", "entry"]].isna().any(axis=None) or ordered["blob_id"].nunique() != 1:
        return None
    version = ordered["triton_version"].iloc[0]
    entries = [
        (int(batch), json.loads(entry))
        for batch, entry in zip(ordered["batch"], ordered["entry"], strict=True)
    ]
    for layout in LAYOUTS:
        content = layout.render(None if pd.isna(version) else str(version), entries)
        if blob_id(content) == ordered["blob_id"].iloc[0]:
            return content
    return None


def judge_blobs(
    path: Path,
    history: pd.DataFrame,
    triples: pd.DataFrame,
    coverage: pd.DataFrame,
    datasets: Sequence[Dataset],
    targets: Collection[str],
) -> Guardrail:
    """G1 over the files of the target GPUs; ``path`` is the history's."""
    files = {str(name): rows for name, rows in history.groupby("file") if _is_config(rows)}
    rebuilt = {name for name, rows in files.items() if rebuild(rows) is not None}
    wanted = {name for name, rows in files.items() if rows["device"].iloc[0] in targets}
    own = history[history["device"].isin(targets) & (history["status"] == Status.CONFIG)]
    findings = [
        f"{path}: {name}: its entries in no layout hash to blob_id "
        f"{files[name]['blob_id'].iloc[0]}; mine the history again"
        for name in sorted(wanted - rebuilt)
    ]
    findings += [f"{path}: no file of {name}; mine the history again" for name in targets
                 if not (history["device"] == name).any()]  # fmt: skip
    findings += _wrong_ids(path, own)
    committed = {(row.file, row.batch): str(row.config_id) for row in records(own)}
    findings += _wrong_triples(triples[triples["target"].isin(targets)], committed)
    findings += _wrong_cells(coverage, datasets, committed)
    says = (
        f"{len(wanted & rebuilt)} of {len(wanted)} files of {', '.join(sorted(targets))} written "
        f"anew hash to their blob ids; of all GPUs {len(rebuilt)} of {len(files)}"
    )
    return Guardrail("G1", RULE, [Evidence(path, MINE.format(history=path), says)], findings)


def _is_config(rows: pd.DataFrame) -> bool:
    return bool(rows["device"].notna().any())


def _wrong_ids(path: Path, own: pd.DataFrame) -> Iterator[str]:
    for row in records(own):
        try:
            found: object = from_entry(json.loads(str(row.entry))).id
        except (ConfigError, ValueError) as error:
            found = error
        if found != row.config_id:
            yield (
                f"{path}: {row.file}, batch {row.batch}: config_id is {row.config_id}, but the "
                f"entry is {found}; mine the history again"
            )


def _wrong_triples(triples: pd.DataFrame, committed: dict[Any, str]) -> Iterator[str]:
    known = triples["target_config_id"].notna()
    keys = zip(triples["target_file"], triples["batch"], strict=True)
    expected = pd.Series([committed.get(key) for key in keys], index=triples.index, dtype=object)
    for row in records(triples[known & (triples["target_config_id"] != expected)]):
        yield (
            f"triples: {row.target_file}, batch {row.batch}: target_config_id is "
            f"{row.target_config_id}, not the history's; build the corpus again"
        )


def _wrong_cells(
    coverage: pd.DataFrame, datasets: Sequence[Dataset], committed: dict[Any, str]
) -> Iterator[str]:
    cells = coverage.drop_duplicates("cell_id")
    keys = zip(cells["cell_id"], cells["file"], cells["tokens"], strict=True)
    expected = {cell: committed.get((file, tokens)) for cell, file, tokens in keys}
    for dataset in datasets:
        for cell_id, found in zip(
            dataset.cells["cell_id"], dataset.cells["committed_id"], strict=True
        ):
            wanted = expected.get(cell_id)
            if wanted is not None and found != wanted:
                yield (
                    f"{dataset.folder}/cells.parquet: {cell_id}: committed_id is {found}, the "
                    f"upstream file says {wanted}; measure the cell again"
                )
