"""Triples counted by pair of GPUs."""

from __future__ import annotations

import pandas as pd

from scripts.lib.schemas.corpus import PAIRS


def make_pairs(triples: pd.DataFrame) -> pd.DataFrame:
    """One row per ordered pair of devices (PAIRS)."""
    reachable = triples["source_reachable"] & triples["target_reachable"]
    marked = triples[["source", "target", "identical"]].assign(
        triples=1,
        target_later=triples["gap_days_last"] > 0,
        target_censored=triples["target_censored"].notna(),
        unreachable=~reachable,
        foreign=triples["source_config_id"].isna() | triples["target_config_id"].isna(),
        # The target's file follows from the source's: the names differ in the device alone.
        file_pairs=~triples.duplicated(["target", "source_file"]),
    )
    return marked.groupby(["source", "target"], as_index=False).sum()[PAIRS.names]
