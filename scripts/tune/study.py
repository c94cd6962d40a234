"""Transfer to this GPU, live: S1-S8 on every layer of its files, from each source by itself.

For each batch size of each file there is a search from every other GPU with a file of the layer,
and one from all of them; with --from also, or only, one from no file at all (none). Each ends by
itself or at K trials. A config that two of them ask for is
measured once and counts in both. The config committed for the GPU is told to none: it is tried
last, and the choices are held against it in interleaved finals. Whatever was recorded of a layer
is left out of all that is learned before it is searched, graphx-sim included; with --teaching
gpu_out nothing of this GPU teaches, and of others all that tuning knows, as where it is registered.

Several GPUs share the layers out, each with a process and a ledger of its own, which
scripts.ledger.consolidate reads as it reads a sweep's; scripts.tune.live makes the table of the
searches. Killed, the same command goes on.

Exit status: 0 all layers are done; 2 bad input; 3 paused by --seconds, run the same command again.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from math import log1p
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.files import InputError
from scripts.lib.isolate import with_parent
from scripts.lib.log import run_main
from scripts.lib.recordings import GPU_OUT, LAYER_OUT
from scripts.tune.clock import Clock, Paused
from scripts.tune.options import add_shared, command, positive, where
from scripts.tune.worker import start_server

if TYPE_CHECKING:
    from scripts.lib.shape import Cell, Shape
    from scripts.tune.knowledge import Advice, Corpus
    from scripts.tune.opening import Opening
    from scripts.tune.session import Session
    from scripts.tune.turns import Search

    Known = tuple[Advice, Opening]

LOG = logging.getLogger("tune")
MODULE = "scripts.tune.study"
ALL = ""  # the source of a search from all of them
NONE = "none"  # of one from no file, as scripts.lib.schemas.cold has it
NEXT = 1000  # rank of the next layer's binaries: after all of this one's

EXAMPLE = """examples:
  python -m scripts.tune.study --gpus all --seconds 540 --out build/live/study
  python -m scripts.tune.study --shapes E8-N3584 --from NVIDIA_H100_80GB_HBM3 \\
    --out build/live/study
  python -m scripts.tune.study --gpus all --teaching gpu_out --from none --out build/live/cold
"""


def make_parser() -> argparse.ArgumentParser:
    """The command line, also for those who check a recorded command."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--gpus", default="0", help="GPUs of this host: numbers with commas, or all")
    add("--share", help="only the layers of one part, such as 2/4, on the one GPU named")
    add("--shapes", nargs="+", help="only layers whose id contains one of these texts, in their"
        " order")  # fmt: skip
    add("--from", nargs="*", dest="sources", help="beside the search from all sources together:"
        f" only these, {NONE} for a search from no file (default: all with a file)")  # fmt: skip
    add("--shapes-table", type=Path, default=Path("results/tables/corpus/shapes.parquet"))
    add("--teaching", choices=[LAYER_OUT, GPU_OUT], default=LAYER_OUT, help="what may teach:"
        " all but the layer (layer_out, default), or other GPUs' recordings (gpu_out)")  # fmt: skip
    add("--seconds", type=float, default=math.inf, help="pause after this")
    add("--out", type=Path, required=True, help="folder of the ledgers")
    add_shared(parser)
    return parser


def opening_of(
    corpus: Corpus, shape: Shape, cells: Sequence[Cell], args: argparse.Namespace
) -> Known:
    """What is known of a layer as if it had never been recorded, or nothing on its GPU.

    InputError for a budget that does not fit its space.
    """
    from scripts.lib.device import find_device  # noqa: PLC0415
    from scripts.tune.knowledge import Advice  # noqa: PLC0415
    from scripts.tune.layer import check_budget  # noqa: PLC0415
    from scripts.tune.opening import Opening, compared_with  # noqa: PLC0415
    from scripts.tune.space import open_space  # noqa: PLC0415

    device = find_device(cells[0].device)
    space = open_space(device, shape.scheme, args.spaces, args.build)
    check_budget(args.budget, len(space.legal), device, shape.scheme)
    unseen = args.teaching == LAYER_OUT
    advice = Advice(corpus, device.name, shape, space, unseen=unseen)
    advice.predict(cells)
    sources = advice.sources
    return advice, Opening(
        {cell: advice.ranked(cell, sources) for cell in cells},
        compared_with(corpus.history, cells, sources, space.legal),
        advice.simulator.version,
    )


def starts(known: Sequence[str], wanted: Sequence[str] | None) -> dict[str, list[str]]:
    """By the name of a search the sources that it starts from. ``wanted``: as --from has them."""
    found = {ALL: list(known)}
    if wanted is not None and NONE in wanted:
        found[NONE] = []
    return found | {one: [one] for one in known if wanted is None or one in wanted}


def searches_of(
    session: Session,
    coming: Future[Known],
    cells: Sequence[Cell],
    args: argparse.Namespace,
    opened: Callable[[], None] = lambda: None,
) -> None:
    """All searches on one layer, on the session's GPU; each is a line of the ledger in the end.

    ``coming``: what is known of the layer. ``opened`` is called once the compilers are at work.
    """
    from scripts.tune.layer_bench import run_layer  # noqa: PLC0415
    from scripts.tune.opening import open_bench  # noqa: PLC0415

    clock = Clock()
    session.warm(session.sites[0], cells)
    advice, first = coming.result()
    searches: list[Search] = []
    for name, start in starts(advice.sources, args.sources).items():
        searches += advice.searches(name, cells, start, args.budget, log1p(args.margin))
    clock("learn")
    bench = open_bench(session, first)
    clock("warm up")
    opened()
    run_layer(bench, searches, first.references)
    clock("measure")
    run_id = session.sites[0].run_id
    session.chain.extend(
        [{"kind": "search", "run_id": run_id, **search.to_json()} for search in searches]
    )


def layers(
    session: Session, corpus: Corpus, shapes: Sequence[Shape], device: str, args: argparse.Namespace
) -> None:
    """The layers that the ledger does not hold whole, one after another.

    While one is measured, the next is learned about, and compilers without work begin with it.
    """
    from scripts.lib.shape import BATCH_LADDER, Cell  # noqa: PLC0415

    done = {body["cell_id"] for body in session.chain.bodies if body["kind"] == "search"}
    cells = {shape: [Cell(device, shape, tokens) for tokens in BATCH_LADDER] for shape in shapes}
    todo = [shape for shape in shapes if not {cell.id for cell in cells[shape]} <= done]
    with ThreadPoolExecutor(1) as aside:

        def learn(place: int) -> Future[Known] | None:
            if place >= len(todo):
                return None
            return aside.submit(opening_of, corpus, todo[place], cells[todo[place]], args)

        coming = learn(0)
        for place, shape in enumerate(todo):
            assert coming is not None
            now, coming = coming, learn(place + 1)
            searches_of(session, now, cells[shape], args, partial(_look_ahead, session, coming))
            number = len(shapes) - len(todo) + place + 1
            LOG.info("%s: done, %d of %d layers", shape.id, number, len(shapes))


def _look_ahead(session: Session, coming: Future[Known] | None) -> None:
    """Once the next layer is known, have its first binaries made after all of this one's."""
    if coming is not None:
        coming.add_done_callback(lambda found: found.result()[1].want(session.ahead, NEXT))


def study(args: argparse.Namespace, typed: str, until: float) -> None:
    """The layers of one part on one GPU."""
    from scripts.lib.device import find_device  # noqa: PLC0415
    from scripts.lib.shares import check_alone, parse_share  # noqa: PLC0415
    from scripts.measure.conditions import Conditions  # noqa: PLC0415
    from scripts.measure.controller.idle import check_idle  # noqa: PLC0415
    from scripts.measure.device.choose import open_gpu  # noqa: PLC0415
    from scripts.tune.knowledge import read_corpus  # noqa: PLC0415
    from scripts.tune.session import Session, Terms  # noqa: PLC0415
    from scripts.tune.shares import select, shared_out, study_shapes  # noqa: PLC0415

    share = parse_share(args.share or "1/1")
    check_alone(args.out, share)
    gpu = open_gpu(int(args.gpus), "gpu")
    device = find_device(gpu.identity()["device"]).name
    marks = {gpu.index: ("busy",)} if check_idle(gpu, args.allow_busy) else {}
    processes = max(1, (os.cpu_count() or 1) // share.of)
    terms = Terms(Conditions(), typed, args.margin, until, marks, processes=processes)
    hidden = device if args.teaching == GPU_OUT else None
    corpus = read_corpus(replace(where(args), hidden=hidden), args.seed)
    shapes = select(study_shapes(args.shapes_table, corpus.history, device), args.shapes)
    mine = shared_out(shapes, device, share)
    if args.shapes is not None:
        mine = sorted(mine, key=shapes.index)
    with Session(args.out / share.ledger, [gpu], terms) as session:
        layers(session, corpus, mine, device, args)


def share_out(gpus: Sequence[int], argv: Sequence[str]) -> int:
    """A process for each GPU with a part of the layers; the worst exit status of all."""
    threads = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // len(gpus)))}
    children = [
        subprocess.Popen(
            [sys.executable, "-m", MODULE, *argv, "--gpus", str(gpu),
             "--share", f"{number}/{len(gpus)}"],
            env=threads | os.environ,
            preexec_fn=with_parent(),  # noqa: PLW1509 - no thread is there
        )
        for number, gpu in enumerate(gpus, start=1)
    ]  # fmt: skip
    try:
        return max(child.wait() for child in children)
    finally:
        for child in children:
            child.kill()


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    until, status = time.monotonic() + args.seconds, 0

    def body() -> None:
        nonlocal status
        if not positive(args.margin):
            raise InputError(f"--margin {args.margin}: choose a number between 0 and 1")
        if args.share is None:
            from scripts.measure.device.choose import parse_gpus  # noqa: PLC0415

            gpus = parse_gpus(args.gpus, "gpu")
            if len(gpus) > 1:
                status = share_out(gpus, sys.argv[1:] if argv is None else argv)
                return
            args.gpus = str(gpus[0])
        start_server("gpu")
        try:
            study(args, command(MODULE, argv), until)
        except Paused:
            LOG.info("paused; run the same command again to go on")
            status = 3

    return run_main(body, lambda: status)


if __name__ == "__main__":
    sys.exit(main())
