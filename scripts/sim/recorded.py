"""Measured latencies of one or more recorded datasets, ready to learn from or to compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from scripts.lib.drift import drift_corrected_us
from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.shape import Cell, parse_cell
from scripts.lib.tables import read_table

_READ = ["cell_id", "config_id", "outcome", "median_us", "anchor_us", "predicted_us"]


def read_measured(paths: Iterable[Path], *, failed: bool = False) -> pd.DataFrame:
    """Correct trials of TRIALS tables, sorted, with the names that folds and classes go by.

    ``failed``: the other trials as well, with NaN for ``us``.

    Columns: cell_id, config_id, us (freed of drift), stamped_us (predicted before the trial, or
    NaN), best_us (of the cell), device, scheme, tokens, experts, shape, layer (the shape without
    its scheme). InputError if a trial is in two tables.
    """
    frames = []
    for path in paths:
        trials = read_table(path, TRIALS, columns=_READ)
        trials = trials.assign(
            us=drift_corrected_us(trials), stamped_us=trials["predicted_us"].astype(float)
        )
        correct = trials["outcome"] == Outcome.CORRECT
        trials["us"] = trials["us"].where(correct)
        frames.append(trials if failed else trials[correct])
    measured = pd.concat(frames)[["cell_id", "config_id", "us", "stamped_us"]]
    twice = measured.duplicated(["cell_id", "config_id"])
    if twice.any():
        row = measured[twice].iloc[0]
        raise InputError(
            f"{row['cell_id']} {row['config_id']}: measured in two of the datasets; name one"
        )
    return described(measured)


def described(measured: pd.DataFrame) -> pd.DataFrame:
    """Rows of cell_id, config_id and us, sorted, with the columns that ``read_measured`` names."""
    measured = measured.sort_values(["cell_id", "config_id"], ignore_index=True)
    best = measured.groupby("cell_id")["us"].transform("min")
    return measured.assign(best_us=best, **_names(measured["cell_id"]))


def _names(cells: pd.Series) -> dict[str, pd.Series]:
    parsed = {name: parse_cell(name) for name in cells.unique()}
    read: dict[str, Callable[[Cell], object]] = {
        "device": lambda cell: cell.device,
        "scheme": lambda cell: cell.shape.scheme,
        "tokens": lambda cell: cell.tokens,
        "experts": lambda cell: cell.shape.experts,
        "shape": lambda cell: cell.shape.id,
        "layer": lambda cell: cell.shape.id.removesuffix(f"-{cell.shape.scheme}"),
    }
    return {
        name: cells.map({key: of(cell) for key, cell in parsed.items()})
        for name, of in read.items()
    }
