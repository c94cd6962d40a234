"""Count predictions a second: ids in, latencies out, features and all, as `predict` makes them."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.shape import BATCH_LADDER
from scripts.sim.options import add_model, command, read_model
from scripts.sim.predict import predict
from scripts.sim.simulator import Simulator

_SIZES = {
    "block_m": (16, 32, 64, 128, 256), "block_n": (32, 64, 128, 256), "block_k": (64, 128, 256),
    "group": (1, 16, 32, 64), "warps": (4, 8), "stages": (2, 3, 4, 5),
}  # fmt: skip
_SHAPES = ("E8-N3584-K4096-top2-bf16", "E128-N768-K2048-top8-bf16")
_REPEATS = 3

EXAMPLE = """example:
  graphx-sim throughput --predictions 50000
"""


def questions(device: str, count: int) -> pd.DataFrame:
    """QUESTIONS rows: every config of the NVIDIA space on one cell after another."""
    space = pd.MultiIndex.from_product(list(_SIZES.values()), names=list(_SIZES)).to_frame(
        index=False
    )
    text = space.astype(str)
    ids = (
        "M" + text["block_m"] + "-N" + text["block_n"] + "-K" + text["block_k"]
        + "-G" + text["group"] + "-W" + text["warps"] + "-S" + text["stages"]
    )  # fmt: skip
    cells = [f"{device}/{shape}/M{tokens}" for tokens in BATCH_LADDER for shape in _SHAPES]
    pairs = pd.MultiIndex.from_product([pd.Series(cells), ids], names=["cell_id", "config_id"])
    return pairs.to_frame(index=False).head(count)


def measure(simulator: Simulator, facts: pd.DataFrame, count: int) -> dict[str, Any]:
    """Predictions a second, the best of a few runs after one that warms up."""
    asked = questions("NVIDIA_H200", count)
    seconds = []
    for _ in range(_REPEATS + 1):
        began = time.perf_counter()
        predict(asked, facts, simulator)
        seconds.append(time.perf_counter() - began)
    best = min(seconds[1:])
    return {
        "predictions": len(asked),
        "seconds": round(best, 4),
        "predictions_per_second": round(len(asked) / best),
        "cores": len(os.sched_getaffinity(0)),
        "model_version": simulator.version,
    }


def run(args: argparse.Namespace) -> None:
    """Measure and print JSON. InputError for no prediction at all."""
    if args.predictions < 1:
        raise InputError(f"--predictions {args.predictions}: choose 1 or more")
    simulator, facts = read_model(args)
    print(json.dumps(measure(simulator, facts, args.predictions), indent=2))


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command("throughput", __doc__, EXAMPLE)
    parser.add_argument("--predictions", type=int, default=50_000, help="how many (50000)")
    add_model(parser)
    parser.add_argument("--json", action="store_true", help="as it does anyway")
    args = parser.parse_args(argv)
    return run_main(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
