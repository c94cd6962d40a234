"""Compile a plan's binaries in many processes while the cells that have theirs are measured.

No GEMM is launched for it, so that what is measured has the GPU to itself but for small kernels of
microseconds. The first layer waits for its binaries; the others find theirs.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import pandas as pd

from scripts.lib.chain import Chain
from scripts.lib.crew import run_all
from scripts.lib.isolate import Failure
from scripts.lib.shape import Shape, parse_cell
from scripts.measure.conditions import Conditions
from scripts.measure.controller.subject import Said
from scripts.measure.protocol import Protocol
from scripts.runtime.binaries import Compiler, Job, different, jobs_of, result_of
from scripts.runtime.operators import Make, vllm

LOG = logging.getLogger("compile")
EVERY_S = 10.0  # between two lines of progress
# Binaries to a process: to import vLLM takes a core longer than to compile as many.
EACH = 4


class CompileAhead:
    """``Subject.compile`` and ``Subject.end`` for the operator on one GPU.

    ``processes``: default, one a core but two, which are the measuring ones'. ``make``: the
    operator. ``patience_s``: once others are made, how long a config waits for its binaries; then
    it compiles them in line, which takes a second or two: a compiler that is slow to start must not
    hold up a whole machine.
    """

    patience_s = 10.0

    def __init__(self, gpu: int, processes: int | None = None, make: Make = vllm) -> None:
        self._gpu, self._make = gpu, make
        self._processes = processes or max(1, (os.cpu_count() or 1) - 2)
        self._waiting: set[str] = set()  # ids of jobs that have no result yet
        self._changed = threading.Condition()
        self._ended = self._made = False  # whether all is over, whether a first one is there
        self._thread: threading.Thread | None = None

    def __call__(
        self, rows: pd.DataFrame, chain: Chain, run_id: str, protocol: Protocol, _: Conditions
    ) -> Said:
        """Start; what is returned waits for a config's binaries on a layer.

        Nothing is said of a config that failed: its trial will say it.
        """
        wanted = jobs_of(rows)
        jobs, needed = different(wanted), _needed(wanted)
        self._waiting = {job.id for job in jobs}
        arguments = (jobs, chain, run_id, protocol.compile_deadline_s)
        self._thread = threading.Thread(target=self._run, args=arguments, daemon=True)
        self._thread.start()

        def said(config_id: str, shape: Shape) -> None:
            mine = needed.get((shape.id, config_id), set())
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._made)
                self._changed.wait_for(
                    lambda: self._ended or not (mine & self._waiting), timeout=self.patience_s
                )

        return said

    def end(self) -> None:
        """Stop compiling, whatever is left."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self, jobs: list[Job], chain: Chain, run_id: str, deadline_s: float) -> None:
        try:
            self._compile(jobs, chain, run_id, deadline_s)
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _compile(self, jobs: list[Job], chain: Chain, run_id: str, deadline_s: float) -> None:
        began = told = time.perf_counter()
        failures = number = 0
        processes = min(self._processes, max(1, -(-len(jobs) // EACH)))
        with closing(
            run_all(Compiler, (self._gpu, self._make), jobs, deadline_s, processes)
        ) as results:
            for number, (job, result, seconds) in enumerate(results, start=1):
                line = _line(job, result, seconds)
                failures += line["reason"] is not None
                chain.append({"kind": "compile", "run_id": run_id, **line}, sync=False)
                with self._changed:
                    self._waiting.discard(job.id)
                    self._made = True
                    self._changed.notify_all()
                    if self._ended:
                        break
                if time.perf_counter() - told > EVERY_S or number == len(jobs):
                    told = time.perf_counter()
                    LOG.info("%d/%d binaries, %d failed, %.0f s",
                             number, len(jobs), failures, told - began)  # fmt: skip
        seconds = round(time.perf_counter() - began, 3)
        line = {"binaries": number, "failed": failures, "seconds": seconds}
        chain.append({"kind": "compiled", "run_id": run_id, **line})


def _needed(jobs: Iterable[Job]) -> dict[tuple[str, str], set[str]]:
    """By layer and config, the jobs that its cells need."""
    found: dict[tuple[str, str], set[str]] = {}
    for job in jobs:
        layer = parse_cell(job.cell_id).shape.id
        found.setdefault((layer, job.config_id), set()).add(job.id)
    return found


def _line(job: Job, result: Any, seconds: float) -> dict[str, Any]:
    if isinstance(result, Failure):
        return result_of(job, seconds, f"{result.kind}: {result.message}")
    return dict(result)
