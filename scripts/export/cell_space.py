"""A measured cell as a tuner sees it: parameters with their values, and a point for each trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.lib.config import OPTIONAL_KEYS, REQUIRED_KEYS, parse_id
from scripts.lib.drift import drift_corrected_us
from scripts.lib.files import InputError
from scripts.lib.outcome import Outcome

# A tuner's space is a product of values, so every point has every parameter; this one says that
# the config lacks the key. No key's own value is negative.
ABSENT = -1
MS_PER_US = 1e-3
MS_PER_S = 1e3


@dataclass(frozen=True)
class Point:
    """One trial. Times in ms; ``time`` is the drift-corrected median, None unless correct.

    ``held``: wall time for which the trial held the GPU, its correctness check included.
    ``extras``: further measured figures by name, those that the trial has.
    """

    config_id: str
    parameters: dict[str, int]
    outcome: Outcome
    time: float | None
    held: float
    extras: dict[str, float]


@dataclass(frozen=True)
class CellSpace:
    """All points of a cell in a fixed order, and what the cell is (a row of CELLS)."""

    cell: dict[str, Any]
    points: list[Point]

    @property
    def values(self) -> dict[str, list[int]]:
        """Parameter -> the values that occur, ascending."""
        names = self.points[0].parameters
        return {n: sorted({point.parameters[n] for point in self.points}) for n in names}


def cell_space(trials: pd.DataFrame, cells: pd.DataFrame, cell_id: str) -> CellSpace:
    """The points of one cell, sorted by parameters; trials that were never made are left out.

    ``trials``: TRIALS, ``cells``: CELLS. InputError if the cell was not measured.
    """
    rows = trials[(trials["cell_id"] == cell_id) & (trials["outcome"] != Outcome.NOT_MEASURED)]
    known = cells[cells["cell_id"] == cell_id]
    if rows.empty or known.empty:
        raise InputError(f"{cell_id}: no trial of it was measured; choose among the measured cells")
    rows = rows.assign(corrected_us=drift_corrected_us(rows))
    entries = [parse_id(config_id).to_entry() for config_id in rows["config_id"]]
    optional = [key for key in OPTIONAL_KEYS if any(key in entry for entry in entries)]
    keys = [*REQUIRED_KEYS, *optional]
    points = [
        _point(row, {key: entry.get(key, ABSENT) for key in keys})
        for row, entry in zip(rows.to_dict("records"), entries, strict=True)
    ]
    points.sort(key=lambda point: tuple(point.parameters.values()))
    cell = {str(name): value for name, value in known.iloc[0].items()}
    return CellSpace(cell, points)


def _point(row: dict[Any, Any], parameters: dict[str, int]) -> Point:
    outcome = Outcome(row["outcome"])
    extras = {
        "uncorrected_time": row["median_us"] * MS_PER_US,
        "p95_time": row["p95_us"] * MS_PER_US,
        "samples": float(row["samples"]),
        "logits_diff": row["logits_diff"],
        "relative_error": row["relative_error"],
    }
    return Point(
        str(row["config_id"]),
        parameters,
        outcome,
        _rounded(row["corrected_us"] * MS_PER_US) if outcome is Outcome.CORRECT else None,
        _rounded(row["gpu_seconds"] * MS_PER_S),
        {name: _rounded(value) for name, value in extras.items() if not pd.isna(value)},
    )


def _rounded(value: float) -> float:
    """Ten significant digits, which no order of operations changes."""
    return float(f"{value:.10g}")
