"""Paired evidence: two configs of a cell, sampled in the same interleaved rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scripts.lib.judging.medians import median_interval
from scripts.lib.schemas.measured import CELLS, FINALS, TRIALS
from scripts.lib.tables import read_table


@dataclass(frozen=True)
class Recording:
    """A recorded dataset: CELLS by cell_id, TRIALS, FINALS."""

    name: str
    cells: pd.DataFrame
    trials: pd.DataFrame
    finals: pd.DataFrame

    def correct(self, cell_id: str, config_id: str, logits_diff: float) -> bool | None:
        """Whether a config's output was right on a cell; None if it was not tried there."""
        rows = self.trials
        rows = rows[(rows["cell_id"] == cell_id) & (rows["config_id"] == config_id)]
        if rows.empty:
            return None
        right = (rows["outcome"] == "correct") & (rows["logits_diff"] <= logits_diff)
        return bool(right.all())

    def kernels_of(self, scope: str) -> set[str]:
        """Hashes of the kernels' source of its cells of a scope."""
        own = self.cells[self.cells["scope"] == scope]
        return set(own["kernel_hash"].astype(str)) if len(own) else set()


@dataclass(frozen=True)
class Pair:
    """after / before on one cell: median ratio over the rounds of both, its interval, rounds.

    ``before_us``: median latency of the first, us. ``void``: the marks of the cell; a marked cell
    supports no claim.
    """

    recording: str
    scope: str
    ratio: float
    low: float
    high: float
    rounds: int
    before_us: float
    void: str


def read_recording(folder: Path, cell_ids: Sequence[str]) -> Recording:
    """The tables of a dataset's folder, cut down to these cells; InputError as ``read_table``."""
    cells = read_table(folder / "cells.parquet", CELLS)
    trials = read_table(folder / "trials.parquet", TRIALS)
    finals = read_table(folder / "finals.parquet", FINALS)
    cells, trials, finals = (t[t["cell_id"].isin(cell_ids)] for t in (cells, trials, finals))
    return Recording(folder.name, cells.set_index("cell_id"), trials, finals)


def pair(
    recording: Recording, cell_id: str, before: str, after: str, *, judging_half: bool
) -> Pair | None:
    """The paired evidence of a recording; None if it did not sample both in the same rounds.

    ``judging_half``: only rounds by which scripts.statistics.gains judges. It picks the best config
    by the other half; a candidate that it picked may not be judged by what it was picked by.
    """
    if cell_id not in recording.cells.index:
        return None
    rows = recording.finals[recording.finals["cell_id"] == cell_id]
    if judging_half:
        rows = rows[rows["round"] // 2 % 2 == 1]
    columns = [_samples(rows, config_id) for config_id in (before, after)]
    if any(column.empty for column in columns):
        return None
    both = pd.concat(columns, axis=1, keys=["before", "after"]).dropna()
    ratios = (both["after"] / both["before"]).to_numpy(dtype=float)
    if not len(ratios):
        return None
    ratio, low, high = median_interval(ratios)
    cell = recording.cells.loc[cell_id]
    before_us = float(both["before"].median())
    return Pair(
        recording.name,
        str(cell["scope"]),
        ratio,
        low,
        high,
        len(ratios),
        before_us,
        str(cell["marks"]),
    )


def _samples(rows: pd.DataFrame, config_id: str) -> pd.Series:
    """Samples of a config's first slot, by run and round."""
    own = rows[rows["config_id"] == config_id]
    own = own[own["slot"] == own["slot"].min()]
    samples: pd.Series = own.set_index(["run_id", "round"])["us"]
    return samples
