"""Benchmark: what it would cost to make top_k and GROUP_SIZE_M run-time integers of the kernel.

The same configs are compiled each way and replayed in interleaved rounds on the same draws; the
table gives paired ratios to the kernel as it is. One binary for all values would be worth having
only at a ratio of one.
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
from scripts.lib.shape import Cell, parse_cell
from scripts.measure.protocol import Protocol

# Left to run time: nothing (as graphx and upstream do), each alone, both.
VARIANTS: tuple[tuple[str, ...], ...] = (
    (),
    ("top_k",),
    ("GROUP_SIZE_M",),
    ("top_k", "GROUP_SIZE_M"),
)


def _binaries(entry: Mapping[str, int], cell: Cell, run_time: tuple[str, ...]) -> Any:
    import triton  # noqa: PLC0415

    from kernels.launch import compile_gemm  # noqa: PLC0415
    from scripts.measure.candidate import Binaries  # noqa: PLC0415
    from scripts.measure.operands import variants  # noqa: PLC0415

    target = triton.runtime.driver.active.get_current_target()
    pair = variants(cell.shape.scheme, cell.shape.top_k)
    return Binaries(*(compile_gemm(entry, v, target, run_time) for v in pair))


def compare(cell_id: str, config_ids: list[str], protocol: Protocol) -> list[dict[str, Any]]:
    """Paired ratios of each config on one cell: each variant over the kernel as it is."""
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
        for run_time in VARIANTS:
            binaries = _binaries(entry, cell, run_time)
            timer = GraphTimer(capture(operands, binaries, entry), operands.timed)
            timer(2)
            queues.append(timer.enqueue)
        us = np.asarray(interleave(queues, torch.cuda.synchronize, operands.timed, protocol))
        ratios = np.median(us / us[:, :1], axis=0)
        row: dict[str, Any] = {"cell_id": cell_id, "config_id": config_id}
        row["compiled_in_us"] = round(float(np.median(us[:, 0])), 3)
        names = ["+".join(run_time) for run_time in VARIANTS]
        row |= {name: round(float(r), 5) for name, r in zip(names[1:], ratios[1:], strict=True)}
        rows.append(row)
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
        names = ["+".join(run_time) for run_time in VARIANTS[1:]]
        means = {n: float(np.exp(np.mean([np.log(row[n]) for row in rows]))) for n in names}
        for name, mean in means.items():
            print(f"{name} at run time: {mean:.5f} (geometric mean)")
        if args.ledger:
            chain = Chain(args.ledger)
            chain.append({"kind": "cost", "what": "specialisation", "rows": rows, "ratios": means})
            chain.close()

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
