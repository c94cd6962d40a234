"""Rows whose cell was measured whole: the fastest legal config, over the default as recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.lib.config import Config, parse_id
from scripts.lib.drift import drift_corrected_us
from scripts.lib.outcome import Outcome
from scripts.lib.schemas.measured import TRIALS
from scripts.lib.shape import Cell, device_of
from scripts.lib.tables import read_table
from scripts.transfer.legal import LegalSpace

_READ = ["cell_id", "config_id", "outcome", "median_us", "low_us", "high_us", "anchor_us"]


@dataclass(frozen=True)
class Fastest:
    """``ratio``: over the default, with the ends of its interval; None if that did not run."""

    config: Config
    ratio: tuple[float, float, float] | None


class Recorded:
    """TRIALS of datasets that hold whole cells."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders

    @cached_property
    def _by_cell(self) -> dict[str, pd.DataFrame]:
        parts = []
        for folder in self._folders:
            trials = read_table(folder / "trials.parquet", TRIALS, columns=_READ)
            parts.append(trials.assign(us=drift_corrected_us(trials)))
        every = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_READ)
        return {str(name): rows for name, rows in every.groupby("cell_id")}

    @cached_property
    def devices(self) -> frozenset[str]:
        """GPUs of which whole cells were recorded."""
        return frozenset(device_of(cell_id) for cell_id in self._by_cell)

    def fastest(self, cell: Cell, legal: LegalSpace, default: Config | None) -> Fastest | None:
        """None unless every legal config was tried."""
        rows = self._by_cell.get(cell.id)
        if rows is None:
            return None
        tried = rows[rows["outcome"] != Outcome.NOT_MEASURED].drop_duplicates(
            "config_id", keep="last"
        )
        tried = tried.set_index("config_id")
        ids = [config.id for config in legal.configs]
        if not pd.Index(ids).isin(tried.index).all():
            return None
        correct = tried[tried["outcome"] == Outcome.CORRECT]
        us = correct["us"]
        first = str(us.reindex(ids).idxmin())
        config = parse_id(first)
        if default is None or default.id not in us.index:
            return Fastest(config, None)
        half = (correct["high_us"] - correct["low_us"]) / 2 / correct["median_us"]
        ratio = float(us[first] / us[default.id])
        # The same config is the same measurement: no doubt about its ratio to itself.
        apart = 0.0 if config == default else ratio * float(np.hypot(half[first], half[default.id]))
        return Fastest(config, (ratio, ratio - apart, ratio + apart))
