"""Record a GPU: carry out a survey's parts on this machine, in order, as far as the time goes.

The parts lie in the folder that `graphx survey` planned. Each goes on where an earlier run, also a
killed one, was cut off; one that fails is told and does not stop the others. A line is printed at
least every ten seconds. At the end what is measured lies in the folder's recorded/ as recordings
are kept, its entries for data/recordings.yaml beside it; run again, it holds more.

    cp -r FOLDER/recorded/. data/recorded/ && cat FOLDER/recordings.yaml >> data/recordings.yaml
    make record

Exit status: 0 all parts are done; 2 bad input, or a part failed; 3 the time was up, run the same
command again.
"""

from __future__ import annotations

import argparse
import logging
import math
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib import command_line
from scripts.lib.exclusive import exclusive
from scripts.lib.files import InputError, read_json, write_json
from scripts.lib.log import run_main
from scripts.measure.conditions import BACKENDS
from scripts.tune.survey.child import watch
from scripts.tune.survey.collect import LEAST_COLLECT_S, collect, seconds_of
from scripts.tune.survey.parts import Part, named, read_survey
from scripts.tune.survey.steps import Terms, commands

LOG = logging.getLogger("record")
DONE, PAUSED, FAILED = 0, 3, 2
SPENT = 4  # of a sweep: all done within its budget
LEAST_S = 10.0  # in which a part can begin with something
MARGIN_S = 5.0  # in which what has paused ends by itself
STATE = "done.json"
HELD = "another run records this survey; wait for it"
EXAMPLE = """examples:
  graphx record --survey build/survey/h100 --seconds 540
  graphx record --survey build/survey/h100 --parts corpus complete --seconds 540
  graphx record --survey build/survey/h100 --parts repeat --seconds 540     # on another machine
"""


@dataclass(frozen=True)
class Ends:
    """How parts ended: names of those that are done, failed, and were left for want of time."""

    done: list[str]
    failed: list[str]
    left: list[str]

    @property
    def status(self) -> int:
        """Of the command."""
        if self.failed:
            return FAILED
        return PAUSED if self.left else DONE


def carry_out(parts: Sequence[Part], folder: Path, until: float, terms: Terms) -> Ends:
    """Measure the parts that are not done; ``until``: monotonic seconds at which to be over."""
    state = folder / STATE
    done = list(read_json(state)) if state.exists() else []
    ends = Ends([], [], [])
    for part in parts:
        if part.name in done:
            LOG.info("%s: done before", part.name)
            ends.done.append(part.name)
            continue
        # Kept back to put together what was measured.
        over = until - seconds_of(parts, folder, part.trials)
        if over - time.monotonic() < LEAST_S:
            ends.left.append(part.name)
            continue
        status = measure(part, folder, over, terms)
        if status in (DONE, SPENT):
            done.append(part.name)
            write_json(state, done)
        {DONE: ends.done, SPENT: ends.done, PAUSED: ends.left}.get(status, ends.failed).append(
            part.name
        )
    return ends


def measure(part: Part, folder: Path, until: float, terms: Terms) -> int:
    """The status of the first of a part's commands that does not end well, or 0."""
    log = folder / "logs" / f"{part.name}.log"
    began = time.monotonic()
    expected = "" if part.seconds is None else f", expected {part.seconds:.0f} s"
    LOG.info("%s: begins%s; %.0f s left", part.name, expected, until - began)
    seconds = max(0.0, until - began - MARGIN_S)
    status = DONE
    for command in commands(part, folder, seconds, terms):
        status = watch(command, log, until, lambda words: LOG.info("%s: %s", part.name, words))
        if status not in (DONE, SPENT):
            break
    LOG.info("%s: status %d after %.0f s", part.name, status, time.monotonic() - began)
    if status not in (DONE, SPENT, PAUSED):
        tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
        LOG.info("%s: %s", part.name, "\n    ".join(tail))
    return status


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--survey", type=Path, required=True, metavar="FOLDER", help="what `graphx survey` planned")
    add(
        "--seconds",
        type=float,
        default=math.inf,
        help="end within this (default: when all is done)",
    )
    add("--parts", nargs="+", metavar="NAME", help="those whose names begin so, in the survey's"
        " order (default: all but what is measured again on another machine)")  # fmt: skip
    add("--gpu", default="0", help="number of the GPU (default: 0)")
    add("--allow-busy", action="store_true", help="measure on a GPU in use, and mark every cell")
    add("--backend", choices=BACKENDS, default="gpu", help="interpreter: try it on a CPU")
    add("--history", type=Path, default=Terms.history)
    add("--shapes-table", type=Path, default=Terms.shapes_table)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, measure, put together, say; see the module for the exit status."""
    args = make_parser().parse_args(argv)
    until, status = time.monotonic() + args.seconds, DONE

    def body() -> None:
        nonlocal status
        least = LEAST_COLLECT_S + LEAST_S
        if not args.seconds > least:
            raise InputError(
                f"--seconds {args.seconds:g}: name more than {least:g}, which the least part and"
                " putting together what was measured take"
            )
        survey = read_survey(args.survey)
        terms = Terms(args.gpu, args.backend, args.history, args.allow_busy, args.shapes_table)
        parts = named(survey.parts, args.parts)
        # So that who ends it ends what it started, too, and what is measured is put together.
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        with exclusive(args.survey / STATE, held=HELD):
            try:
                ends = carry_out(parts, args.survey, until, terms)
            finally:
                collect(survey, args.survey, until)
        LOG.info("done: %s", ", ".join(ends.done) or "none")
        for what, names in (("failed", ends.failed), ("left", ends.left)):
            if names:
                LOG.info("%s: %s", what, ", ".join(names))
        status = ends.status

    return run_main(body, lambda: status)


if __name__ == "__main__":
    sys.exit(main())
