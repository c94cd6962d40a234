"""Latencies freed of the GPU's drift, so that trials of one cell can be compared."""

from __future__ import annotations

import pandas as pd


def drift_corrected_us(frame: pd.DataFrame) -> pd.Series:
    """Latency of each TRIALS row at its cell's usual clock, in us.

    The committed config is timed again and again beside the trials (``anchor_us``); a trial's
    median is scaled by the cell's median anchor over the anchor of its moment. Without an anchor
    the median stands as recorded.
    """
    usual = frame.groupby("cell_id")["anchor_us"].transform("median")
    return frame["median_us"] * (usual / frame["anchor_us"]).fillna(1.0)
