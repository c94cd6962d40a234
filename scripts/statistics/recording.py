"""One recorded dataset as it is compared with another: its folder read and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError, read_json
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.tables import read_table
from scripts.statistics.pairwise import compare_finalists

TRIAL_COLUMNS = [
    "cell_id", "config_id", "outcome", "stopped_by", "median_us", "low_us", "high_us",
    "anchor_us", "gpu_seconds",
]  # fmt: skip
# premise -> where it stands in a run of runs.json
PREMISES = {
    "GPU model": ("gpu", "name"),
    "GPU": ("gpu", "uuid"),
    "driver": ("gpu", "driver"),
    "power limit, W": ("gpu", "power_limit_w"),
    "Triton": ("packages", "triton"),
    "torch": ("packages", "torch"),
    "Python": ("python",),
    "kernel hash": ("kernel_hash",),
    "protocol hash": ("protocol_hash",),
    "spec hash": ("spec_hash",),
    "routing": ("routing",),
    "commit": ("commit",),
}
NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class Recorded:
    """A dataset: trials, finals, cells (schemas of their names), finalists compared, runs."""

    name: str
    trials: pd.DataFrame
    finals: pd.DataFrame
    cells: pd.DataFrame
    pairwise: pd.DataFrame
    runs: list[dict[str, Any]]

    def of_cells(self, cell_ids: set[str]) -> Recorded:
        """The same without all other cells."""

        def kept(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[frame["cell_id"].isin(cell_ids)]

        return replace(
            self,
            trials=kept(self.trials),
            finals=kept(self.finals),
            cells=kept(self.cells),
            pairwise=kept(self.pairwise),
        )


def read_recorded(folder: Path, margin: float, level: float) -> Recorded:
    """Read a dataset's folder; InputError if a file of it is missing or not what it should be."""
    value = read_json(folder / "runs.json")
    if not isinstance(value, dict) or not value.get("runs"):
        raise InputError(f"{folder / 'runs.json'}: holds no runs; consolidate the ledger again")
    finals = read_table(folder / "finals.parquet", FINALS)
    cells = read_table(folder / "cells.parquet", CELLS)
    pairs, _ = compare_finalists(finals, cells, margin, level)
    trials = read_table(folder / "trials.parquet", TRIALS, TRIAL_COLUMNS)
    return Recorded(folder.name, trials, finals, cells, pairs, value["runs"])


def premises(first: Recorded, second: Recorded) -> pd.DataFrame:
    """Each premise of both, and whether they are the same; schema PREMISES.

    What a recording does not say is no premise that was shown to be equal.
    """
    (device,) = second.cells["device"].unique()
    rows = []
    for premise, path in PREMISES.items():
        values = [_values(recording.runs, path) for recording in (first, second)]
        known = NOT_RECORDED not in values[0] and NOT_RECORDED not in values[1]
        rows.append(
            {
                "device": device,
                "dataset": second.name,
                "first": first.name,
                "premise": premise,
                "value_first": ", ".join(values[0]),
                "value_second": ", ".join(values[1]),
                "equal": known and values[0] == values[1],
            }
        )
    return pd.DataFrame(rows)


def _values(runs: list[dict[str, Any]], path: tuple[str, ...]) -> list[str]:
    """Every different value in the runs, sorted."""
    return sorted({str(_value(run, path)) for run in runs})


def _value(run: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        run = run.get(key) if isinstance(run, dict) else None
    return NOT_RECORDED if run is None else run
