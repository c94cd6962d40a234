"""Measure configs of a plan under a runtime's own fused operator, as graphx's kernels are.

A pass is what a model's layer costs when it is served: alignment, two GEMMs, activation,
quantisation and sum, by `fused_experts` under the config in question, in one CUDA graph, on weight
sets that rotate past the cache. Every config is checked against graphx's float64 reference first.
The finals are interleaved in a fresh order every two rounds, and hold the committed and the best
config more than once (A/A); with --race they end once they decide, and the committed one alone is
held twice. Binaries are compiled while cells that have theirs are measured. Layers are taken in the
plan's order, so that after a pause its first ones are whole; killed or paused, the same command
goes on. scripts.ledger.consolidate reads the ledger as it reads a sweep's.

The operator is vLLM's, or with --sglang that of a release of SGLang, whose source is read and run
without the rest of it (scripts.runtime.sglang_op). vLLM is needed on this machine alone, and only
here: pip install vllm==0.24.0.

Exit status: as scripts.measure.sweep. 0 every candidate has an outcome; 2 bad input, or no vLLM;
3 paused by --seconds, run the same command again.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
import time
from functools import partial
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.budget import Budget
from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table
from scripts.measure.conditions import WEIGHTS, Conditions
from scripts.measure.controller.candidates import narrowed
from scripts.measure.controller.fleet import Limits
from scripts.measure.controller.records import NO_LIMIT, PACKAGES
from scripts.measure.controller.subject import TWINS, Subject
from scripts.measure.sweep import sweep
from scripts.runtime.ahead import CompileAhead
from scripts.runtime.installed import Installed, installed
from scripts.runtime.operators import Make, sglang, vllm
from scripts.runtime.racing import Race
from scripts.runtime.sglang_source import Source, source
from scripts.runtime.worker import make_op_worker

LOG = logging.getLogger("runtime.study")
# Twins of the best and of the committed config in finals that may end early.
RACED = (0, 1)
MODULE = "scripts.runtime.study"

EXAMPLE = """examples:
  python -m scripts.runtime.plan --measured data/recorded/measured/nvidia_h200-study-finals \\
    --out build/op/plan.parquet
  python -m scripts.runtime.study --plan build/op/plan.parquet --ledger build/op/ledger.jsonl \\
    --seconds 240
  python -m scripts.runtime.study --plan build/op/plan.parquet --ledger build/op/zipf.jsonl \\
    --cells E8-N7168 --profile zipf
"""


def make_parser() -> argparse.ArgumentParser:
    """The command line, also for those who check a recorded command."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--plan", type=Path, required=True, help="PLAN table, see scripts.runtime.plan")
    add("--cells", nargs="+", metavar="TEXT", help="only cells whose id contains one of these")
    add("--ledger", type=Path, required=True, help="ledger to append to")
    add("--gpu", type=int, default=0, help="the GPU, by number from 0")
    add("--seconds", type=float, default=math.inf, help="pause after this; nothing is closed")
    add("--profile", default="uniform", help="routing: uniform, zipf, or recorded:<file>")
    add("--weights", choices=WEIGHTS, default="cold", help="see scripts.measure.conditions")
    add("--sglang", metavar="VERSION", help="SGLang's operator, of that release")
    add("--race", action="store_true", help="end a cell's finals once they decide at 1%%")
    add("--processes", type=int, help="compilers (default: one a core)")
    add("--allow-busy", action="store_true", help="measure on a GPU in use, and mark every cell")
    return parser


def operator(
    found: Installed | Source,
    gpu: int,
    processes: int | None = None,
    module: str = MODULE,
    twins: tuple[int, int] = TWINS,
    make: Make = vllm,
) -> Subject:
    """The operator that was found, as a sweep measures it on that GPU.

    ``module``: whose command stands in the run's line. ``twins``: as Subject has them. ``make``:
    the operator.
    """
    ahead = CompileAhead(gpu, processes, make)
    return Subject(
        kernel_hash=found.source_hash,
        compile=ahead,
        packages=(*PACKAGES, "vllm"),
        module=module,
        in_order=True,
        twins=twins,
        end=ahead.end,
    )


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    until, status = time.monotonic() + args.seconds, 0

    def body() -> None:
        nonlocal status
        plan = narrowed(read_table(args.plan, PLAN), args.cells)
        found: Installed | Source = installed()
        own: Make = vllm
        if args.sglang:
            found = source(args.sglang)
            own = partial(sglang, found)
        LOG.info("%s, kernels' source %s", found.version, found.source_hash)
        conditions = Conditions(args.profile, args.weights, "op", run_time=())
        limits = Limits(Budget(NO_LIMIT), until, args.allow_busy)
        twins = RACED if args.race else TWINS
        subject = operator(found, args.gpu, args.processes, twins=twins, make=own)
        make = partial(make_op_worker, race=Race() if args.race else None, make=own)
        status = sweep(
            plan, args.ledger, [args.gpu], conditions, limits, make=make, subject=subject
        )

    return run_main(body, lambda: status)


if __name__ == "__main__":
    sys.exit(main())
