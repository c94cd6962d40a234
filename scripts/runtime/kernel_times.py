"""Time the GEMMs inside the operator one by one, beside graphx's own two, on the cells of a plan.

Where a verdict under the operator is not the one under graphx's kernels, this tells its GEMMs from
what the operator does besides. Each config is replayed in a CUDA graph under torch's profiler, on
weight sets that rotate and on one that the cache may keep. A line of JSON for each config, kernel
source and kind of weights: microseconds a pass of the gate-up GEMM, of the down GEMM, and of all
kernels besides; ``us`` by events around the replay, without the profiler. Cells that are in the
file already are left out.

vLLM is needed here: pip install vllm==0.24.0.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scripts.lib import command_line
from scripts.lib.config import parse_id
from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table
from scripts.measure.conditions import WEIGHTS, Conditions
from scripts.measure.controller.candidates import narrowed
from scripts.measure.protocol import Protocol
from scripts.runtime.installed import installed

LOG = logging.getLogger("runtime.kernel_times")
EXAMPLE = """example:
  python -m scripts.runtime.kernel_times --plan build/op/plan.parquet --seconds 40 \\
    --cells E16-N1024-K5120-top1-fp8_w8a8/M1024 --out build/op/kernels.jsonl
"""
REPLAYS = 12
GEMMS = ("fused_moe_kernel", "moe_gemm_kernel")  # the operator's, graphx's own
Row = dict[str, Any]


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--plan", type=Path, required=True, help="PLAN table")
    add("--cells", nargs="+", metavar="TEXT", help="only cells whose id contains one of these")
    add("--gpu", type=int, default=0, help="the GPU, by number from 0")
    add("--seconds", type=float, default=math.inf, help="stop after this")
    add("--out", type=Path, required=True, help="file of JSON lines to append to")
    return parser


def split(kernels: Sequence[tuple[str, float]], passes: int) -> Row:
    """Microseconds a pass of both GEMMs and of the rest.

    ``kernels``: name and microseconds of each launch of ``passes`` passes, in the order they
    began; the GEMMs of a pass follow each other, gate-up first.
    """
    gemms = [us for name, us in kernels if name.startswith(GEMMS)]
    rest = sum(us for name, us in kernels if not name.startswith(GEMMS))
    if len(gemms) != 2 * passes:
        return {"up_us": None, "down_us": None, "rest_us": None}
    up, down = np.sum(gemms[0::2]) / passes, np.sum(gemms[1::2]) / passes
    return {
        "up_us": round(float(up), 3),
        "down_us": round(float(down), 3),
        "rest_us": round(rest / passes, 3),
    }


def profiled(timer: Any, passes: int) -> Row:
    """``split`` of replays under the profiler, and the median replay without it."""
    import torch  # noqa: PLC0415 - after the process was told which GPU to see

    us = timer(REPLAYS)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        timer(REPLAYS)
    on_gpu = (one for one in profile.events() if one.device_type.name == "CUDA")
    events = sorted(on_gpu, key=lambda one: one.time_range.start)
    kernels = [(str(one.name), float(one.time_range.elapsed_us())) for one in events]
    return {"us": round(float(np.median(us)), 3)} | split(kernels, passes * REPLAYS)


def rows_of(
    worker: Any, cell_id: str, configs: Sequence[str], about: Mapping[str, str]
) -> Iterator[Row]:
    """A row for each config on a cell, as one worker runs it."""
    entries = {config: parse_id(config).to_entry() for config in configs}
    facts = worker(("open", cell_id, entries[configs[0]]))
    for config, entry in entries.items():
        row = {"cell_id": cell_id, "config_id": config, **about}
        try:
            yield row | profiled(worker._timer(entry), facts["passes"])
        except RuntimeError as error:
            yield row | {"reason": f"{type(error).__name__}: {error}"[:200]}


def _workers(gpu: int) -> Iterator[tuple[dict[str, str], Any]]:
    """The operator's worker and graphx's own, under cold and warm weights."""
    from scripts.measure.work.worker import make_worker  # noqa: PLC0415
    from scripts.runtime.worker import make_op_worker  # noqa: PLC0415

    for weights in WEIGHTS:
        for scope, make, run_time in (
            ("op", make_op_worker, ()),
            ("two_gemm", make_worker, ("GROUP_SIZE_M",)),
        ):
            conditions = Conditions("uniform", weights, scope, run_time=run_time)
            yield {"scope": scope, "weights": weights}, make(Protocol(), conditions, gpu)


def _compiled(plan: Any) -> None:
    """Compile graphx's own binaries in many processes; the operator's are compiled in line."""
    from scripts.measure.compile_run import current_target, jobs_of_plan  # noqa: PLC0415
    from scripts.measure.work.binaries import compile_all  # noqa: PLC0415

    jobs = jobs_of_plan(plan, ("GROUP_SIZE_M",))
    failed = sum(one["reason"] is not None for one in compile_all(jobs, current_target(), 120.0))
    LOG.info("%d binaries of graphx's own, %d failed", len(jobs), failed)


def _held(path: Path) -> set[str]:
    lines = path.read_text().splitlines() if path.exists() else ()
    return {str(json.loads(line)["cell_id"]) for line in lines}


def _measure(args: argparse.Namespace, until: float) -> None:
    plan = narrowed(read_table(args.plan, PLAN), args.cells)
    plan = plan[~plan["cell_id"].isin(_held(args.out))]
    LOG.info("vLLM %s", installed().version)
    _compiled(plan)
    workers = list(_workers(args.gpu))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    for cell_id, mine in plan.groupby("cell_id", sort=False):
        if time.monotonic() > until:
            return
        configs = mine.sort_values("order")["config_id"].tolist()
        rows = [row for about, one in workers for row in rows_of(one, str(cell_id), configs, about)]
        _append(args.out, rows)
        LOG.info("%s: %d rows", cell_id, len(rows))


def _append(path: Path, rows: Iterable[Row]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row, sort_keys=True) + "\n" for row in rows)


def main(argv: list[str] | None = None) -> int:
    """Parse, measure, append."""
    args = make_parser().parse_args(argv)
    until = time.monotonic() + args.seconds
    return run_main(lambda: _measure(args, until))


if __name__ == "__main__":
    sys.exit(main())
