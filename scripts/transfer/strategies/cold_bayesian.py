"""Baseline: Bayesian search that knows nothing of the cell, from a random first config."""

from __future__ import annotations

import zlib

import numpy as np

from scripts.lib.shape import Cell
from scripts.transfer.kernel import Covariance
from scripts.transfer.strategies.s4_bayesian import Bayesian


class ColdBayesian(Bayesian):
    """Flat prior; the first config is drawn by the cell and the seed, all else follows."""

    def __init__(self, covariance: Covariance, cell: Cell, seed: int) -> None:
        configs = covariance.legal.configs
        # The raw stream is the same in every numpy version (NEP 19); see random_search.
        stream = np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(cell.id.encode())]))
        first = configs[int(stream.random_raw() % len(configs))]
        super().__init__(covariance, np.zeros(len(configs)), first=[first])
