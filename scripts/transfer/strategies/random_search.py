"""Baseline: the legal configs in random order."""

from __future__ import annotations

import zlib

import numpy as np

from scripts.lib.shape import Cell
from scripts.transfer.legal import LegalSpace
from scripts.transfer.strategy import FixedOrder


class RandomSearch(FixedOrder):
    """A permutation of the legal space, fixed by the cell and the seed alone."""

    def __init__(self, legal: LegalSpace, cell: Cell, seed: int) -> None:
        # A bit generator's raw stream is the same in every numpy version (NEP 19), which is not
        # promised for Generator.permutation; sorting it gives a uniform permutation.
        stream = np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(cell.id.encode())]))
        order = np.argsort(stream.random_raw(len(legal)), kind="stable")
        super().__init__(legal.configs[index] for index in order)
