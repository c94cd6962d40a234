"""Config files for a model on a GPU, without that GPU.

The first line says whether the runtimes ship a file for exactly this, or graphx tuned one on that
GPU. If not, files are made from what is known: other GPUs' files for the layer, the recorded layers
and graphx-sim. A row's ratio is its expected latency over vLLM's default, in brackets what such an
expectation missed elsewhere; where no gain is expected, the default stays. Nothing is measured.

Exit status: 0 there are files, shipped or written; 2 bad input, or no runtime reads such a file.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.catalogue.options import add_known, where
from scripts.lib import command_line
from scripts.lib.files import need_folder, write_json
from scripts.lib.log import run_main
from scripts.lib.runtimes.files import need_read
from scripts.lib.runtimes.runtime import TRITON, triton_folder
from scripts.tune.known_names import check_names
from scripts.tune.models import find_model, published

if TYPE_CHECKING:
    from scripts.catalogue.answer import Answer
    from scripts.catalogue.asked import Layer
    from scripts.catalogue.known import Known

LOG = logging.getLogger("config")
RUNTIME_NAMES = ("vllm", "sglang")
EXAMPLE = """examples:
  graphx config --model GLM-4.5-Air --gpu A100-SXM4-80GB --tp 4
  graphx config --model deepseek-ai/DeepSeek-V3 --gpu H20 --tp 8 --runtime sglang
  graphx config --config path/to/config.json --gpu "RTX 5090" --out files --json
"""


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add(
        "--gpu", "--device", required=True, dest="device", help="GPU, as in config files or as sold"
    )
    add("--model", help="a public model, by name or by its id on the hub")
    add("--config", type=Path, help="config.json of any other model")
    add("--shape", help="the layer itself, such as E8-N3584-K4096-top2-bf16")
    add("--tp", type=int, default=1, help="ranks that share an expert (default: 1)")
    add("--ep", type=int, default=1,
        help="ranks with whole experts each: expert parallelism (default: 1)")  # fmt: skip
    add("--format", "--scheme", dest="scheme", help="number formats (default: as published)")
    add("--fuse-shared", action="store_true", help="shared experts run as routed ones")
    add("--batches", type=int, nargs="+", default=[], metavar="M",
        help="batch sizes besides the ladder's 18, such as 8192")  # fmt: skip
    add("--runtime", choices=RUNTIME_NAMES, help="only for this one (default: for both)")
    add("--triton", default=TRITON, help=f"version that will run them (default: {TRITON})")
    add("--out", type=Path, help="folder (default: build/config/GPU/LAYER)")
    add("--json", action="store_true", help="print the record instead of a table")
    add_known(parser.add_argument_group("what is known, and where it lies"))
    return parser


def _say(silent: bool, said: Iterable[str]) -> None:
    for line in () if silent else said:
        print(line, flush=True)


def _formats(args: argparse.Namespace) -> str | None:
    """The number formats, as far as names tell. InputError for a name that is not known.

    Formats that no runtime reads a file for come first: no GPU mends that.
    """
    scheme: str | None = args.scheme
    if args.model is not None and scheme is None:
        layer, implied = find_model(args.model)
        scheme = implied or published(layer)
        if scheme is not None:
            need_read(scheme, args.model)
    found = check_names(args.device, args.model, args.scheme) or scheme
    if found is not None:
        need_read(found, str(args.model or found))
    return found


def run(args: argparse.Namespace) -> None:
    """Answer, write, print."""
    began = time.monotonic()
    triton_folder(args.triton)
    scheme = _formats(args)
    # Imported here: what can be answered at once is, before the seconds that these take.
    from scripts.catalogue.asked import layers  # noqa: PLC0415
    from scripts.tune.layer import Asked, both_degrees  # noqa: PLC0415

    say = partial(_say, args.json)
    asked = Asked(
        args.device, args.model, args.config, args.shape, args.tp, args.ep, scheme,
        args.fuse_shared, tuple(args.batches),
    )  # fmt: skip
    found = layers(asked, [args.runtime] if args.runtime else RUNTIME_NAMES)
    say(both_degrees(args.tp, args.ep))
    from scripts.catalogue import answer, lines  # noqa: PLC0415

    folder = args.out or Path("build/config", found[0].wanted.device, found[0].wanted.shape.id)
    need_folder(folder)
    known = cache(partial(_known, args))
    answers = [_answered(layer, args.triton, folder, known, say) for layer in found]
    record = {"layers": [answer.to_json(one) for one in answers]}
    write_json(folder / "config.json", record)
    LOG.info("%.1f s", time.monotonic() - began)
    say(lines.how_to_load(answers, folder.resolve().as_posix()))
    if args.json:
        print(json.dumps(record, indent=2, sort_keys=True))


def _known(args: argparse.Namespace) -> Known:
    """What answers are made of; it takes seconds, and no answer that is ready pays for it."""
    from scripts.catalogue.known import Known  # noqa: PLC0415

    return Known(where(args))


def _answered(
    layer: Layer,
    triton: str,
    folder: Path,
    known: Callable[[], Known],
    say: Callable[[Iterable[str]], None],
) -> Answer:
    """The answer for one layer, said as soon as it is known, its files written to ``folder``."""
    from scripts.catalogue import answer, lines  # noqa: PLC0415

    one = answer.ready(layer, triton)
    say(answer.first_lines(one))
    if one.status == "none":
        (one,) = answer.answered([one], known())
    if one.shipped:
        (one,) = answer.with_worth([one], known())
        say(lines.worth(one))
    answer.write(one, folder)
    say(lines.table(one))
    return one


def main(argv: list[str] | None = None) -> int:
    """Entry point; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    return run_main(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
