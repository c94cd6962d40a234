"""graphx-sim: what a fused-MoE kernel and a config cost on a GPU, without that GPU."""

from __future__ import annotations

import importlib
import sys

from scripts.lib.dispatch import dispatch

# command -> what it does; each is a module of this package
COMMANDS = {
    "analyze": "estimate a kernel file on a GPU, with all parts of the estimate",
    "predict": "predict a table of configs",
    "rank": "name the configs of a GPU's space that a cell should try first",
    "stamp": "write predictions into a plan before it is measured",
    "evaluate": "compare predictions with measurements that the model never saw",
    "flywheel": "pair recorded predictions with what was measured",
    "retrain": "train a candidate from the flywheel; promote it only through two gates",
    "throughput": "count predictions a second",
}
EXAMPLE = """example:
  graphx-sim analyze kernels/moe_gemm.py --arch "AMD Instinct MI300X" --lang triton --json
  graphx-sim rank --cell NVIDIA_H200/E8-N3584-K4096-top2-bf16/M64 --top 8
  graphx-sim retrain --help
"""


def main(argv: list[str] | None = None) -> int:
    """Hand over to the command's module, whose options are its own."""
    return dispatch("graphx-sim", __doc__, EXAMPLE, COMMANDS, _call, argv)


def _call(name: str, rest: list[str]) -> int:
    return int(importlib.import_module(f"scripts.sim.{name}").main(rest))


if __name__ == "__main__":
    sys.exit(main())
