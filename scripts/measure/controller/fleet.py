"""All GPUs of one sweep: one process that writes the ledger, one worker process for each GPU."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from scripts.lib.budget import Budget
from scripts.lib.chain import Chain
from scripts.lib.config import parse_id
from scripts.lib.files import InputError
from scripts.lib.isolate import Child, Handler
from scripts.measure.conditions import Conditions
from scripts.measure.controller.candidates import refusal_of_cell, refusal_of_config
from scripts.measure.controller.cell_run import CellRun, Site, check_started
from scripts.measure.controller.disturbance import is_disturbed, probe
from scripts.measure.controller.done import read_done
from scripts.measure.controller.progress import Progress
from scripts.measure.controller.records import attempt_line, key_of, now, run_line
from scripts.measure.controller.shape_queue import ShapeQueue, missing_rows
from scripts.measure.controller.spending import Spending
from scripts.measure.controller.subject import Said, Subject, nothing_to_compile
from scripts.measure.device.state import Gpu
from scripts.measure.protocol import Protocol

log = logging.getLogger("sweep")
Body = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """When to stop: a budget for the whole command; ``until``, monotonic seconds at which to pause.

    ``allow_busy``: go on where a GPU is in use.
    """

    budget: Budget
    until: float
    allow_busy: bool = False


class Fleet:
    """The GPUs, what is known already, and what is to be done."""

    Make = Callable[[Protocol, Conditions, int], Handler]

    def __init__(
        self,
        chain: Chain,
        gpus: Sequence[Gpu],
        conditions: Conditions,
        protocol: Protocol,
        limits: Limits,
        make: Make,
        subject: Subject,
    ) -> None:
        self.chain, self.gpus, self.conditions = chain, gpus, conditions
        self.protocol, self.limits, self.make = protocol, limits, make
        self.subject = subject
        self.identities = [gpu.identity() for gpu in gpus]
        self.device = self._one_device()
        self.key = key_of(protocol, conditions, subject.kernel_hash)
        self.done = read_done(chain.bodies, chain.hashes, self.key)
        self._stop = threading.Event()

    def _one_device(self) -> str:
        devices = {str(identity["device"]) for identity in self.identities}
        if len(devices) > 1:
            names = ", ".join(sorted(devices))
            raise InputError(f"--gpus: {names} cannot share a sweep; start one for each kind")
        return devices.pop()

    def run(self, plan: pd.DataFrame, marks: Sequence[tuple[str, ...]]) -> bool:
        """Give every candidate its outcome; False if the time was up before.

        ``marks``: per GPU, what is known of the whole run beforehand.
        """
        able, refused = self._sort_out(plan)
        queue = ShapeQueue(able, self.done, in_order=self.subject.in_order)
        if not queue.cells and not refused:
            log.info("every candidate has its outcome already")
            return True
        run_ids = self._open_runs()
        try:
            self._record(run_ids[0], refused)
            if not queue.cells:
                return True
            waiting = able[able["cell_id"].isin(queue.cells)]
            return self._on_workers(waiting, queue, run_ids, marks, self._spending(plan))
        finally:
            self.chain.extend(
                [{"kind": "end", "run_id": run_id, "ended": now()} for run_id in run_ids]
            )

    def _on_workers(
        self,
        plan: pd.DataFrame,
        queue: ShapeQueue,
        run_ids: Sequence[str],
        marks: Sequence[tuple[str, ...]],
        spending: Spending,
    ) -> bool:
        """Start the GPUs' processes, which wake up while the compilers work, and measure."""
        # Without a GPU context in this process a fork is safe, and there in milliseconds.
        method = "fork" if self.conditions.backend == "interpreter" else "spawn"
        workers = [
            Child(self.make, self.protocol, self.conditions, gpu.index, method=method)
            for gpu in self.gpus
        ]
        try:
            said = self._compile(plan, run_ids[0], spending)
            sites = self._sites(run_ids, marks, spending, said, workers)
            return self._measure(plan, queue, sites)
        finally:
            self.subject.end()
            for worker in workers:
                worker.stop()

    def _sort_out(self, plan: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[Any, Body]]]:
        """The rows that can be tried; (row, result) of others that the ledger has not yet so."""
        cells = {c: refusal_of_cell(c, self.device) for c in plan["cell_id"].unique()}
        configs = {c: refusal_of_config(c) for c in plan["config_id"].unique()}
        refused, able = [], []
        for row in plan.itertuples(index=False):
            cell_id, config_id = str(row.cell_id), str(row.config_id)
            result = configs[config_id] or cells[cell_id]
            able.append(result is None)
            known = self.done.cell(cell_id)
            # What another machine measured stays, though this one cannot try it.
            closed = known.is_closed(config_id)
            if result and not closed and not known.is_closed_so(config_id, result):
                refused.append((row, result))
        return plan[able], refused

    def _record(self, run_id: str, refused: list[tuple[Any, Body]]) -> None:
        spec, bodies = self.key["spec_hash"], []
        for row, result in refused:
            body = attempt_line(run_id, spec, row.cell_id, int(row.order), row.config_id, result)
            bodies.append(self.done.cell(row.cell_id).superseding(body))
        for body, line in zip(bodies, self.chain.extend(bodies), strict=True):
            self.done.cell(body["cell_id"]).add(body, line)

    def _open_runs(self) -> list[str]:
        """A run of each GPU, its line written."""
        run_ids = []
        for number, (gpu, identity) in enumerate(zip(self.gpus, self.identities, strict=True)):
            run_ids.append(f"{self.device}-{now()}-{self.done.runs + number:03d}")
            described = identity | {"state": asdict(gpu.state())}
            budget = self.limits.budget
            subject = self.subject
            self.chain.append(
                run_line(
                    run_ids[-1], self.protocol, self.conditions, budget, described,
                    subject.kernel_hash, subject.packages, subject.module,
                )
            )  # fmt: skip
        return run_ids

    def _spending(self, plan: pd.DataFrame) -> Spending:
        trials, seconds = self.done.spent(set(zip(plan["cell_id"], plan["config_id"], strict=True)))
        return Spending(replace(self.limits.budget, spent_trials=trials, spent_gpu_seconds=seconds))

    def _compile(self, plan: pd.DataFrame, run_id: str, spending: Spending) -> Said:
        if spending.spent:
            return nothing_to_compile
        budget = spending.budget
        rows = missing_rows(plan, self.done, budget.trials - budget.spent_trials)
        return self.subject.compile(rows, self.chain, run_id, self.protocol, self.conditions)

    def _sites(
        self,
        run_ids: Sequence[str],
        marks: Sequence[tuple[str, ...]],
        spending: Spending,
        said: Said,
        workers: Sequence[Child],
    ) -> list[Site]:
        parts = zip(run_ids, self.gpus, self.identities, marks, workers, strict=True)
        return [
            Site(
                run_id=run_id,
                spec=self.key["spec_hash"],
                uuid=identity["uuid"],
                protocol=self.protocol,
                worker=worker,
                gpu=gpu,
                chain=self.chain,
                done=self.done,
                spending=spending,
                compiler_said=said,
                paused=self._paused,
                marks=mine,
                twins=self.subject.twins,
            )
            for run_id, gpu, identity, mine, worker in parts
        ]

    def _paused(self) -> bool:
        return self._stop.is_set() or time.monotonic() > self.limits.until

    def _measure(self, plan: pd.DataFrame, queue: ShapeQueue, sites: list[Site]) -> bool:
        by_cell = {str(cell_id): rows for cell_id, rows in plan.groupby("cell_id", sort=False)}
        candidates = sum(
            len(self.done.cell(cell_id).missing(rows["config_id"]))
            for cell_id, rows in by_cell.items()
        )
        progress = Progress(len(by_cell), candidates)
        for site in sites:
            check_started(site)
        if len(sites) > 1:
            sites = self._probed(queue.cells[0], by_cell, sites)
        uuids = {site.uuid for site in sites}
        with ThreadPoolExecutor(len(sites)) as pool:
            lanes = [
                pool.submit(self._lane, site, queue, uuids, by_cell, progress) for site in sites
            ]
            try:
                wait(lanes, return_when=FIRST_EXCEPTION)
            finally:  # an error on one GPU, or an interrupt, ends the others after their trial
                if not all(lane.done() for lane in lanes):
                    self._stop.set()
        ends = [lane.result() for lane in lanes]
        return all(ends)

    def _lane(
        self,
        site: Site,
        queue: ShapeQueue,
        uuids: set[str],
        by_cell: dict[str, pd.DataFrame],
        progress: Progress,
    ) -> bool:
        """One GPU's thread; False if it was paused with work left."""
        while cells := queue.take(site.uuid, uuids):
            for cell_id in cells:
                if self._paused():
                    return False
                began, rows = time.monotonic(), by_cell[cell_id]
                missing = len(self.done.cell(cell_id).missing(rows["config_id"]))
                finished = CellRun(cell_id, rows, site).measure()
                left = sum(c not in site.done.cell(cell_id).known for c in rows["config_id"])
                note = "" if finished else " (paused)"
                progress.ended(cell_id, time.monotonic() - began, missing - left, note)
                if not finished:
                    return False
        return True

    def _probed(
        self, cell_id: str, by_cell: dict[str, pd.DataFrame], sites: list[Site]
    ) -> list[Site]:
        """The sites, those marked whose timing the others' work disturbs."""
        first = str(by_cell[cell_id].sort_values("order")["config_id"].iloc[0])
        workers = [site.worker for site in sites]
        found = probe(workers, cell_id, parse_id(first).to_entry(), self.protocol)
        marked = []
        for site, result in zip(sites, found, strict=True):
            self.chain.append({"kind": "disturbance", "run_id": site.run_id, **result})
            log.info("GPU %d beside the others: %s", site.gpu.index, result)
            disturbed = is_disturbed(result, self.protocol)
            marks = (*site.marks, "disturbed") if disturbed else site.marks
            marked.append(replace(site, marks=marks))
        return marked
