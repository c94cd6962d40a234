"""Compile the binaries of a plan before its cells are measured, and record what failed."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

import pandas as pd
from triton.backends.compiler import GPUTarget

from scripts.lib.chain import Chain
from scripts.lib.config import parse_id
from scripts.lib.files import InputError
from scripts.lib.shape import parse_cell
from scripts.measure.device.choose import NO_GPU
from scripts.measure.protocol import Protocol
from scripts.measure.work.binaries import Job, compile_all, jobs_of

log = logging.getLogger("compile")


def current_target() -> GPUTarget:
    """Triton's target of the GPU at hand; InputError where there is none."""
    import torch  # noqa: PLC0415 - so that --help needs no GPU stack
    import triton  # noqa: PLC0415

    if not torch.cuda.is_available():
        raise InputError(NO_GPU)
    return triton.runtime.driver.active.get_current_target()


def jobs_of_plan(plan: pd.DataFrame, run_time: Collection[str] = ()) -> list[Job]:
    """Every binary that the plan's configs need, each once."""
    shapes = plan["cell_id"].map(lambda cell_id: parse_cell(cell_id).shape)
    jobs: dict[Job, None] = {}
    for shape, ids in plan.groupby(shapes, sort=True)["config_id"]:
        entries = [parse_id(config_id).to_entry() for config_id in ids.unique()]
        jobs |= dict.fromkeys(jobs_of(entries, shape, run_time))
    return list(jobs)


def compile_plan(
    plan: pd.DataFrame,
    chain: Chain,
    run_id: str,
    protocol: Protocol,
    run_time: Collection[str] = (),
) -> dict[str, str]:
    """Compile all; returns the reason by binary id of those that failed."""
    jobs, began = jobs_of_plan(plan, run_time), time.perf_counter()
    failed: dict[str, str] = {}
    results = compile_all(jobs, current_target(), protocol.compile_deadline_s)
    for number, result in enumerate(results, start=1):
        chain.append({"kind": "compile", "run_id": run_id, **result})
        if result["reason"] is not None:
            failed[result["binary_id"]] = result["reason"]
        if number % 100 == 0 or number == len(jobs):
            log.info("%d/%d binaries, %d failed", number, len(jobs), len(failed))
    seconds = time.perf_counter() - began
    chain.append(
        {
            "kind": "compiled",
            "run_id": run_id,
            "binaries": len(jobs),
            "failed": len(failed),
            "seconds": round(seconds, 3),
        }
    )
    return failed
