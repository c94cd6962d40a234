"""vLLM's committed files: what somebody tuned once, looked up by the nearest batch size.

Nothing is timed. The nearest key is a bucket rule like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from scripts.audit.bench import Bench, NotKnown, Places, Problem
from scripts.audit.tuner import Profile
from scripts.audit.tuners.by_file import ByFile
from scripts.lib.config import Config


@dataclass
class Committed(ByFile):
    """``configs``: the file's, by batch size; empty if none is committed."""

    configs: dict[int, Config] = field(default_factory=dict)

    def enumerate(self, problem: Problem) -> Places:
        """The one config of the entry, if it is among the layer's tactics."""
        if not self.configs:
            return np.empty(0, dtype=np.intp)
        return np.array([self.place(self.configs[self.timed_at(problem).cell.tokens])])

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Read the entry; NotKnown if no file is committed."""
        if not self.configs:
            raise NotKnown("no file is committed for the layer")
        timed, key = self.timed_at(problem), self.key(problem)
        places = self.enumerate(problem)
        self.entries[key] = int(places[0])
        return Profile(key, timed, places[:0], np.empty(0))

    def fresh(self) -> Committed:
        """The same file, read again."""
        return replace(self, entries={})
