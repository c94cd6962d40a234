"""The interval of a median by order statistics: no distribution, no seed, exact for any noise.

Source: David and Nagaraja, "Order Statistics", 3rd edition, section 7.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEVEL = 0.95


def median_interval(
    values: Sequence[float] | Floats, level: float = LEVEL
) -> tuple[float, float, float]:
    """``median_intervals`` of one sample without gaps: median, low, high."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    count = len(ordered)
    median = float((ordered[(count - 1) // 2] + ordered[count // 2]) / 2)
    rank = _lower_rank(count, level)
    if rank < 1:
        return median, float("nan"), float("nan")
    return median, float(ordered[rank - 1]), float(ordered[count - rank])


def median_intervals(samples: Floats, level: float = LEVEL) -> Floats:
    """Median of each column and the narrowest symmetric pair of order statistics that holds it.

    ``samples`` has shape (values, columns), NaN where there is no value; median, low and high
    come back as (columns, 3). With fewer values than ``level`` can be had from (six for 95%), both
    ends are NaN: the range of five values misses their median in one case of sixteen, which is no
    interval at 95%, and what has no interval can be neither a win nor a loss.
    """
    ordered = np.sort(samples, axis=0)
    counts = (~np.isnan(ordered)).sum(axis=0)
    out = np.full((samples.shape[1], 3), np.nan)
    for count in np.unique(counts[counts > 0]):
        columns = counts == count
        mine = ordered[:, columns]
        out[columns, 0] = (mine[(count - 1) // 2] + mine[count // 2]) / 2
        rank = _lower_rank(int(count), level)
        if rank >= 1:
            out[columns, 1:] = mine[[rank - 1, count - rank]].T
    return out


@cache
def _lower_rank(values: int, level: float) -> int:
    """The lower end's rank, from 1; 0 if the level cannot be had from so few values.

    The most for which fewer values than that fall below the median with no more than half the
    tail's probability. Asked for the same few numbers again and again.
    """
    of_one, below, all_of_them = 1, 1, 2**values  # how many of all outcomes, counted exactly
    for rank in range(values):
        if below / all_of_them > (1 - level) / 2:
            return rank
        of_one = of_one * (values - rank) // (rank + 1)
        below += of_one
    return values
