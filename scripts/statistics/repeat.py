"""How far two recordings of the same cells agree: levels, ranks, and whether the best stays best.

The recordings are separate runs, each on a machine of its own. A config's two latencies differ by
a shift that all configs of the cell share and by a rest of its own, the spread; a search that
trusts a single run can win no more than the spread allows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome, Stop
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.statistics import PAIRWISE, REPEAT
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10
from scripts.statistics.pairwise import compare_finalists

EXAMPLE = (
    "python -m scripts.statistics.repeat --trials trials.parquet --pairwise pairwise.parquet"
    " --again-trials again/trials.parquet --again-finals again/finals.parquet"
    " --again-cells again/cells.parquet --margin 0.01 --out repeat.parquet"
)


@dataclass(frozen=True)
class Run:
    """One recording: its trials, and its finalists compared (PAIRWISE)."""

    trials: pd.DataFrame
    pairwise: pd.DataFrame

    def best(self, cell_id: str) -> str:
        """The best finalist of a cell; InputError if its finals were not recorded."""
        rows = self.pairwise[(self.pairwise["cell_id"] == cell_id) & self.pairwise["best"]]
        if rows.empty:
            raise InputError(f"finals: none of {cell_id}; finish the sweep of that cell")
        return str(rows["config_id"].iloc[0])


def compare_runs(first: Run, second: Run) -> pd.DataFrame:
    """One row per cell of the second run; schema REPEAT.

    InputError if it holds a cell that the first one lacks.
    """
    keys = ["cell_id", "config_id"]
    left, right = (run.trials[run.trials["outcome"] == Outcome.CORRECT] for run in (first, second))
    both = left.merge(right, on=keys, suffixes=("_1", "_2"))
    unknown = sorted(set(second.trials["cell_id"]) - set(both["cell_id"]))
    if unknown:
        raise InputError(f"repeat: {unknown[0]} is not in the first recording")
    return pd.DataFrame(_rows(both, first, second), columns=REPEAT.names)


def _rows(both: pd.DataFrame, first: Run, second: Run) -> Iterator[dict[str, Any]]:
    for cell_id, rows in both.groupby("cell_id", sort=True):
        uncut = rows[(rows[["stopped_by_1", "stopped_by_2"]] != Stop.SLOW).all(axis=1)]
        ratio = uncut["median_us_2"] / uncut["median_us_1"]
        rank = stats.spearmanr(rows["median_us_1"], rows["median_us_2"]).statistic
        yield {
            "cell_id": cell_id,
            "configs": len(rows),
            "shift": round_10(float(ratio.median())),
            "spread": round_10(float((ratio / ratio.median() - 1).abs().median())),
            "spearman": round_10(float(rank)),
            **_best_again(str(cell_id), rows.set_index("config_id"), first, second),
        }


def _best_again(cell_id: str, rows: pd.DataFrame, first: Run, second: Run) -> dict[str, Any]:
    before, now = first.best(cell_id), second.best(cell_id)
    if before == now:
        return {"best_again": 1.0, "best_paired": True, "best_ties": True}
    finals = second.pairwise[second.pairwise["cell_id"] == cell_id].sort_values("slot")
    found = finals[finals["config_id"] == before]
    if len(found):
        row = found.iloc[0]
        ratio, paired, ties = float(row["best_ratio"]), True, bool(row["tie"])
    else:
        us = rows["median_us_2"]
        ratio, paired, ties = float(us.get(before, np.nan) / us[now]), False, False
    return {"best_again": round_10(ratio), "best_paired": paired, "best_ties": ties}


def main(argv: list[str] | None = None) -> int:
    """Read both recordings, compare, write."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--trials", type=Path, required=True, help="trials of the first recording")
    parser.add_argument("--pairwise", type=Path, required=True, help="its finalists compared")
    for name in ("trials", "finals", "cells"):
        text = f"{name} of the second recording"
        parser.add_argument(f"--again-{name}", type=Path, required=True, help=text)
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a tie")
    parser.add_argument("--level", type=float, default=0.95, help="level of the intervals")
    parser.add_argument("--out", type=Path, required=True, help="table of repeated cells")
    arguments = parser.parse_args(argv)

    def body() -> None:
        pairwise = read_table(arguments.pairwise, PAIRWISE)
        first = Run(read_table(arguments.trials, TRIALS), pairwise)
        again, _ = compare_finalists(
            read_table(arguments.again_finals, FINALS),
            read_table(arguments.again_cells, CELLS),
            arguments.margin,
            arguments.level,
        )
        second = Run(read_table(arguments.again_trials, TRIALS), again)
        write_table(arguments.out, compare_runs(first, second), REPEAT)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
