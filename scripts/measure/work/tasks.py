"""What the worker process does: opens cells, runs trials, anchors and finals.

Every task is a tuple of a name and its arguments, every result a plain dict, so that nothing of
CUDA crosses the process boundary.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import triton

from scripts.lib.isolate import Named
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.shape import Cell, Shape, parse_cell
from scripts.measure.backend.interface import Backend, Entry, Loaded, Replays
from scripts.measure.conditions import Conditions
from scripts.measure.protocol import Protocol
from scripts.measure.work.candidate import check, make_timer
from scripts.measure.work.finals import Enough, interleave
from scripts.measure.work.operands import Weights, make_weights, most_weight_sets
from scripts.measure.work.recorded_routing import profile_name
from scripts.measure.work.sampling import Sampled, median_ends, sample
from scripts.measure.work.scopes import Scope, make_operands

Body = dict[str, Any]


class Worker(Named):
    """State of the process: the backend, the open cell, its anchor's timer."""

    def __init__(self, protocol: Protocol, conditions: Conditions, backend: Backend) -> None:
        self.protocol, self.conditions, self.backend = protocol, conditions, backend
        self.profile = profile_name(conditions.profile)
        self.shape: Shape | None = None
        self.weights: list[Weights] = []
        self.scope: Scope | None = None
        self.anchor: Replays | None = None
        gc.disable()  # a collection in the middle of a replay loop would be a spike

    def do_ready(self) -> Body:
        """Nothing but the answer: the process has started."""
        return {}

    def do_open(self, cell_id: str, anchor: Entry | None) -> Body:
        """Make a cell's operands and capture its anchor, the config that shows drift.

        Returns the cell's facts, ``anchor_error`` with them if the anchor does not run; or, if the
        cell cannot be opened here, ``refused`` (a NotMeasured) and a ``message``.
        """
        cell, full = parse_cell(cell_id), ""
        self.scope = self.anchor = None
        if why := self.backend.refuses(cell.shape):
            return _refused(NotMeasured.SCHEME_UNSUPPORTED, why)
        try:
            self.scope = self._operands(cell)
        except Exception as error:
            if not self.backend.is_out_of_memory(error):
                raise
            full = str(error)
        if self.scope is None:  # the error is gone here, and with it what its frames held
            self._forget_weights()
            return _refused(NotMeasured.OUT_OF_MEMORY, full)
        return self._facts(self.scope) | {"anchor_error": self._set_anchor(anchor)}

    def _operands(self, cell: Cell) -> Scope:
        seed = self.protocol.seed
        if cell.shape != self.shape:
            self._forget_weights()
            sets = most_weight_sets(self.conditions.weights)
            backend = self.backend
            self.weights = make_weights(cell.shape, sets, seed, backend.device, backend.fnuz)
            self.shape = cell.shape
        return self._scope_of(cell)

    def _scope_of(self, cell: Cell) -> Scope:
        seed = self.protocol.seed
        return make_operands(cell, self.weights, self.conditions, seed, self.backend)

    def _forget_weights(self) -> None:
        self.shape, self.weights = None, []
        self.backend.release()

    def _facts(self, scope: Scope) -> Body:
        moved, flops = scope.traffic()
        return {
            "draws": len(scope.inputs.timed),
            "passes": len(scope.inputs.passes),
            "weight_sets": len(scope.inputs.weights),
            "bytes": moved,
            "flops": flops,
            "routing": self.profile,
            "weights": self.conditions.weights,
            "scope": scope.name,
        }

    def _set_anchor(self, anchor: Entry | None) -> str | None:
        """Why the anchor cannot be timed; None if it can, or if there is none."""
        if anchor is None:
            return None
        try:
            self.anchor = self._timer(anchor)
        except Exception as error:
            self.backend.synchronise()
            return f"{type(error).__name__}: {error}"
        return None

    def _open_scope(self) -> Scope:
        if self.scope is None:
            raise RuntimeError("no cell is open")
        return self.scope

    def _timer(self, entry: Entry) -> Replays:
        """A timer that has run once: the first replay uploads the graph."""
        scope = self._open_scope()
        loaded = self.backend.load(entry, scope.inputs.cell.shape)
        timer = self._capture(scope, loaded, entry)
        timer(1)
        return timer

    def _capture(self, scope: Scope, loaded: Loaded, entry: Entry) -> Replays:
        return make_timer(self.backend, scope, loaded, entry)

    def do_anchor(self) -> Body:
        """Time the anchor again; no samples where there is none."""
        if self.anchor is None:
            return {"us": []}
        return {"us": _rounded(self.anchor(self.protocol.anchor_samples))}

    def do_probe(self, seconds: float) -> Body:
        """Time the anchor over and over for so long; no samples where there is none."""
        us: list[float] = []
        until = time.perf_counter() + seconds
        while self.anchor is not None and time.perf_counter() < until:
            us += self.anchor(self.protocol.anchor_samples)
        return {"us": us}

    def do_trial(self, entry: Entry, best_us: float | None) -> Body:
        """Check one config and, if it is correct, time it."""
        scope, began = self._open_scope(), time.perf_counter()
        try:
            loaded = self.backend.load(entry, scope.inputs.cell.shape)
        except triton.runtime.errors.OutOfResources as error:
            return _ended(Outcome.ILLEGAL, f"out_of_resources: {error}", began)
        agreement = check(scope, loaded, entry)
        facts = {
            "logits_diff": _digits(agreement.logits_diff),
            "relative_error": _digits(agreement.relative_error),
            "registers": loaded.registers,
            "spills": loaded.spills,
        }
        if not agreement.passes:
            why = f"unwritten={agreement.unwritten} finite={agreement.finite}"
            return _ended(Outcome.MISMATCH, why, began) | facts
        timer = self._capture(scope, loaded, entry)
        sampled = self._sample(timer, best_us)
        return (
            _ended(Outcome.CORRECT, None, began) | facts | _summary(sampled.us, sampled.stopped_by)
        )

    def _sample(self, timer: Replays, best_us: float | None) -> Sampled:
        return sample(timer, self.protocol, best_us)

    def do_finals(self, entries: list[Entry]) -> Body:
        """Interleave the finalists; ``us`` is [rounds][slots]."""
        timers = self._finalists(entries)
        passes = len(self._open_scope().inputs.passes)
        queues = [timer.enqueue for timer in timers]
        synchronise, enough = self.backend.synchronise, self._enough(entries)
        rounds = interleave(queues, synchronise, passes, self.protocol, enough)
        return {"us": [_rounded(row) for row in rounds]}

    def _finalists(self, entries: list[Entry]) -> list[Replays]:
        return [self._timer(entry) for entry in entries]

    def _enough(self, entries: list[Entry]) -> Enough | None:
        """When the finals of these slots may end early; None: never."""
        return None


def _refused(reason: NotMeasured, message: str) -> Body:
    return {"refused": reason.value, "message": message}


def _ended(outcome: Outcome, reason: str | None, began: float) -> Body:
    seconds = time.perf_counter() - began
    return {"outcome": str(outcome), "reason": reason, "gpu_seconds": round(seconds, 6)}


def _digits(value: float) -> float | None:
    """Six significant digits; None for what JSON has no word for, NaN and infinity."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _rounded(us: Iterable[float]) -> list[float]:
    """To a tenth of a nanosecond: the clocks tick in more, and random digits do not compress."""
    return [round(float(value), 4) for value in us]


def _summary(us: list[float], stopped_by: str) -> Body:
    named = ("median_us", "p95_us", "low_us", "high_us")
    values = _rounded((np.median(us), np.quantile(us, 0.95), *median_ends(us)))
    return {
        "stopped_by": str(stopped_by),
        "samples": len(us),
        **dict(zip(named, values, strict=True)),
    }
