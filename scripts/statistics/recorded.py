"""What the measured datasets hold, cell by cell: trials, outcomes, completeness, drift, seconds."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from scripts.lib.files import InputError
from scripts.lib.judging.bands import NEAR
from scripts.lib.log import run_main
from scripts.lib.outcome import Outcome, Stop
from scripts.lib.schemas.measured import CELLS, COMPILES, TRIALS
from scripts.lib.schemas.recorded import BINARIES, RECORDED
from scripts.lib.schemas.space import SPACE
from scripts.lib.shape import device_of, parse_cell
from scripts.lib.tables import read_table, write_table
from scripts.statistics import options
from scripts.statistics.bootstrap import round_10
from scripts.statistics.dataset import read_datasets
from scripts.statistics.stacked import stacked
from scripts.statistics.sweep import anchored

TRIAL_COLUMNS = [
    "cell_id", "config_id", "run_id", "outcome", "reason", "stopped_by", "median_us", "low_us",
    "high_us", "anchor_us", "logits_diff", "gpu_seconds",
]  # fmt: skip
CELL_COLUMNS = ["cell_id", "committed_id", "drift", "throttled", "marks", "gpu_seconds", "run_id"]
SPACE_COLUMNS = ["device", "scheme", "config_id", "legal"]
EXAMPLE = (
    "python -m scripts.statistics.recorded --trials a/trials.parquet b/trials.parquet"
    " --cells a/cells.parquet b/cells.parquet --compiles a/compiles.parquet b/compiles.parquet"
    " --space space/NVIDIA_H200-bf16.parquet --out recorded.parquet --out-binaries binaries.parquet"
)


def record(trials: pd.DataFrame, cells: pd.DataFrame, legal: pd.DataFrame) -> pd.DataFrame:
    """One row per (dataset, cell); schema RECORDED.

    ``trials``, ``cells``: TRIALS and CELLS with ``dataset``; ``legal``: rows of SPACE, the legal
    ones. A cell that was never finished has trials and no row of CELLS.
    """
    parts = [
        _one_dataset(str(name), rows, cells[cells["dataset"] == name], legal)
        for name, rows in trials.groupby("dataset", sort=True)
    ]
    return stacked(parts, RECORDED.names)


def _one_dataset(
    name: str, trials: pd.DataFrame, cells: pd.DataFrame, legal: pd.DataFrame
) -> pd.DataFrame:
    ended = cells.set_index("cell_id")
    out = _identify(trials["cell_id"].drop_duplicates())
    out["dataset"] = name
    by_cell = trials.groupby("cell_id")
    out["trials"] = by_cell.size()
    out = out.join(_tally(trials, "outcome", [str(outcome) for outcome in Outcome]))
    stops = _tally(trials, "stopped_by", [str(stop) for stop in Stop])
    out = out.join(stops.add_prefix("by_"))
    out["reason"] = _commonest_reason(trials).reindex(out.index)
    out["within_2"] = _near_best(trials, cells).reindex(out.index, fill_value=0)
    out["logits_diff"] = by_cell["logits_diff"].max()
    out["trial_seconds"] = by_cell["gpu_seconds"].sum().map(round_10)
    out["around_seconds"] = seconds_around(trials, cells)
    out["drift"] = ended["drift"]
    out["marks"] = ended["marks"]
    out["throttled"] = ended["throttled"].reindex(out.index).astype("boolean")
    committed = ended["committed_id"].reindex(out.index)
    out = out.join(_completeness(out, trials, committed, legal))
    return out.reset_index(names="cell_id").sort_values("cell_id", ignore_index=True)


def _identify(cell_ids: pd.Series) -> pd.DataFrame:
    parsed = {cell_id: parse_cell(cell_id) for cell_id in cell_ids}
    rows = {
        cell_id: (cell.device, cell.shape.id, cell.shape.scheme, cell.tokens)
        for cell_id, cell in parsed.items()
    }
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["device", "shape_id", "scheme", "tokens"]
    )


def _tally(trials: pd.DataFrame, column: str, values: list[str]) -> pd.DataFrame:
    """Trials of each cell (rows) by the value of a column, 0 where there is none."""
    counted = pd.crosstab(trials["cell_id"], trials[column])
    cells = pd.Index(trials["cell_id"].unique())
    return counted.reindex(index=cells, columns=values, fill_value=0).astype("int32")


def _commonest_reason(trials: pd.DataFrame) -> pd.Series:
    """Of each cell with trials that were not measured, why most of them were not."""
    missing = trials[trials["outcome"] == Outcome.NOT_MEASURED]
    return missing.groupby("cell_id")["reason"].agg(lambda reasons: reasons.mode().iloc[0])


def _near_best(trials: pd.DataFrame, cells: pd.DataFrame) -> pd.Series:
    sweep = anchored(trials, cells)
    ratio = sweep["level"] / sweep.groupby("cell_id")["level"].transform("min")
    near: pd.Series = (ratio <= NEAR).groupby(sweep["cell_id"]).sum()
    return near


def seconds_around(trials: pd.DataFrame, cells: pd.DataFrame) -> pd.Series:
    """Seconds that each cell held the GPU beside its trials: set-up, anchors and finals.

    A cell that was gone on with tells only of the run that finished it, so only that run's
    trials are taken off.
    """
    keys = ["cell_id", "run_id"]
    own = trials.groupby(keys)["gpu_seconds"].sum().rename("own").reset_index()
    both = cells.merge(own, on=keys, how="left").set_index("cell_id")
    around: pd.Series = (both["gpu_seconds"] - both["own"].fillna(0.0)).map(round_10)
    return around


def _completeness(
    about: pd.DataFrame, trials: pd.DataFrame, committed: pd.Series, legal: pd.DataFrame
) -> pd.DataFrame:
    """Whether every legal config and the committed one were tried, per cell."""
    tried = trials.loc[
        trials["outcome"] != Outcome.NOT_MEASURED, ["cell_id", "config_id", "outcome"]
    ].join(about[["device", "scheme"]], on="cell_id")
    keys = ["device", "scheme"]
    sizes = legal.groupby(keys).size().rename("legal").reset_index()
    known = about[keys].merge(sizes, on=keys, how="left").set_axis(about.index)["legal"]
    if known.isna().any():
        device, scheme = about.loc[known.isna(), keys].iloc[0]
        raise InputError(f"space: none of {scheme} on {device}; name its table with --space")
    members = tried.merge(legal[[*keys, "config_id"]], on=[*keys, "config_id"])
    reached = members.groupby("cell_id").size().reindex(about.index, fill_value=0)
    own = tried[tried["config_id"] == tried["cell_id"].map(committed)].set_index("cell_id")
    has_own = committed.isna() | committed.index.isin(own.index)
    correct = own.index[own["outcome"] == Outcome.CORRECT]
    return pd.DataFrame(
        {
            "legal": known.astype("Int32"),
            "complete": (reached == known).astype(bool) & has_own,
            "committed": about.index.isin(correct),
        },
        index=about.index,
    )


def count_binaries(compiles: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Binaries of each dataset by outcome; schema BINARIES.

    ``compiles``: COMPILES with ``dataset``. The GPU is that of the dataset's trials; InputError if
    they name two.
    """
    devices = trials[["dataset"]].assign(device=trials["cell_id"].map(device_of)).drop_duplicates()
    if devices["dataset"].duplicated().any():
        name = devices.loc[devices["dataset"].duplicated(), "dataset"].iloc[0]
        raise InputError(f"trials: {name} holds two GPUs; record each GPU in a folder of its own")
    device = compiles["dataset"].map(devices.set_index("dataset")["device"])
    grouped = compiles.assign(device=device).groupby(["dataset", "device", "outcome"], sort=True)
    out = grouped.agg(binaries=("binary_id", "size"), cpu_seconds=("seconds", "sum")).reset_index()
    return out.assign(cpu_seconds=out["cpu_seconds"].map(round_10))[BINARIES.names]


def main(argv: list[str] | None = None) -> int:
    """Read the recorded tables and the spaces, count, write both tables."""
    parser = options.parser(__doc__, EXAMPLE)
    for name in ("trials", "cells", "compiles"):
        text = f"{name} of each dataset; the folder names it"
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--space", type=Path, nargs="+", required=True, help="legal configs")
    parser.add_argument("--out", type=Path, required=True, help="table of recorded cells")
    parser.add_argument("--out-binaries", type=Path, required=True, help="table of binaries")
    arguments = parser.parse_args(argv)

    def body() -> None:
        trials = read_datasets(arguments.trials, TRIALS, TRIAL_COLUMNS)
        cells = read_datasets(arguments.cells, CELLS, CELL_COLUMNS)
        spaces = pd.concat([read_table(path, SPACE, SPACE_COLUMNS) for path in arguments.space])
        write_table(arguments.out, record(trials, cells, spaces[spaces["legal"]]), RECORDED)
        compiles = read_datasets(arguments.compiles, COMPILES)
        write_table(arguments.out_binaries, count_binaries(compiles, trials), BINARIES)

    return run_main(body)


if __name__ == "__main__":
    sys.exit(main())
