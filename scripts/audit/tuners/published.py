"""vLLM's published tuner: each config of the space is timed once, the fastest is written.

Routing is drawn anew for each config, so timings are not paired; nothing is compared again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scripts.audit.bench import Bench, Problem
from scripts.audit.tuner import Profile
from scripts.audit.tuners.by_file import ByFile


class Published(ByFile):
    """Argmin of one timing over the whole space, at each batch size of its file."""

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Time the space at the entry's batch size."""
        timed = self.timed_at(problem)
        places = self.enumerate(timed)
        us = bench.time(timed, places)
        runs = np.isfinite(us)
        key = self.key(problem)
        self.entries[key] = int(places[runs][np.argmin(us[runs])])
        return Profile(key, timed, places[runs], us[runs])

    def fresh(self) -> Published:
        """An empty file."""
        return replace(self, entries={})
