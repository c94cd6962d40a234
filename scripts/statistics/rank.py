"""How alike two orders are."""

from __future__ import annotations

import numpy as np
import pandas as pd


def rank_correlation(x: pd.Series, y: pd.Series) -> float:
    """Spearman's coefficient: the correlation of ranks, of equals the mean one."""
    return float(np.corrcoef(x.rank(), y.rank())[0, 1])
