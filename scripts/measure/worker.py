"""The process that owns the GPU: opens cells, runs trials, anchors and finals.

It is a task server for ``scripts.lib.isolate.Child``: every task is a tuple of a name and
its arguments, every result a plain dict, so that nothing of CUDA crosses the process boundary.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Mapping
from typing import Any

import torch
import triton

from scripts.lib.isolate import PoisonedError
from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell, Shape, parse_cell
from scripts.measure.candidate import BinaryCache, capture, check
from scripts.measure.finals import Reading, interleave
from scripts.measure.operands import Operands, Weights, make_operands, make_weights, traffic
from scripts.measure.protocol import Protocol, draws_of, weight_sets_of
from scripts.measure.sampling import median_interval, sample

Entry = Mapping[str, int]


class GraphTimer:
    """Times replays of one graph with events, us a pass."""

    def __init__(self, graph: torch.cuda.CUDAGraph, passes: int) -> None:
        self._graph, self.passes = graph, passes

    def enqueue(self) -> Reading:
        """Queue one timed replay; the reading holds once the GPU has been synchronised."""
        start, end = torch.cuda.Event(True), torch.cuda.Event(True)
        start.record()
        self._graph.replay()
        end.record()
        return lambda: float(start.elapsed_time(end)) * 1e3 / self.passes

    def __call__(self, count: int) -> list[float]:
        """Time ``count`` replays back to back, with nothing synchronised between."""
        readings = [self.enqueue() for _ in range(count)]
        torch.cuda.synchronize()
        return [reading() for reading in readings]


class Worker:
    """State of the GPU process: loaded binaries, the open cell, its committed config's graph."""

    def __init__(self, protocol: Protocol, profile: str) -> None:
        self.protocol, self.profile = protocol, profile
        self.binaries = BinaryCache(triton.runtime.driver.active.get_current_target())
        self.shape: Shape | None = None
        self.weights: list[Weights] = []
        self.operands: Operands | None = None
        self.anchor: GraphTimer | None = None
        gc.disable()  # a collection in the middle of a replay loop would be a spike

    def __call__(self, task: tuple[Any, ...]) -> Any:
        """Run one task; a CUDA error that outlives it means the context is poisoned."""
        name, *args = task
        try:
            return getattr(self, f"do_{name}")(*args)
        except Exception as error:
            try:
                torch.cuda.synchronize()
            except Exception as poisoned:
                raise PoisonedError(f"{type(error).__name__}: {error}") from poisoned
            raise

    def do_open(self, cell_id: str, anchor: Entry | None) -> dict[str, Any]:
        """Make a cell's operands and capture its anchor (the committed config)."""
        cell = parse_cell(cell_id)
        self.operands = self.anchor = None
        if cell.shape != self.shape:
            self.weights = []
            gc.collect()
            torch.cuda.empty_cache()
            sets = weight_sets_of(draws_of(1))
            self.weights = make_weights(cell.shape, sets, self.protocol.seed, "cuda")
            self.shape = cell.shape
        self.operands = self._operands(cell)
        if anchor is not None:
            self.anchor = self._timer(anchor)
        moved, flops = traffic(self.operands)
        return {
            "draws": self.operands.timed,
            "weight_sets": len(self.operands.weights),
            "bytes": moved,
            "flops": flops,
            "routing": self.profile,
        }

    def _operands(self, cell: Cell) -> Operands:
        return make_operands(cell, self.weights, self.profile, self.protocol.seed, "cuda")

    def _open_operands(self) -> Operands:
        if self.operands is None:
            raise RuntimeError("no cell is open")
        return self.operands

    def _timer(self, entry: Entry) -> GraphTimer:
        operands = self._open_operands()
        binaries = self.binaries.get(entry, operands.cell.shape)
        timer = GraphTimer(capture(operands, binaries, entry), operands.timed)
        timer(1)
        return timer

    def do_anchor(self) -> dict[str, Any]:
        """Time the committed config again."""
        if self.anchor is None:
            return {"us": []}
        return {"us": self.anchor(self.protocol.anchor_samples)}

    def do_trial(self, entry: Entry, best_us: float | None) -> dict[str, Any]:
        """Check one config and, if it is correct, time it."""
        operands, began = self._open_operands(), time.perf_counter()
        try:
            binaries = self.binaries.get(entry, operands.cell.shape)
        except triton.runtime.errors.OutOfResources as error:
            return _ended(Outcome.ILLEGAL, f"out_of_resources: {error}", began)
        agreement = check(operands, binaries, entry)
        facts = {
            "logits_diff": agreement.logits_diff,
            "relative_error": agreement.relative_error,
            "registers": binaries.registers,
            "spills": binaries.spills,
        }
        if not agreement.passes:
            why = f"unwritten={agreement.unwritten} finite={agreement.finite}"
            return _ended(Outcome.MISMATCH, why, began) | _without_nan(facts)
        timer = GraphTimer(capture(operands, binaries, entry), operands.timed)
        sampled = sample(timer, self.protocol, best_us)
        return (
            _ended(Outcome.CORRECT, None, began) | facts | _summary(sampled.us, sampled.stopped_by)
        )

    def do_finals(self, entries: list[Entry]) -> dict[str, Any]:
        """Interleave the finalists; ``us`` is [rounds][slots]."""
        timers = [self._timer(entry) for entry in entries]
        passes = self._open_operands().timed
        queues = [timer.enqueue for timer in timers]
        return {"us": interleave(queues, torch.cuda.synchronize, passes, self.protocol)}


def _ended(outcome: Outcome, reason: str | None, began: float) -> dict[str, Any]:
    seconds = time.perf_counter() - began
    return {"outcome": str(outcome), "reason": reason, "gpu_seconds": round(seconds, 6)}


def _without_nan(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(v, float) and math.isnan(v) else v for key, v in facts.items()}


def _summary(us: list[float], stopped_by: str) -> dict[str, Any]:
    values = torch.tensor(us, dtype=torch.float64)
    low, high = median_interval(us)
    return {
        "stopped_by": str(stopped_by),
        "samples": len(us),
        "median_us": float(values.quantile(0.5)),
        "p95_us": float(values.quantile(0.95)),
        "low_us": low,
        "high_us": high,
    }


def make_worker(protocol: Protocol, profile: str) -> Worker:
    """Entry of the child process."""
    torch.cuda.init()
    return Worker(protocol, profile)
