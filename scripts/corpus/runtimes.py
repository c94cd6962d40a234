"""Configs of several runtimes in one frame, one for each runtime, GPU, layer, format and batch."""

from __future__ import annotations

import pandas as pd

from scripts.lib.schemas.history import Status
from scripts.lib.schemas.runtimes import LAYER_KEY, Corpus

KEY = ["device", *LAYER_KEY]
# The columns of the frame.
COLUMNS = [
    "runtime", *KEY, "batch", "config_id", "file", "first", "last", "release",
]  # fmt: skip


def configs(vllm: pd.DataFrame, sglang: pd.DataFrame) -> pd.DataFrame:
    """The configs of both histories (HISTORY, RUNTIME_HISTORY), all files of a key.

    ``first`` and ``last`` are dates, ``release`` a rank: what a loader takes of several files.
    """
    ours = vllm.rename(columns={"first_commit_date": "first", "last_commit_date": "last"})
    ours = ours.assign(runtime=str(Corpus.VLLM), release="")
    theirs = sglang.drop(columns=["first", "last"])
    theirs = theirs.rename(columns={"first_date": "first", "last_date": "last"})
    # Its loader asks for the size of the packed tensor, which holds two weights a byte.
    packed = theirs["dtype"].str.startswith("int4")
    theirs = theirs.assign(N=theirs["N"].where(~packed, theirs["N"] * 2), release=_release(theirs))
    both = pd.concat([frame[frame["status"] == Status.CONFIG][COLUMNS] for frame in (ours, theirs)])
    return both.reset_index(drop=True)


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
