"""What uniform routing makes of a batch, on average.

Each token goes to top_k distinct experts, all equally likely, so the rows of one expert follow
Binomial(tokens, top_k / E). An expert with x rows takes ceil(x / BLOCK_SIZE_M) blocks of rows; the
spread of x over the experts is what makes blocks partly empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betainc

from scripts.sim.arrays import Array


@dataclass(frozen=True)
class Routing:
    """Arrays, one entry a question.

    ``touched``: experts with rows; ``blocks``: blocks of rows with work; both expected.
    ``spread``: standard deviation of ``blocks``; ``bound``: blocks that the grid is launched for.
    """

    touched: Array
    blocks: Array
    spread: Array
    bound: Array


def expect(experts: Array, top_k: Array, tokens: Array, block_m: Array) -> Routing:
    """Expectations of each question, computed once for each distinct (E, top_k, tokens, block)."""
    keys = pd.DataFrame({"E": experts, "top_k": top_k, "tokens": tokens, "block": block_m})
    codes = keys.groupby(list(keys), sort=False).ngroup().to_numpy()
    distinct = keys.drop_duplicates().astype(int).to_numpy()
    found = np.array([_one(*key) for key in distinct]).reshape(-1, 4)[codes]
    return Routing(*found.T)


def _one(experts: int, top_k: int, tokens: int, block: int) -> tuple[float, float, float, float]:
    share = top_k / experts
    touched = experts * (1.0 - (1.0 - share) ** tokens)
    assignments = tokens * top_k
    most = min(assignments, experts)
    bound = most + (assignments - most) // block
    # With c = ceil(x / block), E[c] is the sum over j of P(x > j block), E[c^2] that of 2j + 1
    # times it, and E[c x] follows from x P(x) = tokens share P'(x - 1), P' with a token fewer.
    j = np.arange(0, tokens, block)
    # P(x > k) of a binomial x: the incomplete beta function at k + 1 and n - k.
    above = betainc(j + 1, tokens - j, share)
    mean, square = above.sum(), ((2 * j // block + 1) * above).sum()
    rows = tokens * share
    covariance = rows * (betainc(j, tokens - j, share).sum() - mean)
    # The rows of all experts add up to a fixed number, so what of c is linear in x cancels out.
    variance = square - mean**2
    if share < 1:
        variance -= covariance**2 / (rows * (1.0 - share))
    return touched, experts * mean, float(np.sqrt(max(experts * variance, 0.0))), bound
