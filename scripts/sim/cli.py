"""graphx-sim: what a fused-MoE kernel and a config cost on a GPU, without that GPU."""

from __future__ import annotations

import argparse
import importlib
import sys

from scripts.lib.log import run_main
from scripts.lib.names import unknown_name

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
    given = sys.argv[1:] if argv is None else argv
    if given and given[0] in COMMANDS:
        # Only the command that is called is imported: pandas and Triton take a second to load.
        module = importlib.import_module(f"scripts.sim.{given[0]}")
        return int(module.main(given[1:]))
    listed = "\n".join(f"  {name:12}{about}" for name, about in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="graphx-sim",
        description=f"{__doc__}\n\ncommands (each has its own --help):\n{listed}",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", help="one of the commands above")
    command = parser.parse_args(given[:1]).command
    return run_main(lambda: _refuse(command))


def _refuse(command: str) -> None:
    raise unknown_name("command", command, COMMANDS)


if __name__ == "__main__":
    sys.exit(main())
