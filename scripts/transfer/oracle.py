"""What a search asks: the outcome of one config on one cell, live or recorded.

A live oracle runs the trial on a GPU, ``ReplayOracle`` looks it up; a search cannot tell them
apart. Neither raises for a config that fails or was never tried: that is an outcome too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from scripts.lib.config import Config, ConfigError, parse_id
from scripts.lib.drift import drift_corrected_us
from scripts.lib.files import InputError
from scripts.lib.outcome import NotMeasured, Outcome
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.shape import Cell, parse_cell
from scripts.lib.tables import read_table

_COLUMNS = [
    "cell_id",
    "config_id",
    "outcome",
    "reason",
    "median_us",
    "anchor_us",
    "gpu_seconds",
]  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What became of one trial; ``latency_us`` is set if and only if the outcome is correct.

    ``half_us``: half-width of its 95% interval, where it is known.
    """

    outcome: Outcome
    latency_us: float | None
    gpu_seconds: float
    reason: str | None = None
    half_us: float | None = None


NOT_RECORDED = Trial(Outcome.NOT_MEASURED, None, 0.0, NotMeasured.NOT_RECORDED)


class Oracle(Protocol):
    """Answers one trial at a time; what it costs is charged by whoever asks."""

    def measure(self, cell: Cell, config: Config, rival_us: float | None = None) -> Trial:
        """Try ``config`` on ``cell``. A failure is a Trial, never an exception.

        ``rival_us``: repetitions may end once the config is surely slower than this.
        """
        ...


class ReplayOracle:
    """Recorded trials, answered as if they were made now."""

    def __init__(self, trials: dict[tuple[Cell, Config], Trial]) -> None:
        self._trials = trials

    def measure(self, cell: Cell, config: Config, rival_us: float | None = None) -> Trial:
        """The recorded trial with all its repetitions, whatever the rival.

        ``not_measured`` for the reason ``not_recorded`` if there is none.
        """
        return self._trials.get((cell, config), NOT_RECORDED)


def read_replay_oracle(path: Path) -> ReplayOracle:
    """Read a TRIALS table. InputError names the file and the row that cannot be a trial."""
    frame = read_table(path, TRIALS, columns=_COLUMNS)
    frame = frame.assign(latency_us=drift_corrected_us(frame))
    read_cell, read_config = cache(parse_cell), cache(parse_id)
    trials: dict[tuple[Cell, Config], Trial] = {}
    for row in frame.itertuples(index=False):
        try:
            key = read_cell(row.cell_id), read_config(row.config_id)
            trial = _trial(row)
        except (ValueError, ConfigError) as error:
            raise InputError(f"{path}: {row.cell_id} {row.config_id}: {error}") from error
        if key in trials:
            raise InputError(f"{path}: {row.cell_id} {row.config_id}: recorded twice")
        trials[key] = trial
    return ReplayOracle(trials)


def _trial(row: Any) -> Trial:
    outcome = Outcome(row.outcome)
    seconds = float(row.gpu_seconds)
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"gpu_seconds is {seconds}, expected a number from 0 up")
    if outcome is not Outcome.CORRECT:
        return Trial(outcome, None, seconds, None if pd.isna(row.reason) else str(row.reason))
    latency = float(row.latency_us)
    if not (np.isfinite(latency) and latency > 0):
        raise ValueError(f"outcome is correct, but the latency is {latency}")
    return Trial(outcome, latency, seconds)
