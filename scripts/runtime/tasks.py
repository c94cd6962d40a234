"""What the operator's worker does otherwise than that of graphx's own kernels."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import triton

from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell
from scripts.measure.backend.interface import Backend
from scripts.measure.conditions import Conditions
from scripts.measure.controller.records import failed
from scripts.measure.protocol import Protocol
from scripts.measure.work.operands import make_inputs
from scripts.measure.work.scopes import Scope
from scripts.measure.work.tasks import Worker
from scripts.runtime.op import Op
from scripts.runtime.scope import OpLayers

Entry = Mapping[str, int]
# Launching is compiling where nothing was compiled ahead: what the compiler or the launcher refuses
# is an outcome by its name. All else that is raised is a runtime error.
_REFUSED = {
    triton.runtime.errors.OutOfResources: Outcome.ILLEGAL,
    triton.CompilationError: Outcome.COMPILE_ERROR,
    triton.runtime.errors.PTXASError: Outcome.COMPILE_ERROR,
}


class OpWorker(Worker):
    """State of the process, with the operator that it runs."""

    def __init__(
        self, protocol: Protocol, conditions: Conditions, backend: Backend, op: Op
    ) -> None:
        super().__init__(protocol, conditions, backend)
        self._op = op

    def _scope_of(self, cell: Cell) -> Scope:
        seed = self.protocol.seed
        inputs = make_inputs(cell, self.weights, self.conditions, seed, self.backend)
        return OpLayers(inputs, seed, self._op)

    def do_trial(self, entry: Entry, best_us: float | None) -> dict[str, Any]:
        """Check one config and, if it is correct, time it."""
        began = time.perf_counter()
        try:
            return super().do_trial(entry, best_us)
        except tuple(_REFUSED) as error:
            outcome = next(word for kind, word in _REFUSED.items() if isinstance(error, kind))
            why = f"{type(error).__name__}: {error}"
            return failed(outcome, why, time.perf_counter() - began)
