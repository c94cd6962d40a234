"""What the sweep says of a config against the committed one, and how far that can be trusted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.lib.outcome import Outcome


def anchored(trials: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Correct trials as latency over the committed config's.

    Columns: cell_id, config_id, level, low, high, referred; sorted by cell and level.
    The anchor (the committed config, timed again every so often) divides out what the GPU's
    clock did during the cell. A trial without an anchor takes the cell's median anchor, a cell
    without any takes the committed config's own trial. If that failed too, levels stay in us and
    ``referred`` is False: they rank the cell's configs, but say nothing of the committed one.
    """
    correct = trials[(trials["outcome"] == Outcome.CORRECT) & trials["median_us"].notna()]
    keys = cells[["cell_id", "committed_id"]].rename(columns={"committed_id": "config_id"})
    own = keys.merge(correct, on=["cell_id", "config_id"]).set_index("cell_id")["median_us"]
    typical = correct.groupby("cell_id")["anchor_us"].transform("median")
    anchor = correct["anchor_us"].fillna(typical).fillna(correct["cell_id"].map(own).astype(float))
    out = correct[["cell_id", "config_id"]].assign(referred=anchor.notna())
    anchor = anchor.fillna(1.0)
    out["level"] = correct["median_us"] / anchor
    out["low"] = correct["low_us"].fillna(correct["median_us"]) / anchor
    out["high"] = correct["high_us"].fillna(correct["median_us"]) / anchor
    return out.sort_values(["cell_id", "level", "config_id"], ignore_index=True)


def disagreement(sweep: pd.DataFrame, pairwise: pd.DataFrame) -> pd.Series:
    """Per cell, the factor by which sweep and interleaved finals differ on the same configs.

    The 95th percentile over the cell's finalists of the larger of the two ratios over the
    smaller, 1 or more. A config's own interval only knows the noise within its second of the
    sweep; what a minute or the order of runs adds, the finalists of the cell show.
    """
    both = sweep.merge(pairwise.sort_values("slot"), on=["cell_id", "config_id"])
    both = both.drop_duplicates(["cell_id", "config_id"])
    gap = np.exp((np.log(both["level"]) - np.log(both["committed_ratio"])).abs())
    factor: pd.Series = gap.groupby(both["cell_id"]).quantile(0.95)
    return factor
