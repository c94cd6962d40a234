"""S3: the source's config, moved by what tuners changed on the way to the target elsewhere.

Both GPUs have files for other layers. For each of them and each batch size that both files state,
the committed configs differ by a vector of base-2 logarithms; the median over layers and nearby
batch sizes, parameter by parameter, is the offset. The layer itself is left out in every number
format: its target file is the answer.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scripts.lib.config import Config
from scripts.lib.shape import Shape
from scripts.transfer.committed_files import ConfigFile, History
from scripts.transfer.legal import AXES, LegalSpace, coordinates
from scripts.transfer.strategies.s2_nearest import distance_from
from scripts.transfer.strategy import FixedOrder

_NONE = np.zeros((0, len(AXES)))
NEARBY = 1.0  # doublings of the batch size within which two batches count as alike


def learned_offset(
    history: History,
    source: str,
    target: str,
    shape: Shape,
    tokens: int,
    without: Collection[Shape] = (),
) -> NDArray[np.float64]:
    """Doublings to add to each of ``AXES``, shape (6,); zeros where no other layer tells.

    Layers in the shape's own number format, or in any format where there are none. ``without``:
    shapes whose layers are left out beside its own.
    """
    left_out = {(one.experts, one.intermediate) for one in (shape, *without)}
    found = [one for one in _moves(history, source, target, tokens) if one[1] not in left_out]
    same = [moves for scheme, _, moves in found if scheme == shape.scheme]
    moves = np.concatenate(same or [moves for *_, moves in found] or [_NONE])
    return np.median(moves, axis=0) if len(moves) else np.zeros(len(AXES))


@lru_cache(1 << 12)
def _moves(
    history: History, source: str, target: str, tokens: int
) -> tuple[tuple[str, tuple[int, int], NDArray[np.float64]], ...]:
    """Scheme, (E, N) and the moves about a batch size, (moves, 6), of each layer of both GPUs.

    Every layer that is searched or teaches asks for them, less a few of their layers.
    """
    return tuple(
        (scheme, (ours.experts, ours.intermediate), _between(ours, theirs, tokens))
        for scheme, ours, theirs in history.pairs(source, target)
    )


def _between(ours: ConfigFile, theirs: ConfigFile, tokens: int) -> NDArray[np.float64]:
    batches = [
        batch
        for batch in sorted(ours.configs.keys() & theirs.configs.keys())
        if abs(np.log2(batch) - np.log2(tokens)) <= NEARBY
    ]
    there, here = (coordinates(file.configs[batch] for batch in batches) for file in (theirs, ours))
    return there - here


class OffsetSource(FixedOrder):
    """All legal configs, the nearest to the source's config moved by the offset first."""

    def __init__(self, source: Config, offset: NDArray[np.float64], legal: LegalSpace) -> None:
        moved = coordinates([source])[0] + offset
        order = np.argsort(distance_from(moved, legal), kind="stable")
        super().__init__(legal.configs[place] for place in order)
