"""What the operator's worker does otherwise than that of graphx's own kernels."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import triton

from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell
from scripts.measure.backend.interface import Backend, Entry, Loaded, Replays
from scripts.measure.conditions import Conditions
from scripts.measure.controller.records import failed
from scripts.measure.protocol import Protocol
from scripts.measure.work.finals import Enough
from scripts.measure.work.operands import make_inputs
from scripts.measure.work.scopes import Scope
from scripts.measure.work.tasks import Worker
from scripts.runtime.op import Op
from scripts.runtime.racing import Key, Race, first_slots, key_of
from scripts.runtime.scope import OpLayers

# Launching is compiling where nothing was compiled ahead: what the compiler or the launcher refuses
# is an outcome by its name. All else that is raised is a runtime error.
_REFUSED = {
    triton.runtime.errors.OutOfResources: Outcome.ILLEGAL,
    triton.CompilationError: Outcome.COMPILE_ERROR,
    triton.runtime.errors.PTXASError: Outcome.COMPILE_ERROR,
}


class OpWorker(Worker):
    """State of the process, with the operator that it runs.

    ``race``: when finals end early; default, never.
    """

    def __init__(
        self,
        protocol: Protocol,
        conditions: Conditions,
        backend: Backend,
        op: Op,
        race: Race | None = None,
    ) -> None:
        super().__init__(protocol, conditions, backend)
        self._op, self._race = op, race
        # Of the open cell, by config: capturing a config again for the finals takes longer than a
        # round of them.
        self._captured: dict[Key, Replays] = {}

    def do_open(self, cell_id: str, anchor: Entry | None) -> dict[str, Any]:
        """See ``Worker``."""
        self._captured.clear()
        return super().do_open(cell_id, anchor)

    def _scope_of(self, cell: Cell) -> Scope:
        seed = self.protocol.seed
        inputs = make_inputs(cell, self.weights, self.conditions, seed, self.backend)
        return OpLayers(inputs, seed, self._op)

    def _capture(self, scope: Scope, loaded: Loaded, entry: Entry) -> Replays:
        timer = super()._capture(scope, loaded, entry)
        self._captured.setdefault(key_of(entry), timer)
        return timer

    def _finalists(self, entries: list[Entry]) -> list[Replays]:
        """What the trials captured; a twin has a graph, and so memory, of its own."""
        firsts = {slot: self._captured.get(key_of(entries[slot])) for slot in first_slots(entries)}
        return [firsts.get(slot) or self._timer(entry) for slot, entry in enumerate(entries)]

    def _enough(self, entries: list[Entry]) -> Enough | None:
        return partial(self._race.over, entries) if self._race else None

    def do_trial(self, entry: Entry, best_us: float | None) -> dict[str, Any]:
        """Check one config and, if it is correct, time it."""
        began = time.perf_counter()
        try:
            trial = super().do_trial(entry, best_us)
            return trial | self._op.resources() if "registers" in trial else trial
        except tuple(_REFUSED) as error:
            outcome = next(word for kind, word in _REFUSED.items() if isinstance(error, kind))
            why = f"{type(error).__name__}: {error}"
            return failed(outcome, why, time.perf_counter() - began)
