"""Simulate a measurement on up to a thousand GPUs: what grows with their number, and what is lost.

The cells are the recorded ones with the seconds that they took; they are dealt out by the code that
deals them out on a cluster. A job starts, compiles the binaries of its number formats, measures its
cells, and is killed at random moments: its ledger keeps every cell that is whole, and the cell that
was begun starts anew, since the job may go on on another GPU.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.schemas.recorded import BINARIES, RECORDED
from scripts.lib.schemas.scaling import SCALING, Layout
from scripts.lib.shares import cells_by_part
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10

# Configs that differ in GROUP_SIZE_M alone share a binary; the published space has four values.
CONFIGS_A_BINARY = 4
EXAMPLE = (
    "python -m scripts.statistics.scaling --recorded recorded.parquet --binaries binaries.parquet"
    " --gpus 1 10 1000 --start 14 --cores 8 --kills-per-hour 0.02 --seed 1 --out scaling.parquet"
)


@dataclass(frozen=True)
class Cluster:
    """``start_s``: seconds until a job measures; ``cores`` compile; kills per GPU and hour."""

    start_s: float
    cores: int
    kills_per_hour: float
    seed: int


@dataclass(frozen=True)
class Work:
    """Recorded cells: by id ``scheme``, ``trials``, ``seconds``; seconds of a binary on a core."""

    cells: pd.DataFrame
    binary_s: float


def work_of(recorded: pd.DataFrame, binaries: pd.DataFrame) -> Work:
    """The cells of the first recorded GPU, each with all of its datasets' trials.

    ``recorded``: RECORDED, ``binaries``: BINARIES. InputError if there is none.
    """
    if recorded.empty or not binaries["binaries"].sum():
        raise InputError("recorded: no cell, or no binary; nothing to share out")
    mine = recorded[recorded["device"] == recorded["device"].iloc[0]]
    seconds = mine["trial_seconds"] + mine["around_seconds"].fillna(0.0)
    grouped = mine.assign(seconds=seconds).groupby("cell_id", sort=True)
    cells = grouped.agg(scheme=("scheme", "first"), trials=("trials", "sum"),
                        seconds=("seconds", "sum"))  # fmt: skip
    return Work(cells, float(binaries["cpu_seconds"].sum() / binaries["binaries"].sum()))


def jobs(work: Work, gpus: int) -> pd.DataFrame:
    """A row for each part: ``cells``, ``trials``, ``seconds`` of measuring, ``binaries``."""
    by_cell = {str(cell): int(trials) for cell, trials in work.cells["trials"].items()}
    rows = []
    for mine in cells_by_part(by_cell, gpus):
        part = work.cells.loc[sorted(mine)]
        of_scheme = part.groupby("scheme")["trials"].max()
        binaries = int(np.ceil(of_scheme / CONFIGS_A_BINARY).sum())
        rows.append((len(part), part["trials"].sum(), part["seconds"].sum(), binaries))
    return pd.DataFrame(rows, columns=["cells", "trials", "seconds", "binaries"])


def simulate(work: Work, gpus: int, layout: Layout, cluster: Cluster) -> dict[str, Any]:
    """The row of SCALING."""
    mine = jobs(work, gpus if layout is Layout.SHARED else 1)
    if layout is Layout.KINDS:
        mine = pd.concat([mine] * gpus, ignore_index=True)
    compiling = mine["binaries"] * work.binary_s / cluster.cores
    planned_h = (mine["seconds"] + compiling) / 3600
    kills = np.random.default_rng([cluster.seed, gpus]).poisson(planned_h * cluster.kills_per_hour)
    # A job without a cell ends at once. On average a kill finds a cell half done.
    starting = np.where(mine["cells"] > 0, cluster.start_s * (1 + kills), 0.0)
    repeating = kills * (mine["seconds"] / mine["cells"].clip(lower=1)) / 2
    busy = mine["seconds"] + compiling + starting + repeating
    wall, parts = float(busy.max()), {
        "measuring": mine["seconds"], "starting": starting, "compiling": compiling,
        "repeating": repeating, "waiting": busy.max() - busy,
    }  # fmt: skip
    return {
        "layout": str(layout),
        "gpus": gpus,
        "cells": int(mine["cells"].sum()),
        "trials": int(mine["trials"].sum()),
        "largest": int(mine["trials"].max()),
        "seconds": round_10(wall),
        **{
            name: round_10(float(np.sum(seconds)) / (wall * gpus))
            for name, seconds in parts.items()
        },
        "kills": int(kills.sum()),
    }


def scaling(work: Work, gpus: Sequence[int], cluster: Cluster) -> pd.DataFrame:
    """SCALING."""
    rows = [simulate(work, one, layout, cluster) for layout in Layout for one in gpus]
    return pd.DataFrame(rows, columns=SCALING.names)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = options.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--recorded", type=Path, required=True, help="RECORDED table")
    add("--binaries", type=Path, required=True, help="BINARIES table")
    add("--gpus", type=int, nargs="+", required=True, help="numbers of GPUs")
    add("--start", type=float, required=True, help="seconds until a job measures")
    add("--cores", type=int, required=True, help="processors of a job")
    add("--kills-per-hour", type=float, required=True, help="kills of a job in an hour, mean")
    add("--seed", type=int, required=True, help="of the kills")
    add("--out", type=Path, required=True, help="SCALING table to write")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Read what was recorded, simulate, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        if min(args.gpus) < 1 or args.cores < 1 or min(args.start, args.kills_per_hour) < 0:
            raise InputError(
                "--gpus and --cores: 1 or more; --start and --kills-per-hour: 0 or more"
            )
        work = work_of(read_table(args.recorded, RECORDED), read_table(args.binaries, BINARIES))
        cluster = Cluster(args.start, args.cores, args.kills_per_hour, args.seed)
        write_table(args.out, scaling(work, args.gpus, cluster), SCALING)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
