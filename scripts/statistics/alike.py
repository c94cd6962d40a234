"""The same cells on two GPUs: how alike the orders of their configs are, and where they differ.

Of every cell whose whole space is recorded on both: the rank correlation of the latencies, and what
the fastest config of one costs on the other. Latencies are free of drift, as searches see them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib import command_line
from scripts.lib.drift import drift_corrected_us
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.alike import ALIKE
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.tables import read_table, write_table

COLUMNS = ["cell_id", "config_id", "outcome", "median_us", "anchor_us"]
EXAMPLE = (
    "python -m scripts.statistics.alike --out alike.parquet"
    " --trials data/recorded/measured/nvidia_h200-complete/trials.parquet"
)


def alike(trials: pd.DataFrame) -> pd.DataFrame:
    """ALIKE of TRIALS of complete cells; a cell that is recorded twice counts as it was first."""
    known = trials[trials["outcome"] == Outcome.CORRECT]
    known = known.assign(us=drift_corrected_us(known))
    known = known.drop_duplicates(["cell_id", "config_id"])
    names = known["cell_id"].str.split("/", n=1)
    known = known.assign(device=names.str[0], place=names.str[1])
    if known["device"].nunique() < 2:
        return pd.DataFrame([], columns=ALIKE.names)
    rows = [row for _, cell in known.groupby("place", sort=True) for row in _of_cell(cell)]
    found = pd.DataFrame(rows, columns=ALIKE.names)
    return found.sort_values(["source", "device"], kind="stable", ignore_index=True)


def _of_cell(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Of a cell on all GPUs: each ordered pair of them that has configs in common."""
    us = rows.pivot(index="config_id", columns="device", values="us")
    for source, device in permutations(us.columns, 2):
        both = us[[source, device]].dropna()
        if len(both) < 2:
            continue
        best, ranks = both[source].idxmin(), both.rank()
        yield {
            "source": source,
            "device": device,
            "cell_id": f"{device}/{rows['place'].iloc[0]}",
            "configs": len(both),
            "rank_correlation": round(float(ranks.corr().to_numpy()[0, 1]), 10),
            "config_id": best,
            "regret": round(float(both.at[best, device] / both[device].min()), 10),
        }


def main(argv: list[str] | None = None) -> int:
    """Read, compare, write."""
    parser = command_line.parser(__doc__, EXAMPLE)
    parser.add_argument(
        "--trials", type=Path, nargs="+", required=True, help="TRIALS of complete cells"
    )
    parser.add_argument("--out", type=Path, required=True, help="ALIKE table to write")
    args: argparse.Namespace = parser.parse_args(argv)

    def body() -> None:
        trials = pd.concat([read_table(path, TRIALS, COLUMNS) for path in args.trials])
        write_table(args.out, alike(trials.reset_index(drop=True)), ALIKE)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
