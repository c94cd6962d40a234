"""The GPU's process: the cells of one layer stay open side by side, and share their weights.

A search of 18 batch sizes takes turns between them; opening a cell anew for every trial would take
longer than the trial.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from scripts.lib.outcome import NotMeasured
from scripts.lib.shape import parse_cell
from scripts.measure.backend.interface import Backend, Entry, Replays
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol
from scripts.measure.work.finals import Enough
from scripts.measure.work.sampling import Sampled, sample
from scripts.measure.work.scopes import Scope
from scripts.measure.work.tasks import Body, Worker
from scripts.runtime.racing import Race


class LayerWorker(Worker):
    """A worker whose tasks name the cell that they are for.

    ``race``: when finals end early; default, never.
    """

    def __init__(
        self,
        protocol: Protocol,
        conditions: Conditions,
        backend: Backend,
        race: Race | None = None,
    ) -> None:
        super().__init__(protocol, conditions, backend)
        self._race = race
        self._cells: dict[str, tuple[Scope, Replays | None]] = {}

    def do_warm(self, cell_ids: list[str]) -> Body:
        """Make the operands of cells that will be opened; one that cannot be says so then.

        Returns ``target``, what binaries are to be compiled for as Triton's GPUTarget has it; None
        if there is nothing to compile.
        """
        try:
            for cell_id in cell_ids:
                self.do_open(cell_id, None)
        except Exception:
            self.backend.synchronise()  # raises if nothing more can be done in this process
        target = getattr(self.backend, "target", None)
        return {"target": target and (target.backend, target.arch, target.warp_size)}

    def do_open(self, cell_id: str, anchor: Entry | None) -> Body:
        """As ``Worker.do_open``; the cells of the same layer that are open stay so.

        Only where the memory does not hold them all are the others closed.
        """
        if parse_cell(cell_id).shape != self.shape:
            self._cells.clear()
        if cell_id in self._cells:
            self.scope, self.anchor = self._cells[cell_id]
            why = self._set_anchor(anchor)
            facts = self._facts(self.scope) | {"anchor_error": why}
        else:
            facts = super().do_open(cell_id, anchor)
            if facts.get("refused") == NotMeasured.OUT_OF_MEMORY and self._cells:
                self._cells.clear()
                facts = super().do_open(cell_id, anchor)
        if self.scope is not None:
            self._cells[cell_id] = self.scope, self.anchor
        return facts

    def do_on(self, cell_id: str, anchor: Entry | None, name: str, *args: Any) -> Any:
        """A task on a cell, which is opened again if it was closed meanwhile."""
        if cell_id not in self._cells:
            facts = self.do_open(cell_id, anchor)
            if "refused" in facts:
                raise RuntimeError(f"the cell could not be opened again: {facts['message']}")
        self.scope, self.anchor = self._cells[cell_id]
        return getattr(self, f"do_{name}")(*args)

    def _enough(self, entries: list[Entry]) -> Enough | None:
        return partial(self._race.over, entries) if self._race else None

    def _sample(self, timer: Replays, best_us: float | None) -> Sampled:
        return sample(timer, self.protocol, best_us, racing=True)
