"""Counts of the measured dataset: cells, trials, outcomes, ties, drift, binaries, GPU seconds."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import CELLS, COMPILES, TRIALS
from scripts.lib.schemas.space import SPACE
from scripts.lib.schemas.statistics import COUNTS
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10
from scripts.statistics.sweep import anchored

NEAR_BEST = 1.02
EXAMPLE = (
    "python -m scripts.statistics.counts --trials trials.parquet --cells cells.parquet"
    " --compiles compiles.parquet --space space.parquet --out counts.parquet"
)
Rows = list[tuple[str, str, float]]


def count(
    trials: pd.DataFrame, cells: pd.DataFrame, compiles: pd.DataFrame, space: pd.DataFrame
) -> pd.DataFrame:
    """All counts per device; schema ``COUNTS``."""
    parts = []
    for device, rows in cells.groupby("device", sort=True):
        tried = trials[trials["cell_id"].isin(rows["cell_id"])]
        built = compiles[compiles["run_id"].isin(set(tried["run_id"]) | set(rows["run_id"]))]
        legal = space[(space["device"] == device) & space["legal"]]
        found = [
            *_cells(rows, tried, legal),
            *_trials(tried, rows),
            *_binaries(built),
        ]
        frame = pd.DataFrame(found, columns=["quantity", "key", "value"])
        parts.append(frame.assign(device=device, value=frame["value"].map(round_10)))
    return pd.concat(parts, ignore_index=True)[COUNTS.names]


def _cells(cells: pd.DataFrame, trials: pd.DataFrame, legal: pd.DataFrame) -> Rows:
    tried = trials[trials["outcome"] != Outcome.NOT_MEASURED]
    by_cell = tried.groupby("cell_id")["config_id"].agg(set)
    legal_ids = legal.groupby("scheme")["config_id"].agg(set)
    complete = 0
    for cell in cells.itertuples():
        wanted = legal_ids.get(cell.scheme, set()) | ({cell.committed_id} - {None})
        complete += bool(wanted) and wanted <= by_cell.get(cell.cell_id, set())
    return [
        ("cells", "", len(cells)),
        ("complete_cells", "", complete),
        ("throttled_cells", "", int(cells["throttled"].sum())),
        ("drift", "median", float(cells["drift"].median())),
        ("drift", "largest", float(cells["drift"].max())),
        ("gpu_seconds", "around", seconds_around(trials, cells)),
    ]


def seconds_around(trials: pd.DataFrame, cells: pd.DataFrame) -> float:
    """Seconds that cells held the GPU beside their trials: set-up, anchors and finals.

    A cell that was gone on with tells only of the run that finished it, so only that run's
    trials are taken off.
    """
    keys = ["cell_id", "run_id"]
    own = trials.groupby(keys)["gpu_seconds"].sum().rename("own").reset_index()
    both = cells.merge(own, on=keys, how="left")
    return float((both["gpu_seconds"] - both["own"].fillna(0.0)).sum())


def _trials(trials: pd.DataFrame, cells: pd.DataFrame) -> Rows:
    outcomes = trials["outcome"].value_counts()
    stops = trials["stopped_by"].value_counts()
    schemes = trials["cell_id"].map(cells.set_index("cell_id")["scheme"])
    worst = trials["logits_diff"].groupby(schemes).max().dropna()
    sweep = anchored(trials, cells)
    ratio = sweep["level"] / sweep.groupby("cell_id")["level"].transform("min")
    near = (ratio <= NEAR_BEST).groupby(sweep["cell_id"]).sum()
    return [
        ("trials", "", len(trials)),
        *(("outcomes", str(name), float(n)) for name, n in sorted(outcomes.items())),
        *(("stopped_by", str(name), float(n)) for name, n in sorted(stops.items())),
        *(("largest_logits_diff", str(name), float(v)) for name, v in sorted(worst.items())),
        *(
            ("configs_within_2", name, float(getattr(near, name)()))
            for name in ("min", "median", "max")
            if len(near)
        ),
        ("gpu_seconds", "trials", float(trials["gpu_seconds"].sum())),
    ]


def _binaries(compiles: pd.DataFrame) -> Rows:
    outcomes = compiles["outcome"].value_counts()
    return [
        *(("binaries", str(name), float(n)) for name, n in sorted(outcomes.items())),
        ("compile_cpu_seconds", "", float(compiles["seconds"].sum())),
    ]


def main(argv: list[str] | None = None) -> int:
    """Read the recorded tables, count, write the counts."""
    parser = options.parser(__doc__, EXAMPLE)
    parser.add_argument("--trials", type=Path, required=True, help="recorded trials")
    parser.add_argument("--cells", type=Path, required=True, help="measured cells")
    parser.add_argument("--compiles", type=Path, required=True, help="compiled binaries")
    parser.add_argument("--space", type=Path, required=True, help="legal configs")
    parser.add_argument("--out", type=Path, required=True, help="table of counts")
    arguments = parser.parse_args(argv)

    def body() -> None:
        counts = count(
            read_table(arguments.trials, TRIALS),
            read_table(arguments.cells, CELLS),
            read_table(arguments.compiles, COMPILES),
            read_table(arguments.space, SPACE),
        )
        write_table(arguments.out, counts, COUNTS)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
