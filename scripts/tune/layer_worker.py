"""The GPU's process: the cells of one layer stay open side by side, and share their weights.

A search of 18 batch sizes takes turns between them; opening a cell anew for every trial would take
longer than the trial. So would loading and capturing a config while the GPU waits: what is asked
next is made ready while the replays of this one are queued, and what was captured is kept for the
finals. Nothing is launched before its turn.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.shape import parse_cell
from scripts.measure.backend.interface import Backend, Entry, Loaded, Replays
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol
from scripts.measure.work.candidate import compare_nothing
from scripts.measure.work.finals import Enough
from scripts.measure.work.sampling import Sampled, sample
from scripts.measure.work.scopes import Scope
from scripts.measure.work.tasks import Body, Worker
from scripts.runtime.racing import Key, Race, key_of


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
        self._on = ""  # the cell of the task at hand
        self._captured: dict[tuple[str, Key], Replays] = {}
        self._best_us: dict[str, float] = {}

    def do_warm(self, cell_ids: list[str]) -> Body:
        """Make the operands of cells that will be opened; one that cannot be says so then.

        Returns ``target``, what binaries are to be compiled for as Triton's GPUTarget has it; None
        if there is nothing to compile.
        """
        try:
            for cell_id in cell_ids:
                self.do_open(cell_id, None)
            if self.scope is not None:
                compare_nothing(self.scope)
        except Exception:
            self.backend.synchronise()  # raises if nothing more can be done in this process
        target = getattr(self.backend, "target", None)
        return {"target": target and (target.backend, target.arch, target.warp_size)}

    def do_open(self, cell_id: str, anchor: Entry | None) -> Body:
        """As ``Worker.do_open``; the cells of the same layer that are open stay so.

        Only where the memory does not hold them all are the others closed.
        """
        if parse_cell(cell_id).shape != self.shape:
            self._close_all()
        self._on = cell_id
        if cell_id in self._cells:
            self.scope, self.anchor = self._cells[cell_id]
            why = self._set_anchor(anchor)
            facts = self._facts(self.scope) | {"anchor_error": why}
        else:
            facts = super().do_open(cell_id, anchor)
            if facts.get("refused") == NotMeasured.OUT_OF_MEMORY and self._cells:
                self._close_all()
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
        self._on = cell_id
        self.scope, self.anchor = self._cells[cell_id]
        return getattr(self, f"do_{name}")(*args)

    def do_trial(self, entry: Entry, best_us: float | None) -> Body:
        """As ``Worker.do_trial``; a trial that was sent early is cut by what was found since."""
        known = [us for us in (best_us, self._best_us.get(self._on)) if us is not None]
        result = super().do_trial(entry, min(known, default=None))
        if result["outcome"] == Outcome.CORRECT:
            self._best_us[self._on] = min([*known, result["median_us"]])
        return result

    def _close_all(self) -> None:
        self._cells.clear()
        self._captured.clear()
        self._best_us.clear()

    def _capture(self, scope: Scope, loaded: Loaded, entry: Entry) -> Replays:
        return self._captured_on(self._on, scope, loaded, entry)

    def _captured_on(self, cell_id: str, scope: Scope, loaded: Loaded, entry: Entry) -> Replays:
        key = cell_id, key_of(entry)
        if key not in self._captured:
            self._captured[key] = super()._capture(scope, loaded, entry)
        return self._captured[key]

    def _finalists(self, entries: list[Entry]) -> list[Replays]:
        """Their first replays, which upload what is new, are the round that tells a round's length.

        A config's second slot is a graph of its own, as that of any two configs.
        """
        scope, seen, timers = self._open_scope(), set[Key](), []
        for entry in entries:
            loaded = self.backend.load(entry, scope.inputs.cell.shape)
            capture = super()._capture if key_of(entry) in seen else self._capture
            timers.append(capture(scope, loaded, entry))
            seen.add(key_of(entry))
        return timers

    def _make_next_ready(self) -> None:
        """Load and capture the config of the next task; what fails fails again in its turn."""
        match self.peek():
            case ("on", str(cell_id), _, "trial", entry, _) if cell_id in self._cells:
                scope, _ = self._cells[cell_id]
                if scope.launches_to_prepare:
                    return
                try:
                    loaded = self.backend.load(entry, scope.inputs.cell.shape)
                    self._captured_on(cell_id, scope, loaded, entry)
                except Exception:
                    return

    def _enough(self, entries: list[Entry]) -> Enough | None:
        return partial(self._race.over, entries) if self._race else None

    def _sample(self, timer: Replays, best_us: float | None) -> Sampled:
        def timed(count: int) -> list[float]:
            readings = [timer.enqueue() for _ in range(count)]
            if count >= self.protocol.batch:  # fewer replays end before anything is made ready
                self._make_next_ready()
            self.backend.synchronise()
            return [reading() for reading in readings]

        return sample(timed, self.protocol, best_us, racing=True)
