"""Wall seconds of the steps of a run, and the end of its time."""

from __future__ import annotations

import logging
import time

LOG = logging.getLogger("tune")


class Paused(Exception):  # noqa: N818 - not an error: the same command goes on
    """The time is up; what was measured is in the ledger."""


class Clock:
    """Called when a step has ended; a step that comes again adds to its seconds."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self.steps: dict[str, float] = {}

    def __call__(self, step: str) -> None:
        """Book the time since the last call to ``step``."""
        seconds, self._last = time.perf_counter() - self._last, time.perf_counter()
        self.steps[step] = round(self.steps.get(step, 0.0) + seconds, 3)
        LOG.info("%s: %.1f s", step, seconds)

    @property
    def total(self) -> float:
        """Since the first moment."""
        return round(time.perf_counter() - self._began, 3)
