"""The mean of log ratios that were taken boot by boot: its interval and its p, both Student's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

LEVEL = 0.95


def interval(logs: Sequence[float]) -> tuple[float, float, float]:
    """Mean of log ratios as a ratio, with Student's interval over them; NaN ends from one."""
    values = np.asarray(logs, dtype=np.float64)
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return float(np.exp(mean)), float("nan"), float("nan")
    half = special.stdtrit(count - 1, 0.5 + LEVEL / 2) * values.std(ddof=1) / np.sqrt(count)
    return float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half))


def chance(logs: Sequence[float]) -> float:
    """Two-sided p of a mean of 0: at most 1 - LEVEL where the interval leaves parity out."""
    values = np.asarray(logs, dtype=np.float64)
    if len(values) < 2:
        return float("nan")
    mean, error = abs(float(values.mean())), float(values.std(ddof=1)) / np.sqrt(len(values))
    if error == 0:
        return 0.0 if mean > 0 else 1.0
    return float(2 * special.stdtr(len(values) - 1, -mean / error))
