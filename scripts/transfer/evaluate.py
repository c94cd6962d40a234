"""Replay S1 to S8 and the baselines on every completely measured cell, and read each run off.

What may teach is a choice (scripts.lib.teaching); it holds for all that was learned before:
predictions, kernels, weights, portfolio, offsets. Recordings, predictions and history are only
looked up, so the same input gives the same tables, byte for byte. Dear searches (other tools', cold
Bayesian) are taken from their record.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.search import SEARCH_CHOICES, SEARCHES
from scripts.lib.shape import Cell
from scripts.lib.tables import write_table
from scripts.lib.teaching import NO_FAMILIES, Families, Teaching, add_teaching, read_families
from scripts.transfer.choices import choice
from scripts.transfer.committed_files import History, read_history
from scripts.transfer.contest.everyone import everyone
from scripts.transfer.contest.field import Field, run
from scripts.transfer.contest.ours import ALL, taught
from scripts.transfer.kernel import Array
from scripts.transfer.lessons import Lessons, learn_lessons
from scripts.transfer.library import Library, layer_of
from scripts.transfer.predictions import read_predictions
from scripts.transfer.reading import by_chance, reading
from scripts.transfer.recording import Recording, read_recordings
from scripts.transfer.rivals.recorded import read_rivals

LOG = logging.getLogger("transfer.evaluate")
_HOW = ("stops", "all sources", "no source", "no source, stops")
CHOSEN = (ALL, *(f"{ALL}, {how}" for how in _HOW))  # of which the choice is kept
Row = dict[str, Any]

EXAMPLE = """example:
  D=data/recorded/measured/nvidia_h200-bf16
  python -m scripts.transfer.evaluate --trials $D/trials.parquet --cells $D/cells.parquet \\
    --spaces results/tables/space/NVIDIA_H200-*.parquet \\
    --history data/recorded/history.parquet --predictions results/tables/sim/sim_held_out.parquet \\
    --rivals data/recorded/searches/nvidia_h200.parquet --seeds 50 --margin 0.01 --seed 1 \\
    --out results/tables/transfer/searches.parquet \\
    --out-choices results/tables/transfer/search_choices.parquet
"""


@dataclass(frozen=True)
class Study:
    """What all folds share. ``logs``, ``places``: graphx-sim's, by cell, as ``Field`` has them."""

    recordings: tuple[Recording, ...]
    history: History
    logs: Mapping[Cell, Array]
    places: Mapping[Cell, Array]
    seeds: int
    margin: float
    seed: int
    teaching: Teaching = Teaching.LAYER_OUT
    families: Families = NO_FAMILIES
    few: bool = False


# The study, once in each process of a pool: sent along with every layer it would take longer than
# some layers do.
_SHARED: list[Study] = []


def evaluate(study: Study, processes: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """SEARCHES and SEARCH_CHOICES of all cells; one layer at a time in each process."""
    cells = Counter((one.cell.device, layer_of(one.cell.shape)) for one in study.recordings)
    # The largest first, so that no process is left with one at the end.
    layers = sorted(cells, key=lambda fold: (-cells[fold], fold))
    with ProcessPoolExecutor(processes, initializer=_SHARED.append, initargs=(study,)) as pool:
        found = list(chain.from_iterable(pool.map(_evaluate_layer, layers)))
    searches, choices = zip(*found, strict=True)
    chosen = [row for row in choices if row is not None]
    return (
        pd.DataFrame(searches, columns=SEARCHES.names),
        in_order(pd.DataFrame(chosen, columns=SEARCH_CHOICES.names)),
    )


def _evaluate_layer(fold: tuple[str, str]) -> list[tuple[Row, Row | None]]:
    """In a process of the pool."""
    return evaluate_layer(_SHARED[0], *fold)


def in_order(searches: pd.DataFrame) -> pd.DataFrame:
    """The rows sorted, those without a source first."""
    key = [name for name in ("cell_id", "strategy", "source", "seed") if name in searches]
    return searches.sort_values(key, ignore_index=True, na_position="first")


def evaluate_layer(study: Study, device: str, layer: str) -> list[tuple[Row, Row | None]]:
    """The rows of a layer's cells on a GPU, in all number formats; the choice, if it is kept."""
    mine = [
        one
        for one in study.recordings
        if (one.cell.device, layer_of(one.cell.shape)) == (device, layer)
    ]
    # Sums over several threads end in other digits on a machine with another number of cores.
    with threadpool_limits(1):
        lessons = lessons_for(study, device, layer)
        rows: list[tuple[Row, Row | None]] = []
        for shape, found in groupby(mine, key=lambda one: one.cell.shape):
            field = Field(shape, tuple(found), lessons, study.logs, study.places, study.margin)
            rows += _rows(field, study.seeds, study.few)
    return rows


def lessons_for(study: Study, device: str, layer: str) -> Lessons:
    """What may be taught before a layer is searched on a GPU.

    What other GPUs recorded is learned from without its predictions where a GPU is left out: the
    models that made them have learned from that GPU.
    """
    taught = [one for one in study.recordings if study.teaching.hears(device, one.cell.device)]
    layers = {layer_of(one.cell.shape) for one in study.recordings}
    left_out = study.families.left_out(study.teaching, layer, layers)
    logs = {} if study.teaching is Teaching.GPU_OUT else study.logs
    return learn_lessons(left_out, Library(taught), study.history, logs, study.seed)


def _rows(field: Field, seeds: int, few: bool) -> Iterator[tuple[Row, Row | None]]:
    by_cell = {one.cell: one for one in field.recordings}
    chance = {one.cell: by_chance(one.regrets) for one in field.recordings}
    for entrant in taught(field) if few else everyone(field, seeds):
        for cell, steps in run(entrant, field).items():
            one = by_cell[cell]
            key = {"cell_id": cell.id, "strategy": entrant.name, "source": entrant.source}
            row = key | {"seed": entrant.seed} | reading(steps, one, chance[cell])
            yield row, key | choice(steps, one) if entrant.name in CHOSEN else None


def _legal(recordings: Sequence[Recording]) -> dict[Cell, tuple[Config, ...]]:
    return {one.cell: one.legal.configs for one in recordings}


def read_study(args: argparse.Namespace) -> Study:
    """Everything that the command line names. InputError for numbers that mean nothing."""
    for name, least in (("seeds", 0), ("processes", 1), ("margin", 0.0)):
        if (value := getattr(args, name)) < least:
            raise InputError(f"--{name} is {value}; the least is {least}")
    if args.teaching is Teaching.FAMILY_OUT and not args.shapes:
        raise InputError("--teaching family_out: needs --shapes, the corpus's SHAPES table")
    recordings = read_recordings(args.trials, args.cells, args.spaces)
    logs, places = read_predictions(args.predictions, _legal(recordings), args.teaching)
    history = read_history(args.history)
    return Study(
        tuple(recordings),
        history,
        logs,
        places,
        args.seeds,
        float(np.log1p(args.margin)),
        args.seed,
        args.teaching,
        read_families(args.shapes) if args.shapes else NO_FAMILIES,
        args.few,
    )


def main(argv: list[str] | None = None) -> int:
    """Parse, read, replay, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    parser.add_argument("--cells", type=Path, nargs="+", required=True, help="CELLS, in that order")
    parser.add_argument("--spaces", type=Path, nargs="+", required=True, help="SPACE tables")
    parser.add_argument("--history", type=Path, required=True, help="HISTORY table")
    parser.add_argument("--predictions", type=Path, required=True, help="SIM_HELD_OUT table")
    add_teaching(parser)
    parser.add_argument(
        "--few", action="store_true", help="only what shows what was taught: S1-S8, no source, S6"
    )
    parser.add_argument("--rivals", type=Path, nargs="*", default=[], help="RIVALS tables")
    parser.add_argument("--seeds", type=int, required=True, help="runs of a stochastic strategy")
    parser.add_argument("--margin", type=float, required=True, help="tie margin, as 0.01")
    parser.add_argument("--seed", type=int, required=True, help="of what is drawn while learning")
    parser.add_argument("--processes", type=int, default=2, help="layers at a time (default: 2)")
    parser.add_argument("--out", type=Path, required=True, help="SEARCHES table to write")
    parser.add_argument("--out-choices", type=Path, required=True, help="SEARCH_CHOICES to write")
    args = parser.parse_args(argv)

    def body() -> None:
        study = read_study(args)
        rivals = [read_rivals(path, study.recordings) for path in args.rivals]
        searches, choices = evaluate(study, args.processes)
        frame = in_order(pd.concat([searches, *rivals]))
        write_table(args.out, frame, SEARCHES)
        write_table(args.out_choices, choices, SEARCH_CHOICES)
        LOG.info("%s: %d runs on %d cells", args.out, len(frame), len(study.recordings))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
