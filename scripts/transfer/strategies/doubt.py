"""Where nothing recorded on a GPU teaches, no belief about it was ever held against a trial there.

A search then begins with what the beliefs disagree on, so that the error of one shows: the config
of the greatest merit, the favourite of each voice that has a weight, what the runtime launches
without a file, and the best of those whose tile is one doubling larger or smaller.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scripts.lib.config import Config
from scripts.lib.shape import Cell
from scripts.transfer.kernel import Array
from scripts.transfer.legal import AXES, LegalSpace
from scripts.transfer.strategies.default_heuristic import default_of

TILE = ("block_size_m", "block_size_n")  # the sides whose error costs most: work and traffic


def disputed(cell: Cell, legal: LegalSpace, said: Array, expected: Array) -> tuple[Config, ...]:
    """The configs to begin with, each once.

    ``said``: what each voice that has a weight says of each legal config, (configs, voices);
    ``expected``: their merit, shape (configs,).
    """
    order = np.argsort(expected.round(10), kind="stable")
    places = [int(order[0]), *_favourites(said, order), *_standing(cell, legal)]
    return tuple(
        legal.configs[place] for place in dict.fromkeys([*places, *_neighbours(legal, order)])
    )


def _favourites(said: Array, order: NDArray[np.int64]) -> Iterator[int]:
    """Of each voice that tells configs apart, of equals the one of the greater merit."""
    for voice in said.T.round(10):
        if np.ptp(voice) > 0.0:
            yield int(order[np.argmin(voice[order])])


def _standing(cell: Cell, legal: LegalSpace) -> Iterator[int]:
    """What is launched without a file, where its rules are known."""
    config = default_of(cell)
    if config is not None and config in legal.index:
        yield legal.index[config]


def _neighbours(legal: LegalSpace, order: NDArray[np.int64]) -> Iterator[int]:
    """Of each neighbouring size of either side of the first one's tile, the first by merit."""
    for axis in map(AXES.index, TILE):
        sizes = legal.coordinates[order, axis]
        for step in (1.0, -1.0):
            found = np.flatnonzero(sizes == sizes[0] + step)
            if len(found):
                yield int(order[found[0]])
