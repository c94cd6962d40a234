"""What a search asks: the outcome of one config on one cell, live or recorded.

A live oracle runs the trial on a GPU, ``scripts.transfer.recording.Recording`` looks it up; a
search cannot tell them apart. Neither raises for a config that fails or was never tried: that is an
outcome too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scripts.lib.config import Config
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.shape import Cell


@dataclass(frozen=True)
class Trial:
    """What became of one trial; ``latency_us`` is set if and only if the outcome is correct.

    ``half_us``: half-width of its 95% interval, where it is known.
    """

    outcome: Outcome
    latency_us: float | None
    gpu_seconds: float
    reason: str | None = None
    half_us: float | None = None


NOT_RECORDED = Trial(Outcome.NOT_MEASURED, None, 0.0, NotMeasured.NOT_RECORDED)


class Oracle(Protocol):
    """Answers one trial at a time; what it costs is charged by whoever asks."""

    def measure(self, cell: Cell, config: Config, rival_us: float | None = None) -> Trial:
        """Try ``config`` on ``cell``. A failure is a Trial, never an exception.

        ``rival_us``: repetitions may end once the config is surely slower than this.
        """
        ...
