"""Interleaved finals: the only evidence from which a tie or a win is decided.

All finalists are replayed once a round, in the opposite order every other round (A B … B A), so
that a slow drift of clocks or temperature falls on all alike and pairs of the same round differ
only by the config; and in a fresh order every two rounds, so that no config always has the same
neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scripts.measure.backend.interface import Reading
from scripts.measure.protocol import Protocol

# Whether the samples so far, [rounds][slots], are enough.
Enough = Callable[[list[list[float]]], bool]


def rounds_for(round_us: float, protocol: Protocol) -> int:
    """Even number of rounds that fits the protocol's time, given one round's length in us."""
    fit = int(protocol.finals_seconds * 1e6 / max(round_us, 1.0))
    return max(protocol.least_rounds, min(protocol.rounds, fit)) // 2 * 2


def order_of(pair: int, slots: int, protocol: Protocol) -> list[int]:
    """In which order two rounds visit the slots, the second of them backwards.

    A fresh order for each pair of rounds, since some configs run faster after one neighbour than
    after another: under one order and its reverse such a difference is no noise but the same in
    every round, and intervals of equal configs missed 1 in half of the cells. It follows from the
    protocol's seed, which stands in the run's line.
    """
    return [int(slot) for slot in np.random.default_rng((protocol.seed, pair)).permutation(slots)]


def interleave(
    queues: Sequence[Callable[[], Reading]],
    synchronise: Callable[[], None],
    passes: int,
    protocol: Protocol,
    enough: Enough | None = None,
) -> list[list[float]]:
    """Samples [rounds][slots] in us a pass.

    ``queues``: per slot, queue one timed replay of ``passes`` passes. Rounds come in pairs, a
    random order (``order_of``) and its reverse; the GPU is synchronised between rounds only.
    ``enough``: asked after each pair; default, all rounds of the protocol are run.
    """

    def run(visit: list[int]) -> list[float]:
        readings = {slot: queues[slot]() for slot in visit}
        synchronise()
        return [readings[slot]() for slot in range(len(queues))]

    rounds = rounds_for(sum(run(order_of(0, len(queues), protocol))) * passes, protocol)
    found = []
    for pair in range(rounds // 2):
        order = order_of(pair, len(queues), protocol)
        found += [run(order), run(order[::-1])]
        if enough is not None and enough(found):
            break
    return found
