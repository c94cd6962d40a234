"""Measured datasets as the guardrails read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib.files import InputError, read_json
from scripts.lib.predictor import MODEL_NAMES
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.tables import read_table

TRIAL_COLUMNS = [
    "cell_id", "config_id", "run_id", "outcome", "reason", "samples", "median_us", "low_us",
    "high_us", "logits_diff", "predicted_us", "model_version", "spec_hash",
]  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """A folder of recorded tables: CELLS, TRIALS (TRIAL_COLUMNS), its runs, its model if any."""

    folder: Path
    cells: pd.DataFrame
    trials: pd.DataFrame
    runs: list[dict[str, Any]]
    model: dict[str, Any] | None

    @property
    def name(self) -> str:
        """The folder's name, by which tables speak of the dataset."""
        return self.folder.name

    @property
    def started(self) -> str:
        """When its first run started, ISO 8601; empty if it has no run."""
        return min((str(run.get("started", "")) for run in self.runs), default="")

    @property
    def last_started(self) -> str:
        """When its last run started."""
        return max((str(run.get("started", "")) for run in self.runs), default="")


def read_dataset(folder: Path) -> Dataset:
    """Read a dataset's folder; InputError names what is missing or malformed."""
    path = folder / "runs.json"
    content = read_json(path)
    runs = content.get("runs") if isinstance(content, dict) else None
    if not isinstance(runs, list) or not all(isinstance(run, dict) for run in runs):
        raise InputError(f"{path}: runs is no list of runs; consolidate the ledger again")
    models = [folder / name for name in MODEL_NAMES if (folder / name).exists()]
    return Dataset(
        folder=folder,
        cells=read_table(folder / "cells.parquet", CELLS),
        trials=read_table(folder / "trials.parquet", TRIALS, TRIAL_COLUMNS),
        runs=runs,
        model=read_json(models[0]) if models else None,
    )


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """Its rows as named tuples; their types are the schema's."""
    return iter(frame.itertuples(index=False))
