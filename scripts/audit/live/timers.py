"""Timers of a tactic's passes besides the backend's own: by the host's clock, and counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from scripts.audit.live.tally import Noted, Tally
from scripts.measure.backend.interface import Reading, Replays


class HostTimer:
    """Passes launched one by one, by the host's clock, us a pass."""

    def __init__(self, run: Callable[[], None], wait: Callable[[], None], passes: int) -> None:
        self._run, self._wait, self._passes = run, wait, passes

    def enqueue(self) -> Reading:
        """Run now; the reading holds at once."""
        self._wait()
        began = time.perf_counter()
        self._run()
        self._wait()
        us = (time.perf_counter() - began) * 1e6 / self._passes
        return lambda: us

    def __call__(self, count: int) -> list[float]:
        """Run ``count`` times."""
        return [self.enqueue()() for _ in range(count)]


@dataclass
class Counted:
    """A timer whose replays are counted."""

    timer: Replays
    captured: Noted
    tally: Tally

    def enqueue(self) -> Reading:
        """Count a replay and queue it."""
        self.tally.replayed(self.captured)
        return self.timer.enqueue()

    def __call__(self, count: int) -> list[float]:
        """Count as many and run them."""
        for _ in range(count):
            self.tally.replayed(self.captured)
        return self.timer(count)
