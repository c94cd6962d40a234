"""S8: the few configs that between them suit the cells recorded so far.

Greedy cover: each pick is the config that lowers the most the mean, over recorded cells, of the
regret of the best pick so far. Greedy is within 1 - 1/e of the best set of its size, because the
gain of a pick only falls as others are made (Nemhauser, Wolsey and Fisher 1978).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategy import FixedOrder

Array = NDArray[np.float64]
PICKS = 32


def cover(regret: Array, weight: Array, picks: int) -> list[int]:
    """Columns of ``regret`` (cells, configs; log units), in the order of picking; rows weighted."""
    best, chosen = np.full(len(regret), np.inf), list[int]()
    for _ in range(min(picks, regret.shape[1])):
        mean = (weight @ np.minimum(best[:, None], regret)).round(10)
        mean[chosen] = np.inf
        pick = int(np.argmin(mean))
        chosen.append(pick)
        best = np.minimum(best, regret[:, pick])
    return chosen


class Portfolio(FixedOrder):
    """The cover's picks, then the other configs by mean regret."""

    def __init__(self, legal: LegalSpace, regret: Array, weight: Array) -> None:
        picked = cover(regret, weight, PICKS)
        by_mean = np.argsort((weight @ regret).round(10), kind="stable")
        order = dict.fromkeys([*picked, *by_mean.tolist()])
        super().__init__(legal.configs[place] for place in order)
