"""Measure one cell from the controller's side: trials, anchors, finals, the cell's own line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.chain import Chain
from scripts.lib.config import parse_id
from scripts.lib.files import InputError
from scripts.lib.isolate import Child, Failure
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.shape import Shape, parse_cell
from scripts.measure.controller.done import CellDone, Done
from scripts.measure.controller.monitor import Monitor, summary
from scripts.measure.controller.records import attempt_line, failed, not_measured
from scripts.measure.controller.spending import Spending
from scripts.measure.controller.subject import TWINS
from scripts.measure.device.state import Gpu
from scripts.measure.protocol import Protocol
from scripts.measure.roofline import roofline_us

Body = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """What all cells that one GPU measures share.

    ``spec``: hash of the locked spec. ``worker``: the GPU's process. ``done``: what the ledger
    holds already. ``compiler_said``: why a config's binaries could not be compiled, None if they
    could. ``paused``: whether to stop before the next trial. ``marks``: what is known of the whole
    run, ``busy`` or ``disturbed``. ``twins``: as Subject has them.
    """

    run_id: str
    spec: str
    uuid: str
    protocol: Protocol
    worker: Child
    gpu: Gpu
    chain: Chain
    done: Done
    spending: Spending
    compiler_said: Callable[[str, Shape], str | None]
    paused: Callable[[], bool]
    marks: tuple[str, ...] = ()
    twins: tuple[int, int] = TWINS


def check_started(site: Site) -> None:
    """Wait until the worker is there; InputError if it cannot start: then no cell can be measured,
    and none is to be closed for it."""  # noqa: D205,D209
    answer = site.worker.call(("ready",), site.protocol.open_deadline_s)
    if isinstance(answer, Failure):
        raise InputError(f"GPU {site.gpu.index}: its worker could not start: {answer.message}")


class CellLostError(Exception):
    """The cell cannot be measured on: its reason of the closed list, and what happened."""

    def __init__(self, reason: NotMeasured, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class CellRun:
    """One cell of a plan within one run. ``syncs``: wait for the disk after each line."""

    syncs = True

    def __init__(self, cell_id: str, plan: pd.DataFrame, site: Site) -> None:
        self.cell_id, self.site, self.protocol = cell_id, site, site.protocol
        self.cell = parse_cell(cell_id)
        self.plan = plan.sort_values("order")
        self.order = dict(zip(self.plan["config_id"], self.plan["order"], strict=True))
        self.stamps = _stamps(plan)
        self.proposed = self.plan.loc[self.plan["proposed_by"] != "", "config_id"].tolist()
        committed = self.plan["proposed_by"].str.split(",").map(lambda names: "committed" in names)
        self.committed: str | None = next(iter(self.plan.loc[committed, "config_id"]), None)
        self.done: CellDone = site.done.cell(cell_id)
        self._anchors_us: list[float] = []
        self._pending: Body | None = None
        self._began = 0.0
        self.finals: Body | None = None  # their line, once they have been held

    def measure(self) -> bool:
        """Give every candidate an outcome; False if paused before all of them had one."""
        began = time.perf_counter()
        self.done.begin_on(self.site.uuid)
        if self.site.spending.spent and (self.done.whole or self.done.best_us() is None):
            self._waive(not_measured(NotMeasured.BUDGET_SPENT))
            return True
        try:
            with Monitor(self.site.gpu) as monitor:
                facts = self._open()
                self._anchor(0)
                whole = self._attempts()
                if whole:
                    self._anchor(len(self.plan))
                    facts |= self._finals()
        except CellLostError as lost:
            self._settle()
            self._waive(not_measured(lost.reason, lost.detail))
            return True
        if whole:
            readings = summary(monitor.states)
            seconds = round(time.perf_counter() - began, 3)
            self.site.chain.append(self._cell_line(facts, readings, seconds))
            self.done.whole = True
        return whole

    def _attempts(self) -> bool:
        """Try what is missing; close the rest if the budget ends; False if paused before."""
        missing = self.done.missing(self.order)
        for count, config_id in enumerate(missing, start=1):
            if self.site.paused():
                self._settle()
                return False
            if not self.site.spending.begin():
                self._settle()
                self._waive(not_measured(NotMeasured.BUDGET_SPENT))
                return True
            self._try(config_id)
            if count % self.protocol.anchor_every == 0:
                self._anchor(self.order[config_id])
        self._settle()
        return True

    def _try(self, config_id: str) -> None:
        reason = self.site.compiler_said(config_id, self.cell.shape)
        # The last attempt is written before the next begins, so that a kill costs that one alone;
        # waiting for the disk while the GPU works on it costs nothing.
        self._write_pending()
        if reason is None:
            self._begin(config_id)
        self.site.chain.sync()
        lives = True
        if reason is None:
            result, lives = self._end()
        else:
            result = failed(Outcome.COMPILE_ERROR, reason)
        self.site.spending.end(result["gpu_seconds"])
        self._pending = self._attempt(config_id, result)
        if not lives:
            self._revive()

    def _attempt(self, config_id: str, result: Body) -> Body:
        run_id, spec, order = self.site.run_id, self.site.spec, int(self.order[config_id])
        line = attempt_line(run_id, spec, self.cell_id, order, config_id, result)
        return self.done.superseding(line | self.stamps.get(config_id, {}))

    def _write_pending(self) -> None:
        if self._pending is not None:
            body, self._pending = self._pending, None
            line = self.site.chain.append(body, sync=False)
            self.done.add(body, line)

    def _settle(self) -> None:
        self._write_pending()
        self.site.chain.sync()

    def _waive(self, result: Body) -> None:
        """Close all that have no outcome with this one; what is closed so already stays so."""
        self.done.fall_back()
        bodies = [
            self._attempt(config_id, result)
            for config_id in self.done.missing(self.order)
            if not self.done.is_closed_so(config_id, result)
        ]
        for body, line in zip(bodies, self.site.chain.extend(bodies), strict=True):
            self.done.add(body, line)

    def _line(self, kind: str, **body: Any) -> Body:
        return {"kind": kind, "run_id": self.site.run_id, "cell_id": self.cell_id, **body}

    @property
    def _anchor_id(self) -> str | None:
        """What is timed again and again: the committed config, else the plan's first."""
        return self.committed or next(iter(self.order), None)

    def _open(self) -> Body:
        anchor = parse_id(self._anchor_id).to_entry() if self._anchor_id else None
        facts = self.site.worker.call(("open", self.cell_id, anchor), self.protocol.open_deadline_s)
        if isinstance(facts, Failure):
            # What it left behind, half a cell perhaps, goes with its process.
            self.site.worker.stop()
            self.site.worker.start()
            check_started(self.site)
            raise CellLostError(NotMeasured.CELL_FAILED, facts.message)
        if "refused" in facts:
            raise CellLostError(NotMeasured(facts["refused"]), facts["message"])
        return dict(facts)

    def _revive(self) -> None:
        self.site.worker.start()
        self._open()

    def _begin(self, config_id: str) -> None:
        self._began = time.perf_counter()
        self.site.worker.send(self._trial(config_id))

    def _trial(self, config_id: str) -> tuple[Any, ...]:
        entry = parse_id(config_id).to_entry()
        return self._task("trial", entry, self.done.best_us())

    def _end(self) -> tuple[Body, bool]:
        """The trial's result, and whether the worker lives."""
        answer = self.site.worker.receive(self.protocol.trial_deadline_s)
        return result_of(answer, time.perf_counter() - self._began)

    def _task(self, *task: Any) -> tuple[Any, ...]:
        """A task on this cell, which is the one that is open."""
        return task

    def _ask(self, task: tuple[Any, ...], deadline_s: float) -> Any:
        """A task other than a trial; a worker that it ended is there again afterwards."""
        result = self.site.worker.call(self._task(*task), deadline_s)
        if isinstance(result, Failure) and result.kind != "error":
            self._revive()
        return result

    def _anchor(self, order: int) -> None:
        self._write_pending()
        result = self._ask(("anchor",), self.protocol.trial_deadline_s)
        if isinstance(result, Failure) or not result["us"]:
            return  # a gap in what the drift is read from; open's anchor_error says why, if known
        median = round(float(np.median(result["us"])), 4)
        self._anchors_us.append(median)
        line = self._line("anchor", order=int(order), median_us=median, samples=len(result["us"]))
        self.site.chain.append(line, sync=self.syncs)

    def _finals(self) -> Body:
        """Run the finals; what the cell's line says of them."""
        slots = self._slots()
        if not slots:
            return {"finals_error": None}
        task = ("finals", [parse_id(config).to_entry() for config in slots])
        for _ in range(2):  # a worker that died of something else gets a second chance
            result = self._ask(task, self.protocol.open_deadline_s)
            if not isinstance(result, Failure):
                self.finals = self._line("finals", slots=slots, us=result["us"])
                self.site.chain.append(self.finals, sync=self.syncs)
                return {"finals_error": None}
        return {"finals_error": result.message[:400]}

    def _slots(self) -> list[str]:
        """The best of the sweep, all proposals that are correct, and twins for A/A pairs."""
        known = {c: k.us for c, k in self.done.known.items() if k.us is not None}
        if not known:
            return []
        ranked = sorted(known, key=lambda config: (known[config], config))
        best = ranked[: self.protocol.finalists]
        proposed = [config for config in self.proposed if config in known]
        of_best, of_committed = self.site.twins
        slots = list(dict.fromkeys([*best, *proposed])) + [best[0]] * of_best
        if self.committed in proposed:
            slots += [self.committed] * of_committed
        return slots

    def _cell_line(self, facts: Body, readings: Body, seconds: float) -> Body:
        drift = _drift(self._anchors_us)
        marks = set(self.site.marks)
        marks |= {"throttled"} if readings["throttled"] else set()
        marks |= {"drifted"} if drift > self.protocol.drift_band else set()
        scheme = self.cell.shape.scheme
        return self._line(
            "cell",
            **facts,
            seed=self.protocol.seed,
            roofline_us=roofline_us(self.cell.device, scheme, facts["bytes"], facts["flops"]),
            committed_id=self.committed,
            anchor_id=self._anchor_id,
            drift=drift,
            marks=sorted(marks),
            **readings,
            gpu_seconds=seconds,
        )


def result_of(answer: Body | Failure, seconds: float) -> tuple[Body, bool]:
    """A trial's result by what the worker answered after ``seconds``, and whether it lives."""
    if not isinstance(answer, Failure):
        return dict(answer), True
    outcome = Outcome.TIMEOUT if answer.kind == "hung" else Outcome.RUNTIME_ERROR
    return failed(outcome, answer.message, seconds), answer.kind == "error"


def _drift(anchors_us: Iterable[float]) -> float:
    us = np.asarray(list(anchors_us), dtype=float)
    return round(float(np.ptp(us) / np.median(us)), 6) if len(us) else 0.0


def _stamps(plan: pd.DataFrame) -> dict[str, Body]:
    """By config, what graphx-sim said before anything was measured; empty without predictions."""
    stamped = plan[plan["predicted_us"].notna()]
    rows = zip(stamped["config_id"], stamped["predicted_us"], stamped["model_version"], strict=True)
    return {
        config_id: {"predicted_us": float(us), "model_version": str(version)}
        for config_id, us, version in rows
    }
