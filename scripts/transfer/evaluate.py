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
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.lib.config import Config
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.search import BUDGETS, SEARCH_CHOICES, SEARCHES
from scripts.lib.schemas.transfer import REPLAY
from scripts.lib.shape import Cell
from scripts.lib.tables import write_table
from scripts.lib.teaching import NO_FAMILIES, Families, Teaching, add_teaching, read_families
from scripts.transfer.choices import choice, choices
from scripts.transfer.committed_files import History, read_history
from scripts.transfer.contest.everyone import everyone
from scripts.transfer.contest.field import TRIALS, Field, run
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
# Whose choice after each budget is judged against the committed config, as paired in finals.
REPLAYED = ("S1", "S2", "committed", "default", "random", "exhaustive")
Row = dict[str, Any]

EXAMPLE = """example:
  D=data/recorded/measured/nvidia_h200-bf16
  python -m scripts.transfer.evaluate --trials $D/trials.parquet --cells $D/cells.parquet \\
    --spaces results/tables/space/NVIDIA_H200-*.parquet \\
    --history data/recorded/history.parquet --predictions results/tables/sim/sim_held_out.parquet \\
    --rivals data/recorded/searches/nvidia_h200.parquet --seeds 50 --margin 0.01 --seed 1 \\
    --out results/tables/transfer/searches.parquet \\
    --out-choices results/tables/transfer/search_choices.parquet \\
    --out-replay results/tables/transfer/replay.parquet
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


@dataclass(frozen=True)
class Rows:
    """What is noted of the runs: SEARCHES, SEARCH_CHOICES and REPLAY rows."""

    searches: list[Row] = field(default_factory=list)
    choices: list[Row] = field(default_factory=list)
    replay: list[Row] = field(default_factory=list)

    def add(self, other: Rows) -> None:
        """Those of another layer as well."""
        for mine in fields(self):
            getattr(self, mine.name).extend(getattr(other, mine.name))


# The study, once in each process of a pool: sent along with every layer it would take longer than
# some layers do.
_SHARED: list[Study] = []


def evaluate(study: Study, processes: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """SEARCHES, SEARCH_CHOICES, REPLAY of all cells; one layer at a time in each process."""
    cells = Counter((one.cell.device, layer_of(one.cell.shape)) for one in study.recordings)
    # The largest first, so that no process is left with one at the end.
    layers = sorted(cells, key=lambda fold: (-cells[fold], fold))
    found = Rows()
    with ProcessPoolExecutor(processes, initializer=_SHARED.append, initargs=(study,)) as pool:
        for rows in pool.map(_evaluate_layer, layers):
            found.add(rows)
    return (
        pd.DataFrame(found.searches, columns=SEARCHES.names),
        in_order(pd.DataFrame(found.choices, columns=SEARCH_CHOICES.names)),
        _as_replay(found.replay, [one.cell.id for one in study.recordings]),
    )


def _as_replay(rows: list[Row], cells: Sequence[str]) -> pd.DataFrame:
    """REPLAY, sorted by cell as they are, strategy, source, seed and K."""
    place = {cell: at for at, cell in enumerate(cells)}
    frame = pd.DataFrame(rows, columns=REPLAY.names)
    order = ["at", "strategy", "source", "seed", "K"]
    frame = frame.assign(at=frame["cell_id"].map(place)).sort_values(order, na_position="first")
    return frame[REPLAY.names].reset_index(drop=True)


def _evaluate_layer(fold: tuple[str, str]) -> Rows:
    """In a process of the pool."""
    return evaluate_layer(_SHARED[0], *fold)


def in_order(searches: pd.DataFrame) -> pd.DataFrame:
    """The rows sorted, those without a source first."""
    key = [name for name in ("cell_id", "strategy", "source", "seed") if name in searches]
    return searches.sort_values(key, ignore_index=True, na_position="first")


def evaluate_layer(study: Study, device: str, layer: str) -> Rows:
    """The rows of a layer's cells on a GPU, in all number formats."""
    mine = [
        one
        for one in study.recordings
        if (one.cell.device, layer_of(one.cell.shape)) == (device, layer)
    ]
    # Sums over several threads end in other digits on a machine with another number of cores.
    with threadpool_limits(1):
        lessons = lessons_for(study, device, layer)
        rows = Rows()
        for shape, found in groupby(mine, key=lambda one: one.cell.shape):
            on = Field(shape, tuple(found), lessons, study.logs, study.places, study.margin)
            rows.add(_rows(on, study.seeds, study.few))
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


def _rows(on: Field, seeds: int, few: bool) -> Rows:
    by_cell = {one.cell: one for one in on.recordings}
    chance = {one.cell: by_chance(one.regrets) for one in on.recordings}
    found = Rows()
    for entrant in taught(on) if few else everyone(on, seeds):
        for cell, steps in run(entrant, on).items():
            one, first = by_cell[cell], steps[:TRIALS]
            key = {"cell_id": cell.id, "strategy": entrant.name, "source": entrant.source}
            seeded = key | {"seed": entrant.seed}
            found.searches.append(seeded | reading(first, one, chance[cell]))
            if entrant.name in CHOSEN:
                found.choices.append(key | choice(first, one))
            if entrant.name in REPLAYED:
                budgets = [len(steps)] if entrant.whole else BUDGETS
                found.replay.extend(seeded | row for row in choices(steps, budgets))
    return found


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
    parser.add_argument("--out-replay", type=Path, help="REPLAY table to write")
    args = parser.parse_args(argv)

    def body() -> None:
        study = read_study(args)
        rivals = [read_rivals(path, study.recordings) for path in args.rivals]
        searches, chosen, replay = evaluate(study, args.processes)
        frame = in_order(pd.concat([searches, *rivals]))
        write_table(args.out, frame, SEARCHES)
        write_table(args.out_choices, chosen, SEARCH_CHOICES)
        if args.out_replay:
            write_table(args.out_replay, replay, REPLAY)
        LOG.info("%s: %d runs on %d cells", args.out, len(frame), len(study.recordings))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
