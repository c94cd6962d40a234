"""Recorded trials in the place of a GPU, with the recorded noise drawn afresh at every question."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scripts.audit.bench import FAIR, Array, How, NotKnown, Places, Problem, Routing
from scripts.audit.layers import Layer
from scripts.audit.noise import ROUND, TIMING, Noise
from scripts.lib.config import Config


class ReplayBench:
    """A layer's recorded trials; see ``scripts.audit.bench.Bench``.

    They were made under ``FAIR`` conditions and uniform routing, so it knows no others; and each
    counted config was checked against the reference, so that all compute the same.
    """

    def __init__(self, layer: Layer, noise: Noise, rng: np.random.Generator) -> None:
        self.layer, self._noise, self._rng = layer, noise, rng

    @property
    def tactics(self) -> tuple[Config, ...]:
        """The legal configs."""
        return self.layer.tactics

    @cached_property
    def _rows(self) -> dict[int, int]:
        return {tokens: row for row, tokens in enumerate(self.layer.tokens)}

    def truth(self, problem: Problem, how: How = FAIR) -> Array:
        """Recorded latencies of all tactics in us, without noise. NotKnown."""
        cell = problem.cell
        if (cell.device, cell.shape) != (self.layer.device, self.layer.shape):
            raise NotKnown(f"{cell.id}: not the layer that is replayed")
        if cell.tokens not in self._rows:
            raise NotKnown(f"{cell.id}: not recorded")
        if how != FAIR or problem.routing is not Routing.UNIFORM:
            raise NotKnown("recorded under one set of conditions")
        return np.asarray(self.layer.us[self._rows[cell.tokens]])

    def time(self, problem: Problem, places: Places, how: How = FAIR) -> Array:
        """Recorded latencies with the noise of one timing each. NotKnown."""
        us = self.truth(problem, how)[places]
        return np.asarray(us * np.exp(self._draw(problem, TIMING, us.shape)))

    def rounds(self, problem: Problem, places: Places, rounds: int, how: How = FAIR) -> Array:
        """Recorded latencies with the noise of single replays. NotKnown."""
        us = self.truth(problem, how)[places]
        return np.asarray(us * np.exp(self._draw(problem, ROUND, (rounds, len(us)))))

    def digests(self, problem: Problem, places: Places) -> NDArray[np.int64]:
        """All alike: what differed from the reference was recorded as a failure."""
        return np.zeros(len(places), dtype=np.int64)

    def overrun(self, problem: Problem, place: int, rows: int) -> bool:
        """Not recorded."""
        raise NotKnown("recorded trials say nothing of buffers")

    def pair(self, up: int, down: int) -> int:
        """Not recorded."""
        raise NotKnown("a recorded trial holds both GEMMs under one config")

    def call(self, problem: Problem, place: int, how: How = FAIR) -> Callable[[], None]:
        """Not recorded."""
        raise NotKnown("recorded trials cannot be timed by another clock")

    def _draw(self, problem: Problem, kind: str, shape: tuple[int, ...]) -> Array:
        cell = problem.cell
        pool = self._noise.pool(cell.device, kind, cell.tokens)
        return pool[self._rng.integers(len(pool), size=shape)]
