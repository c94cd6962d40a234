"""Triples: the same shape and batch, tuned on two GPUs."""

from __future__ import annotations

import pandas as pd

from scripts.lib.schemas.corpus import SHAPE_KEY, TRIPLES
from scripts.lib.schemas.history import Reason

_DAY_SECONDS = 86_400
_PER_DEVICE = {
    "device": "",
    "config_id": "_config_id",
    "file": "_file",
    "reachable": "_reachable",
    "censored": "_censored",
}


def entries(history: pd.DataFrame) -> pd.DataFrame:
    """The rows of the history that say something for a device, a shape and a batch.

    A repeated batch size counts once, as its last entry; a file whose name does not parse has no
    device and no shape. All else counts, foreign kernels and bad values included.
    """
    named = history["device"].notna() & history["batch"].notna()
    return history[named & (history["reason"] != Reason.DUPLICATE_KEY)]


def make_triples(history: pd.DataFrame) -> pd.DataFrame:
    """All ordered pairs of devices with an entry for the same shape and batch (TRIPLES)."""
    key = [*SHAPE_KEY, "scheme", "batch"]
    rows = entries(history)
    pairs = rows.merge(rows, on=key, suffixes=("_source", "_target"))
    pairs = pairs[pairs["device_source"] != pairs["device_target"]]
    triples = pairs[key].assign(
        identical=pairs["entry_source"] == pairs["entry_target"],
        gap_days_last=_gap(pairs, "last_commit_date"),
        gap_days_first=_gap(pairs, "first_commit_date"),
    )
    for side in ("source", "target"):
        for column, suffix in _PER_DEVICE.items():
            triples[f"{side}{suffix}"] = pairs[f"{column}_{side}"]
    order = ["source", "target", *SHAPE_KEY, "batch"]
    return triples.sort_values(order, ignore_index=True)[TRIPLES.names]


def _gap(pairs: pd.DataFrame, column: str) -> pd.Series:
    gap = pairs[f"{column}_target"] - pairs[f"{column}_source"]
    return gap.dt.total_seconds() / _DAY_SECONDS
