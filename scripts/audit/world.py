"""Recorded trials in a world with the conditions under which tuners err.

What the record holds is the fair latency of each tactic. What other conditions do to it is put on
top, by strengths (``scripts.audit.faults``): a model of the effects, so that it is known which
tuner errs, and by how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scripts.audit.bench import (
    FAIR,
    Array,
    Cache,
    Clock,
    How,
    NotKnown,
    Places,
    Problem,
    Routing,
    Scope,
)
from scripts.audit.faults import USUAL, Fault
from scripts.audit.layers import Layer
from scripts.audit.noise import Noise
from scripts.audit.replay import ReplayBench

ARENA = 64  # the BLOCK_SIZE_M for which a careless tuner allocates
WRONG = 4  # tactics that compute something else
_FULLER = 2  # zipf: experts as full as with the tokens of so many buckets above


class World(ReplayBench):
    """A layer whose latencies depend on how they are timed; noise as recorded."""

    def __init__(
        self,
        layer: Layer,
        noise: Noise,
        rng: np.random.Generator,
        strengths: Mapping[Fault, float] = USUAL,
    ) -> None:
        super().__init__(layer, noise, rng)
        self._strength = {**USUAL, **strengths}
        tactics = len(layer.tactics)
        self._spared = rng.random(tactics)  # by a warm cache
        self._by_rank = rng.standard_normal((8, tactics))
        self._by_rank[0] = 0.0
        self._known: dict[tuple[int, Routing, How], Array] = {}  # asked again and again

    @cached_property
    def tiles(self) -> NDArray[np.int64]:
        """BLOCK_SIZE_M of each tactic."""
        return np.array([one.block_size_m for one in self.layer.tactics])

    @cached_property
    def families(self) -> NDArray[np.int64]:
        """1 for the kernels that leave a pass to another, by their number of warps."""
        return np.array([int(one.num_warps > 4) for one in self.layer.tactics])

    @cached_property
    def wrong(self) -> Places:
        """Tactics that compute something else: good ones, though not the best."""
        order = np.argsort(np.log(self.layer.us).mean(axis=0), kind="stable")
        return np.asarray(order[1 : 1 + WRONG])

    @cached_property
    def _digests(self) -> NDArray[np.int64]:
        return np.isin(np.arange(len(self.layer.tactics)), self.wrong).astype(np.int64)

    @cached_property
    def _host_us(self) -> float:
        return self._strength[Fault.HOST_TIME] * float(self.layer.us[0].min())

    def truth(self, problem: Problem, how: How = FAIR) -> Array:
        """Latency of each tactic under these conditions in us, without noise. NotKnown."""
        if problem.cell.tokens not in self._rows:
            raise NotKnown(f"{problem.cell.id}: not recorded")
        key = problem.cell.tokens, problem.routing, how
        if key not in self._known:
            self._known[key] = self._under(self._rows[problem.cell.tokens], problem.routing, how)
        return self._known[key]

    def _under(self, row: int, routing: Routing, how: How) -> Array:
        us = self._routed(row, routing)
        us[self.wrong] *= 1 - self._strength[Fault.UNEQUAL]
        if how.arena is not None:
            us[self.tiles != how.arena] *= 1 + self._strength[Fault.ALLOCATION]
        if how.scope is Scope.PART:
            us[self.families == 1] *= 1 - self._strength[Fault.CLOCKS]
        if how.cache is Cache.WARM:
            us *= 1 - self._strength[Fault.WARM_CACHE] * self._spared
        if how.clock is Clock.HOST:
            us += self._host_us
        return np.asarray(us * np.exp(self._strength[Fault.RANKS] * self._by_rank[how.rank]))

    def _routed(self, row: int, routing: Routing) -> Array:
        us: Array = self.layer.us[row].copy()
        if routing is Routing.UNIFORM:
            return us
        # Fuller experts rank tactics as more tokens do; the level is taken off.
        fuller = self.layer.us[min(row + _FULLER, len(self.layer.tokens) - 1)]
        if row + 1 == len(self.layer.tokens):
            fuller = self.layer.us[row - _FULLER]
        shift = np.log(fuller / fuller.min()) - np.log(us / us.min())
        return np.asarray(us * np.exp(self._strength[Fault.ROUTING] * shift))

    def digests(self, problem: Problem, places: Places) -> NDArray[np.int64]:
        """1 for those that compute something else."""
        return self._digests[places]

    def overrun(self, problem: Problem, place: int, rows: int) -> bool:
        """Whether there are more tokens than rows."""
        return problem.cell.tokens > rows
