"""How far two recordings of the same cells agree: levels, ranks, and whether the best stays best.

The recordings are separate runs, each on a machine of its own. A config's two latencies differ by
a shift that all configs of the cell share and by a rest of its own, the spread; a search that
trusts a single run can win no more than the spread allows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome, Stop
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.schemas.statistics import REPEAT
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10
from scripts.statistics.dataset import repetitions
from scripts.statistics.pairwise import compare_finalists
from scripts.statistics.rank import rank_correlation

TRIAL_COLUMNS = ["cell_id", "config_id", "outcome", "stopped_by", "median_us"]
EXAMPLE = (
    "python -m scripts.statistics.repeat --trials a/trials.parquet --finals a/finals.parquet"
    " --cells a/cells.parquet --again-trials a-again/trials.parquet"
    " --again-finals a-again/finals.parquet --again-cells a-again/cells.parquet"
    " --margin 0.01 --out repeat.parquet"
)


@dataclass(frozen=True)
class Run:
    """One recording: its trials, and its finalists compared (PAIRWISE)."""

    trials: pd.DataFrame
    pairwise: pd.DataFrame

    def best(self, cell_id: str) -> str:
        """The best finalist of a cell; InputError if its finals were not recorded."""
        if cell_id not in self._best:
            raise InputError(f"finals: none of {cell_id}; finish the sweep of that cell")
        return self._best[cell_id]

    @cached_property
    def _best(self) -> dict[str, str]:
        best = self.pairwise[self.pairwise["best"]]
        return dict(zip(best["cell_id"], best["config_id"], strict=True))


def compare_runs(first: Run, second: Run, dataset: str) -> pd.DataFrame:
    """One row per cell of the second run, whose ``dataset`` that is; schema REPEAT.

    InputError if it holds a cell that the first one lacks.
    """
    keys = ["cell_id", "config_id"]
    left, right = (run.trials[run.trials["outcome"] == Outcome.CORRECT] for run in (first, second))
    both = left.merge(right, on=keys, suffixes=("_1", "_2"))
    unknown = sorted(set(second.trials["cell_id"]) - set(both["cell_id"]))
    if unknown:
        raise InputError(f"repeat: {unknown[0]} is not in the first recording")
    rows = pd.DataFrame(_rows(both, first, second), columns=REPEAT.names[1:])
    return rows.assign(dataset=dataset)[REPEAT.names]


def _rows(both: pd.DataFrame, first: Run, second: Run) -> Iterator[dict[str, Any]]:
    for cell_id, rows in both.groupby("cell_id", sort=True):
        uncut = rows[(rows[["stopped_by_1", "stopped_by_2"]] != Stop.SLOW).all(axis=1)]
        ratio = uncut["median_us_2"] / uncut["median_us_1"]
        rank = rank_correlation(rows["median_us_1"], rows["median_us_2"])
        yield {
            "cell_id": cell_id,
            "configs": len(rows),
            "shift": round_10(float(ratio.median())),
            "spread": round_10(float((ratio / ratio.median() - 1).abs().median())),
            "spearman": round_10(rank),
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


def read_runs(paths: Sequence[tuple[Path, Path, Path]], margin: float, level: float) -> list[Run]:
    """Recordings from their trials, finals and cells."""
    runs = []
    for trials, finals, cells in paths:
        tables = read_table(finals, FINALS), read_table(cells, CELLS)
        pairs, _ = compare_finalists(*tables, margin, level)
        runs.append(Run(read_table(trials, TRIALS, TRIAL_COLUMNS), pairs))
    return runs


def main(argv: list[str] | None = None) -> int:
    """Read the recordings two by two, compare, write."""
    parser = options.parser(__doc__, EXAMPLE)
    for prefix, whose in (("", "first recordings"), ("again-", "second recordings, in order")):
        for name in ("trials", "finals", "cells"):
            text = f"{name} of the {whose}"
            parser.add_argument(f"--{prefix}{name}", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a tie")
    parser.add_argument("--level", type=float, default=0.95, help="level of the intervals")
    parser.add_argument("--out", type=Path, required=True, help="table of repeated cells")
    arguments = parser.parse_args(argv)

    def body() -> None:
        pairs = [
            repetitions(getattr(arguments, name), getattr(arguments, f"again_{name}"))
            for name in ("trials", "finals", "cells")
        ]
        parts = []
        for dataset in pairs[0]:
            both = zip(*(pair[dataset] for pair in pairs), strict=True)
            first, second = read_runs([*both], arguments.margin, arguments.level)
            parts.append(compare_runs(first, second, dataset))
        write_table(arguments.out, pd.concat(parts, ignore_index=True), REPEAT)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
