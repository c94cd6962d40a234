"""Configs of several runtimes in one frame, one for each runtime, GPU, layer, format and batch."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scripts.lib.runtimes.file_name import FileName
from scripts.lib.runtimes.runtime import SGLANG
from scripts.lib.schemas.history import Status
from scripts.lib.schemas.runtimes import LAYER_KEY, Corpus

KEY = ["device", *LAYER_KEY]
# The columns of the frame.
COLUMNS = [
    "runtime", *KEY, "batch", "config_id", "file", "first", "last", "release", "reachable",
]  # fmt: skip
_NAMED = ["E", "N", "device", "dtype", "block_shape", "per_channel", "down"]


def configs(vllm: pd.DataFrame, sglang: pd.DataFrame) -> pd.DataFrame:
    """The configs of both histories (HISTORY, RUNTIME_HISTORY), all files of a key.

    ``first`` and ``last`` are dates, ``release`` a rank: what a loader takes of several files.
    N is the layer's, which SGLang's names give packed; ``reachable`` is by each runtime's rules.
    """
    ours = vllm.rename(columns={"first_commit_date": "first", "last_commit_date": "last"})
    ours = ours.assign(runtime=str(Corpus.VLLM), release="")
    theirs = sglang.drop(columns=["first", "last"])
    theirs = theirs.rename(columns={"first_date": "first", "last_date": "last"})
    theirs = theirs[theirs["status"] == Status.CONFIG].assign(release=_release)
    names = [_name(row) for row in theirs[_NAMED].itertuples(index=False)]
    theirs = theirs.assign(
        N=[SGLANG.layer_intermediate(name) for name in names],
        reachable=[SGLANG.reachable(name) for name in names],
    )
    ours = ours[ours["status"] == Status.CONFIG]
    both = pd.concat([ours[COLUMNS], theirs[COLUMNS]], ignore_index=True)
    return both.astype({"N": int, "reachable": bool})


def _name(row: Any) -> FileName:
    """The name that a row of RUNTIME_HISTORY stands for."""
    gap = SGLANG.rules.block_gap if row.block_shape else ""
    block, channel = row.block_shape, row.per_channel
    return FileName(row.E, row.N, row.device, row.dtype, block, channel, row.down, gap=gap)


def newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Of several files for a key the one of the newest Triton version, then the latest."""
    order = rows.sort_values(["release", "last", "file"])
    keep = order.drop_duplicates(["runtime", *KEY], keep="last")[["runtime", *KEY, "file"]]
    return rows.merge(keep, on=["runtime", *KEY, "file"])


def pairs(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """All ordered pairs of rows on different GPUs that agree on ``key``."""
    found = rows.merge(rows, on=key, suffixes=("_source", "_target"))
    return found[found["device_source"] != found["device_target"]]


def _release(frame: pd.DataFrame) -> pd.Series:
    """Text that sorts: files of the pinned state above others, then by Triton version."""
    ranks = [
        f"{int(present)} {_sortable(version)}"
        for present, version in zip(frame["present"], frame["triton_version"], strict=True)
    ]
    return pd.Series(ranks, frame.index, dtype=str)


def _sortable(version: object) -> str:
    parts = version.split(".") if isinstance(version, str) else []
    return ".".join(part.zfill(4) for part in parts)
