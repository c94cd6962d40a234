"""The operator's binaries that a plan needs, and the process that compiles one of them.

A process calls the operator once, on unfilled memory, with its GEMMs compiled and not launched:
what it compiles so is exactly what the operator will ask for. A worker whose binary is not there
compiles it in line, slowly, so that a job left out here costs time and nothing else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kernels.formats import SCHEMES, Scaling
from scripts.lib.config import parse_id
from scripts.lib.isolate import PoisonedError
from scripts.lib.outcome import Outcome
from scripts.lib.shape import Cell, Shape, parse_cell
from scripts.measure.backend.process import prepare_process
from scripts.runtime.operators import Make, vllm

NICE = 10


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
    few = "-few" if cell.tokens < block else ""
    sizes = "" if shape.intermediate % 16 == shape.hidden % 16 == 0 else f"-{shape.id}"
    packed = f"-{shape.intermediate}x{shape.hidden}" if "int4" in shape.scheme else ""
    scales = _strides_of_scales(shape)
    return f"{shape.scheme}-top{shape.top_k}-{of_rows}-{of_padded}{few}{sizes}{packed}{scales}"


def _strides_of_scales(shape: Shape) -> str:
    """Of scales a block of weights, which few layers have alike; nothing for other schemes."""
    form = SCHEMES[shape.scheme]
    if form.scaling is not Scaling.BLOCK:
        return ""
    rows, columns = (
        [-(-size // group) for size in sizes]
        for group, sizes in (
            (form.group_n, (2 * shape.intermediate, shape.hidden)),
            (form.group_k, (shape.hidden, shape.intermediate)),
        )
    )
    strides = [n for pair in zip(rows, columns, strict=True) for n in (pair[1], pair[0] * pair[1])]
    return "-" + ".".join("1" if n == 1 else "16" if n % 16 == 0 else "any" for n in strides)


def jobs_of(rows: pd.DataFrame) -> list[Job]:
    """The job of each of the rows (as PLAN)."""
    found = []
    for cell_id, config_id in zip(rows["cell_id"], rows["config_id"], strict=True):
        kind = kind_of(parse_cell(cell_id), parse_id(config_id).to_entry())
        found.append(Job(str(cell_id), str(config_id), kind))
    return found


def different(jobs: Iterable[Job]) -> list[Job]:
    """The first job of each kind of binaries, in their order."""
    found: dict[str, Job] = {}
    for job in jobs:
        found.setdefault(job.id, job)
    return list(found.values())


class Compiler:
    """Calls the operator on unfilled memory; what it raises is a result, not an error.

    It gives way: beside it another process may be measuring.
    """

    def __init__(self, gpu: int, make: Make = vllm) -> None:
        os.nice(NICE)
        prepare_process("gpu", gpu)
        self._op = make()

    def __call__(self, job: Job) -> dict[str, Any]:
        """The job's result as it stands in a ledger."""
        import torch  # noqa: PLC0415 - after the process was told which GPU to see

        from scripts.runtime.unfilled import operands  # noqa: PLC0415

        began = time.perf_counter()
        entry = parse_id(job.config_id).to_entry()
        try:
            x, layer, draw = operands(parse_cell(job.cell_id), self._op)
            self._op.compile(x, layer, draw, entry)
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
