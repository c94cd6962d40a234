"""What a search may spend: trials and GPU seconds, failed trials included."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Budget:
    """Limits and what is spent of them; one object is shared by all that spend.

    A trial starts only while both limits leave room. The number of trials is therefore never
    exceeded; GPU seconds are known only after a trial, so the last one may end past the limit.
    """

    trials: int
    gpu_seconds: float = math.inf
    spent_trials: int = 0
    spent_gpu_seconds: float = 0.0

    @property
    def exhausted(self) -> bool:
        """Whether no further trial may start."""
        return self.spent_trials >= self.trials or self.spent_gpu_seconds >= self.gpu_seconds

    def charge(self, gpu_seconds: float) -> None:
        """Book one trial, whatever became of it. ValueError if none was allowed to start."""
        if self.exhausted:
            raise ValueError("the budget was spent before this trial began")
        self.spent_trials += 1
        self.spent_gpu_seconds += gpu_seconds
