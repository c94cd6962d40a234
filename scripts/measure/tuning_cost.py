"""Benchmark: what tuning one config file costs on this GPU, here and by the published method.

This side really runs, with every cache cold and as a user's commands: plan, predict, short-list,
compile, try, decide, for all 18 batch sizes of a layer. The configs committed for the GPU itself
are left out, as they would be missing on a GPU that nobody tuned for. The other side takes hours,
so its compiling is sampled on random configs, every second of it in the record; what timing takes
follows from recorded latencies (scripts.statistics.cost).
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from scripts.lib import command_line
from scripts.lib.chain import read_chain
from scripts.lib.files import InputError, write_json
from scripts.lib.log import run_main
from scripts.lib.predictor import predictor_facts
from scripts.lib.shape import BATCH_LADDER, Cell, parse_shape
from scripts.measure.controller.records import commit, kernel_hash, now
from scripts.measure.device.choose import open_gpu
from scripts.measure.upstream_method import sample_cells

log = logging.getLogger("tuning_cost")
Body = dict[str, Any]

EXAMPLE = """example:
  python -m scripts.measure.tuning_cost --shape E8-N3584-K4096-top2-bf16 --budget 128 \\
      --space results/tables/space/NVIDIA_H200-bf16.parquet \\
      --proposals results/tables/transfer/proposals.parquet --work build/live/cost \\
      --out build/live/cost.json
"""


def commands(args: argparse.Namespace, cells: Sequence[Cell]) -> dict[str, list[str]]:
    """The steps a user would run, by name, each the arguments of ``python -m``."""
    work = args.work
    plan, stamped = work / "plan.parquet", work / "stamped.parquet"
    short, ledger = work / "shortlist.parquet", work / "ledger.jsonl"
    listed = {
        "plan": ["scripts.measure.plan", "--space", args.space, "--proposals", args.proposals,
                 "--without", "committed", "--cells", *(cell.id for cell in cells), "--out", plan],
        "predict": ["scripts.sim.stamp", "--plan", plan, "--space", args.space,
                    "--model", args.model, "--out", stamped],
        "shortlist": ["scripts.sim.shortlist", "--plan", stamped, "--budget", args.budget,
                      "--out", short],
        "sweep": ["scripts.measure.sweep", "--plan", short, "--ledger", ledger],
    }  # fmt: skip
    return {name: [str(part) for part in command] for name, command in listed.items()}


def run_steps(steps: Mapping[str, list[str]], cache: Path) -> dict[str, float]:
    """Run the steps one after the other with an empty compiler cache; wall seconds of each."""
    seconds = {}
    for name, arguments in steps.items():
        began = time.perf_counter()
        command = [sys.executable, "-m", *arguments]
        environment = os.environ | {"TRITON_CACHE_DIR": str(cache)}
        ended = subprocess.run(command, env=environment, check=False)
        if ended.returncode:
            raise InputError(f"{' '.join(command)}: ended with status {ended.returncode}")
        seconds[name] = round(time.perf_counter() - began, 3)
        log.info("%s: %.1f s", name, seconds[name])
    return seconds


def read_tuned(ledger: Path) -> Body:
    """What the sweep did: seconds of its parts, trials, binaries, and the config of each batch."""
    bodies = list(read_chain(ledger))
    attempts = [body for body in bodies if body["kind"] == "attempt"]
    compiled = next(body for body in bodies if body["kind"] == "compiled")
    chosen = {}
    for body in bodies:
        if body["kind"] == "finals":
            medians = np.median(np.asarray(body["us"]), axis=0)
            chosen[body["cell_id"]] = body["slots"][int(medians.argmin())]
    return {
        "compile_seconds": compiled["seconds"],
        "trial_seconds": round(sum(body["gpu_seconds"] for body in attempts), 3),
        "cell_seconds": round(sum(b["gpu_seconds"] for b in bodies if b["kind"] == "cell"), 3),
        "trials": len(attempts),
        "binaries": compiled["binaries"],
        "chosen": chosen,
    }


def tuning_cost(args: argparse.Namespace) -> Body:
    """Both sides on the same GPU, this side first."""
    gpu = open_gpu(0, "gpu")
    identity = gpu.identity()
    shape = parse_shape(args.shape)
    cells = [Cell(identity["device"], shape, tokens) for tokens in BATCH_LADDER]
    args.work.mkdir(parents=True, exist_ok=True)
    if (args.work / "ledger.jsonl").exists():
        raise InputError(f"{args.work}: holds an earlier run; name an empty folder with --work")
    started = now()
    with tempfile.TemporaryDirectory() as cache:
        seconds = run_steps(commands(args, cells), Path(cache))
    ours = read_tuned(args.work / "ledger.jsonl") | {"steps": seconds, "budget": args.budget}
    ours["seconds"] = round(sum(seconds.values()), 3)
    sampled = [Cell(identity["device"], shape, tokens) for tokens in args.sample_batches]
    samples = sample_cells(sampled, args.space, args.configs)
    return {
        "version": 2,
        "gpu": identity,
        "cpus": os.cpu_count(),
        "commit": commit(),
        "kernel_hash": kernel_hash(),
        "started": started,
        "ended": now(),
        "shape": shape.id,
        "batches": len(cells),
        "graphx": ours,
        "model": predictor_facts(args.model),
        "upstream": {"samples": samples},
    }


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument("--shape", required=True, help="layer to tune, as in the tables")
    parser.add_argument("--space", type=Path, required=True, help="SPACE table")
    parser.add_argument("--proposals", type=Path, required=True, help="PROPOSALS table")
    parser.add_argument("--model", type=Path, default=Path("results/sim/model.json"))
    parser.add_argument("--budget", type=int, default=128, help="K, trials a batch (default: 128)")
    parser.add_argument(
        "--sample-batches", type=int, nargs="+", default=[1, 64, 4096],
        help="batches on which the published method is sampled (default: 1 64 4096)",
    )  # fmt: skip
    parser.add_argument("--configs", type=int, default=12, help="configs to sample on each")
    parser.add_argument("--work", type=Path, required=True, help="empty folder for the run")
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    args = parser.parse_args(argv)

    def body() -> None:
        cost = tuning_cost(args)
        write_json(args.out, cost)
        ours, samples = cost["graphx"], cost["upstream"]["samples"]
        log.info("%d trials, %.1f s in all", ours["trials"], ours["seconds"])
        compiling = fmean(row["compile_seconds"] for row in samples) if samples else float("nan")
        log.info("published method: %.3f s to compile one of %d configs", compiling, len(samples))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
