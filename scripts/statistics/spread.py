"""How far apart two latencies of the same config on the same cell lie, by what lies between them.

Seconds (A/A pairs of interleaved finals), the length of a cell (re-runs of one config), or another
machine on another day (a second recording). And how often an A/A pair has a winner all the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome, Stop
from scripts.lib.schemas.measured import FINALS, TRIALS
from scripts.lib.schemas.recorded import FALSE_WINS, RECORDED, SPREAD, Kind
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10
from scripts.statistics.dataset import read_datasets, repetitions
from scripts.statistics.false_wins import false_wins, twins_by_dataset

TRIAL_COLUMNS = ["cell_id", "config_id", "outcome", "stopped_by", "median_us"]
EXAMPLE = (
    "python -m scripts.statistics.spread --finals a/finals.parquet b/finals.parquet"
    " --recorded recorded.parquet --trials a/trials.parquet --again a-again/trials.parquet"
    " --out spread.parquet --out-false-wins false_wins.parquet"
)


def within_finals(twins: pd.DataFrame) -> pd.DataFrame:
    """A row for each A/A pair that shared rounds; SPREAD."""
    known = twins.dropna(subset="ratio")
    return known.assign(kind=Kind.TWINS, value=(known["ratio"] - 1).abs())[SPREAD.names]


def within_cells(recorded: pd.DataFrame) -> pd.DataFrame:
    """A row for each cell along which one config, the committed if there is one, was re-run."""
    # No drift at all is a cell too short for a second run.
    known = recorded[recorded["drift"] > 0]
    return known.assign(kind=Kind.ANCHORS, config_id=None, value=known["drift"])[SPREAD.names]


def between_runs(first: pd.DataFrame, second: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Two rows for each config that both recordings timed in full; SPREAD.

    ``first``, ``second``: TRIALS. Once as measured, once with what all configs of the cell share
    (their median ratio) divided out.
    """
    keys = ["cell_id", "config_id"]
    timed = [
        trials[(trials["outcome"] == Outcome.CORRECT) & (trials["stopped_by"] != Stop.SLOW)]
        for trials in (first, second)
    ]
    both = timed[0].merge(timed[1], on=keys, suffixes=("_1", "_2"))
    ratio = both["median_us_2"] / both["median_us_1"]
    shared = ratio.groupby(both["cell_id"]).transform("median")
    plain = both[keys].assign(kind=Kind.RUNS, value=(ratio - 1).abs())
    shifted = both[keys].assign(kind=Kind.RUNS_SHIFTED, value=(ratio / shared - 1).abs())
    return pd.concat([plain, shifted]).assign(dataset=dataset)[SPREAD.names]


def spread(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """All of them in one table, sorted; SPREAD."""
    rows = pd.concat([part.astype({"config_id": object}) for part in parts], ignore_index=True)
    rows["value"] = rows["value"].map(round_10)
    order = ["kind", "dataset", "cell_id", "config_id", "value"]
    return rows.sort_values(order, ignore_index=True)


def main(argv: list[str] | None = None) -> int:
    """Read what was measured twice, compare, write both tables."""
    parser = options.parser(__doc__, EXAMPLE)
    text = "interleaved samples of each dataset; the folder names it"
    parser.add_argument("--finals", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--recorded", type=Path, required=True, help="table of recorded cells")
    text = "trials of datasets that were recorded twice"
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help=text)
    text = "trials of their repetitions, in the same order"
    parser.add_argument("--again", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--margin", type=float, default=0.01, help="margin of a win or loss")
    parser.add_argument("--out", type=Path, required=True, help="table of differences")
    parser.add_argument("--out-false-wins", type=Path, required=True, help="table of rates")
    options.add_plan(parser)
    arguments = parser.parse_args(argv)

    def body() -> None:
        plan = options.plan(arguments)
        finals = read_datasets(arguments.finals, FINALS)
        twins = twins_by_dataset(finals, arguments.margin, plan.level)
        again = []
        for name, paths in repetitions(arguments.trials, arguments.again).items():
            first, second = (read_table(path, TRIALS, TRIAL_COLUMNS) for path in paths)
            again.append(between_runs(first, second, name))
        parts = [
            within_finals(twins),
            within_cells(read_table(arguments.recorded, RECORDED)),
            *again,
        ]
        write_table(arguments.out, spread(parts), SPREAD)
        write_table(arguments.out_false_wins, false_wins(twins, plan), FALSE_WINS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
