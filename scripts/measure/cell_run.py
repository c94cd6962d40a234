"""Measure one cell from the controller's side: trials, anchors, finals, the cell's own line."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.chain import Chain
from scripts.lib.config import parse_id
from scripts.lib.files import InputError
from scripts.lib.isolate import Child, Failure
from scripts.lib.outcome import Outcome
from scripts.lib.shape import parse_cell
from scripts.measure.binaries import jobs_of
from scripts.measure.gpu_state import Gpu, GpuState
from scripts.measure.protocol import BANDWIDTH_BYTES_S, FLOPS_S, Protocol
from scripts.measure.records import Done

Body = dict[str, Any]
# Slots of the same config in the finals, beyond the first: A/A pairs that calibrate false wins.
COMMITTED_TWINS, BEST_TWINS = 2, 1


@dataclass(frozen=True)
class Site:
    """What all cells of a run share.

    ``worker``: the GPU process. ``done``: what the chain holds already. ``failed``: the
    compiler's words by binary. ``until``: monotonic seconds at which to stop.
    """

    run_id: str
    protocol: Protocol
    worker: Child
    gpu: Gpu
    chain: Chain
    done: Done
    failed: dict[str, str]
    until: float


class CellRun:
    """One cell of a plan within one run."""

    def __init__(self, cell_id: str, plan: pd.DataFrame, site: Site) -> None:
        self.cell = parse_cell(cell_id)
        self.cell_id, self.site, self.protocol = cell_id, site, site.protocol
        self.plan = plan.sort_values("order")
        self.stamps = _stamps(plan)
        self.proposed = self.plan.loc[self.plan["proposed_by"] != "", "config_id"].tolist()
        committed = self.plan["proposed_by"].str.split(",").map(lambda names: "committed" in names)
        self.committed: str | None = next(iter(self.plan.loc[committed, "config_id"]), None)
        self.states: list[GpuState] = []
        self._began = 0.0

    def measure(self) -> bool:
        """Run what is missing; False if the time was up before the cell was whole."""
        began = time.perf_counter()
        self.states = [self.site.gpu.state()]
        facts = self._open()
        known = self.site.done.attempts.setdefault(self.cell_id, {})
        self._anchor(0)
        if not self._attempts(known):
            return False
        self._anchor(len(self.plan))
        self._finals(known)
        self.states.append(self.site.gpu.state())
        self.site.chain.append(self._cell_line(facts, time.perf_counter() - began))
        self.site.done.cells.add(self.cell_id)
        return True

    def _attempts(self, known: dict[str, float | None]) -> bool:
        line = None
        for count, (order, config_id) in enumerate(self._missing(known), start=1):
            if time.monotonic() > self.site.until:
                break
            reason = self._compiler_said(config_id)
            if reason is None:
                self._begin(config_id)
            if line is not None:
                # Waiting for the disk while the GPU works on the next config costs nothing.
                self.site.chain.append(line)
            body = self._end() if reason is None else _failed(Outcome.COMPILE_ERROR, reason)
            stamp = self.stamps.get(config_id, {})
            line = self._line("attempt", config_id=config_id, order=order, **body, **stamp)
            known[config_id] = body.get("median_us")
            if count % self.protocol.anchor_every == 0:
                self._anchor(order)
                self.states.append(self.site.gpu.state())
        if line is not None:
            self.site.chain.append(line)
        return not self._missing(known)

    def _line(self, kind: str, **body: Any) -> Body:
        return {"kind": kind, "run_id": self.site.run_id, "cell_id": self.cell_id, **body}

    def _missing(self, known: dict[str, float | None]) -> list[tuple[int, str]]:
        rows = zip(self.plan["order"], self.plan["config_id"], strict=True)
        return [(int(order), config) for order, config in rows if config not in known]

    def _open(self) -> Body:
        anchor = parse_id(self.committed).to_entry() if self.committed else None
        facts = self.site.worker.call(("open", self.cell_id, anchor), self.protocol.open_deadline_s)
        if isinstance(facts, Failure):
            raise InputError(f"{self.cell_id}: could not be set up: {facts.message}")
        return dict(facts)

    def _revive(self) -> None:
        self.site.worker.start()
        self._open()

    def _compiler_said(self, config_id: str) -> str | None:
        failed = self.site.failed
        if not failed:
            return None
        for job in jobs_of([parse_id(config_id).to_entry()], self.cell.shape):
            if job.id in failed:
                return f"{job.id.split('/')[0]}: {failed[job.id]}"
        return None

    def _begin(self, config_id: str) -> None:
        best_us = self.site.done.best_us(self.cell_id)
        self._began = time.perf_counter()
        self.site.worker.send(("trial", parse_id(config_id).to_entry(), best_us))

    def _end(self) -> Body:
        result = self.site.worker.receive(self.protocol.trial_deadline_s)
        if not isinstance(result, Failure):
            return dict(result)
        seconds = time.perf_counter() - self._began
        if result.kind != "error":
            self._revive()
        outcome = Outcome.TIMEOUT if result.kind == "hung" else Outcome.RUNTIME_ERROR
        return _failed(outcome, result.message, seconds)

    def _anchor(self, order: int) -> None:
        result = self.site.worker.call(("anchor",), self.protocol.trial_deadline_s)
        if isinstance(result, Failure):
            raise InputError(f"{self.cell_id}: the committed config fails: {result.message}")
        if result["us"]:
            median = float(np.median(result["us"]))
            self.site.chain.append(
                self._line("anchor", order=order, median_us=median, samples=len(result["us"]))
            )

    def _finals(self, known: dict[str, float | None]) -> None:
        correct = sorted((us, config) for config, us in known.items() if us is not None)
        if not correct:
            return
        best = [config for _, config in correct[: self.protocol.finalists]]
        proposed = [config for config in self.proposed if known.get(config) is not None]
        slots = list(dict.fromkeys([*best, *proposed])) + [best[0]] * BEST_TWINS
        if self.committed in proposed:
            slots += [self.committed] * COMMITTED_TWINS
        entries = [parse_id(config).to_entry() for config in slots]
        result = self.site.worker.call(("finals", entries), self.protocol.open_deadline_s)
        if isinstance(result, Failure):
            raise InputError(f"{self.cell_id}: the finals failed: {result.message}; run again")
        self.site.chain.append(self._line("finals", slots=slots, us=result["us"]))

    def _cell_line(self, facts: Body, seconds: float) -> Body:
        device, scheme = self.cell.device, self.cell.shape.scheme
        roofline = max(
            facts["bytes"] / BANDWIDTH_BYTES_S[device], facts["flops"] / FLOPS_S[device][scheme]
        )
        last = self.states[-1]
        return self._line(
            "cell",
            **facts,
            scope="two_gemm",
            seed=self.protocol.seed,
            roofline_us=roofline * 1e6,
            committed_id=self.committed,
            throttled=sorted({name for state in self.states for name in state.throttled}),
            sm_clock_mhz=int(np.median([state.sm_clock_mhz for state in self.states])),
            temperature_c=last.temperature_c,
            power_w=last.power_w,
            states=[vars(state) for state in self.states],
            gpu_seconds=round(seconds, 3),
        )


def _stamps(plan: pd.DataFrame) -> dict[str, Body]:
    """By config, what graphx-sim said before anything was measured; empty without predictions."""
    stamped = plan[plan["predicted_us"].notna()]
    rows = zip(stamped["config_id"], stamped["predicted_us"], stamped["model_version"], strict=True)
    return {
        config_id: {"predicted_us": float(us), "model_version": str(version)}
        for config_id, us, version in rows
    }


def _failed(outcome: Outcome, reason: str, seconds: float = 0.0) -> Body:
    return {"outcome": str(outcome), "reason": reason[:400], "gpu_seconds": round(seconds, 6)}
