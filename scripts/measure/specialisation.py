"""Benchmark: what it would cost to make top_k and GROUP_SIZE_M run-time integers of the kernel.

The same configs are compiled each way and replayed in interleaved rounds on the same draws; the
table gives paired ratios to the kernel as it is. One binary for all values would be worth having
only at a ratio of one. ``--swap`` times swapped operands instead: the weights then fill the long
side of the matrix instruction, and few tokens its short one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.chain import Chain
from scripts.lib.log import run_main
from scripts.measure.paired import Way, compare, geometric_means
from scripts.measure.protocol import Protocol

RUN_TIME = {
    "top_k": Way(("top_k",)),
    "GROUP_SIZE_M": Way(("GROUP_SIZE_M",)),
    "top_k+GROUP_SIZE_M": Way(("top_k", "GROUP_SIZE_M")),
}
SWAPPED = {"swap": Way(swap=True)}


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = command_line.parser(
        __doc__,
        "example: python -m scripts.measure.specialisation --cells "
        "NVIDIA_H200/E8-N3584-K4096-top2-bf16/M1 --configs M16-N128-K128-G16-W4-S5",
    )
    parser.add_argument("--cells", nargs="+", required=True, help="cell ids")
    parser.add_argument("--configs", nargs="+", required=True, help="config ids")
    parser.add_argument("--swap", action="store_true", help="time swapped operands")
    parser.add_argument("--ledger", type=Path, help="ledger to append the table to")
    args = parser.parse_args(argv)

    def body() -> None:
        ways = SWAPPED if args.swap else RUN_TIME
        rows = [row for cell in args.cells for row in compare(cell, args.configs, ways, Protocol())]
        for row in rows:
            print("  ".join(str(value) for value in row.values()))
        means = geometric_means(rows, ways)
        for name, mean in means.items():
            print(f"{name}: {mean:.5f} (geometric mean)")
        if args.ledger:
            what = "swap" if args.swap else "specialisation"
            chain = Chain(args.ledger)
            chain.append({"kind": "cost", "what": what, "rows": rows, "ratios": means})
            chain.close()

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
