"""One budget that the workers of several GPUs spend together."""

from __future__ import annotations

import threading

from scripts.lib.budget import Budget


class Spending:
    """Trials begun and the GPU seconds that they took, against a budget's limits.

    GPU seconds are those of the trials; opening cells, anchors and finals are not counted, since
    they do not depend on how many configs are tried.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget, self._turn = budget, threading.Lock()

    def begin(self) -> bool:
        """Book a trial; False, and nothing booked, if the budget does not allow another."""
        with self._turn:
            if self.budget.exhausted:
                return False
            self.budget.charge(0.0)
            return True

    def end(self, gpu_seconds: float) -> None:
        """Add what the trial took, once that is known."""
        with self._turn:
            self.budget.spent_gpu_seconds += gpu_seconds

    @property
    def spent(self) -> bool:
        """Whether no further trial may begin."""
        with self._turn:
            return self.budget.exhausted
