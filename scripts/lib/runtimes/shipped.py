"""What a runtime's own folder holds for exactly a layer on a GPU, by the mined histories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from scripts.lib.config import Config, parse_id
from scripts.lib.runtimes.runtime import SGLANG, VLLM, Runtime
from scripts.lib.schemas.history import HISTORY, RUNTIME_HISTORY, Status
from scripts.lib.shape import Shape, nearest_batch
from scripts.lib.tables import read_table

VLLM_HISTORY = Path("data/recorded/history.parquet")
SGLANG_HISTORY = Path("data/recorded/sglang_history.parquet")
HISTORIES: Mapping[str, Path] = {VLLM.name: VLLM_HISTORY, SGLANG.name: SGLANG_HISTORY}


@dataclass(frozen=True)
class Shipped:
    """One file. ``configs``: in the file's order; ``triton``: as file or folder says, if at all.

    ``changed``: day of the last change; ``pinned``: the state of the runtime that was mined.
    """

    runtime: str
    file: str
    configs: Mapping[int, Config]
    triton: str | None
    changed: str
    pinned: str

    def at(self, tokens: int) -> Config:
        """What the runtime takes from it for so many tokens."""
        return self.configs[nearest_batch(tokens, list(self.configs))]


def shipped(
    runtime: Runtime, shape: Shape, device: str, history: Path | None = None
) -> Shipped | None:
    """The file that the runtime would take as it comes; None if it ships none.

    ``history``: the table that its files were mined into. InputError if that cannot be read.
    """
    name = runtime.file_name(shape, device)
    return None if name is None else file_named(runtime, name, history)


def file_named(runtime: Runtime, name: str, history: Path | None = None) -> Shipped | None:
    """As ``shipped``, by the file's name without folders."""
    path = history or HISTORIES[runtime.name]
    rows = _by_name(path, runtime is VLLM).get(name)
    if rows is None:
        return None
    # Of several files a loader takes the one of the newest Triton.
    rows = rows[rows["file"] == max(rows["file"], key=_release)].sort_values("position")
    first = rows.iloc[0]
    return Shipped(
        runtime.name,
        str(first["file"]),
        dict(zip(rows["batch"].astype(int), map(parse_id, rows["config_id"]), strict=True)),
        None if pd.isna(first["triton_version"]) else str(first["triton_version"]),
        f"{first['changed']:%Y-%m-%d}",
        str(first["pinned"]),
    )


@cache
def _by_name(path: Path, of_vllm: bool) -> Mapping[str, pd.DataFrame]:
    """Entries that a loader may take, by the file's name without folders."""
    if of_vllm:
        names = {"last_commit_date": "changed", "pinned_commit": "pinned"}
        rows = read_table(path, HISTORY).rename(columns=names)
    else:
        rows = read_table(path, RUNTIME_HISTORY).rename(columns={"last_date": "changed"})
        rows = rows[rows["present"]]
    rows = rows[rows["status"] == Status.CONFIG]
    return dict(list(rows.groupby(rows["file"].str.rsplit("/", n=1).str[-1])))


def _release(file: str) -> tuple[int, ...]:
    return tuple(int(part) for part in file.split("/", maxsplit=1)[0].split("_") if part.isdigit())
