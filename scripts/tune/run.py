"""Tune the 18 batch sizes of a layer for a GPU, and write config files for vLLM and SGLang.

The search starts from the configs of other GPUs, from recorded layers and from graphx-sim's
predictions (S1-S8), and ends by itself where further trials promise less than the tie margin; the
choice falls in interleaved finals. Killed, the same command goes on. On a machine without a GPU it
writes the plan instead: the candidates that would be tried first, and their predictions.

Exit status: 0 the files, or the plan, are written; 2 bad input, or a batch size that cannot be
measured; 3 paused by --seconds, run the same command again.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.measure.conditions import Conditions
from scripts.runtime.installed import installed
from scripts.tune.clock import Clock, Paused
from scripts.tune.known_names import check_names
from scripts.tune.options import JUDGES, OP, add_shared, command, positive, where
from scripts.tune.worker import make_layer_worker, start_server

if TYPE_CHECKING:
    from scripts.tune.begun import Begun
    from scripts.tune.foresight import Foresight, Learning, Options
    from scripts.tune.layer import Wanted

LOG = logging.getLogger("tune")
MODULE = "scripts.tune.run"

EXAMPLE = """examples:
  python -m scripts.tune.run --device NVIDIA_H200 --model Mixtral-8x7B --tp 4
  python -m scripts.tune.run --device NVIDIA_H200 --model Qwen/Qwen3-30B-A3B-FP8
  python -m scripts.tune.run --device NVIDIA_H200 --config path/to/config.json --tp 2 --ep 2
  python -m scripts.tune.run --device NVIDIA_H100_80GB_HBM3 --plan \\
    --shape E8-N3584-K4096-top2-bf16
  make tune DEVICE=NVIDIA_H200 MODEL=Mixtral-8x7B TP=4 TUNE="--budget 64 --seconds 540"
"""


def make_parser() -> argparse.ArgumentParser:
    """The command line, also for those who check a recorded command."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--device", required=True, help="GPU, named as in config files or as sold")
    add("--model", help="a public model, by name or by its id on the hub, which may imply formats")
    add("--config", type=Path, help="config.json of any other model")
    add("--tp", type=int, default=1, help="degree of tensor parallelism (default: 1)")
    add("--ep", type=int, default=1, help="degree of expert parallelism (default: 1)")
    add("--scheme", help="number formats (default: the model's own, or bf16)")
    add("--fuse-shared", action="store_true", help="shared experts run as routed ones")
    add("--batches", type=int, nargs="+", default=[], metavar="M",
        help="batch sizes besides the ladder's 18, such as 8192")  # fmt: skip
    add("--shape", help="the layer itself, such as E8-N3584-K4096-top2-bf16")
    add("--sources", nargs="*", help="GPUs to start from (default: all with a file)")
    add("--unseen", action="store_true", help="as if the layer had never been recorded")
    add("--cold", action="store_true", help="as if nothing had been recorded on the GPU")
    add("--plan", action="store_true", help="only plan, also on a machine with a GPU")
    add("--top", type=int, default=8, help="candidates of a batch size in the plan (default: 8)")
    add("--gpu", type=int, default=0, help="which of the visible GPUs (default: 0)")
    add("--seconds", type=float, default=math.inf, help="pause after this")
    add("--out", type=Path, help="folder (default: build/tune/DEVICE/SHAPE)")
    add("--judge", choices=JUDGES, default="auto", help="whose finals choose vLLM's rows: those of "
        "its own operator (op; auto: if it is installed here), or graphx's (two_gemm)")  # fmt: skip
    add("--json", action="store_true", help="print the record, or the plan, instead of a table")
    add_shared(parser)
    return parser


def _may_have_gpu() -> bool:
    """Whether a driver of either vendor is there; asking torch itself takes seconds."""
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/kfd").exists()


def _has_gpu() -> bool:
    import torch  # noqa: PLC0415 - so that --help needs no GPU stack

    return torch.cuda.device_count() > 0


def _check_numbers(args: argparse.Namespace) -> None:
    if not positive(args.margin):
        raise InputError(f"--margin {args.margin}: choose a number between 0 and 1, such as 0.01")
    if not args.seconds >= 0:  # nan neither
        raise InputError(f"--seconds {args.seconds}: a time is not negative")
    if args.seed < 0:
        raise InputError(f"--seed {args.seed}: choose 0 or more")


def run(args: argparse.Namespace, typed: str) -> None:
    """Tune, or plan where there is no GPU; prints the summary."""
    clock, until = Clock(), time.monotonic() + args.seconds
    live = not args.plan and _may_have_gpu()
    if live:
        start_server("gpu")
    _check_numbers(args)
    check_names(args.device, args.model, args.scheme)
    if live and args.judge == OP:
        installed()
    wanted, options = _asked(args)
    folder = args.out or Path("build/tune", wanted.device, wanted.shape.id)
    learning, begun = _begun(args, wanted, options, folder) if live else (None, None)
    if learning is None or (begun is None and not _has_gpu()):
        _plan(args, wanted, options, folder, clock)
        return
    from scripts.tune.result import summary_lines  # noqa: PLC0415

    try:
        body = _tuned(args, typed, wanted, options, folder, clock, until, learning, begun)
    finally:
        if begun is not None:
            begun.stop()
    lines = [*summary_lines(body), f"record: {folder / 'tuned.json'}"]
    from scripts.tune.judged import Judging, judged  # noqa: PLC0415

    judging = Judging(args.judge, args.gpu, until, args.allow_busy, MODULE)
    _show(args.json, body, [*lines, *judged(wanted.shape, folder, judging)])


def _asked(args: argparse.Namespace) -> tuple[Wanted, Options]:
    """The layer, with what is to be said of it, and how it is searched."""
    # Imported here: meanwhile the server imports torch and Triton for all other processes.
    from scripts.tune import uncollected  # noqa: PLC0415, F401 - what follows is large and stays
    from scripts.tune.foresight import Options  # noqa: PLC0415
    from scripts.tune.knowledge import need  # noqa: PLC0415
    from scripts.tune.layer import Asked, resolve, unread  # noqa: PLC0415

    if args.top < 1:
        raise InputError(f"--top {args.top}: choose 1 or more candidates of a batch size")
    wanted = resolve(
        Asked(
            args.device, args.model, args.config, args.shape, args.tp, args.ep, args.scheme,
            args.fuse_shared, tuple(args.batches),
        )
    )  # fmt: skip
    for note in (*wanted.notes, *unread(wanted.shape)):
        LOG.info("%s", note)
    sources = None if args.sources is None else [find_device(name).name for name in args.sources]
    known = where(args)
    need(known)
    return wanted, Options(
        args.budget, args.margin, sources, args.unseen, args.seed, known, args.build
    )


def _begun(
    args: argparse.Namespace, wanted: Wanted, options: Options, folder: Path
) -> tuple[Learning, Begun | None]:
    """Learning and the GPU's process, both under way; no process if torch can use no GPU."""
    from scripts.tune.begun import begin  # noqa: PLC0415
    from scripts.tune.foresight import Learning  # noqa: PLC0415
    from scripts.tune.space import make_space  # noqa: PLC0415
    from scripts.tune.verdict import RACE  # noqa: PLC0415

    # A space that has no table is compiled once, here, and not by two processes.
    make_space(find_device(wanted.device), wanted.shape.scheme, args.spaces, args.build)
    learning = Learning(wanted, options)
    return learning, begin(
        partial(make_layer_worker, race=RACE), args.gpu, wanted.device, wanted.cells,
        folder / "ledger.jsonl", allow_busy=args.allow_busy,
    )  # fmt: skip


def _plan(
    args: argparse.Namespace, wanted: Wanted, options: Options, folder: Path, clock: Clock
) -> None:
    from scripts.tune.plan import plan, plan_lines  # noqa: PLC0415
    from scripts.tune.uncollected import collect_what_is_new  # noqa: PLC0415

    collect_what_is_new()
    if not args.plan:
        LOG.info("no GPU that torch can use: planning")
    body = plan(wanted, options, args.top, folder, clock)
    _show(args.json, body, [*plan_lines(body), f"plan: {folder / 'plan.json'}"])


def _show(as_json: bool, body: Mapping[str, Any], lines: Sequence[str]) -> None:
    print(json.dumps(body, indent=2, sort_keys=True) if as_json else "\n".join(lines))


def _tuned(
    args: argparse.Namespace,
    typed: str,
    wanted: Wanted,
    options: Options,
    folder: Path,
    clock: Clock,
    until: float,
    known: Callable[[], Foresight],
    begun: Begun | None,
) -> dict[str, Any]:
    from scripts.measure.controller.idle import check_idle  # noqa: PLC0415
    from scripts.measure.device.choose import open_gpu  # noqa: PLC0415
    from scripts.tune.session import Terms  # noqa: PLC0415
    from scripts.tune.tuner import tune  # noqa: PLC0415
    from scripts.tune.uncollected import collect_what_is_new  # noqa: PLC0415
    from scripts.tune.verdict import RACE, TWINS  # noqa: PLC0415

    collect_what_is_new()
    gpu = open_gpu(args.gpu, "gpu") if begun is None else begun.gpu
    found = gpu.identity()["device"]
    if found != wanted.device:
        raise InputError(
            f"--device {wanted.device}: this machine has {found}; tune for that, or --plan"
        )
    # Once its process is there, the GPU is in use by it.
    busy = check_idle(gpu, args.allow_busy) if begun is None else begun.busy
    marks = {gpu.index: ("busy",)} if busy else {}
    terms = Terms(
        Conditions(), typed, args.margin, until, marks,
        make=partial(make_layer_worker, race=RACE), twins=TWINS, begun=begun,
    )  # fmt: skip
    clock("start")
    return tune(wanted, options, gpu, terms, folder, clock, known)


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    paused = False

    def body() -> None:
        nonlocal paused
        try:
            run(args, command(MODULE, argv))
        except Paused:
            LOG.info("paused; run the same command again to go on")
            paused = True

    return run_main(body, lambda: 3 if paused else 0)


if __name__ == "__main__":
    sys.exit(main())
