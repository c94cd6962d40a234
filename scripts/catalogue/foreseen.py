"""Predictions for GPUs that nobody recorded, held against the configs that were committed for them.

A committed config is what somebody's tuner found to be the fastest on that GPU. Where it stands
among the legal configs of its cell, in the order that graphx-sim predicts, says how far predictions
carry, without such a GPU. On a recorded GPU the same is asked of the measured order, and of
predictions by models that were taught layer out, family out and GPU out: the scale to read it by.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.catalogue.candidates import Pool, read_pool
from scripts.catalogue.chosen import KEY, chosen_rows
from scripts.catalogue.orders import asked_of, near, replaced, simulated, standing
from scripts.lib import command_line
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.corpus import SHAPES
from scripts.lib.schemas.foreseen import CHOSEN_PARTS, CHOSEN_PLACES, CHOSEN_ROWS, Order
from scripts.lib.schemas.history import HISTORY
from scripts.lib.schemas.sim import SIM_HELD_OUT
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import device_of
from scripts.lib.tables import read_table, write_table
from scripts.lib.teaching import Teaching
from scripts.sim.facts import read_facts
from scripts.sim.recorded import read_measured
from scripts.sim.simulator import Simulator, load
from scripts.transfer.committed_files import History

LOG = logging.getLogger("catalogue.foreseen")
Pair = tuple[str, str]  # GPU, number formats
_BY = ["device", "scheme", "file", "tokens", "order", "part"]
_READ = ["device", "scheme", "config_id", "legal", "reason"]
EXAMPLE = """example, shortened at …:
  python -m scripts.catalogue.foreseen --history data/recorded/history.parquet \\
    --shapes results/tables/corpus/shapes.parquet --spaces results/tables/space/*-bf16.parquet \\
    --model results/sim/model.json --trials data/recorded/measured/nvidia_h200-*/trials.parquet \\
    --held-out results/tables/sim/sim_held_out.parquet … --rows 4 --configs 2000 \\
    --sample 150 --out results/tables/catalogue
"""


@dataclass(frozen=True)
class Known:
    """``spaces``: paths of SPACE tables; ``teacher``: the GPU that taught the model most."""

    pool: Pool
    spaces: Mapping[Pair, Path]
    simulator: Simulator
    teacher: str


@dataclass(frozen=True)
class Sizes:
    """A row is asked of all legal configs, if they are no more than ``whole``.

    Of a ``sample`` else, and where a part is replaced.
    """

    whole: int
    sample: int


def unrecorded(
    rows: pd.DataFrame, known: Known, sizes: Sizes, recorded: frozenset[str], processes: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """CHOSEN_PLACES and CHOSEN_PARTS of the asked rows.

    Of GPUs in ``recorded`` by nearness alone: their predictions are those of models that left
    something out.
    """
    asked = [own for _, own in rows[rows["asked"]].groupby(["device", "scheme"], sort=True)]
    asked.sort(key=len, reverse=True)
    one = partial(_of_space, known, sizes, recorded)
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(one, asked))
    return _sorted([places for places, _ in found]), _sorted([parts for _, parts in found])


def _sorted(parts: list[pd.DataFrame]) -> pd.DataFrame:
    found = pd.concat(parts)
    by = [name for name in _BY if name in found]
    return found.sort_values(by, ignore_index=True)


def _of_space(
    known: Known, sizes: Sizes, recorded: frozenset[str], rows: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    pair = str(rows["device"].iloc[0]), str(rows["scheme"].iloc[0])
    space = read_table(known.spaces[pair], SPACE, columns=_READ)
    legal = space.loc[space["legal"], "config_id"].tolist()
    asked = asked_of(rows, legal, sizes.whole, sizes.sample)
    orders = list(near(asked, known.pool.history, known.teacher))
    parts = []
    if pair[0] not in recorded:
        facts = read_facts([known.spaces[pair]])
        orders += simulated(asked, facts, known.simulator, known.pool)
        few = asked_of(rows, legal, sizes.sample, sizes.sample)
        parts = [
            _keyed(few.rows, found).assign(teacher=known.teacher, part=part)
            for part, found in replaced(few, facts, known.simulator, known.teacher)
        ]
    places = [
        _keyed(asked.rows, found).assign(order=str(order), whole=asked.whole)
        for order, found in orders
    ]
    return (
        pd.concat(places)[CHOSEN_PLACES.names],
        pd.concat(parts)[CHOSEN_PARTS.names] if parts else pd.DataFrame(columns=CHOSEN_PARTS.names),
    )


def _keyed(rows: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows.loc[found.index, KEY], found], axis=1)


def recorded_places(
    rows: pd.DataFrame,
    measured: pd.DataFrame,
    held_out: Mapping[Teaching, pd.DataFrame],
    teacher: str,
) -> pd.DataFrame:
    """CHOSEN_PLACES of all committed rows of cells that were measured whole, asked or not.

    ``measured``: trials (scripts.sim.recorded); ``held_out``: SIM_HELD_OUT tables. A config that
    failed is not in the measured order. Rows of other GPUs are held against what the teacher
    measured of the same layer and M, if the config ran there.
    """
    times = measured[["cell_id", "config_id", "us"]]
    parts = [_among(rows, Order.MEASURED, times.assign(score=times["us"]))]
    for teaching, frame in held_out.items():
        predicted = frame.rename(columns={"predicted_us": "us", "place": "score"})
        parts.append(_among(rows, Order(teaching.value), predicted))
    foreign = rows[~rows["device"].isin(measured["device"].unique())]
    taught = times[times["cell_id"].map(device_of) == teacher]
    for device, own in foreign.groupby("device", sort=True):
        there = str(device) + taught["cell_id"].str.removeprefix(teacher)
        parts.append(
            _among(own, Order.MEASURED_THERE, taught.assign(cell_id=there, score=taught["us"]))
        )
    return pd.concat(parts, ignore_index=True)


def _among(rows: pd.DataFrame, order: Order, questions: pd.DataFrame) -> pd.DataFrame:
    """``questions``: cell_id, config_id, score (the least first), us."""
    names = ["cell_id", "config_id", "score", "us"]
    mine = rows[KEY].merge(questions[names[:2]], validate="one_to_one")
    place = pd.Series(range(len(mine)), index=mine["cell_id"])
    others = questions.loc[questions["cell_id"].isin(place.index), names].reset_index(drop=True)
    row = np.asarray(others["cell_id"].map(place), dtype=np.int64)
    own = np.empty(len(mine), dtype=np.int64)
    ours = others["config_id"].to_numpy() == mine["config_id"].to_numpy()[row]
    own[row[ours]] = np.flatnonzero(ours)
    us = others["us"].to_numpy(dtype=float)
    least = np.full(len(mine), np.inf)
    np.minimum.at(least, row, us)
    found = standing(others["score"].to_numpy(dtype=float), row, own).assign(ratio=us[own] / least)
    about = pd.concat([mine[KEY], found], axis=1)
    return about.assign(order=str(order), whole=True)[CHOSEN_PLACES.names]


def teacher_of(measured: pd.DataFrame) -> str:
    """The GPU with the most cells that are measured whole; of several the first by name."""
    cells = measured.drop_duplicates("cell_id")["device"].value_counts()
    return str(min(cells.index, key=lambda name: (-cells[name], name)))


def read_held_out(paths: list[Path]) -> dict[Teaching, pd.DataFrame]:
    """By what taught. InputError unless each table is of one choice of its own."""
    found: dict[Teaching, pd.DataFrame] = {}
    for path in paths:
        frame = read_table(path, SIM_HELD_OUT)
        names = set(frame["teaching"])
        if len(names) != 1 or names & set(found):
            raise InputError(f"{path}: column teaching: {', '.join(sorted(names))}; one is wanted,"
                             " and of each choice one table")  # fmt: skip
        found[Teaching(names.pop())] = frame
    return found


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--history", type=Path, required=True, help="HISTORY table")
    add("--shapes", type=Path, required=True, help="SHAPES table: which layers files are for")
    add("--spaces", type=Path, nargs="+", required=True, help="SPACE tables")
    add("--model", type=Path, required=True, help="graphx-sim's model")
    add("--trials", type=Path, nargs="+", required=True, help="TRIALS of whole cells")
    add("--held-out", type=Path, nargs="+", required=True, help="SIM_HELD_OUT, one a teaching")
    add("--rows", type=int, required=True, help="most rows of a file that are asked for")
    add("--configs", type=int, required=True, help="most legal configs that a row is asked of")
    add("--sample", type=int, required=True, help="of more, and where a part is replaced, so many")
    add("--processes", type=int, default=2, help="spaces at a time (default: 2)")
    add("--out", type=Path, required=True, help="folder to write the three tables into")
    return parser


def run(args: argparse.Namespace) -> None:
    """Read, ask, write."""
    mined = read_table(args.history, HISTORY)
    # Most spaces are of number formats without a committed file, and some are large.
    named = {
        f"{device}-{scheme}"
        for device, scheme in zip(mined["device"], mined["scheme"], strict=True)
    }
    spaces, paths = {}, {}
    for path in (one for one in args.spaces if one.stem in named):
        space = read_table(path, SPACE, columns=_READ)
        pair = str(space["device"].iloc[0]), str(space["scheme"].iloc[0])
        spaces[pair], paths[pair] = space, path
    measured = read_measured(args.trials)
    teacher = teacher_of(measured)
    taught = measured.loc[measured["device"] == teacher, "cell_id"].drop_duplicates()
    cells = frozenset(taught.str.partition("/")[2])
    rows = chosen_rows(mined, read_table(args.shapes, SHAPES), spaces, args.rows, cells)
    known = Known(read_pool(History(mined), args.shapes), paths, load(args.model), teacher)
    recorded = frozenset(measured["device"])
    sizes = Sizes(args.configs, args.sample)
    places, parts = unrecorded(rows, known, sizes, recorded, args.processes)
    there = recorded_places(rows, measured, read_held_out(args.held_out), known.teacher)
    places = _sorted([places, there])
    for table, frame in ((CHOSEN_ROWS, rows), (CHOSEN_PLACES, places), (CHOSEN_PARTS, parts)):
        write_table(args.out / f"{table.name}.parquet", _rounded(frame), table)
    LOG.info("%d rows, %d of them asked for", len(rows), rows["asked"].sum())


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Ten digits: the last ones differ from processor to processor."""
    floats = frame.select_dtypes("float").columns
    return frame.assign(**{name: frame[name].round(10) for name in floats})


def main(argv: list[str] | None = None) -> int:
    """Parse, then ``run``."""
    args = make_parser().parse_args(argv)
    return run_main(lambda: run(args))


if __name__ == "__main__":
    sys.exit(main())
