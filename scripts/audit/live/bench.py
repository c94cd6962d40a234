"""Tactics timed on the GPU: see ``scripts.audit.bench.Bench``.

A timing is replays of one captured graph, a pass for each draw; its mean, as the published method
takes it. Every tactic sees the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
import triton
from numpy.typing import NDArray

from kernels.alignment import Alignment
from kernels.launch import Gemm
from kernels.tolerances import SENTINEL, Agreement, compare
from scripts.audit.bench import (
    FAIR,
    Array,
    Cache,
    Clock,
    Cute,
    How,
    NotKnown,
    Pair,
    Places,
    Problem,
    Routing,
    Tactic,
)
from scripts.audit.live.rank_layer import CHECKED, Launch, RankLayer
from scripts.audit.live.tally import During, Tally
from scripts.audit.live.timers import Counted, HostTimer
from scripts.lib.config import Config
from scripts.lib.shape import Shape
from scripts.measure.backend.interface import Backend, Replays
from scripts.measure.work.operands import Weights, make_weights

WEIGHT_SETS = 4
WARM_UP, LEAST, MOST = 2, 5, 20  # replays: not timed, and timed
TIMED_US = 3000.0  # that the timed replays of a tactic may take, but for ``LEAST`` of them
SAME = 1e-3  # logits_diff up to which two tactics compute the same
# What a tactic that cannot be launched raises; anything else is a defect and ends the process.
_REFUSED = (triton.runtime.errors.OutOfResources, triton.CompilationError)
Key = tuple[int, Routing, int, How]


class LiveBench:
    """One rank's layer on the GPU of this process. ``configs``: the tactics, ascending."""

    def __init__(
        self,
        shape: Shape,
        ranks: int,
        configs: Iterable[Config],
        backend: Backend,
        tally: Tally,
        seed: int,
    ) -> None:
        self.shape, self.ranks, self.backend, self.tally = shape, ranks, backend, tally
        self._tactics: list[Tactic] = list(configs)
        self._seed, self._rng = seed, np.random.default_rng(seed)
        self._weights: list[Weights] = make_weights(
            shape, WEIGHT_SETS, seed, backend.device, backend.fnuz
        )
        self._layers: dict[tuple[int, Routing], RankLayer] = {}
        self._timers: dict[Key, Replays] = {}

    @property
    def tactics(self) -> Sequence[Tactic]:
        """See ``Bench``."""
        return self._tactics

    def pair(self, up: int, down: int) -> int:
        """See ``Bench``. ValueError if their tiles differ in height."""
        if up == down:
            return up
        first, second = self._tactics[up], self._tactics[down]
        assert isinstance(first, Config)
        assert isinstance(second, Config)
        if first.block_size_m != second.block_size_m:
            raise ValueError(f"{first.id} and {second.id} need alignments of their own")
        made = Pair(first, second)
        if made not in self._tactics:
            self._tactics.append(made)
        return self._tactics.index(made)

    def layer(self, problem: Problem) -> RankLayer:
        """The operands of a problem. NotKnown for another layer."""
        cell = problem.cell
        if (cell.shape, problem.ranks) != (self.shape, self.ranks):
            raise NotKnown(f"{cell.id}: not the layer that is open")
        key = cell.tokens, problem.routing
        if key not in self._layers:
            self._layers[key] = RankLayer(
                self.shape, self.ranks, cell.tokens, str(problem.routing), self._weights,
                self.backend, self._seed,
            )  # fmt: skip
        return self._layers[key]

    def _loaded(self, place: int) -> tuple[list[dict[str, int]], Launch]:
        """Entries of the gate-up and the down GEMM, and what launches them uncounted."""
        tactic = self._tactics[place]
        assert not isinstance(tactic, Cute)
        up, down = (tactic.up, tactic.down) if isinstance(tactic, Pair) else (tactic, tactic)
        entries = [up.to_entry(), down.to_entry()]
        loaded = [self.backend.load(entry, self.shape) for entry in entries]

        def launch(gemm: Gemm, alignment: Alignment) -> None:
            which = int(gemm.route_weight is not None)
            loaded[which].launch(gemm, alignment, entries[which])

        return entries, launch

    def launcher(self, place: int) -> tuple[Launch, int]:
        """What launches either GEMM under a tactic and counts it, and the tile height."""
        entries, quiet = self._loaded(place)

        def launch(gemm: Gemm, alignment: Alignment) -> None:
            self.tally.launched(gemm, entries[gemm.route_weight is not None])
            quiet(gemm, alignment)

        return launch, entries[0]["BLOCK_SIZE_M"]

    def _timer(self, problem: Problem, place: int, how: How) -> Replays:
        key = problem.cell.tokens, problem.routing, place, how
        if key not in self._timers:
            self._timers[key] = self._make(problem, place, how)
        return self._timers[key]

    def _pass(self, layer: RankLayer, place: int, how: How) -> Callable[[int], None]:
        """One pass over a draw under a tactic. NotKnown."""
        launch, block = self.launcher(place)
        anew = how.arena is not None and how.arena != block
        for index in set(layer.passes):
            layer.alignment(index, block)

        def run(index: int) -> None:
            layer.run(index, launch, block, how.scope, anew=anew)

        return run

    def _make(self, problem: Problem, place: int, how: How) -> Replays:
        if how.rank:
            raise NotKnown("one GPU: there is no other rank to ask")
        layer = self.layer(problem)
        one = self._pass(layer, place, how)
        passes = layer.passes if how.cache is Cache.COLD else (0,) * len(layer.passes)

        def run() -> None:
            for index in passes:
                one(index)

        with self.tally.during(During.PREPARING):
            one(passes[0])  # loads all code
        if how.clock is Clock.HOST:
            return HostTimer(run, self.backend.synchronise, len(passes))
        with self.tally.capturing() as captured:
            timer = self.backend.timer(run, len(passes))
        return Counted(timer, captured, self.tally)

    def time(self, problem: Problem, places: Places, how: How = FAIR) -> Array:
        """See ``Bench``."""
        self.layer(problem)
        return np.array([self._one(problem, int(place), how) for place in places])

    def _one(self, problem: Problem, place: int, how: How) -> float:
        try:
            timer = self._timer(problem, place, how)
        except _REFUSED:
            return float("nan")
        passes = len(self.layer(problem).passes)
        first = timer(WARM_UP)[-1] * passes
        count = int(np.clip(TIMED_US / max(first, 1.0), LEAST, MOST))
        return float(np.mean(timer(count)))

    def rounds(self, problem: Problem, places: Places, rounds: int, how: How = FAIR) -> Array:
        """See ``Bench``; every other round in the opposite order. A place may stand twice (A/A)."""
        timers = [self._timer(problem, int(place), how) for place in places]
        found = np.empty((rounds, len(timers)))
        order = self._rng.permutation(len(timers))
        for number in range(rounds):
            order = order[::-1] if number % 2 else self._rng.permutation(len(timers))
            readings = {int(slot): timers[slot].enqueue() for slot in order}
            self.backend.synchronise()
            found[number] = [readings[slot]() for slot in range(len(timers))]
        return found

    def call(self, problem: Problem, place: int, how: How = FAIR) -> Callable[[], None]:
        """See ``Bench``; on the first draw."""
        layer = self.layer(problem)
        launch, block = self.launcher(place)
        # Noted once, so that counting a call costs next to nothing: it would be timed with it.
        with self.tally.capturing() as captured:
            layer.run(0, launch, block, how.scope)
        _, quiet = self._loaded(place)

        def run() -> None:
            self.tally.replayed(captured)
            layer.run(0, quiet, block, how.scope)

        return run

    def output(self, problem: Problem, place: int) -> torch.Tensor:
        """What a tactic computes of the checking draw, [tokens, K], into scrubbed buffers."""
        layer, buffers = self.layer(problem), self.layer(problem).buffers
        run = self._pass(layer, place, FAIR)
        for one in (buffers.up, buffers.down, buffers.out):
            one.fill_(SENTINEL)
        run(layer.checking)
        return buffers.out.clone()

    def parity(self, problem: Problem, first: int, second: int) -> tuple[Agreement, float]:
        """How the second's output agrees with the first's, and the largest difference."""
        one, two = (self.output(problem, place).float() for place in (first, second))
        return compare(two, one), float((two - one).abs().max())

    def correct(self, problem: Problem, place: int) -> Agreement:
        """A tactic's output against the reference, of the first tokens."""
        expected = self.layer(problem).expected
        return compare(self.output(problem, place)[:CHECKED].float(), expected)

    def digests(self, problem: Problem, places: Places) -> NDArray[np.int64]:
        """See ``Bench``: the number of the first tactic that computes the same."""
        kinds: list[torch.Tensor] = []
        found = []
        for place in places:
            out = self.output(problem, int(place)).float()
            alike = [n for n, kind in enumerate(kinds) if _same(out, kind)]
            if not alike:
                kinds.append(out)
            found.append(alike[0] if alike else len(kinds) - 1)
        return np.array(found, dtype=np.int64)

    def overrun(self, problem: Problem, place: int, rows: int) -> bool:
        """See ``Bench``. The buffers end before the memory does, and what lies behind is looked at
        afterwards; no byte outside of it is written."""  # noqa: D205,D209
        layer = self.layer(problem)
        launch, block = self.launcher(place)
        whole = layer.buffers
        for one in (whole.up, whole.down, whole.out):
            one.fill_(SENTINEL)
        layer.run(layer.checking, launch, block)
        top_k = self.shape.top_k
        behind = (whole.up[rows * top_k :], whole.down[rows * top_k :], whole.out[rows:])
        return any(bool((one != SENTINEL).any()) for one in behind if one.numel())

    def kept(self, problem: Problem, place: int) -> Replays:
        """The graph of a tactic's fair passes."""
        return self._timer(problem, place, FAIR)

    def forget(self, but: Iterable[tuple[Problem, int]] = ()) -> None:
        """Drop graphs and operands, but for the fair graphs of these."""
        keys = {(p.cell.tokens, p.routing, place, FAIR) for p, place in but}
        self._timers = {key: timer for key, timer in self._timers.items() if key in keys}
        kept = {key[:2] for key in self._timers}
        self._layers = {key: layer for key, layer in self._layers.items() if key in kept}


def _same(out: torch.Tensor, other: torch.Tensor) -> bool:
    agreement = compare(out, other)
    return agreement.passes and agreement.logits_diff <= SAME
