"""Rows of a file against what was measured on the GPU that it is for."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.health.config_file import ConfigFile
from scripts.health.finding import MEASURED, Finding, Level
from scripts.health.trials import Decided, Word
from scripts.lib.config import Config
from scripts.lib.drift import drift_corrected_us
from scripts.lib.judging.decision import LOSS, decide
from scripts.lib.outcome import Outcome
from scripts.lib.recordings import DATASETS, recordings
from scripts.lib.runtimes.default_config import newest_default
from scripts.lib.runtimes.runtime import RUNTIMES
from scripts.lib.schemas.measured import CELLS, TRIALS
from scripts.lib.shape import parse_cell
from scripts.lib.tables import read_table

LOG = logging.getLogger("check")
_TRIALS = [
    "cell_id", "config_id", "outcome", "reason", "median_us", "low_us", "high_us", "anchor_us",
]  # fmt: skip


def measured_findings(file: ConfigFile, margin: float) -> Iterator[Finding]:
    """Rows that failed, that are slower than the runtime's default, or far behind the fastest.

    ``margin``: of a loss, as 0.05. Nothing for a GPU of which nothing was recorded.
    """
    if file.name is None or file.device is None:
        return
    for cell_id, trials in _cells(file):
        cell = parse_cell(cell_id)
        config = file.configs[cell.tokens]
        row = trials.get(config.id)
        if row is None:
            continue
        at = f"M = {cell.tokens} (K {cell.shape.hidden}, top {cell.shape.top_k})"
        if row["outcome"] != Outcome.CORRECT:
            words = f"{at}: {config.id} was tried: {row['outcome']}, {row['reason']}"
            yield Finding(Level.WRONG, MEASURED, words, (cell.tokens,))
            continue
        default = newest_default(cell.shape, cell.tokens, file.device)
        yield from _behind(at, cell.tokens, row, _of(trials, default), "vLLM's default", margin)
        best = min((t for t in trials.values() if t["outcome"] == Outcome.CORRECT), key=_us)
        yield from _behind(at, cell.tokens, row, best, f"{best['config_id']}, the fastest", margin)


def outdone(finding: Finding, tried: Sequence[Decided]) -> Finding:
    """A recorded row that is behind is a note where finals held now, on this GPU, keep it."""
    kept = {row.tokens for row in tried if row.word is Word.KEEP}
    if finding.level is not Level.BEHIND or not set(finding.tokens) <= kept:
        return finding
    return replace(finding, level=Level.NOTE, words=f"{finding.words}; measured now it is kept")


def _us(trial: pd.Series) -> float:
    return float(trial["us"])


def _of(trials: dict[str, pd.Series], config: Config | None) -> pd.Series | None:
    found = trials.get(config.id) if config else None
    return found if found is not None and found["outcome"] == Outcome.CORRECT else None


def _behind(
    at: str, tokens: int, row: pd.Series, other: pd.Series | None, name: str, margin: float
) -> Iterator[Finding]:
    """A finding if the medians' intervals show a loss by the margin."""
    if other is None or row["config_id"] == other["config_id"]:
        return
    halves = [(one["high_us"] - one["low_us"]) / 2 / one["median_us"] for one in (row, other)]
    ratio = _us(row) / _us(other)
    apart = ratio * float(np.hypot(*halves))
    if decide(ratio - apart, ratio + apart, margin) == LOSS:
        words = f"{at}: {row['config_id']} is {ratio - 1:.1%} behind {name}, as recorded"
        yield Finding(Level.BEHIND, MEASURED, words, (tokens,))


def _cells(file: ConfigFile) -> Iterator[tuple[str, dict[str, pd.Series]]]:
    """Recorded cells of the file's layer and batch sizes, each with its trials by config."""
    assert file.name is not None and file.device is not None
    name = file.name
    intermediates = {one.layer_intermediate(name) for one in RUNTIMES.values()}
    for folder in _folders(file.device.name):
        cells = _table(folder, "cells")
        mine = cells[
            (cells["E"] == name.experts)
            & cells["N"].isin(intermediates)
            & (cells["scheme"] == name.scheme)
            & cells["tokens"].isin(list(file.configs))
        ]
        if mine.empty:
            continue
        trials = _table(folder, "trials")
        for cell_id in sorted(mine["cell_id"]):
            rows = trials[trials["cell_id"] == cell_id].drop_duplicates("config_id", keep="last")
            yield cell_id, {str(row["config_id"]): row for _, row in rows.iterrows()}


def _folders(device: str) -> Sequence[Path]:
    every = [Path(one.path) for one in recordings(*DATASETS, device=device)]
    there = [folder for folder in every if (folder / "cells.parquet").exists()]
    if len(there) < len(every):
        LOG.warning("%s: recorded, but not restored here; rows are not held against it", device)
    return there


@cache
def _table(folder: Path, name: str) -> pd.DataFrame:
    if name == "cells":
        return read_table(folder / "cells.parquet", CELLS)
    trials = read_table(folder / "trials.parquet", TRIALS, _TRIALS)
    return trials.assign(us=drift_corrected_us(trials))
