"""graphx's own search, S1 to S8, in its first trials; each batch size by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from scripts.audit.bench import Bench, NotKnown, Problem
from scripts.audit.tuner import Profile
from scripts.audit.tuners.by_file import ByFile
from scripts.lib.budget import Budget
from scripts.lib.config import Config
from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell
from scripts.transfer.oracle import NOT_RECORDED, Trial
from scripts.transfer.strategies.s7_racing import Racing
from scripts.transfer.strategy import Strategy, search

TRIALS = 8
Search = Callable[[Cell], Strategy]


@dataclass
class _Asked:
    """A bench as the search asks it: one timing a trial."""

    bench: Bench
    tuner: ByFile
    problem: Problem

    def measure(self, cell: Cell, config: Config, rival_us: float | None = None) -> Trial:
        """Time a config once. What cannot be timed is an outcome."""
        try:
            place = self.tuner.place(config)
        except NotKnown:
            return NOT_RECORDED
        us = float(self.bench.time(replace(self.problem, cell=cell), np.array([place]))[0])
        if not np.isfinite(us):
            return Trial(Outcome.RUNTIME_ERROR, None, 0.0)
        return Trial(Outcome.CORRECT, us, us * 1e-6)


@dataclass
class Graphx(ByFile):
    """``start`` sets up the search of a cell; the fastest of ``TRIALS`` trials is chosen."""

    start: Search = field(kw_only=True)

    def profile(self, problem: Problem, bench: Bench) -> Profile:
        """Search at the entry's batch size."""
        timed, key = self.timed_at(problem), self.key(problem)
        oracle = Racing(_Asked(bench, self, timed))
        bench.time(timed, np.empty(0, dtype=np.intp))  # NotKnown, before a search begins
        steps = search(self.start(timed.cell), oracle, timed.cell, Budget(TRIALS))
        found = [(self.place(config), trial.latency_us) for config, trial in steps
                 if trial.latency_us is not None]  # fmt: skip
        if not found:
            raise NotKnown(f"{timed.cell.id}: no trial could be timed")
        places, us = (np.array(one) for one in zip(*found, strict=True))
        self.entries[key] = int(places[np.argmin(us)])
        order = np.argsort(places)
        return Profile(key, timed, places[order], us[order])

    def fresh(self) -> Graphx:
        """Nothing searched."""
        return replace(self, entries={})
