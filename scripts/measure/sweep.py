"""Measure candidates, each a config on a cell, so that none is left without an outcome.

Every attempt is on disk before the next but one begins, in a hash-chained ledger; killed or
stopped, the same command goes on. A config that crashes or hangs the GPU's process gets its
outcome, and the sweep goes on with the next. What cannot be tried (another GPU's cell, unknown
number formats, no memory, a budget that is spent) is recorded as not measured, with the reason,
and tried again by the next run that can.

Exit status: 0 every candidate has an outcome; 2 bad input, nothing measured; 3 paused by
--seconds, run the same command again; 4 a budget is spent, so that some candidates are recorded
as not measured (run again with more). The end of the log counts the outcomes.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
import time
from pathlib import Path

import pandas as pd

from scripts.lib import command_line
from scripts.lib.budget import Budget
from scripts.lib.chain import Chain
from scripts.lib.exclusive import PATIENCE_S, exclusive
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shares import check_alone, parse_share, part_of
from scripts.lib.tables import read_table
from scripts.measure.conditions import BACKENDS, OWN_SCOPES, WEIGHTS, Conditions
from scripts.measure.controller.candidates import check_cells, narrowed, plan_of
from scripts.measure.controller.fleet import Fleet, Limits
from scripts.measure.controller.idle import check_idle
from scripts.measure.controller.progress import status_of, table, tally
from scripts.measure.controller.records import NO_LIMIT
from scripts.measure.controller.subject import Subject, own_kernels
from scripts.measure.device.choose import open_gpu, parse_gpus
from scripts.measure.protocol import Protocol
from scripts.measure.work.worker import make_worker

log = logging.getLogger("sweep")


def sweep(
    plan: pd.DataFrame,
    ledger: Path,
    gpus: list[int],
    conditions: Conditions,
    limits: Limits,
    protocol: Protocol | None = None,
    make: Fleet.Make = make_worker,
    subject: Subject | None = None,
    patience_s: float = PATIENCE_S,
) -> int:
    """Measure what a ledger lacks of a plan (rows as PLAN) on these GPUs; the exit status.

    ``make``: entry of the worker process, as ``scripts.measure.work.worker.make_worker``.
    ``subject``: whose kernels it runs; graphx's own by default. ``patience_s``: seconds to wait for
    another sweep that writes to the ledger.
    """
    check_cells(plan)
    opened = [open_gpu(index, conditions.backend) for index in gpus]
    busy = [check_idle(gpu, limits.allow_busy) for gpu in opened]
    with exclusive(ledger, patience_s):
        chain = Chain(ledger)
        try:
            stated, subject = protocol or Protocol(), subject or own_kernels()
            fleet = Fleet(chain, opened, conditions, stated, limits, make, subject)
            finished = fleet.run(plan, [("busy",) if is_busy else () for is_busy in busy])
        finally:
            chain.close()
    ends = tally(plan, fleet.done)
    log.info("outcomes of %d candidates:\n%s", len(plan), table(ends))
    return status_of(ends, finished)


def make_parser() -> argparse.ArgumentParser:
    """The command line, also for those who check a recorded command."""
    parser = command_line.parser(
        __doc__,
        "examples:\n"
        "  python -m scripts.measure.sweep --plan build/plan.parquet "
        "--ledger build/ledger.jsonl --gpus all --seconds 540\n"
        "  python -m scripts.measure.sweep --ledger build/one.jsonl --trials 2 "
        "--cells NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64 "
        "--configs M16-N64-K128-G1-W4-S3 M64-N128-K64-G16-W8-S4\n"
        "  python -m scripts.measure.sweep --ledger build/try.jsonl --backend interpreter "
        "--cells CPU_interpreter/E4-N32-K32-top2-fp16/M4 --configs M16-N32-K32-G1-W4-S2",
    )
    add = parser.add_argument
    add("--plan", type=Path, help="PLAN table: what to try, in which order")
    add("--cells", nargs="+", metavar="ID", help="with --configs: the cells; with --plan: only "
        "the plan's cells whose id contains one of these texts")  # fmt: skip
    add("--configs", nargs="+", metavar="ID", help="configs to try on each of --cells")
    add("--ledger", type=Path, required=True, help="ledger to append to")
    add("--gpus", default="0", help="GPUs of this host: numbers with commas, or all")
    add("--trials", type=int, help="budget: trials of this command, earlier runs of it included")
    add("--gpu-seconds", type=float, help="budget: seconds that the trials hold a GPU")
    add("--seconds", type=float, default=math.inf, help="pause after this; nothing is closed")
    add("--share", metavar="K/N", help="measure the K-th of N parts of the candidates;"
        " each has a ledger of its own, ledger-K-of-N.jsonl")  # fmt: skip
    add("--wait", type=float, default=PATIENCE_S, metavar="SECONDS", help="for another sweep that"
        " writes to the ledger, such as a job that outlived what started it")  # fmt: skip
    add("--allow-busy", action="store_true", help="measure on a GPU in use, and mark every cell")
    add("--profile", default="uniform", help="routing: uniform, zipf, or recorded:<file> (a ROUTING"
        " table, see scripts.measure.import_routing)")  # fmt: skip
    add("--weights", choices=WEIGHTS, default="cold", help="see scripts.measure.conditions")
    add("--scope", choices=OWN_SCOPES, default="two_gemm", help="what one pass is")
    add("--backend", choices=BACKENDS, default="gpu", help="interpreter: try the harness on a CPU")
    return parser


def read_plan(args: argparse.Namespace) -> pd.DataFrame:
    """The candidates that the command line names; InputError unless it names them one way."""
    if args.plan is not None and args.configs is None:
        return narrowed(read_table(args.plan, PLAN), args.cells)
    if args.plan is None and args.cells and args.configs:
        return plan_of(args.cells, args.configs)
    raise InputError("say what to measure: --plan FILE, or --cells ID … with --configs ID …")


def mine(plan: pd.DataFrame, share: str | None, ledger: Path) -> pd.DataFrame:
    """The candidates of this part of the plan; InputError for the ledger of another part."""
    if share is None:
        return plan
    part = parse_share(share)
    if ledger.name != part.ledger:
        raise InputError(f"--ledger {ledger}: part {share} is written to {part.ledger}")
    check_alone(ledger.parent, part)
    return part_of(plan, part)


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    until = time.monotonic() + args.seconds
    status = 0

    def body() -> None:
        nonlocal status
        trials = NO_LIMIT if args.trials is None else args.trials
        seconds = math.inf if args.gpu_seconds is None else args.gpu_seconds
        if trials < 0 or seconds < 0:
            raise InputError("--trials and --gpu-seconds: a budget is not negative")
        plan = mine(read_plan(args), args.share, args.ledger)
        conditions = Conditions(args.profile, args.weights, args.scope, args.backend)
        limits = Limits(Budget(trials, seconds), until, args.allow_busy)
        gpus = parse_gpus(args.gpus, args.backend)
        status = sweep(plan, args.ledger, gpus, conditions, limits, patience_s=args.wait)

    return run_main(body, lambda: status)


if __name__ == "__main__":
    sys.exit(main())
