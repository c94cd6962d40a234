"""Benchmark: what it costs that top_k and GROUP_SIZE_M are run-time integers of the kernel.

The same configs are compiled both ways and replayed in interleaved rounds on the same draws; the
table gives the paired ratio run-time / compile-time. One binary for all values is worth having
only if that ratio is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scripts.lib.chain import Chain
from scripts.lib.config import parse_id
from scripts.lib.log import run_main
from scripts.lib.shape import parse_cell
from scripts.measure.protocol import Protocol


def _binaries(entry: Mapping[str, int], scheme: str, top_k: int | None) -> Any:
    import triton  # noqa: PLC0415

    from kernels.launch import Variant, compile_gemm  # noqa: PLC0415
    from scripts.measure.candidate import Binaries  # noqa: PLC0415
    from scripts.measure.operands import DTYPES  # noqa: PLC0415

    target = triton.runtime.driver.active.get_current_target()
    pair = []
    for weighted in (False, True):
        fixed = None
        if top_k is not None:
            fixed = {"top_k": 1 if weighted else top_k, "GROUP_SIZE_M": entry["GROUP_SIZE_M"]}
        pair.append(compile_gemm(entry, Variant(DTYPES[scheme], weighted), target, fixed))
    return Binaries(*pair)


def compare(cell_id: str, config_ids: list[str], protocol: Protocol) -> list[dict[str, Any]]:
    """Paired ratio of each config on one cell."""
    import torch  # noqa: PLC0415

    from scripts.measure.candidate import capture  # noqa: PLC0415
    from scripts.measure.finals import interleave  # noqa: PLC0415
    from scripts.measure.operands import make_operands, make_weights  # noqa: PLC0415
    from scripts.measure.worker import GraphTimer  # noqa: PLC0415

    cell = parse_cell(cell_id)
    weights = make_weights(cell.shape, 4, protocol.seed, "cuda")
    operands = make_operands(cell, weights, "uniform", protocol.seed, "cuda")
    rows = []
    for config_id in config_ids:
        entry = parse_id(config_id).to_entry()
        queues = []
        for top_k in (None, cell.shape.top_k):
            binaries = _binaries(entry, cell.shape.scheme, top_k)
            timer = GraphTimer(capture(operands, binaries, entry), operands.timed)
            timer(2)
            queues.append(timer.enqueue)
        us = np.asarray(interleave(queues, torch.cuda.synchronize, operands.timed, protocol))
        ratio = us[:, 0] / us[:, 1]
        rows.append(
            {
                "cell_id": cell_id,
                "config_id": config_id,
                "runtime_us": round(float(np.median(us[:, 0])), 3),
                "constant_us": round(float(np.median(us[:, 1])), 3),
                "ratio": round(float(np.median(ratio)), 5),
            }
        )
    return rows


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m scripts.measure.specialisation --cells "
        "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M1 --configs M16-N128-K128-G16-W4-S5",
    )
    parser.add_argument("--cells", nargs="+", required=True, help="cell ids")
    parser.add_argument("--configs", nargs="+", required=True, help="config ids")
    parser.add_argument("--ledger", type=Path, help="ledger to append the table to")
    args = parser.parse_args(argv)

    def body() -> None:
        rows = [row for cell in args.cells for row in compare(cell, args.configs, Protocol())]
        for row in rows:
            print("  ".join(str(value) for value in row.values()))
        mean = float(np.exp(np.mean([np.log(row["ratio"]) for row in rows])))
        print(f"geometric mean of run-time / compile-time: {mean:.5f}")
        if args.ledger:
            chain = Chain(args.ledger)
            chain.append({"kind": "cost", "what": "specialisation", "rows": rows, "ratio": mean})
            chain.close()

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
