"""Compile the operator's binaries of a plan ahead, in many processes, into Triton's shared cache.

A process launches the operator once, on the GPU and on unfilled memory: what it compiles so is
exactly what it will ask for. A worker whose binary is not there compiles it in line, slowly, so
that a job left out here costs time and nothing else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from scripts.lib.chain import Chain
from scripts.lib.config import parse_id
from scripts.lib.crew import run_all
from scripts.lib.isolate import Failure, PoisonedError
from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell, parse_cell
from scripts.measure.backend.process import prepare_process
from scripts.measure.conditions import Conditions
from scripts.measure.controller.subject import Said, nothing_to_compile
from scripts.measure.protocol import Protocol

if TYPE_CHECKING:
    from scripts.runtime.op import Op

LOG = logging.getLogger("compile")
EVERY_S = 10.0  # between two lines of progress


@dataclass(frozen=True)
class Job:
    """A config on a cell, which stands for all cells that take the same binaries."""

    cell_id: str
    config_id: str
    kind: str

    @property
    def id(self) -> str:
        """What the binaries depend on."""
        return f"op-{self.kind}/{self.config_id}"


def kind_of(cell: Cell, entry: Mapping[str, int]) -> str:
    """What of a cell tells the operator's binaries of one config apart, as far as is known.

    Triton makes a binary of its own where an integer is 1 or divides by 16, and the operator one
    where tokens are so few that it skips the alignment. Rows of the alignment: as vLLM 0.24 has
    them.
    """
    shape, block = cell.shape, entry["BLOCK_SIZE_M"]
    rows = cell.tokens * shape.top_k
    padded = rows + shape.experts * (block - 1)
    if rows < shape.experts:
        padded = min(rows * block, padded)
    skips = rows * 4 <= shape.experts
    of_rows = "1" if rows == 1 else "16" if rows % 16 == 0 else "any"
    of_padded = "skipped" if skips else "16" if padded % 16 == 0 else "any"
    sizes = "" if shape.intermediate % 16 == shape.hidden % 16 == 0 else f"-{shape.id}"
    packed = f"-{shape.intermediate}x{shape.hidden}" if "int4" in shape.scheme else ""
    few = "-few" if cell.tokens < block else ""
    return f"{shape.scheme}-top{shape.top_k}-{of_rows}-{of_padded}{few}{sizes}{packed}"


def jobs_of(rows: pd.DataFrame) -> list[Job]:
    """One job for each kind of binaries that the rows (as PLAN) need, in their order."""
    found: dict[str, Job] = {}
    for cell_id, config_id in zip(rows["cell_id"], rows["config_id"], strict=True):
        kind = kind_of(parse_cell(cell_id), parse_id(config_id).to_entry())
        job = Job(str(cell_id), str(config_id), kind)
        found.setdefault(job.id, job)
    return list(found.values())


class Launcher:
    """Launches the operator on unfilled memory; what it raises is a result, not an error."""

    def __init__(self, gpu: int, op: Op | None = None) -> None:
        prepare_process("gpu", gpu)
        if op is None:
            from scripts.runtime.op import VllmOp  # noqa: PLC0415

            op = VllmOp()
        self._op = op

    def __call__(self, job: Job) -> dict[str, Any]:
        """The job's result as it stands in a ledger."""
        import torch  # noqa: PLC0415 - after the process was told which GPU to see

        from scripts.runtime.unfilled import operands  # noqa: PLC0415

        began = time.perf_counter()
        entry = parse_id(job.config_id).to_entry()
        try:
            x, layer, draw = operands(parse_cell(job.cell_id), self._op)
            self._op(x, layer, draw, entry)
            torch.cuda.synchronize()
        except torch.AcceleratorError as error:
            raise PoisonedError(f"{type(error).__name__}: {error}") from error
        except Exception as error:
            lines = str(error).strip().splitlines() or [""]
            words = " ".join(dict.fromkeys((lines[0].strip(), lines[-1].strip())))
            return result_of(
                job, time.perf_counter() - began, f"{type(error).__name__}: {words[:300]}"
            )
        return result_of(job, time.perf_counter() - began, None)


def result_of(job: Job, seconds: float, reason: str | None) -> dict[str, Any]:
    """A job's result as it stands in a ledger; ``reason``: why there is no binary."""
    outcome = Outcome.CORRECT if reason is None else Outcome.COMPILE_ERROR
    return {
        "binary_id": job.id,
        "outcome": str(outcome),
        "reason": reason,
        "seconds": round(seconds, 3),
        "shared_bytes": None,
    }


@dataclass(frozen=True)
class CompileAhead:
    """``Subject.compile`` for the operator on one GPU. ``processes``: default, one a core."""

    gpu: int
    processes: int | None = None

    def __call__(
        self, rows: pd.DataFrame, chain: Chain, run_id: str, protocol: Protocol, _: Conditions
    ) -> Said:
        """Compile all; nothing is said of a config that failed, its trial will say it."""
        jobs, began, failures = jobs_of(rows), time.perf_counter(), 0
        told = began
        results = run_all(Launcher, (self.gpu,), jobs, protocol.compile_deadline_s, self.processes)
        for number, (job, result, seconds) in enumerate(results, start=1):
            if isinstance(result, Failure):
                result = result_of(job, seconds, f"{result.kind}: {result.message}")  # noqa: PLW2901
            chain.append({"kind": "compile", "run_id": run_id, **result}, sync=False)
            failures += result["reason"] is not None
            if time.perf_counter() - told > EVERY_S or number == len(jobs):
                told = time.perf_counter()
                LOG.info("%d/%d launches, %d failed, %.0f s",
                         number, len(jobs), failures, told - began)  # fmt: skip
        line = {"binaries": len(jobs), "failed": failures,
                "seconds": round(time.perf_counter() - began, 3)}  # fmt: skip
        chain.append({"kind": "compiled", "run_id": run_id, **line})
        return nothing_to_compile
