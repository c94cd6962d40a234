"""Check a folder of config files: whether they are found, taken, legal, and still good.

For each file: which releases of vLLM and SGLang look it up where it lies; what they would raise on;
holes in the ladder of batch sizes; rows that cannot launch on the GPU; how old it is and under
which Triton it was tuned; rows that are behind the default or the fastest config, as measured where
the GPU was, and as predicted elsewhere. `wrong` and `behind` count; a `note` is worth knowing.
With --measure, on a GPU that the files are for, each row meets what would run in its place in a few
interleaved trials, which decide: keep it, retune it, or drop it for the default.

Exit status: 0 nothing is wrong or behind; 1 something is; 2 bad input; 3 paused by --seconds, run
the same command again.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.catalogue.options import EXPECTED
from scripts.health.config_file import config_files
from scripts.health.finding import Level, Verdict
from scripts.health.trials import PausedError, table
from scripts.lib import command_line
from scripts.lib.log import run_main
from scripts.lib.runtimes.runtime import TRITON, triton_folder

if TYPE_CHECKING:
    from scripts.health.measure import Bench

EXAMPLE = """examples:
  graphx check results/configs
  graphx check ~/my-configs --triton 3.5.1
  graphx check path/to/vllm/model_executor/layers/fused_moe/configs --json > findings.json
  graphx check my-files/vllm/E=8,N=3584,device_name=NVIDIA_H200.json --measure
"""
LOG = logging.getLogger("check")
# Trials are single and not interleaved. At one token, where GROUP_SIZE_M changes nothing that runs,
# recorded configs that differ in it alone span 1.6% (95th percentile of 9,441 groups of two to
# four), 2.8% (99th); at the power limit trials err more.
MARGIN = 0.05


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("folder", type=Path, help="folder of config files, read with all below it; or one file")
    add("--triton", default=TRITON, help=f"version that will run them (default: {TRITON})")
    add("--quiet", action="store_true", help="leave out notes, and files without findings")
    add("--json", action="store_true", help="print findings as JSON")
    live = parser.add_argument_group("on a GPU that the files are for")
    live.add_argument("--measure", action="store_true", help="decide each row by paired trials")
    live.add_argument("--scope", choices=("op", "two_gemm"),
                      help="vLLM's operator, or graphx's two GEMMs (default: the operator where"
                      " vLLM is installed)")  # fmt: skip
    live.add_argument("--gpu", type=int, default=0, help="which of the visible GPUs (default: 0)")
    live.add_argument("--seconds", type=float, default=math.inf, help="pause after this")
    live.add_argument("--allow-busy", action="store_true", help="measure on a GPU in use")
    live.add_argument("--ledgers", type=Path, default=Path("build/check"),
                      help="folder of what was measured (default: build/check)")  # fmt: skip
    add("--history", type=Path, default=Path("data/recorded/history.parquet"))
    add("--sglang-history", type=Path, default=Path("data/recorded/sglang_history.parquet"))
    add("--sim", type=Path, default=Path("results/sim/model.json"), help="graphx-sim's model")
    add("--spaces", type=Path, default=Path("results/tables/space"), help="folder of SPACE tables")
    add("--shapes", type=Path, default=Path("results/tables/corpus/shapes.parquet"))
    add("--expected", type=Path, default=EXPECTED)
    return parser


def run(args: argparse.Namespace) -> bool:
    """Read, check, print; whether all is well."""
    triton_folder(args.triton)
    paths = config_files(args.folder)
    # Imported here: a folder that is not there is answered before the seconds that these take.
    from scripts.health.verdict import Evidence, check  # noqa: PLC0415

    histories = {"vllm": args.history, "sglang": args.sglang_history}
    evidence = Evidence(
        histories, args.triton, MARGIN, args.sim, args.spaces, args.shapes, args.expected
    )
    bench = _bench(args) if args.measure else None
    verdicts = []
    for path in paths:
        one = check(path, args.folder, evidence, bench)
        verdicts.append(one)
        if not args.json:
            for line in _lines(one, args.quiet):
                print(line, flush=True)
    bad = sum(not one.ok for one in verdicts)
    if args.json:
        print(json.dumps([one.to_json() for one in verdicts], indent=2))
    else:
        counts = {level: sum(_has(one, level) for one in verdicts) for level in Level}
        said = ", ".join(f"{count} with {level.value}" for level, count in counts.items())
        files = "1 file" if len(verdicts) == 1 else f"{len(verdicts)} files"
        print(f"{files}: {said}; {len(verdicts) - bad} in order")
    return not bad


def _bench(args: argparse.Namespace) -> Bench:
    from scripts.health.measure import open_bench  # noqa: PLC0415

    return open_bench(args.scope, args.gpu, args.seconds, args.allow_busy, args.ledgers)


def _has(verdict: Verdict, level: Level) -> bool:
    return any(one.level is level for one in verdict.findings)


def _lines(verdict: Verdict, quiet: bool) -> Iterator[str]:
    shown = [one for one in verdict.findings if not quiet or one.level is not Level.NOTE]
    if quiet and not shown:
        return
    found = ", ".join(f"{name} {which}" for name, which in verdict.found_by.items()) or "no runtime"
    yield f"{verdict.file}: {verdict.rows} rows, looked up by {found}"
    yield from (f"  {one.level.value:7}{one.what:10}{one.words}" for one in shown)
    if verdict.tried:
        yield from table(verdict.tried)


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    status = 0

    def body() -> None:
        nonlocal status
        try:
            status = 0 if run(args) else 1
        except PausedError:
            LOG.info("paused; run the same command again to go on")
            status = 3

    return run_main(body, lambda: status)


if __name__ == "__main__":
    sys.exit(main())
