"""vLLM's published tuner: each config of the space is timed once, the fastest is written.

Routing is drawn anew for each config, so timings are not paired; nothing is compared again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.audit.bench import FAIR, Bench, How, Problem
from scripts.audit.tuner import Profile
from scripts.audit.tuners.by_file import ByFile


@dataclass
class Published(ByFile):
    """Argmin of one timing over the whole space, at each batch size of its file. ``how``: under
    which conditions it times, where the bench knows several."""  # noqa: D205,D209

    how: How = FAIR

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Time the space at the entry's batch size."""
        timed = self.timed_at(problem)
        places = self.enumerate(timed)
        us = bench.time(timed, places, self.how)
        runs = np.isfinite(us)
        key = self.key(problem)
        self.entries[key] = int(places[runs][np.argmin(us[runs])])
        return Profile(key, timed, places[runs], us[runs])

    def fresh(self) -> Published:
        """An empty file."""
        return replace(self, entries={})
