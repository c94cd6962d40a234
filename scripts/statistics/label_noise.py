"""How sure the committed config's own latency is, and which verdicts hang on it.

A second recording of the same cells on another machine gives each committed config another
latency. What all configs of the cell share divides out of a ratio; the rest is the label's noise.
A verdict flips within it if its interval, moved by that much either way, gives another word.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from scripts.lib.judging.decision import decide
from scripts.lib.schemas.recorded import Kind


def label_noise(spread: pd.DataFrame, committed: pd.DataFrame) -> pd.Series:
    """Per cell, the largest relative difference of its committed config between two recordings.

    ``spread``: SPREAD; ``committed``: cell_id and committed_id. Cells recorded once have none.
    """
    again = spread[spread["kind"] == Kind.RUNS_SHIFTED]
    keys = committed.drop_duplicates().rename(columns={"committed_id": "config_id"})
    own = again.merge(keys, on=["cell_id", "config_id"])
    noise: pd.Series = own.groupby("cell_id")["value"].max()
    return noise


def flips(rows: pd.DataFrame, noise: pd.Series, margin: float) -> npt.NDArray[np.float64]:
    """1 where the verdict flips within the noise, 0 where it stands, NaN where either lacks.

    ``rows``: JUDGED; ``noise``: of each row.
    """
    other = np.zeros(len(rows), dtype=bool)
    for factor in (1 - noise, 1 + noise):
        moved = decide(rows["low"] * factor, rows["high"] * factor, margin)
        other |= moved != rows["verdict"].to_numpy(dtype=object)
    known = (noise.notna() & rows["ratio"].notna()).to_numpy()
    return np.where(known, other.astype(np.float64), np.nan)
