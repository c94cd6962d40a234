"""Other searches against S1-S8, cell by cell: which is ahead at each budget, and by how much.

What a strategy is worth is its ablation's ratio: at or about 1, S1-S8 does as well without it.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.schemas.search import BUDGETS, SEARCH_PAIRS, SEARCHES
from scripts.lib.shape import device_of
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import Plan, estimate_means, exponentiate, round_10
from scripts.statistics.searches import EVERY
from scripts.statistics.stacked import stacked

LOG = logging.getLogger("statistics.search_pairs")
_LEAST = 1e-9  # log units: nearer than this is the same config
EXAMPLE = """
  python -m scripts.statistics.search_pairs --searches results/tables/transfer/searches.parquet \\
    --resamples 10000 --level 0.95 --seed 1 --out results/tables/statistics/search_pairs.parquet
"""


def cell_logs(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean log regret of the runs of each cell, a column for each budget; NaN before any result."""
    regret = runs[[f"regret_{budget}" for budget in BUDGETS]].astype(float)
    logs = pd.DataFrame(np.log(regret.to_numpy()), columns=list(BUDGETS))
    return logs.groupby(runs["cell_id"].to_numpy()).mean()


def compare(searches: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """SEARCH_PAIRS of SEARCHES, sorted by GPU, other search and K."""
    devices = searches["cell_id"].map(device_of)
    parts = [
        _on_one_gpu(runs, plan).assign(device=str(device))
        for device, runs in searches.groupby(devices)
    ]
    order = ["device", "other", "K"]
    return stacked(parts, SEARCH_PAIRS.names).sort_values(order, ignore_index=True)


def _on_one_gpu(searches: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    by_name = {str(name): runs for name, runs in searches.groupby("strategy", sort=True)}
    ours = cell_logs(by_name[EVERY])
    our_seconds = by_name[EVERY].groupby("cell_id")["gpu_seconds"].mean()
    parts = []
    for name, runs in by_name.items():
        if name == EVERY:
            continue
        # Cells of one of them alone drop out: rows without a counterpart are NaN.
        apart = (cell_logs(runs) - ours).dropna(how="all")
        files = [cell_id.rpartition("/M")[0] for cell_id in apart.index]
        found = exponentiate(estimate_means(apart.to_numpy(), files, plan, f"pair {name}"))
        seconds = (runs.groupby("cell_id")["gpu_seconds"].mean() / our_seconds).mean()
        parts.append(
            pd.DataFrame(
                {
                    "other": name,
                    "K": BUDGETS,
                    "n": found["n"],
                    "ratio": found["mean"].map(round_10),
                    "low": found["low"].map(round_10),
                    "high": found["high"].map(round_10),
                    "ahead": (apart > _LEAST).sum().to_numpy(),
                    "behind": (apart < -_LEAST).sum().to_numpy(),
                    "seconds_ratio": round_10(float(seconds)),
                }
            )
        )
    return stacked(parts, [name for name in SEARCH_PAIRS.names if name != "device"])


def main(argv: list[str] | None = None) -> int:
    """Parse, read, compare, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--searches", type=Path, required=True, help="SEARCHES table")
    parser.add_argument("--out", type=Path, required=True, help="SEARCH_PAIRS table to write")
    options.add_plan(parser)
    args = parser.parse_args(argv)

    def body() -> None:
        plan = options.plan(args)
        pairs = compare(read_table(args.searches, SEARCHES), plan)
        write_table(args.out, pairs, SEARCH_PAIRS)
        LOG.info("%s: %d searches", args.out, pairs["other"].nunique())

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
