"""What is named first for each completely measured cell, against the runtime's default.

As for a layer that nobody measured: what may teach is a choice (scripts.lib.teaching), all sources
are heard, nothing is tried. How far the predicted ratio is from the measured one says how much such
a prediction is worth elsewhere.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.lib import command_line
from scripts.lib.config import Config
from scripts.lib.device import find_device
from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.schemas.openings import OPENINGS
from scripts.lib.tables import write_table
from scripts.lib.teaching import add_teaching, read_families
from scripts.transfer.committed_files import read_history
from scripts.transfer.contest.field import Field
from scripts.transfer.evaluate import Study, lessons_for
from scripts.transfer.library import layer_of
from scripts.transfer.predictions import read_predictions
from scripts.transfer.recording import Recording, read_recordings
from scripts.transfer.strategies.pipeline import STRATEGIES, expected_logs

LOG = logging.getLogger("transfer.openings")
Row = dict[str, Any]

EXAMPLE = """example:
  D=data/recorded/measured/nvidia_h200-bf16
  python -m scripts.transfer.openings --trials $D/trials.parquet --cells $D/cells.parquet \\
    --spaces results/tables/space/NVIDIA_H200-*.parquet \\
    --history data/recorded/history.parquet --teaching family_out \\
    --shapes results/tables/corpus/shapes.parquet \\
    --predictions results/tables/sim/family_out/sim_held_out.parquet --seed 1 \\
    --out results/tables/transfer/openings.parquet
"""


def openings(study: Study) -> pd.DataFrame:
    """OPENINGS rows of the study's cells, sorted."""
    # Sums over several threads end in other digits on a machine with another number of cores.
    with threadpool_limits(1):
        rows = list(_rows(study))
    frame = pd.DataFrame(rows, columns=OPENINGS.names)
    return frame.sort_values("cell_id", ignore_index=True)


def _rows(study: Study) -> Iterator[Row]:
    def fold(one: Recording) -> tuple[str, str]:
        return one.cell.device, layer_of(one.cell.shape)

    for (device, layer), cells in groupby(sorted(study.recordings, key=fold), key=fold):
        lessons = lessons_for(study, device, layer)
        for shape, found in groupby(cells, key=lambda one: one.cell.shape):
            field = Field(shape, tuple(found), lessons, study.logs, study.places, study.margin)
            for one in field.recordings:
                row = _opening(field, one)
                if row is not None:
                    about = {"family": study.families.of(layer), "teaching": study.teaching.value}
                    yield _cell(one) | about | row


def _cell(one: Recording) -> Row:
    cell = one.cell
    about = {"cell_id": cell.id, "device": cell.device, "scheme": cell.shape.scheme}
    return about | {"tokens": cell.tokens}


def _opening(field: Field, one: Recording) -> Row | None:
    """The columns that follow from what is known; None without a default to compare with."""
    default = newest_default(one.cell.shape, one.cell.tokens, find_device(one.cell.device))
    logs = field.logs.get(one.cell)
    if default is None or default not in one.legal.index or logs is None:
        return None
    expected = expected_logs(field.lessons, field.task(one, field.sources), STRATEGIES)
    first = one.legal.configs[int(np.argmin(expected.round(10)))]
    at = {config: one.legal.index[config] for config in (first, default)}
    return {
        "sources": len(field.sources),
        "first_id": first.id,
        "default_id": default.id,
        "predicted_ratio": _digits(np.exp(logs[at[first]] - logs[at[default]])),
        **_measured(one, first, default),
    }


def _measured(one: Recording, first: Config, default: Config) -> Row:
    us = one.latency_us[[one.index[first], one.index[default]]]
    ratios = {"measured_ratio": us[0] / us[1], "best_ratio": one.best_us / us[1]}
    return {name: None if np.isnan(ratio) else _digits(ratio) for name, ratio in ratios.items()}


def _digits(value: float) -> float:
    return float(f"{value:.10g}")


def read_study(args: argparse.Namespace) -> Study:
    """Everything that the command line names. InputError for what does not fit together."""
    if args.shapes is None:
        raise InputError("--shapes: needed for the families of the layers: the SHAPES table")
    recordings = read_recordings(args.trials, args.cells, args.spaces)
    legal = {one.cell: one.legal.configs for one in recordings}
    logs, places = read_predictions(args.predictions, legal, args.teaching)
    return Study(
        recordings=tuple(recordings),
        history=read_history(args.history),
        logs=logs,
        places=places,
        seeds=0,
        margin=0.0,
        seed=args.seed,
        teaching=args.teaching,
        families=read_families(args.shapes),
    )


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_line.parser(__doc__, EXAMPLE)
    add = parser.add_argument
    add("--trials", type=Path, nargs="+", required=True, help="TRIALS tables")
    add("--cells", type=Path, nargs="+", required=True, help="CELLS, in that order")
    add("--spaces", type=Path, nargs="+", required=True, help="SPACE tables")
    add("--history", type=Path, required=True, help="HISTORY table")
    add("--predictions", type=Path, required=True, help="SIM_HELD_OUT table of that teaching")
    add_teaching(parser)
    add("--seed", type=int, required=True, help="of what is drawn while learning")
    add("--out", type=Path, required=True, help="OPENINGS table to write")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse, read, open, write."""
    args = make_parser().parse_args(argv)

    def body() -> None:
        frame = openings(read_study(args))
        write_table(args.out, frame, OPENINGS)
        LOG.info("%s: %d cells", args.out, len(frame))

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
