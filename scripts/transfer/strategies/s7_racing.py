"""S7: spend repetitions where they decide.

A candidate is repeated until it is surely slower than the fastest so far, its rival; only what
may still win is repeated until its latency is known as well as the protocol asks. What a trial says
does not change, only what it costs: on recorded trials, the repetitions that would not have been
needed are not charged.
"""

from __future__ import annotations

from scripts.lib.config import Config
from scripts.lib.shape import Cell
from scripts.transfer.oracle import Oracle, Trial


class Racing:
    """An oracle that names the rival to the oracle that it stands before."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._fastest: dict[Cell, float] = {}

    def measure(self, cell: Cell, config: Config, rival_us: float | None = None) -> Trial:
        """Try ``config`` against the fastest config of the cell so far, or a rival faster yet."""
        rivals = [us for us in (self._fastest.get(cell), rival_us) if us is not None]
        trial = self._oracle.measure(cell, config, min(rivals, default=None))
        if trial.latency_us is not None:
            self._fastest[cell] = min([trial.latency_us, *rivals])
        return trial
