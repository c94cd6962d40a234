"""Boosted trees as plain numbers: stored as JSON, evaluated with numpy alone.

A model must be readable for as long as the measurements it came from, on machines with another
scikit-learn or none, so the library that grew the trees is not asked to evaluate them. Evaluation
follows QuickScorer (Lucchese et al., SIGIR 2015): each tree has at most 64 leaves, left to right
one bit each; a split that sends a row right clears the bits of its left leaves, and the lowest bit
left is the row's leaf. A row's value of a feature is looked up once, as its rank among all
thresholds of that feature, and each tree then costs one lookup a feature.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.sim.arrays import Array

MOST_LEAVES = 64
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ROWS = 8192  # at a time: what is looked up stays in the processor's cache

Bits = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Tree:
    """``values``: of the leaves, left to right. Split i sends a row left if its ``feature`` is at
    most ``threshold``; ``first`` and ``stop`` bound its left leaves."""  # noqa: D205,D209

    values: tuple[float, ...]
    splits: tuple[tuple[int, float, int, int], ...]  # feature, threshold, first, stop

    def to_json(self) -> dict[str, Any]:
        """Plain lists."""
        return {"values": list(self.values), "splits": [list(split) for split in self.splits]}

    @classmethod
    def read(cls, body: dict[str, Any]) -> Tree:
        """The inverse of ``to_json``."""
        return cls(tuple(body["values"]), tuple((s[0], s[1], s[2], s[3]) for s in body["splits"]))


class Forest:
    """A baseline and trees whose values are added to it."""

    def __init__(self, baseline: float, trees: tuple[Tree, ...], width: int) -> None:
        self.baseline, self.trees, self.width = baseline, trees, width
        thresholds: list[set[float]] = [set() for _ in range(width)]
        for tree in trees:
            for feature, threshold, _, _ in tree.splits:
                thresholds[feature].add(threshold)
        self._grid = [np.array(sorted(found)) for found in thresholds]
        self._tables = [self._table(tree) for tree in trees]

    def predict(self, rows: Array) -> Array:
        """Sum of the baseline and a leaf of each tree, for rows [n, width] without NaN.

        Blocks of rows go to threads, one a core: numpy lets go of Python's lock in what takes long.
        """
        out = np.empty(len(rows))

        def fill(start: int) -> None:
            out[start : start + _ROWS] = self._some(rows[start : start + _ROWS])

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(fill, range(0, len(rows), _ROWS)))
        return out

    def _some(self, rows: Array) -> Array:
        # searchsorted "left": the number of thresholds below the value, so that equal goes left.
        ranks = [np.searchsorted(grid, rows[:, i]) for i, grid in enumerate(self._grid)]
        total = np.full(len(rows), self.baseline)
        for masks, values in self._tables:
            left = np.full(len(rows), _ALL)
            for feature, table in masks:
                left &= table.take(ranks[feature])
            lowest = left & (~left + np.uint64(1))
            # A power of two is exact in float64; its exponent is the leaf's index, plus one.
            total += values[np.frexp(lowest.astype(np.float64))[1] - 1]
        return total

    def _table(self, tree: Tree) -> tuple[list[tuple[int, Bits]], Array]:
        """By feature: for each rank a row can have, the leaves that its splits leave possible."""
        masks: dict[int, Bits] = {}
        for feature, threshold, first, stop in tree.splits:
            grid = self._grid[feature]
            table = masks.setdefault(feature, np.full(len(grid) + 1, _ALL))
            cleared = np.uint64(((1 << stop) - 1) ^ ((1 << first) - 1))
            table[np.searchsorted(grid, threshold) + 1 :] &= ~cleared
        return sorted(masks.items(), key=lambda item: item[0]), np.array(tree.values)
