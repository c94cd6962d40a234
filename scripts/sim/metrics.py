"""How well predictions order the configs of a cell, and what following them would cost."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from scipy.special import gammaln

from scripts.sim.arrays import Array

TOPS = (1, 4, 8, 16)
RATES = [f"regret_{top}" for top in TOPS]


def by_cell(measured: pd.DataFrame, predicted: Array) -> pd.DataFrame:
    """Per cell: configs, Spearman's rank correlation, regret of the best among each top.

    ``measured``: cell_id, config_id, us; ``predicted``: any number that orders like a latency.
    Regret is latency over that of the cell's best config. Ties go by config id.
    """
    frame = measured[["cell_id", "config_id", "us"]].assign(predicted=predicted)
    ranks = frame.groupby("cell_id")[["us", "predicted"]].rank()
    of_cell = ranks.groupby(frame["cell_id"])
    found = pd.DataFrame({"configs": of_cell.size()})
    found["spearman"] = of_cell.apply(lambda pair: pair["us"].corr(pair["predicted"]))
    best = frame.groupby("cell_id")["us"].min()
    ordered = frame.sort_values(["cell_id", "predicted", "config_id"])
    for top in TOPS:
        picked = ordered.groupby("cell_id").head(top).groupby("cell_id")["us"].min()
        found[f"regret_{top}"] = picked / best
    return found.reset_index()


def by_chance(measured: pd.DataFrame) -> pd.DataFrame:
    """What a random order would give, on average over all orders: exact, no seeds."""
    cells = measured.groupby("cell_id")["us"]
    found = pd.DataFrame({"configs": cells.size(), "spearman": 0.0})
    for top in TOPS:
        found[f"regret_{top}"] = cells.apply(partial(_expected, top=top))
    return found.reset_index()


def _expected(us: pd.Series, top: int) -> float:
    """Mean over all draws of ``top`` configs of the best one's latency over the cell's best.

    The i-th fastest of n (from 0) is the best of a draw in C(n - 1 - i, top - 1) of C(n, top).
    """
    ordered, n = np.sort(us), len(us)
    top = min(top, n)
    i = np.arange(n - top + 1, dtype=float)
    share = np.exp(_log_choose(n - 1 - i, top - 1) - _log_choose(np.array(float(n)), top))
    return float((share * ordered[: n - top + 1]).sum() / ordered[0])


def _log_choose(n: Array, k: int) -> Array:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))
