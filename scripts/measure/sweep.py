"""Run a plan on the GPU of this machine; killed or stopped, the same command goes on.

Every attempt is on disk before the next but one begins, in a hash-chained ledger. A config that
crashes or hangs the GPU process gets its outcome, and the sweep goes on with the next.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.chain import Chain
from scripts.lib.files import InputError
from scripts.lib.isolate import Child
from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.tables import read_table
from scripts.measure.cell_run import CellRun, Site
from scripts.measure.compile_run import compile_plan, current_target
from scripts.measure.gpu_state import Gpu
from scripts.measure.protocol import Protocol
from scripts.measure.records import kernel_hash, now, read_done, run_line
from scripts.measure.worker import make_worker

log = logging.getLogger("sweep")
UNFINISHED = 3


def sweep(plan: pd.DataFrame, chain: Chain, protocol: Protocol, profile: str, until: float) -> bool:
    """Measure all cells of a plan that the chain lacks; False if time ran out before the end."""
    gpu = Gpu()
    identity = gpu.identity()
    done = read_done(chain.bodies, protocol.hash, kernel_hash(), identity["uuid"])
    run_id = f"{identity['device']}-{now()}-{done.runs:03d}"
    todo = [cell for cell in plan["cell_id"].drop_duplicates() if cell not in done.cells]
    _refuse_foreign(todo, identity["device"])
    if not todo:
        log.info("all cells are measured")
        return True
    chain.append(run_line(run_id, protocol, profile, identity | {"state": vars(gpu.state())}))
    failed = compile_plan(plan[plan["cell_id"].isin(todo)], chain, run_id, protocol)
    worker = Child(make_worker, protocol, profile)
    site = Site(run_id, protocol, worker, gpu, chain, done, failed, until)
    try:
        for number, cell_id in enumerate(todo, start=1):
            began = time.monotonic()
            finished = CellRun(cell_id, plan[plan["cell_id"] == cell_id], site).measure()
            log.info(
                "%s %d/%d cells, %.1f s%s",
                cell_id, number, len(todo), time.monotonic() - began,
                "" if finished else " (unfinished)",
            )  # fmt: skip
            if not finished:
                return False
    finally:
        worker.stop()
        chain.append({"kind": "end", "run_id": run_id, "ended": now()})
    return True


def _refuse_foreign(cells: list[str], device: str) -> None:
    planned = {cell.split("/")[0] for cell in cells}
    if planned - {device}:
        raise InputError(
            f"the plan is for {', '.join(sorted(planned))}, this machine has {device}; "
            "make a plan for it with scripts.measure.plan"
        )


def main(argv: list[str] | None = None) -> int:
    """Entry point; status 3 if time ran out with cells left."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m scripts.measure.sweep --plan build/plan.parquet "
        "--ledger build/ledger.jsonl --seconds 540",
    )
    parser.add_argument("--plan", type=Path, required=True, help="PLAN table")
    parser.add_argument("--ledger", type=Path, required=True, help="ledger to append to")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this")
    parser.add_argument("--cells", help="only cells whose id contains this text")
    parser.add_argument("--profile", default="uniform", help="routing profile: uniform or zipf")
    args = parser.parse_args(argv)
    until = time.monotonic() + args.seconds
    state: dict[str, Any] = {}

    def body() -> None:
        plan = read_table(args.plan, PLAN)
        if args.cells:
            plan = plan[plan["cell_id"].str.contains(args.cells, regex=False)]
        if plan.empty:
            raise InputError(f"{args.plan}: no cell to measure (--cells {args.cells})")
        current_target()  # fails early, with a clear error, where there is no GPU
        chain = Chain(args.ledger)
        try:
            state["whole"] = sweep(plan, chain, Protocol(), args.profile, until)
        finally:
            chain.close()

    status = run_main(body)
    return status or (0 if state.get("whole") else UNFINISHED)


if __name__ == "__main__":
    sys.exit(main())
