"""S2: the legal configs of the target in order of distance from the source's config.

The first is the nearest legal config: the source's own where that is legal. Further trials
widen the neighbourhood until the whole space is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scripts.lib.config import Config
from scripts.transfer.legal import AXES, LegalSpace, coordinates
from scripts.transfer.strategy import FixedOrder

# Cost of one doubling of a parameter. A prior, not a fit: tile sizes, warps and stages decide how
# work and on-chip memory are split, and one doubling of either changes about as much;
# GROUP_SIZE_M only reorders the same tiles, and its values lie four doublings apart (1, 16).
WEIGHTS = {
    "block_size_m": 1.0,
    "block_size_n": 1.0,
    "block_size_k": 1.0,
    "group_size_m": 0.25,
    "num_warps": 1.0,
    "num_stages": 1.0,
}


def by_distance(source: Config, legal: LegalSpace) -> Iterator[Config]:
    """Legal configs by weighted L1 distance of log2 parameters; ties in ascending order."""
    order = np.argsort(distance_from(coordinates([source])[0], legal), kind="stable")
    return (legal.configs[index] for index in order)


@lru_cache(1 << 14)
def nearest(source: Config, legal: LegalSpace) -> Config:
    """The first of ``by_distance``; asked for again and again by those who look up many cells."""
    return legal.configs[int(np.argmin(distance_from(coordinates([source])[0], legal)))]


def distance_from(point: NDArray[np.float64], legal: LegalSpace) -> NDArray[np.float64]:
    """Weighted L1 distance of each legal config from a point of log2 parameters, doublings."""
    weights = np.array([WEIGHTS[axis] for axis in AXES])
    # log2 may differ in its last digit between machines; rounded, equal distances stay equal.
    return np.asarray((np.abs(legal.coordinates - point) @ weights).round(9))


class NearestLegal(FixedOrder):
    """All legal configs, the nearest to the source's first."""

    def __init__(self, source: Config, legal: LegalSpace) -> None:
        super().__init__(by_distance(source, legal))
