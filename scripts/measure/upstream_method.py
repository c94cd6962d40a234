"""What the published tuning method costs on this GPU, sampled on random configs of one cell.

As published for the runtime's own tuner: compile in line with a cold cache, capture 10 calls in
a CUDA graph, 5 warm-up replays, 20 timed replays, one mean; routing drawn anew per candidate; no
correctness check. Here a call is the two GEMMs alone, which flatters the method a little.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scripts.lib.chain import Chain
from scripts.lib.config import Config, parse_id
from scripts.lib.log import run_main
from scripts.lib.schemas.plan import PLAN
from scripts.lib.shape import BATCH_LADDER, Cell, parse_cell
from scripts.lib.tables import read_table
from scripts.measure.protocol import Protocol

CALLS, WARM_UP, TIMED = 10, 5, 20
SPACE_SIZE = 1920


def _candidate(
    cell: Cell, weights: Any, entry: Mapping[str, int], seed: int
) -> tuple[float, float]:
    """Tune one config the published way: seconds of compiling, seconds of the rest."""
    import torch  # noqa: PLC0415
    import triton  # noqa: PLC0415

    from kernels.compilation import compile_gemm  # noqa: PLC0415
    from scripts.measure.candidate import Binaries, run_once  # noqa: PLC0415
    from scripts.measure.operands import make_operands, variants  # noqa: PLC0415

    operands = make_operands(cell, weights, "uniform", seed, "cuda")
    torch.cuda.synchronize()
    began = time.perf_counter()
    target = triton.runtime.driver.active.get_current_target()
    pair = [compile_gemm(entry, v, target) for v in variants(cell.shape)]
    binaries = Binaries(*pair)
    run_once(operands, binaries, entry, 0)
    torch.cuda.synchronize()
    compiled = time.perf_counter()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(CALLS):
            run_once(operands, binaries, entry, 0)
    torch.cuda.synchronize()
    for _ in range(WARM_UP):
        graph.replay()
    for _ in range(TIMED):
        start, end = torch.cuda.Event(True), torch.cuda.Event(True)
        start.record()
        graph.replay()
        end.record()
        end.synchronize()
    return compiled - began, time.perf_counter() - compiled


def sample_cost(cell: Cell, configs: list[Config], protocol: Protocol) -> dict[str, Any]:
    """Seconds of each config and their scaling to a whole file."""
    from scripts.measure.operands import make_weights  # noqa: PLC0415

    weights = make_weights(cell.shape, 1, protocol.seed, "cuda")
    seconds = []
    for number, config in enumerate(configs):
        try:
            seconds.append(_candidate(cell, weights, config.to_entry(), number))
        except Exception as error:  # the published method skips a config that fails
            print(f"{config.id}: {type(error).__name__}", file=sys.stderr)
    table = np.asarray(seconds)
    per_config = float(table.sum(axis=1).mean())
    return {
        "kind": "cost",
        "what": "upstream_method",
        "cell_id": cell.id,
        "sampled_configs": len(seconds),
        "compile_seconds": [round(float(value), 4) for value in table[:, 0]],
        "timing_seconds": [round(float(value), 4) for value in table[:, 1]],
        "seconds_per_config": round(per_config, 4),
        "space": SPACE_SIZE,
        "batches": len(BATCH_LADDER),
        "seconds_per_file": round(per_config * SPACE_SIZE * len(BATCH_LADDER), 1),
    }


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m scripts.measure.upstream_method --plan build/plan.parquet "
        "--cell NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64 --ledger build/ledger.jsonl",
    )
    parser.add_argument("--plan", type=Path, required=True, help="PLAN table to draw configs from")
    parser.add_argument("--cell", required=True, help="cell to tune")
    parser.add_argument("--configs", type=int, default=36, help="configs to sample")
    parser.add_argument("--ledger", type=Path, required=True, help="ledger to append the cost to")
    args = parser.parse_args(argv)

    def body() -> None:
        plan = read_table(args.plan, PLAN)
        ids = plan.loc[plan["proposed_by"] == "", "config_id"].drop_duplicates()
        chosen = ids.sample(args.configs, random_state=Protocol().seed)
        configs = [parse_id(config_id) for config_id in chosen]
        with tempfile.TemporaryDirectory() as cache:
            os.environ["TRITON_CACHE_DIR"] = cache  # cold, as on a machine that tunes once
            cost = sample_cost(parse_cell(args.cell), configs, Protocol())
        chain = Chain(args.ledger)
        chain.append(cost)
        chain.close()
        shown = {key: value for key, value in cost.items() if not isinstance(value, list)}
        print(json.dumps(shown, indent=1))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
