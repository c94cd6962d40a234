"""Interleaved finals: the only evidence from which a tie or a win is decided.

All finalists are replayed once a round, in the opposite order every other round (A B … B A), so
that a slow drift of clocks or temperature falls on all alike and pairs of the same round differ
only by the config.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scripts.measure.protocol import Protocol

# A queued replay's time in us a pass, to be read once the GPU has been synchronised.
Reading = Callable[[], float]


def rounds_for(round_us: float, protocol: Protocol) -> int:
    """Even number of rounds that fits the protocol's time, given one round's length in us."""
    fit = int(protocol.finals_seconds * 1e6 / max(round_us, 1.0))
    return max(protocol.least_rounds, min(protocol.rounds, fit)) // 2 * 2


def interleave(
    queues: Sequence[Callable[[], Reading]],
    synchronise: Callable[[], None],
    passes: int,
    protocol: Protocol,
) -> list[list[float]]:
    """Samples [rounds][slots] in us a pass.

    ``queues``: per slot, queue one timed replay of ``passes`` passes. Slots are visited in one
    random order and its reverse by turns; the GPU is synchronised between rounds only.
    """
    order = np.random.default_rng(protocol.seed).permutation(len(queues)).tolist()

    def run(visit: list[int]) -> list[float]:
        readings = {slot: queues[slot]() for slot in visit}
        synchronise()
        return [readings[slot]() for slot in range(len(queues))]

    rounds = rounds_for(sum(run(order)) * passes, protocol)
    return [run(order if number % 2 == 0 else order[::-1]) for number in range(rounds)]
